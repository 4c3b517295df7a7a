#include "gateway/capture/redacted_payload.h"

#include <algorithm>
#include <utility>

#include "translators/values/cbor.h"
#include "translators/values/topic.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

// Where the subtree of a user begins: the level "u". Nothing: no topic of ours.
std::optional<std::size_t> user_level(const std::vector<std::string_view>& levels) {
  for (std::size_t i = 0; i + 2 < levels.size(); ++i)
    if (levels[i] == "u" && (levels[i + 2] == "in" || levels[i + 2] == "out")) return i;
  return std::nullopt;
}

bool is_gateway_topic(const std::vector<std::string_view>& levels) {
  return levels.size() >= 2 && levels[levels.size() - 2] == "gw" && is_topic_word(levels.back());
}

// Whose level it is, after the words before it: of JIDs or of resourceparts.
bool names_a_peer(std::string_view before) { return before == "text" || before == "contact" || before == "u"; }
bool names_a_device(std::string_view before) { return before == "dev" || before == "res"; }

// RFC 5646, by its looks: "de", "zh-Hant-TW". A longer word may be a name.
bool is_language(std::string_view text) {
  if (text.empty() || text.size() > 35) return false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != '-') {
      const char c = text[i];
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return false;
      continue;
    }
    if (i == begin || i - begin > (begin == 0 ? 3U : 8U)) return false;
    begin = i + 1;
  }
  return true;
}

}  // namespace

bool RedactedValues::replaced(Treatment treatment, std::string_view value, std::string& out) {
  switch (treatment) {
    case Treatment::keep:
      return false;
    case Treatment::token:
    case Treatment::id:
      return !is_token(value) && foreign(value, out);
    case Treatment::jid:
      if (!keep_jids_) names_.jid(out, value);
      return !keep_jids_;
    case Treatment::localpart:
    case Treatment::resource:
      if (keep_jids_) return false;
      if (treatment == Treatment::localpart && looks_like_jid(value))
        names_.jid(out, value);
      else
        names_.text(out, value);
      return true;
    case Treatment::network:
      if (keep_jids_ || value.empty()) return false;
      return names_.address(out, value), true;
    case Treatment::uri:
      return names_.uri(out, value), true;
    case Treatment::written:
      if (!keep_bodies_) return foreign(value, out);
      if (!keep_jids_) names_.jids_within(out, value);
      return !keep_jids_;
    case Treatment::foreign:
      return foreign(value, out);
    case Treatment::secret:
      break;
  }
  if (value.empty()) return false;
  out.append(redacted_secret);
  return true;
}

std::string RedactedValues::treated(Treatment treatment, std::string_view value) {
  std::string out;
  return replaced(treatment, value, out) ? out : std::string(value);
}

bool RedactedValues::foreign(std::string_view value, std::string& out) {
  if (looks_like_jid(value)) return replaced(Treatment::jid, value, out);
  if (looks_like_uri(value)) return names_.uri(out, value), true;
  // Beginnings that mean something to clients: XEP-0245, and OTR, which is no text that people write.
  for (const std::string_view beginning : {"/me ", "?OTR:", "?OTRv"})
    if (value.starts_with(beginning)) {
      out.append(beginning);
      value.remove_prefix(beginning.size());
      break;
    }
  names_.text(out, value);
  return true;
}

std::string RedactedValues::text(std::string_view value) {
  std::string out;
  names_.text(out, value);
  return out;
}

std::string RedactedValues::level(std::string_view level, bool resource) {
  if (keep_jids_ || level.empty() || is_topic_word(level)) return std::string(level);
  const auto name = unescape_level(level);
  if (!name) return text(level);
  const auto treatment = resource ? Treatment::resource : Treatment::localpart;
  const auto escaped = escape_level(treated(treatment, *name));
  return escaped ? *escaped : text(level);
}

void RedactedPayloads::redact(CapturedPublish& publish) {
  bool ours = false;
  publish.topic = topic(publish.topic, ours);
  if (!publish.response_topic.empty()) {
    bool ignored = false;
    publish.response_topic = topic(publish.response_topic, ignored);
  }
  if (is_utf8(publish.correlation))  // whatever a client put there; equal ones stay equal
    publish.correlation = values_.treated(Treatment::foreign, publish.correlation);
  else
    publish.correlation.assign(publish.correlation.size(), 'x');
  if (publish.payload.empty()) return;
  if (publish.cbor) {
    const auto json = cbor_to_json(publish.payload);
    const auto cbor = json ? json_to_cbor(payload(*json, ours)) : json;
    publish.payload = cbor ? *cbor : std::string(publish.payload.size(), 'x');
    return;
  }
  publish.payload = payload(publish.payload, ours);
}

std::string RedactedPayloads::topic(std::string_view topic, bool& ours) {
  const std::vector<std::string_view> levels = topic_levels(topic);
  const auto user = user_level(levels);
  const bool gateway = is_gateway_topic(levels);
  ours = user || gateway;
  std::string out;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (i > 0) out += '/';
    const std::string_view before = i > 0 ? levels[i - 1] : std::string_view{};
    const bool after_user = user && i > *user;
    const bool device = after_user && names_a_device(before);
    const bool peer = after_user && names_a_peer(before);
    const bool word = ours && !device && !peer && is_topic_word(levels[i]);
    out += word || values_.keep_jids() ? std::string(levels[i]) : values_.level(levels[i], device);
  }
  return out;
}

std::string RedactedPayloads::payload(std::string_view payload, bool ours) {
  if (!is_utf8(payload)) return std::string(payload.size(), 'x');
  const auto document = JsonDocument::parse(payload);
  if (!document || !(document->root().is_object() || document->root().is_array()))
    return values_.treated(Treatment::written, payload);
  JsonWriter w;
  write(w, document->root(), {}, ours);
  return w.take();
}

void RedactedPayloads::write(JsonWriter& w, JsonView value, std::string_view key, bool ours) {
  if (value.is_object()) {
    w.begin_object();
    value.members([&](std::string_view name, JsonView member) {
      const bool language = key == "bodies" && is_language(name);
      const bool known = (ours && (language || is_known_field(name))) || (!ours && values_.keep_bodies());
      w.key(known ? std::string(name) : values_.treated(Treatment::foreign, name));
      write(w, member, language ? key : name, ours);
    });
    w.end_object();
  } else if (value.is_array()) {
    w.begin_array();
    value.each([&](JsonView item) { write(w, item, key, ours); });
    w.end_array();
  } else if (const auto text = value.string()) {
    write_text(w, *text, key, ours);
  } else if (value.boolean() || value.is_null() || (ours ? number_stays(key) : values_.keep_bodies())) {
    w.value(value);
  } else {
    w.value(std::int64_t{0});  // a number that nobody knows may be anything
  }
}

// "size" does; "body" and "name" may be somebody's telephone number.
bool RedactedPayloads::number_stays(std::string_view key) const {
  switch (treatment_of_field(key)) {
    case Treatment::keep:
    case Treatment::token:
    case Treatment::id:
      return true;
    case Treatment::written:
      return values_.keep_bodies();
    default:
      return false;
  }
}

void RedactedPayloads::write_text(JsonWriter& w, std::string_view text, std::string_view key, bool ours) {
  const Treatment treatment = treatment_of_field(key);
  if (!ours) {
    w.value(values_.treated(treatment == Treatment::secret ? treatment : Treatment::written, text));
    return;
  }
  if (key == "ext") {
    const auto xml = xml_(text);
    w.value(xml ? *xml : std::string("<redacted/>"));
  } else if (key == "uid") {
    w.value(values_.level(text, false));
  } else if (key == "topic") {
    bool ignored = false;
    w.value(topic(text, ignored));
  } else if (key == "domain" || key == "via") {
    w.value(values_.treated(Treatment::jid, text));
  } else {
    w.value(values_.treated(treatment == Treatment::keep ? Treatment::written : treatment, text));
  }
}

}  // namespace ferry
