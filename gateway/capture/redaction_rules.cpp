#include "gateway/capture/redaction_rules.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>

#include "gateway/capture/protocol_words.h"
#include "translators/values/instant.h"

namespace ferry {
namespace {

using Words = std::unordered_set<std::string_view>;

constexpr std::array<std::string_view, 11> known_beginnings{"jabber:",
                                                            "http://jabber.org/",
                                                            "urn:xmpp:",
                                                            "urn:ietf:params:",
                                                            "http://etherx.jabber.org/",
                                                            "vcard-temp",
                                                            "urn:ietf:rfc:",
                                                            "http://www.w3.org/1999/xhtml",
                                                            "storage:",
                                                            "eu.siacs.conversations.",
                                                            "urn:ferry:"};

bool is_known(std::string_view space) {
  return space.empty() || space == ns::client ||
         std::any_of(known_beginnings.begin(), known_beginnings.end(),
                     [&](std::string_view b) { return space.front() == b.front() && space.starts_with(b); });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

bool begins(std::string_view text, std::string_view small) {
  if (text.size() < small.size()) return false;
  for (std::size_t i = 0; i < small.size(); ++i)
    if (lower(text[i]) != small[i]) return false;
  return true;
}

// Whatever it is in: nobody writes a word like these and means no secret.
bool is_secret_name(std::string_view name) {
  static constexpr std::array<std::string_view, 5> words{"pwd", "pass", "handshake", "pin", "ufrag"};
  static constexpr std::array<std::string_view, 12> parts{"passw",  "passphrase", "secret",     "token",
                                                          "apikey", "api-key",    "api_key",    "credential",
                                                          "vault",  "cookie",     "privatekey", "private-key"};
  // Every name is asked for: most letters begin none of them.
  static constexpr std::array<bool, 256> firsts = [] {
    std::array<bool, 256> out{};
    for (const auto& part : parts)
      out[static_cast<unsigned char>(part[0])] = out[static_cast<unsigned char>(part[0] - 0x20)] = true;
    return out;
  }();
  for (const std::string_view word : words)
    if (name.size() == word.size() && begins(name, word)) return true;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (firsts[static_cast<unsigned char>(name[i])] &&
        std::any_of(parts.begin(), parts.end(), [&](std::string_view p) { return begins(name.substr(i), p); }))
      return true;
  return false;
}

// What is asked for each name of a capture, so it costs one look as a rule. Of a name given twice the first counts; a
// name that says that its value is secret is one, whatever is given, so that it need not be looked at again.
class Rules {
 public:
  Rules(std::initializer_list<std::pair<std::string_view, Treatment>> rows) {
    for (const auto& [name, treatment] : rows) add(name, treatment);
  }
  void add(std::string_view name, Treatment treatment) {
    Row& row = rows_[place(name)];
    if (!row.name.empty()) return;
    row = {name, is_secret_name(name) ? Treatment::secret : treatment};
    if (++names_ == rows_.size() / 2) throw std::length_error("more rules than their table may have");
  }
  const Treatment* find(std::string_view name) const {
    if (name.empty()) return nullptr;
    const Row& row = rows_[place(name)];
    return row.name.empty() ? nullptr : &row.treatment;
  }

 private:
  struct Row {
    std::string_view name;
    Treatment treatment = Treatment::keep;
  };
  // Where it stands or would stand.
  std::size_t place(std::string_view name) const {
    const auto letter = [&](std::size_t i) -> std::size_t { return static_cast<unsigned char>(name[i]); };
    const std::size_t size = name.size();
    std::size_t i = size * 97 + letter(0) * 31 + letter(size / 2) * 7 + letter(size - 1) * 61;
    for (;; ++i)
      if (const Row& row = rows_[i % rows_.size()]; row.name.empty() || row.name == name) return i % rows_.size();
  }
  std::array<Row, 512> rows_{};
  std::size_t names_ = 0;
};

// Values of attributes that RFC 6120, 6121 and the XEPs have given.
const Words& standard_values() {
  static const Words words{
      "get",          "set",         "result",      "error",      "chat",       "groupchat",    "normal",
      "headline",     "available",   "unavailable", "subscribe",  "subscribed", "unsubscribe",  "unsubscribed",
      "probe",        "invisible",   "none",        "to",         "from",       "both",         "remove",
      "owner",        "admin",       "member",      "outcast",    "moderator",  "participant",  "visitor",
      "true",         "false",       "0",           "1",          "yes",        "no",           "auth",
      "cancel",       "continue",    "modify",      "wait",       "submit",     "form",         "hidden",
      "boolean",      "fixed",       "jid-multi",   "jid-single", "list-multi", "list-single",  "text-multi",
      "text-private", "text-single", "client",      "server",     "component",  "conference",   "gateway",
      "pubsub",       "pc",          "phone",       "web",        "bot",        "text",         "generic",
      "all",          "allow",       "deny",        "jid",        "group",      "subscription", "initiator",
      "responder",    "stanza",      "chat-state",  "store",      "execute",    "prev",         "next",
      "complete",     "executing",   "completed",   "canceled",   "add",        "away",         "xa",
      "dnd"};
  return words;
}

bool is_time(std::string_view text) { return parse_instant(text).has_value(); }

constexpr auto id_attrs = std::to_array<std::string_view>(
    {"id", "sid", "previd", "thread", "parent", "queryid", "ver", "hash", "cid", "rid", "h"});

constexpr auto token_attrs = std::to_array<std::string_view>(
    {"type",      "code",       "affiliation", "role",       "subscription", "ask",      "approved",   "action",
     "category",  "var",        "algo",        "mechanism",  "version",      "lang",     "space",      "stamp",
     "seconds",   "since",      "utc",         "size",       "length",       "width",    "height",     "max",
     "maxchars",  "maxstanzas", "block-size",  "seq",        "port",         "priority", "weight",     "protocol",
     "transport", "network",    "foundation",  "generation", "namespace",    "mime",     "media-type", "start",
     "end",       "index",      "begin",       "count",      "complete",     "stable",   "resume",     "status",
     "creator",   "senders",    "media",       "profile",    "disposition",  "order",    "for",        "autojoin",
     "continue",  "sessionid",  "persistent",  "access",     "max-items",    "feature",  "rid",        "rspauth"});

const Rules& attr_rules() {
  using T = Treatment;
  static const Rules rules = [] {
    Rules out{{"from", T::jid},
              {"to", T::jid},
              {"jid", T::jid},
              {"by", T::jid},
              {"with", T::jid},
              {"initiator", T::jid},
              {"responder", T::jid},
              {"publisher", T::jid},
              {"sender", T::jid},
              {"recipient", T::jid},
              {"owner", T::jid},
              {"authzid", T::jid},
              {"username", T::localpart},
              {"user", T::localpart},
              {"resource", T::resource},
              {"nick", T::written},
              {"host", T::network},
              {"ip", T::network},
              {"rel-addr", T::network},
              {"address", T::network},
              {"local-ip", T::network},
              {"url", T::uri},
              {"uri", T::uri},
              {"href", T::uri},
              {"src", T::uri},
              {"location", T::uri},
              {"base", T::uri}};
    for (const std::string_view word : id_attrs) out.add(word, T::id);
    for (const std::string_view word : token_attrs) out.add(word, T::token);
    return out;
  }();
  return rules;
}

const Rules& text_rules() {
  using T = Treatment;
  static const Rules rules{{"show", T::token},
                           {"priority", T::token},
                           {"mechanism", T::token},
                           {"max", T::token},
                           {"count", T::token},
                           {"index", T::token},
                           {"utc", T::token},
                           {"tzo", T::token},
                           {"stamp", T::token},
                           {"hash", T::token},
                           {"hash-used", T::token},
                           {"algo", T::token},
                           {"media-type", T::token},
                           {"size", T::token},
                           {"date", T::token},
                           {"type", T::token},
                           {"encoding", T::token},
                           {"start", T::token},
                           {"end", T::token},
                           {"method", T::token},
                           {"thread", T::id},
                           {"first", T::id},
                           {"last", T::id},
                           {"before", T::id},
                           {"after", T::id},
                           {"sid", T::id},
                           {"jid", T::jid},
                           {"with", T::jid},
                           {"authorization-identifier", T::jid},
                           {"actor", T::jid},
                           {"owner", T::jid},
                           {"username", T::localpart},
                           {"user", T::localpart},
                           {"resource", T::resource},
                           {"see-other-host", T::network},
                           {"host", T::network},
                           {"ip", T::network},
                           {"url", T::uri},
                           {"uri", T::uri},
                           {"gone", T::uri},
                           {"redirect", T::uri},
                           {"extval", T::uri},
                           {"userid", T::foreign},
                           {"binval", T::foreign}};
  return rules;
}

const Rules& field_rules() {
  using T = Treatment;
  static const Rules rules{
      {"from", T::jid},        {"to", T::jid},          {"jid", T::jid},           {"by", T::jid},
      {"contact", T::jid},     {"with", T::jid},        {"room", T::jid},          {"email", T::jid},
      {"domain", T::jid},      {"via", T::jid},         {"device", T::resource},   {"url", T::uri},
      {"id", T::id},           {"epoch", T::id},        {"since", T::id},          {"thread", T::id},
      {"replaces", T::id},     {"retracts", T::id},     {"originId", T::id},       {"xmppId", T::id},
      {"sha256", T::id},       {"kind", T::token},      {"state", T::token},       {"ts", T::token},
      {"stamp", T::token},     {"want", T::token},      {"request", T::token},     {"subscription", T::token},
      {"ask", T::token},       {"condition", T::token}, {"retry", T::token},       {"mime", T::token},
      {"size", T::token},      {"version", T::token},   {"account", T::token},     {"links", T::token},
      {"xmpp", T::token},      {"mqtt", T::token},      {"lang", T::token},        {"encrypted", T::token},
      {"hints", T::token},     {"priority", T::token},  {"ok", T::token},          {"mark", T::token},
      {"body", T::written},    {"bodies", T::written},  {"subject", T::written},   {"text", T::written},
      {"status", T::written},  {"name", T::written},    {"nick", T::written},      {"nickname", T::written},
      {"note", T::written},    {"groups", T::written},  {"emoji", T::written},     {"data", T::foreign},
      {"uid", T::foreign},     {"topic", T::foreign},   {"ext", T::foreign},  // these three have rules of their own
      {"delayed", T::keep},    {"replyTo", T::keep},    {"reacts", T::keep},       {"files", T::keep},
      {"stanzaIds", T::keep},  {"reason", T::written},  {"error", T::written},     {"result", T::written},
      {"contacts", T::keep},   {"devices", T::keep},    {"profile", T::keep},      {"photo", T::keep},
      {"payload", T::written}, {"role", T::token},      {"affiliation", T::token}, {"rooms", T::keep},
      {"occupants", T::keep}};
  return rules;
}

Treatment rule(const Rules& rules, std::string_view name, Treatment otherwise) {
  if (const Treatment* found = rules.find(name)) return *found;
  return is_secret_name(name) ? Treatment::secret : otherwise;
}

// Of an element, whatever its case.
Treatment text_rule(const Element& e, std::string_view text) {
  std::string small;
  std::string_view name = e.name;
  if (std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
    name = small = lower_case(name);
  const Treatment found = rule(text_rules(), name, Treatment::written);
  const bool word = found == Treatment::token || found == Treatment::id;
  return word && !is_protocol_word(e, name, text) ? Treatment::written : found;
}

bool is_protocol_node(std::string_view node) {
  return is_token(node) && (is_known(node) || node.substr(0, 4) == "urn:" || node == "config" || node == "commands");
}

// The <field/> that a <value/> is in, also through an <option/>; nullptr: none.
const Element* field_around(const std::vector<const Element*>& path) {
  for (std::size_t up = 1; up <= 2 && up < path.size(); ++up)
    if (const Element& e = *path[path.size() - 1 - up]; e.name == "field" && e.ns == "jabber:x:data") return &e;
  return nullptr;
}

Treatment treatment_of_value(const Element& field, std::string_view text) {
  const std::string_view var = field.attr_or("var");
  if (field.attr_or("type") == "text-private" || is_secret_name(var)) return Treatment::secret;
  if (var == "FORM_TYPE") return Treatment::token;
  if (text == "0" || text == "1" || text == "true" || text == "false") return Treatment::keep;
  return Treatment::written;
}

bool is_sasl(std::string_view space) {
  return space == "urn:ietf:params:xml:ns:xmpp-sasl" || space.substr(0, 14) == "urn:xmpp:sasl:" ||
         space.substr(0, 14) == "urn:xmpp:fast:";
}

Treatment treatment_in_sasl(std::string_view name) {
  if (name == "mechanism") return Treatment::token;
  if (name == "text" || name == "software" || name == "device") return Treatment::written;
  if (name == "authorization-identifier") return Treatment::jid;
  return Treatment::secret;
}

// Old log-in and registration in band: besides the password, what proves it.
bool is_proof(const Element& e) {
  return (e.ns == "jabber:iq:auth" || e.ns == "jabber:iq:register") &&
         (e.name == "digest" || e.name == "hash" || e.name == "sequence" || e.name == "key");
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7F' && c != '@' && c != '<' && c != '"';
  });
}

Treatment treatment_of_text(const std::vector<const Element*>& path, std::string_view text) {
  const Element& e = *path.back();
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return Treatment::keep;
  if (e.ns == ns::client) return text_rule(e, text);  // as most are
  if (is_sasl(e.ns)) return treatment_in_sasl(e.name);
  if (is_secret_name(e.name) || is_proof(e) || e.ns == "jabber:server:dialback") return Treatment::secret;
  if (e.ns == "urn:xmpp:http:upload:0" && e.name == "header") return Treatment::secret;  // Authorization, Cookie
  if (!is_known(e.ns)) return Treatment::foreign;
  if (e.ns == "jabber:x:data" && e.name == "value")
    if (const Element* field = field_around(path)) return treatment_of_value(*field, text);
  if (e.ns == "jabber:iq:version" || is_photo_hash(e, text)) return Treatment::keep;
  return text_rule(e, text);
}

Treatment treatment_of_attr(const std::vector<const Element*>& path, const Attr& attr) {
  const Element& e = *path.back();
  const std::string_view name = attr.name, value = attr.value;
  if (value.empty()) return Treatment::keep;
  if (name == "rspauth" && is_sasl(e.ns)) return Treatment::secret;
  const Treatment found = rule(attr_rules(), name, Treatment::keep);
  const bool word = found == Treatment::id || found == Treatment::token;  // where we know what the attribute is
  if (found != Treatment::keep && !word) return found;
  if (attr.ns == ns::xml) return Treatment::token;
  const auto standard = [&] { return standard_values().contains(value) || is_time(value); };
  if (!is_known(e.ns) || !is_known(attr.ns)) return standard() ? Treatment::keep : Treatment::foreign;
  if (word) return found;
  if (name == "node") {
    const bool software =
        e.ns == "http://jabber.org/protocol/caps" ||
        (e.ns == "http://jabber.org/protocol/disco#info" && value.find('#') != std::string_view::npos);
    return is_protocol_node(value) || (software && is_token(value)) ? Treatment::keep : Treatment::written;
  }
  const bool names_no_one = e.ns == "urn:xmpp:eme:0" || e.ns == "urn:xmpp:http:upload:0" ||
                            (e.name == "identity" && e.attr_or("category") == "client");
  if (name == "name" && names_no_one) return Treatment::keep;
  if (name == "ext" && e.ns == "http://jabber.org/protocol/caps") return Treatment::keep;
  return standard() || is_number(value) ? Treatment::keep : Treatment::written;
}

Treatment treatment_of_field(std::string_view key) { return rule(field_rules(), key, Treatment::foreign); }

bool is_known_field(std::string_view key) { return field_rules().find(key) != nullptr; }

bool is_topic_word(std::string_view level) {
  static const Words words{"u",      "r",    "gw",       "in",  "out", "msg",     "text", "receipt",
                           "act",    "dev",  "presence", "req", "res", "contact", "room", "state",
                           "status", "mark", "im",       "v1",  "v2",  "-"};
  return words.contains(level);
}

}  // namespace ferry
