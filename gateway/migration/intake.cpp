#include "gateway/migration/intake.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "config/text.h"
#include "gateway/migration/sql_lexer.h"
#include "translators/values/base64.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

using Weight = ImportProblem::Weight;

std::string quoted_name(std::string_view what, std::string_view name) {
  return std::string(what) + (what.empty() ? "" : " ") + in_quotes(name);
}

// What a localpart could be called instead: escaped (XEP-0106), in lower case, without blanks around it.
std::string other_name(std::string_view localpart, std::string_view domain) {
  const std::string text = escape_localpart(trim(lower(localpart)));
  const auto jid = Jid::make(text, domain);
  return jid ? "rename the account on the old server first, for instance " + jid->str()
             : "rename the account on the old server first";
}

std::string cut(std::string_view text) {  // to max_roster_text, not within a character; names in problems, too
  if (text.size() <= max_roster_text) return std::string(text);
  std::size_t end = max_roster_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end));
}

// With blanks and line breaks, and without padding, as people's exports have it.
std::optional<std::string> any_base64(std::string_view text) {
  std::string strict;
  for (const char c : text)
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') strict += c;
  while (strict.size() % 4 != 0 && strict.size() % 4 != 1) strict += '=';
  return from_base64(strict);
}

// Base64, once or twice, of so many bytes (0: any).
std::optional<std::string> key_bytes_of(std::string_view text, std::size_t size, bool& twice) {
  auto once = any_base64(text);
  if (!once) return std::nullopt;
  if (size != 0 && once->size() != size) {
    auto again = any_base64(*once);
    if (again && again->size() == size) {
      twice = true;
      return again;
    }
  }
  return once;
}

}  // namespace

XmlLimits imported_xml_limits() { return {max_imported_xml, 64, 65'536, 256}; }

Intake::Intake(AccountVisitor& visitor, ImportOptions options, std::string source)
    : visitor_(visitor), options_(std::move(options)), source_(std::move(source)) {
  auto database = Database::open("", Database::Create::no);
  if (!database) throw StoreFailure(database.error());
  seen_ = std::move(*database);
  seen_->exec(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
      "CREATE TABLE seen(jid TEXT PRIMARY KEY, name TEXT, place TEXT) WITHOUT ROWID; BEGIN");
  see_ = std::make_unique<Statement>(*seen_, "INSERT OR IGNORE INTO seen(jid, name, place) VALUES(?1, ?2, ?3)");
  seen_before_ = std::make_unique<Statement>(*seen_, "SELECT name, place FROM seen WHERE jid = ?1");
}

Intake::~Intake() = default;

std::optional<Intake::Before> Intake::before(const Jid& jid, std::string_view name, const Place& place) {
  const std::string text = place_text(place);
  run(*see_, std::string_view(jid.str()), name, std::string_view(text));
  if (seen_->changes() > 0) return std::nullopt;
  Before found;
  Query query(*seen_before_, std::string_view(jid.str()));
  if (query.next()) found = {std::string(query.text(0)), std::string(query.text(1))};
  return found;
}

void Intake::problem(Weight weight, const Place& place, std::string what, std::string reason, std::string suggestion) {
  if (weight == Weight::source) complete_ = false;
  visitor_.problem({weight, cut(account_), place_text(place), cut(what), cut(reason), std::move(suggestion)});
}

bool Intake::begin(const Place& place, std::string_view localpart, std::string_view domain, const RawAccount& raw) {
  account_ = localpart;
  const std::string_view at = domain.empty() ? std::string_view(options_.domain) : domain;
  const auto refuse = [&](std::string reason, std::string suggestion) {
    problem(Weight::account, place, quoted_name("account", localpart), std::move(reason), std::move(suggestion));
    account_.clear();
    return false;
  };
  if (at.empty()) return refuse("the source does not say of which domain", "name it with --domain");
  if (localpart.empty()) return refuse("an account without a name", "");
  const auto jid = Jid::make(localpart, at);
  if (!jid) return refuse(jid.error().text, other_name(localpart, at));
  if (const auto uid = to_uid(*jid); !uid)
    return refuse("as a level of a topic it would be too long: " + uid.error().text,
                  "rename the account on the old server first");
  if (const auto first = before(*jid, localpart, place)) {
    if (first->name == localpart)
      return refuse(
          "a second account of the name " + jid->str() + ": it was already in " + first->place + ", and that one comes",
          "name each source once");
    return refuse("a second account of the name " + jid->str() + "; the first one comes",
                  "they differ only in ways that XMPP does not tell apart: rename one of them first");
  }
  account_ = jid->str();
  if (jid->localpart() != localpart)
    note(place, quoted_name("account", localpart), "comes as " + jid->str() + ", which is the same address in XMPP");
  jid_ = *jid;
  contacts_.clear();
  contacts_full_ = false;
  messages_ = 0;
  keys_ = 0;
  visitor_.begin_account({*jid, is_xml_text(raw.name) ? cut(raw.name) : "",
                          is_xml_text(raw.email) ? cut(raw.email) : "", raw.disabled, sane_instant(raw.created),
                          source_});
  return true;
}

void Intake::end() {
  visitor_.end_account();
  account_.clear();
  jid_.reset();
}

void Intake::abandon(const Place& place, std::string_view reason) {
  lost(place, "account", "not all of it came: " + std::string(reason));
  end();
}

void Intake::password(const Place& place, std::string_view password) {
  if (password.empty()) return lost(place, "password", "it is empty", "give the account one on the old server");
  for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256}) {
    if (has_keys(hash)) continue;
    ScramKeys made;
    made.hash = hash;
    if (options_.make_keys) {
      auto keys = derive(hash, password);
      if (!keys) return lost(place, "password", keys.error(), "give the account another one on the old server");
      made = std::move(*keys);
    }
    keys_ |= 1U << static_cast<unsigned>(hash);
    visitor_.keys(made);
  }
  visitor_.password(password);
}

void Intake::keys(const Place& place, ScramKeys keys) {
  if (has_keys(keys.hash)) return;
  if (std::string wrong = problem_of(keys); !wrong.empty())
    return lost(place, "keys " + std::string(mechanism_name(keys.hash)), std::move(wrong),
                "give the account a new password on the old server");
  keys_ |= 1U << static_cast<unsigned>(keys.hash);
  visitor_.keys(keys);
}

void Intake::keys(const Place& place, std::string_view mechanism, std::string_view salt, std::int64_t iterations,
                  std::string_view stored_key, std::string_view server_key) {
  const std::string what = "keys " + std::string(mechanism);
  const auto hash = scram_hash(mechanism);
  if (!hash) return lost(place, what, "an unknown mechanism; expected SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512");
  bool twice = false;
  auto stored = key_bytes_of(stored_key, key_bytes(*hash), twice);
  auto server = key_bytes_of(server_key, key_bytes(*hash), twice);
  auto salted = any_base64(salt);
  if (twice && salted)
    if (auto again = any_base64(*salted); again && !again->empty()) salted = std::move(again);
  if (!stored || !server || !salted)
    return lost(place, what, "expected base64", "give the account a new password on the old server");
  if (iterations < least_iterations || iterations > most_iterations)
    return lost(place, what, "an impossible number of iterations, " + std::to_string(iterations),
                "give the account a new password on the old server");
  keys(place, {*hash, std::move(*salted), static_cast<std::uint32_t>(iterations), Secret(*stored), Secret(*server)});
  Secret::wipe(*stored);
  Secret::wipe(*server);
}

std::optional<Jid> Intake::address(const Place& place, const std::string& what, std::string_view text) {
  const auto jid = Jid::parse(text);
  if (!jid) {
    lost(place, what, jid.error().text, "");
    return std::nullopt;
  }
  if (!jid->has_local() && jid->domainpart().find('.') == std::string_view::npos) {
    const auto meant = Jid::make(text, jid_->domainpart());
    lost(place, what, "a name without a domain", meant ? "if " + meant->str() + " is meant, add that contact" : "");
    return std::nullopt;
  }
  return jid->bare();
}

void Intake::contact(const Place& place, RawContact raw) {
  const std::string what = quoted_name("contact", raw.jid);
  const auto jid = address(place, what, raw.jid);
  if (!jid) return;
  if (*jid == *jid_) return raw.shared ? void() : lost(place, what, "the account itself");
  if (contacts_.size() >= max_contacts) {
    if (!contacts_full_)
      lost(place, what, "and all contacts after it: there are more than " + std::to_string(max_contacts));
    contacts_full_ = true;
    return;
  }
  if (!contacts_.insert(jid->str()).second)
    return raw.shared ? void() : note(place, what, "a second entry for the same contact; the newest one counts");
  RosterEntry entry{*jid, {}, raw.subscription, raw.ask, raw.approved, raw.shared, {}};
  if (is_xml_text(raw.name))
    entry.name = cut(raw.name);
  else
    note(place, what, "its name is no text and is left out");
  for (const std::string& group : raw.groups) {
    const std::string name = cut(trim(group));
    if (name.empty() || !is_xml_text(name)) continue;
    if (std::find(entry.groups.begin(), entry.groups.end(), name) == entry.groups.end()) entry.groups.push_back(name);
  }
  visitor_.contact(entry);
}

std::optional<Element> Intake::parse(const Place& place, const std::string& what, std::string_view xml) {
  auto element = parse_xml(xml, imported_xml_limits());
  if (!element) {
    // Openfire does the same when it reads its tables.
    const std::string mended = without_illegal_references(xml);
    if (mended.size() != xml.size()) {
      if (auto again = parse_xml(mended, imported_xml_limits())) {
        note(place, what, "characters that XML forbids were left out");
        return std::move(*again);
      }
    }
    lost(place, what, element.error().text);
    return std::nullopt;
  }
  return std::move(*element);
}

void Intake::request(const Place& place, std::string_view from, std::string_view xml) {
  if (!xml.empty()) {
    if (auto stanza = parse(place, quoted_name("request of", from), xml)) request(place, from, std::move(*stanza));
    return;
  }
  request(place, from, Element("presence"));
}

void Intake::request(const Place& place, std::string_view from, Element stanza) {
  const std::string what = quoted_name("request of", from);
  const auto jid = address(place, what, from);
  if (!jid) return;
  if (!stanza.is("presence", ns::client)) return lost(place, what, "expected <presence/> of jabber:client");
  stanza.set("type", "subscribe").set("from", jid->str()).set("to", jid_->str());
  visitor_.request({*jid, to_xml(stanza)});
}

void Intake::message(const Place& place, std::string_view xml, Instant at, std::string_view delay_from) {
  if (auto stanza = parse(place, "message", xml)) message(place, std::move(*stanza), at, delay_from);
}

void Intake::message(const Place& place, Element stanza, Instant at, std::string_view delay_from) {
  constexpr std::string_view delay_ns = "urn:xmpp:delay";
  if (!stanza.is("message", ns::client)) return lost(place, "message", "expected <message/> of jabber:client");
  if (stanza.attr_or("type") == "error") return note(place, "message", "an error, which nobody waits for");
  if (++messages_ > max_messages) {
    if (messages_ == max_messages + 1)
      lost(place, "messages", "this and those after it: there are more than " + std::to_string(max_messages));
    return;
  }
  Instant delayed = 0;
  std::vector<Node> kept;
  for (Node& child : stanza.children) {
    Element* element = std::get_if<Element>(&child.value);
    const bool old_form = element && element->is("x", "jabber:x:delay");
    if (!element || !(element->is("delay", delay_ns) || old_form)) {
      kept.push_back(std::move(child));
      continue;
    }
    bool guessed = false;
    const std::string stamp(element->attr_or("stamp"));
    const auto time = parse_java_date(stamp, guessed);
    if (!time || delayed != 0) continue;  // Openfire's export wrote it twice
    if (guessed) note(place, "message", "the time zone of " + in_quotes(stamp) + " is not known: taken as UTC");
    delayed = *time;
    if (old_form) continue;
    element->set("stamp", format_instant(delayed));
    kept.push_back(std::move(child));
  }
  stanza.children = std::move(kept);
  if (delayed == 0) delayed = sane_instant(at);
  if (delayed != 0 && !stanza.child("delay", delay_ns)) {
    Element delay("delay", delay_ns);
    delay.set("from", delay_from.empty() ? jid_->domainpart() : delay_from).set("stamp", format_instant(delayed));
    stanza.add(std::move(delay));
  }
  visitor_.message({delayed, to_xml(stanza)});
}

void Intake::piece(const Place& place, PieceKind kind, std::string_view name, std::string_view xml) {
  std::string what(piece_name(kind));
  if (!name.empty()) what = quoted_name(what, name);
  if (kind == PieceKind::blocked) {
    const auto jid = Jid::parse(name);
    if (!jid) return lost(place, what, jid.error().text);
    return visitor_.piece({kind, jid->str(), ""});
  }
  if (xml.empty() && kind != PieceKind::last) return;
  if (xml.empty()) return visitor_.piece({kind, std::string(name), ""});
  if (const auto element = parse(place, what, xml)) piece(place, kind, name, *element);
}

void Intake::piece(const Place& place, PieceKind kind, std::string_view name, const Element& element) {
  if (kind == PieceKind::vcard && !element.is("vCard", "vcard-temp"))
    return lost(place, "vcard",
                "expected <vCard xmlns='vcard-temp'/>, found <" + element.name + " xmlns='" + element.ns + "'/>");
  const std::string_view called = kind == PieceKind::private_xml && name.empty() ? std::string_view(element.ns) : name;
  std::string text = to_xml(element);
  if (!is_xml_text(text) || !is_xml_text(called))
    return lost(place, std::string(piece_name(kind)), "characters that XML forbids, or no UTF-8");
  visitor_.piece({kind, std::string(called), std::move(text)});
}

void Intake::room(const Place& place, ImportedRoom room) {
  account_.clear();
  if (room.has_password)
    note(place, "room " + room.jid.str(), "its password is not carried", "set one where the room will be");
  for (std::string* text : {&room.name, &room.description, &room.subject}) {
    if (is_xml_text(*text)) continue;
    note(place, "room " + room.jid.str(), "a text with characters that XML forbids is left out");
    text->clear();
  }
  // Who is named twice, by himself and by a group: the first counts.
  std::unordered_set<std::string> named;
  std::erase_if(room.members, [&](const RoomMember& member) { return !named.insert(member.jid.str()).second; });
  visitor_.room(room);
}

std::string without_illegal_references(std::string_view xml) {
  std::string out;
  out.reserve(xml.size());
  for (std::size_t i = 0; i < xml.size(); ++i) {
    if (static_cast<unsigned char>(xml[i]) < 32 && xml[i] != '\t' && xml[i] != '\n' && xml[i] != '\r') continue;
    if (xml.substr(i, 2) == "&#") {
      const std::size_t end = xml.substr(i, 12).find(';');
      if (end != std::string_view::npos) {
        const bool hexadecimal = xml[i + 2] == 'x';
        const std::string_view digits = xml.substr(i + (hexadecimal ? 3 : 2), end - (hexadecimal ? 3 : 2));
        std::uint32_t code = 0;
        const auto [stop, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
        const bool number = error == std::errc() && stop == digits.data() + digits.size() && !digits.empty();
        const bool legal = code == 9 || code == 10 || code == 13 || (code >= 32 && code < 0xD800) ||
                           (code >= 0xE000 && code < 0xFFFE) || (code >= 0x10000 && code < 0x110000);
        if (!number || !legal) {
          i += end;
          continue;
        }
      }
    }
    out += xml[i];
  }
  return out;
}

std::optional<Instant> parse_java_date(std::string_view text, bool& guessed) {
  guessed = false;
  if (const auto usual = parse_instant(text)) return usual;
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  struct Zone {
    std::string_view name;
    int minutes;
  };
  constexpr Zone zones[] = {{"UTC", 0},    {"GMT", 0},    {"Z", 0},      {"WET", 0},    {"WEST", 60},  {"BST", 60},
                            {"CET", 60},   {"CEST", 120}, {"MET", 60},   {"MEST", 120}, {"EET", 120},  {"EEST", 180},
                            {"MSK", 180},  {"EST", -300}, {"EDT", -240}, {"CST", -360}, {"CDT", -300}, {"MST", -420},
                            {"MDT", -360}, {"PST", -480}, {"PDT", -420}, {"JST", 540},  {"KST", 540}};
  const auto parts = words(text);  // Thu Jan 21 14:17:35 CET 2016
  if (parts.size() != 6) return std::nullopt;
  std::size_t month = 0;
  while (month < months.size() && months[month] != parts[1]) ++month;
  if (month == months.size() || parts[2].size() > 2 || parts[3].size() != 8 || parts[5].size() != 4)
    return std::nullopt;
  const auto two = [](std::size_t number) { return std::string(number < 10 ? "0" : "") + std::to_string(number); };
  const std::string day = (parts[2].size() == 1 ? "0" : "") + std::string(parts[2]);
  auto time =
      parse_instant(std::string(parts[5]) + "-" + two(month + 1) + "-" + day + "T" + std::string(parts[3]) + "Z");
  if (!time) return std::nullopt;
  for (const Zone& zone : zones)
    if (zone.name == parts[4]) return *time - zone.minutes * minute;
  guessed = true;
  return time;
}

}  // namespace ferry
