#include "tools/ferry-replay/player.h"

#include <algorithm>

#include "translators/values/stanza.h"

namespace ferry::replay {
namespace {

constexpr std::int64_t us_per_ms = 1'000;

// As the component link's (gateway/links/component_link.cpp).
XmlLimits link_limits(std::size_t message_bytes) {
  XmlLimits limits;
  limits.bytes = 2 * message_bytes + 64 * 1024;
  limits.elements = std::max<std::size_t>(limits.elements, limits.bytes / 64);
  return limits;
}

// To see at least whose it is that is over these.
XmlLimits wide_limits() {
  XmlLimits limits;
  limits.bytes = 64U << 20;
  limits.depth = 1'000;
  limits.elements = 1U << 20;
  limits.attributes = 1'000;
  return limits;
}

// Content namespaces of all streams are one here: jabber:client (translators/values/xml.h).
void rename_namespace(Element& e, const std::string& from) {
  if (e.ns == from) e.ns = ns::client;
  for (Node& node : e.children)
    if (auto* child = std::get_if<Element>(&node.value)) rename_namespace(*child, from);
}

bool is_stanza_name(std::string_view name) { return name == "message" || name == "presence" || name == "iq"; }

bool is_answer(const Element& e) {
  const std::string_view type = e.attr_or("type");
  return e.name == "iq" && (type == "result" || type == "error");
}

std::string head_of(const Record& record) {
  if (const auto* stanza = std::get_if<CapturedStanza>(&record.what)) return stanza->xml.substr(0, Player::most_text);
  if (const auto* publish = std::get_if<CapturedPublish>(&record.what))
    return publish->topic + " " + publish->payload.substr(0, Player::most_text);
  return {};
}

}  // namespace

bool Player::next(CaptureReader& reader, std::vector<Played>& out) {
  out.clear();
  const auto record = reader.next();
  if (!record) return false;
  line_ = reader.line();
  ++counts_.records;
  set_time(record->time);
  text_ = head_of(*record);
  if (const auto* broken = std::get_if<CapturedDamage>(&record->what))
    damage(*broken);
  else if (std::holds_alternative<CapturedClose>(record->what))
    streams_.close(record->stream);
  else if (const auto* xml = std::get_if<CapturedStanza>(&record->what))
    stanza(*record, *xml, out);
  else if (const auto* publish = std::get_if<CapturedPublish>(&record->what))
    this->publish(*record, *publish, out);
  counts_.played += out.size();
  return true;
}

// Virtual time never goes back, and a clock that leaps by more than longest_gap was set meanwhile: how much time had
// passed nobody knows, and nobody waits for it.
void Player::set_time(std::int64_t time) {
  if (time <= 0) return;  // unknown: as the one before
  const Instant t = time / us_per_ms;
  if (!any_time_) {
    any_time_ = true;
    now_ = raw_ = t;
    return;
  }
  const Duration step = t - raw_;
  raw_ = t;
  constexpr Duration jitter = second;  // streams are written by several threads
  if (step < -jitter || step > longest_gap) ++counts_.clock_jumps;
  if (step < 0 && step >= -jitter) raw_ = std::max(raw_, t - step);
  if (step > 0 && step <= longest_gap) now_ += step;
}

void Player::skip(std::string_view reason) {
  const auto it = counts_.skipped.find(reason);
  if (it == counts_.skipped.end())
    counts_.skipped.emplace(reason, 1);
  else
    ++it->second;
}

void Player::damage(const CapturedDamage& d) {
  if (counts_.damage++ == 0) {
    first_damage_ = "line " + std::to_string(line_) + " of the capture: " + d.text;
    if (!d.source.empty() && d.line != 0) first_damage_ += " (" + d.source + ":" + std::to_string(d.line) + ")";
  }
}

void Player::stanza(const Record& record, const CapturedStanza& captured, Out& out) {
  ++counts_.stanzas;
  if (settings_.from == From::mqtt) return skip("a stanza, and --from mqtt");
  auto element = parse_xml(captured.xml, link_limits(options_.limits.message_bytes));
  if (!element) {
    const StanzaError error = element.error();
    auto whole = error.condition == Condition::policy_violation ? parse_xml(captured.xml, wide_limits()) : element;
    if (!whole || !is_stanza_name(whole->name)) {
      damage({{}, 0, 0, 0, "a stanza as XML: " + error.text});
      return;
    }
    whole->children.clear();
    if (const auto to = Jid::parse(whole->attr_or("to")); to && is_account(*to))
      return skip("over the size limit, to an account");
    if (!map_address(*whole, "to", true) || !map_address(*whole, "from", false)) return;
    return play(*std::move(whole), true, error, out);
  }
  if (!is_stanza_name(element->name)) return skip("streams and log-ins, no stanza");
  if (element->ns != ns::client) rename_namespace(*element, std::string(element->ns));
  if (record.kind == StreamKind::client) return from_client(record, *std::move(element), out);
  from_server(record, *std::move(element), out);
}

void Player::from_server(const Record& record, Element e, Out& out) {
  if (record.kind == StreamKind::component && record.direction == Direction::received)
    return skip("said by a component");
  if (is_answer(e) && e.attr_or("id").starts_with("ferry-barrier-"))
    return skip("answers to a recorded gateway's own pings");
  if (streams_.said_before(digest_of_stanza(e))) return skip("the same stanza, delivered");
  if (!map_address(e, "to", true) || !map_address(e, "from", false)) return;
  const auto to = Jid::parse(e.attr_or("to"));
  if (to && !hosted(*to)) return skip("for another domain");
  if (!to && record.kind != StreamKind::component) return skip("no address that can be read");
  play(std::move(e), false, {}, out);
}

// Who says it and to whom, as the server would write it. False: it is not for others, and that was counted.
bool Player::address_client(const Record& record, Element& e) {
  const std::string own = streams_.learn(record, e);
  if (!settings_.accounts.empty()) note_roster(record, e);
  const std::string_view own_bare = std::string_view(own).substr(0, own.find('/'));
  if (is_answer(e)) return skip("answers to requests of clients"), false;
  if (record.direction == Direction::sent) {
    const std::string from(e.attr_or("from"));
    if (e.attr_or("to").empty() && !own.empty()) e.set("to", own);
    if (from.empty() || from.find('@') == std::string::npos || from.substr(0, from.find('/')) == own_bare)
      return skip("from the server or the own account"), false;
  } else {
    if (e.attr_or("to").empty()) return skip("to the server or the own account"), false;
    if (e.attr_or("from").find('@') == std::string_view::npos) {
      if (own.empty()) return skip("nobody knows whose stream it is"), false;
      e.set("from", own);
    }
  }
  if (e.attr_or("to").empty()) return skip("nobody knows whose stream it is"), false;
  return true;
}

void Player::from_client(const Record& record, Element e, Out& out) {
  if (!address_client(record, e)) return;
  const std::uint64_t digest = digest_of_stanza(e);
  if (!map_address(e, "to", true) || !map_address(e, "from", false)) return;
  const auto to = Jid::parse(e.attr_or("to")), from = Jid::parse(e.attr_or("from"));
  if (!to || !from) return skip("no address that can be read");
  if (is_account(*to) && !hosted(*from)) return to_account(record, *to, std::move(e), out);
  if (!hosted(*to)) return skip("for another domain");
  if (hosted(*from)) return skip("from a hosted user");
  if (streams_.played_before(record, digest)) return skip("the same stanza, delivered");
  play(std::move(e), false, {}, out);
}

std::string Player::mapped_domain(std::string_view domain, bool recipient) const {
  const auto it = settings_.domains.find(std::string(domain));
  if (it == settings_.domains.end()) return std::string(domain);
  // The sender stays where they were captured: only who is written to has moved.
  if (!recipient && it->second == options_.component.domain) return std::string(domain);
  return it->second;
}

bool Player::map_address(Element& e, const char* name, bool recipient) {
  if (settings_.domains.empty()) return true;
  const auto jid = Jid::parse(e.attr_or(name));
  if (!jid) return true;  // as it is
  const std::string domain = mapped_domain(jid->domainpart(), recipient);
  if (domain == jid->domainpart()) return true;
  const auto mapped = Jid::make(jid->localpart(), domain, jid->resourcepart());
  if (!mapped) return skip("no address that can be read"), false;
  e.set(name, mapped->str());
  return true;
}

bool Player::is_feed(const Jid& jid) const {
  const auto match = table_.by_jid(jid.bare());
  return match && match->row->kind == RowKind::feed;
}

// "alice@corp.example/spark" is "alice-2@corp.example/spark" in the second copy; domains and feeds are one for all.
std::string Player::copy_of(std::string_view address, std::uint32_t copy) const {
  const auto jid = Jid::parse(address);
  if (copy == 0 || !jid || !jid->has_local() || is_feed(*jid)) return std::string(address);
  const auto renamed =
      Jid::make(std::string(jid->localpart()) + "-" + std::to_string(copy + 1), jid->domainpart(), jid->resourcepart());
  return renamed ? renamed->str() : std::string(address);
}

Played Player::event() const {
  Played played;
  played.line = line_;
  played.at = now_;
  return played;
}

void Player::add_people(Played& played, const Jid& jid) const {
  if ((!hosted(jid) && !played.session) || !jid.has_local()) return;
  const auto match = table_.by_jid(jid.bare());
  if (match && match->row->kind == RowKind::user) played.people.push_back(jid.bare());
}

void Player::play(Element element, bool over_limit, const StanzaError& error, Out& out, bool by_session) {
  for (std::uint32_t copy = 0; copy < settings_.users; ++copy) {
    Played played = event();
    played.copy = copy;
    Element mine = element;
    if (copy != 0)
      for (const char* name : {"from", "to"})
        if (mine.attr(name)) mine.set(name, copy_of(mine.attr_or(name), copy));
    if (const auto to = Jid::parse(mine.attr_or("to"))) {
      if (by_session) played.session = to->bare();
      add_people(played, *to);
    }
    if (over_limit)
      played.what = Refused{std::move(mine), error};
    else
      played.what = std::move(mine);
    out.push_back(std::move(played));
  }
}

}  // namespace ferry::replay
