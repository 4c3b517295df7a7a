// `ferryctl map explain`: which row fires, and why.
#include "config/table.h"
#include "config/text.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

using State = MappingTable::State;

void explain_jid(const MappingTable& table, const State& s, const Jid& jid, std::string& out) {
  out += "JID    " + jid.bare().str() + "\n";
  const auto found = s.find(jid);
  if (!found) {
    out += "row    none: this JID is not mapped\n";
    return;
  }
  const Row& row = *found->row;
  out += "row    " + s.name(row) + "\n";
  out += found->pattern == nullptr ? "why    exact: the row names this JID\n"
                                   : "why    pattern: the most specific one that matches, " +
                                         std::to_string(found->pattern->jid.literal()) + " literal bytes\n";
  if (const auto match = table.by_jid(jid)) {
    out += std::string(row.kind == RowKind::user ? "base   " : "topic  ") + match->topic + "\n";
    if (const auto login = login_name(row, jid); row.kind == RowKind::user && login) out += "login  " + *login + "\n";
    if (row.kind == RowKind::room) out += "note   rooms are not carried yet\n";
  } else if (s.is_gateway(row, jid)) {
    out += "topic  none: the user name is the gateway's own\n";
  } else {
    const auto topic = expand(row, s.root, jid);
    out += "topic  none: " + (topic ? std::string("refused") : topic.error().text) + "\n";
  }
  const auto list = s.patterns.find(jid.domainpart());
  if (list == s.patterns.end()) return;
  for (const PatternRow& p : list->second) {
    if (&p == found->pattern || !p.jid.matches(jid.localpart())) continue;
    const bool tie = found->pattern != nullptr && p.jid.literal() == found->pattern->jid.literal();
    out += "lost   " + s.name(s.slots[p.slot]) +
           (tie                         ? ": a tie, which check reports\n"
            : found->pattern == nullptr ? ": exact rows win\n"
                                        : ": less specific\n");
  }
}

// The topics that clients read are explained by those they write: "BASE/in/x" by "BASE/out/x".
std::string as_published(std::string_view topic) {
  const std::size_t at = topic.find("/in/");
  if (at == std::string_view::npos) return std::string(topic);
  return std::string(topic.substr(0, at)) + "/out/" + std::string(topic.substr(at + 4));
}

void explain_topic(const MappingTable& table, const State& s, std::string_view topic, std::string& out) {
  out += "topic  " + std::string(topic) + "\n";
  if (const auto name = parse_topic_name(topic); !name) {
    out += "row    none: not a topic name: " + name.error().text + "\n";
    return;
  }
  auto result = table.by_topic(topic);
  const std::string published = as_published(topic);
  bool read = false;
  if ((!result || !*result) && published != topic) {
    auto other = table.by_topic(published);
    if (!other || *other) {
      result = std::move(other);
      read = true;
    }
  }
  if (!result) {
    out += "row    none: " + std::string(condition_name(result.error().condition)) + ": " + result.error().text + "\n";
    return;
  }
  if (!*result) {
    out += "row    none: this topic is not mapped\n";
    return;
  }
  const auto& match = **result;
  out += "row    " + s.name(*match.row) + "\n";
  out += is_pattern(*match.row)  ? "why    pattern: the topic names a JID whose row this is\n"
         : is_filter(*match.row) ? "why    filter: the feed's filter matches\n"
                                 : "why    exact: the row names this topic\n";
  out += "JID    " + match.jid.str() + "\n";
  if (match.row->kind == RowKind::user)
    out += read ? "use    the client reads it, the gateway writes it\n"
                : "use    the client writes it: " + std::string(match.rest) + "\n";
  for (const State::Filter& filter : s.filters)
    if (&s.slots[filter.slot] != match.row && topic_matches(filter.topic, topic))
      out += "lost   " + s.name(s.slots[filter.slot]) + ": filters come last\n";
}

}  // namespace

std::string MappingTable::explain(std::string_view text) const {
  const State& s = *state_;
  text = trim(text);
  std::string out;
  const auto jid = Jid::parse(text);
  const bool as_jid = jid && jid->has_local() && text.find('@') < text.find('/');
  if (as_jid) explain_jid(*this, s, *jid, out);
  if (!as_jid || text.find('/') != std::string_view::npos) {
    std::string topic;
    explain_topic(*this, s, text, topic);
    if (as_jid && topic.find("\nJID ") == std::string::npos) return out;  // a full JID, not a topic
    out += topic;
  }
  return out;
}

}  // namespace ferry
