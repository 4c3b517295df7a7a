// What must be true of everything that leaves the brain, whatever came in. Shared with tests/fuzz/brain_fuzz.cpp, so
// without GoogleTest: the first broken rule as text, empty if none is.
#pragma once

#include <algorithm>
#include <string>

#include "config/options.h"
#include "gateway/brain/effects.h"
#include "translators/values/cbor.h"
#include "translators/values/json.h"
#include "translators/values/stanza.h"
#include "translators/values/topic.h"
#include "translators/values/xml.h"

namespace ferry {

inline std::string broken_stanza_rule(const std::string& text, const Options& options) {
  auto xml = parse_xml(text, {options.limits.message_bytes + 65'536, 80, 1'000'000, 1'000});
  if (!xml) return "not XML: " + xml.error().text;
  const auto stanza = Stanza::from_xml(std::move(*xml));
  if (!stanza) return "no stanza: " + stanza.error().text;
  if (!stanza->from || stanza->from->domainpart() != options.component.domain) return "from is not ours";
  if (!stanza->to) return "no to";
  if (stanza->to->domainpart() == options.component.domain) return "to ourselves over the link";
  if (!is_xml_text(text)) return "illegal characters";
  return {};
}

// feeds: topics outside of {root} belong to feeds, where only they publish.
inline std::string broken_publish_rule(const Publish& p, const Options& options) {
  const std::string gw = options.broker.root + "/gw/", users = options.broker.root + "/u/";
  if (!parse_topic_name(p.topic)) return "no topic name";
  if (p.retain && p.expiry > 0) return "a retained publish that expires";
  if (p.topic.starts_with(gw)) return {};
  if (!p.topic.starts_with(users))
    return p.topic.starts_with(options.broker.root) ? "neither a user's nor the gateway's" : "";
  const auto levels = topic_levels(std::string_view{p.topic}.substr(users.size()));
  for (const auto level : levels)
    if (level.empty()) return "an empty level";
  if (levels.size() < 2) return "not under a subtree";
  if (levels[1] == "out") return p.retain && p.payload.empty() ? "" : "a publish where only the user may";
  if (levels[1] != "in") return "neither in/ nor out/";
  if (p.payload.empty()) return p.retain ? "" : "an empty payload";
  if (p.retain && levels[2] != "contact" && levels[2] != "room" && levels[2] != "state" && levels[2] != "waiting")
    return "retained where it must not be";
  if (p.cbor) return cbor_to_json(p.payload) ? "" : "no CBOR";
  const auto document = JsonDocument::parse(p.payload);
  if (!document) return "no JSON: " + document.error().text;
  return document->root().is_object() ? "" : "no JSON object";
}

// "event=NAME key=value …": a value is a word, or quoted; whoever is talked about cannot add a field of their own.
inline std::string broken_log_rule(std::string_view line) {
  if (!line.starts_with("event=")) return "names no event";
  while (!line.empty()) {
    const std::size_t key = line.find('=');
    if (key == std::string_view::npos || key == 0) return "a word without a key";
    for (const char c : line.substr(0, key))
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-') return "no key";
    line.remove_prefix(key + 1);
    std::size_t end = 0;
    if (line.starts_with("\"")) {
      for (end = 1; end < line.size() && line[end] != '"'; ++end) end += line[end] == '\\' ? 1 : 0;
      if (end >= line.size()) return "a quotation without an end";
      ++end;
    } else {
      end = std::min(line.find(' '), line.size());
    }
    for (const char c : line.substr(0, end))
      if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) return "a control character";
    line.remove_prefix(end);
    if (line.starts_with(" "))
      line.remove_prefix(1);
    else if (!line.empty())
      return "something after a quotation";
  }
  return {};
}

// Through an account's own session: the server says who it is from.
inline std::string broken_session_rule(const SessionEffect& e, const Options& options) {
  if (e.account.find('@') == std::string::npos || e.account.find('/') != std::string::npos) return "no account";
  if (e.what != SessionEffect::What::send && e.what != SessionEffect::What::presence) return {};
  auto xml = parse_xml(e.text, {options.limits.message_bytes + 65'536, 80, 1'000'000, 1'000});
  if (!xml) return "not XML: " + xml.error().text;
  if (xml->attr("from")) return "has a from";
  const auto stanza = Stanza::from_xml(std::move(*xml));
  return stanza ? "" : "no stanza: " + stanza.error().text;
}

inline std::string broken_rule(const Effects& effects, const Options& options) {
  for (const SessionEffect& e : effects.sessions)
    if (auto wrong = broken_session_rule(e, options); !wrong.empty()) return wrong + ": " + e.account + " " + e.text;
  for (const std::string& text : effects.stanzas)
    if (auto wrong = broken_stanza_rule(text, options); !wrong.empty()) return wrong + ": " + text;
  for (const Publish& p : effects.publishes)
    if (auto wrong = broken_publish_rule(p, options); !wrong.empty()) return wrong + ": " + p.topic + " " + p.payload;
  for (const LogLine& line : effects.log)
    if (auto wrong = broken_log_rule(line.text); !wrong.empty()) return "a log line: " + wrong + ": " + line.text;
  return {};
}

}  // namespace ferry
