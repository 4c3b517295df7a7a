// One row as text: parse_row, format_row.
#include <algorithm>
#include <array>

#include "config/mapping.h"
#include "config/pattern.h"
#include "config/text.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

using Error = std::string;  // empty: all is well

constexpr std::size_t max_row_bytes = 4096;
constexpr std::size_t max_row_topic_bytes = 1024;
constexpr std::array<std::string_view, 5> variables = {"{root}", "{uid}", "{localpart}", "{domain}", "{room}"};

// Normalises a bare JID or a pattern with one star.
// Preparing a name makes one of the stars of other scripts, and it would be taken for the pattern's.
constexpr const char* other_star = " has a letter that stands for *: a pattern has one *, and a name none";

Error parse_row_jid(std::string_view text, std::string& out) {
  if (text.find('/') != std::string_view::npos)
    return in_quotes(text) + " is not a bare JID: a resource cannot be mapped";
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0)
    return in_quotes(text) + " has no localpart: write localpart@domain or *@domain";
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  if (domain.find('*') != std::string_view::npos)
    return in_quotes(text) + " has a * in the domain: write one row for each domain";
  const std::size_t star = local.find('*');
  if (star == std::string_view::npos) {
    const auto jid = Jid::parse(text);
    if (!jid) return in_quotes(text) + " is not a JID: " + jid.error().text;
    if (!jid->has_local() || jid->has_resource()) return in_quotes(text) + " is not a bare JID with a localpart";
    if (jid->localpart().find('*') != std::string_view::npos) return in_quotes(text) + other_star;
    out = jid->str();
    return {};
  }
  if (local.find('*', star + 1) != std::string_view::npos) return in_quotes(text) + " has more than one *";
  // Each side of the star is prepared by itself, as it must be met in a prepared localpart.
  std::string sides[2];
  const std::string_view raw[2] = {local.substr(0, star), local.substr(star + 1)};
  for (int i = 0; i < 2; ++i) {
    if (raw[i].empty()) continue;
    const auto side = Jid::make(raw[i], domain);
    if (!side) return in_quotes(text) + " is not a JID pattern: " + side.error().text;
    sides[i] = std::string(side->localpart());
    if (sides[i].find('*') != std::string::npos) return in_quotes(text) + other_star;
  }
  const auto host = Jid::make({}, domain);
  if (!host) return in_quotes(text) + " is not a JID pattern: " + host.error().text;
  out = sides[0] + '*' + sides[1] + '@' + std::string(host->domainpart());
  return {};
}

Error check_variable(std::string_view level, std::size_t position, RowKind kind) {
  if (std::find(variables.begin(), variables.end(), level) == variables.end()) {
    const std::size_t open = level.find('{');
    const std::size_t close = level.find('}');
    if (open != std::string_view::npos && close != std::string_view::npos && open < close &&
        std::find(variables.begin(), variables.end(), level.substr(open, close - open + 1)) != variables.end())
      return "the variable in " + in_quotes(level) + " must fill a whole topic level";
    return in_quotes(level) + " is not a variable: there are {root} {uid} {localpart} {domain} {room}";
  }
  if (level == "{root}" && position != 0) return "{root} can only begin a topic";
  if (level == "{room}" && kind != RowKind::room) return "{room} belongs to room rows: write {localpart}";
  return {};
}

Error check_row_topic(const Row& row) {
  const std::string& topic = row.topic;
  if (topic.size() > max_row_topic_bytes) return "the topic has more than 1024 bytes";
  const bool pattern = is_pattern(row);
  const auto levels = topic_levels(topic);
  if (levels.size() > max_row_levels) return "the topic has more than 32 levels";
  bool name = false;
  bool wild = false;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const std::string_view level = levels[i];
    if (level.empty() && row.kind != RowKind::feed) return "the topic " + in_quotes(topic) + " has an empty level";
    if (level.find_first_of("{}") != std::string_view::npos) {
      if (Error e = check_variable(level, i, row.kind); !e.empty()) return e;
      name = name || level == "{uid}" || level == "{localpart}" || level == "{room}";
    }
    wild = wild || level.find_first_of("+#") != std::string_view::npos;
    // mosquitto.conf(5): in a pattern of the ACL file these would be replaced by the broker.
    if (level.find("%u") != std::string_view::npos || level.find("%c") != std::string_view::npos)
      return "the topic " + in_quotes(topic) + " holds %u or %c, which the broker would replace";
  }
  if (topic.front() == '$') return "the topic " + in_quotes(topic) + " begins with $: these are the broker's own";
  if (wild && row.kind != RowKind::feed)
    return "a topic of a " + std::string(row_kind_name(row.kind)) + " row cannot hold + or #";
  if (wild && pattern) return "a filter (+ or #) needs a feed with an exact JID, not the pattern " + in_quotes(row.jid);
  if (wild && name) return "a filter (+ or #) cannot hold a variable but {root} and {domain}";
  if (wild && !row.write.empty()) return "nobody can write to a filter (+ or #): leave write out or name one topic";
  if (pattern && !name)
    return "all of " + in_quotes(row.jid) + " would share the topic " + in_quotes(topic) +
           ": it needs {uid}, {localpart} or {room}";
  const auto valid = parse_topic_filter(topic);
  if (!valid) return "the topic " + in_quotes(topic) + " is not valid: " + valid.error().text;
  return {};
}

Error parse_list(std::string_view key, std::string_view text, std::vector<std::string>& out) {
  for (const std::string_view item : split(text, ',')) {
    if (item.empty()) return std::string(key) + " has an empty entry: write JIDs or domains separated by commas";
    if (item == "none") {
      if (text != "none") return std::string(key) + "=none stands alone";
      continue;
    }
    const auto jid = Jid::parse(item);
    if (!jid) return std::string(key) + ": " + in_quotes(item) + " is not a JID or domain: " + jid.error().text;
    if (jid->has_resource()) return std::string(key) + ": " + in_quotes(item) + " must be a bare JID or a domain";
    if (std::find(out.begin(), out.end(), jid->str()) == out.end()) out.push_back(jid->str());
  }
  return {};
}

Error parse_setting(std::string_view word, Row& row, std::vector<std::string_view>& seen) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return in_quotes(word) + " is not key=value";
  const std::string_view key = word.substr(0, equals);
  const std::string_view value = word.substr(equals + 1);
  const std::vector<std::string_view> known = {"format", "write", "follow"};
  if (std::find(known.begin(), known.end(), key) == known.end()) {
    const auto guess = nearest(key, known);
    return in_quotes(key) + " is not a setting of a row" +
           (guess ? "; did you mean " + std::string(*guess) + "?" : ": there are format, write, follow");
  }
  if (std::find(seen.begin(), seen.end(), key) != seen.end()) return in_quotes(key) + " stands twice";
  seen.push_back(key);
  if (key == "format") {
    if (row.kind != RowKind::user) return "format belongs to user rows";
    if (value != "json" && value != "cbor") return "format is json or cbor, not " + in_quotes(value);
    row.format = value == "cbor" ? Format::cbor : Format::json;
    return {};
  }
  if (row.kind != RowKind::feed) return std::string(key) + " belongs to feed rows";
  if (key == "write") return parse_list(key, value, row.write);
  if (Error e = parse_list(key, value, row.follow); !e.empty()) return e;
  if (row.follow.empty()) row.follow = {"none"};
  return {};
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) out += (out.empty() ? "" : ",") + item;
  return out;
}

}  // namespace

std::string_view row_kind_name(RowKind kind) {
  switch (kind) {
    case RowKind::user:
      return "user";
    case RowKind::room:
      return "room";
    case RowKind::feed:
      return "feed";
  }
  return "user";
}

bool is_pattern(const Row& row) { return row.jid.find('*') != std::string::npos; }

Result<Row, std::string> parse_row(std::string_view text) {
  if (text.size() > max_row_bytes) return std::string("the row has more than 4096 bytes");
  if (!is_utf8(text)) return std::string("the row is not UTF-8");
  const auto parts = words(text);
  if (parts.size() < 3) return std::string("a row is: KIND JID TOPIC [key=value ...]");
  for (const std::string_view part : parts)
    if (has_control(part)) return std::string("the row holds a control character");
  Row row;
  if (parts[0] == "user")
    row.kind = RowKind::user;
  else if (parts[0] == "room")
    row.kind = RowKind::room;
  else if (parts[0] == "feed")
    row.kind = RowKind::feed;
  else
    return in_quotes(parts[0]) + " is not a kind of row: there are user, room and feed";
  if (Error e = parse_row_jid(parts[1], row.jid); !e.empty()) return e;
  row.topic = std::string(parts[2]);
  std::vector<std::string_view> seen;
  for (std::size_t i = 3; i < parts.size(); ++i)
    if (Error e = parse_setting(parts[i], row, seen); !e.empty()) return e;
  if (Error e = check_row_topic(row); !e.empty()) return e;
  row.jid.shrink_to_fit();
  return row;
}

std::string format_row(const Row& row) {
  std::string out = std::string(row_kind_name(row.kind)) + ' ' + row.jid + ' ' + row.topic;
  if (row.format == Format::cbor) out += " format=cbor";
  if (!row.write.empty()) out += " write=" + joined(row.write);
  if (!row.follow.empty()) out += " follow=" + joined(row.follow);
  return out;
}

Problems needs_mqtt5(const std::vector<Row>& rows) {
  Problems out;
  for (const Row& row : rows)
    if (!row.write.empty())
      out.push_back({row.from_store ? "store"
                     : row.line > 0 ? "line " + std::to_string(row.line)
                                    : "route",
                     "the writable feed " + in_quotes(format_row(row)) +
                         " needs MQTT 5 (No Local); over 3.1.1 the gateway would hear itself"});
  return out;
}

Problems nobody_at(const std::string& domain, const std::vector<const Row*>& rows) {
  if (domain.empty()) return {};
  for (const Row* row : rows) {
    const std::string_view at = std::string_view(row->jid).substr(row->jid.find('@') + 1);
    if (row->kind == RowKind::user && (at == domain || at.find('*') != std::string_view::npos)) return {};
  }
  return {{"route",
           "no row makes a user of anybody at " + domain + ", the component's domain; one for everybody is: user *@" +
               domain + " {root}/u/{uid}",
           true}};
}

}  // namespace ferry
