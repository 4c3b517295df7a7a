// The mapping table: which JID is which MQTT topic (design section 4).
//
// A row is one line "KIND JID TOPIC [key=value ...]", separated by blanks:
//
//   user  *@mqtt.corp.example           {root}/u/{uid}            format=json|cbor
//   room  ops@rooms.mqtt.corp.example   {root}/r/{room}           (checked, not carried yet)
//   feed  alarm@mqtt.corp.example       factory/line1/alarm       write=none|LIST follow=LIST
//
// JID: a bare JID, or a pattern with one * in the localpart (*@d, prefix*@d, *suffix@d, prefix*suffix@d).
// TOPIC: levels of literal text or of one whole variable: {root} (at the beginning only), {uid} {localpart} {domain}
// {room}. Of a user row it is the base of the subtree ("BASE/out/msg"). The topic of a feed with an exact JID may be a
// filter (+, #) if nobody may write. In user and room rows {localpart} and {room} are escape_level(localpart); in feed
// rows {localpart} is the localpart unescaped by XEP-0106 as one topic level, and a name that this cannot turn round
// (a '/', '+', '#' or control character in it, or changed by nodeprep) is refused.
// LIST: JIDs or domains, separated by commas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"
#include "translators/values/jid.h"
#include "translators/values/result.h"

namespace ferry {

enum class RowKind : std::uint8_t { user, room, feed };
enum class Format : std::uint8_t { json, cbor };

struct Row {
  std::string jid;                  // bare JID or pattern, normalised
  std::string topic;                // as written
  std::vector<std::string> write;   // feed: who may write; empty: nobody
  std::vector<std::string> follow;  // feed: who may follow; empty: the hosted and the legacy server's domains;
                                    // the one entry "none": nobody
  int line = 0;                     // of the configuration file; 0: a flag, the environment or the store
  RowKind kind = RowKind::user;
  Format format = Format::json;
  bool from_store = false;

  friend bool operator==(const Row&, const Row&) = default;
};

inline constexpr std::size_t max_row_levels = 32;        // of a topic
inline constexpr std::size_t max_pattern_rows = 10'000;  // rows with * in the JID
inline constexpr std::size_t max_filter_rows = 1'000;    // feeds whose topic is a filter (each is tried on a look-up)

std::string_view row_kind_name(RowKind kind);
Result<Row, std::string> parse_row(std::string_view text);  // error: what is wrong, for people
std::string format_row(const Row& row);                     // parse_row(format_row(r)) == r but for line, from_store
bool is_pattern(const Row& row);                            // has the JID a *?

// The rows that need MQTT 5: writable feeds (No Local). One problem each; refuse them when the broker speaks 3.1.1.
Problems needs_mqtt5(const std::vector<Row>& rows);

// A note where none of the rows makes a user of anybody at this domain, the component's.
Problems nobody_at(const std::string& domain, const std::vector<const Row*>& rows);

// One instance is the whole table of a running gateway. It is a bijection on what it covers:
// by_topic(by_jid(j)->topic + "/out/x")->jid == j. Exact rows win over patterns, of patterns the one with the longest
// literal localpart. A JID that an exact row claims has no other topic; a user whose MQTT user name would be the
// gateway's own is refused. Look-ups of exact rows and of "*@domain" are constant time whatever the size.
class MappingTable {
 public:
  // `source` names the configuration file in problems ("ferry.conf" gives "ferry.conf:12").
  MappingTable(std::string root, std::string broker_username, std::string source = "route");
  ~MappingTable();
  MappingTable(MappingTable&&) noexcept;
  MappingTable& operator=(MappingTable&&) noexcept;

  // Replaces everything. Rows that cannot stand (duplicate JID or topic, unmappable name, over a limit) are left out
  // and reported; check() reports them again.
  Problems set_rows(std::vector<Row> rows);
  // One row more or less, at run time; constant time for exact rows, a whole check() for patterns and filters. Refuses
  // what set_rows would leave out and what check() would call an error, but for an exact row two things are left to
  // check(): older exact rows inside its subtree, and the localpart of an older exact row as login. Rows come from
  // parse_row().
  Result<const Row*, std::string> add(Row row);
  bool remove(std::string_view jid);  // the row with exactly this JID or pattern; false: there is none

  struct JidMatch {
    const Row* row;     // valid until this row is removed or the rows are set
    std::string topic;  // user: the base; feed: the topic (or filter)
  };
  // A resourcepart is ignored. nullopt: no row, or a name that the row cannot map.
  std::optional<JidMatch> by_jid(const Jid& bare) const;

  struct TopicMatch {
    const Row* row;
    Jid jid;                // bare
    std::string_view rest;  // user: what follows the base, "out/msg"; feed: the whole topic. Lives as long as `topic`
  };
  // The row of a topic name that a client published: user rows own "BASE/out/...", feed rows their whole topic.
  // nullopt: nobody's. Errors: forbidden (the JID belongs to another row; it is the gateway itself), jid-malformed
  // (a name in the topic is not the one form of a JID), not-acceptable (the name cannot be a topic level and back).
  Result<std::optional<TopicMatch>> by_topic(std::string_view topic) const;

  std::vector<std::string> user_filters() const;  // "im/v1/u/+/out/#": subscribe to these, none covers another
  std::vector<std::string> feed_filters() const;  // subscribe to these with No Local, none covers another

  std::size_t size() const;
  std::vector<const Row*> rows() const;  // exact rows and patterns, in no promised order after add and remove
  const std::string& root() const;
  const std::string& broker_username() const;

  // Everything that is wrong with the rows together, both rows named: ties, two JIDs on one topic, rows that nothing
  // can reach, topics inside a private subtree, gw/ or $..., two people with one MQTT user name. `info` problems do
  // not forbid a start. Linear in the rows.
  Problems check() const;

  // For people: which row fires for a JID or topic (text with '/' or without a JID's form is taken as both), why,
  // the result, and what else matched and lost.
  std::string explain(std::string_view text) const;

  struct State;  // config/table.h

 private:
  std::unique_ptr<State> state_;
};

}  // namespace ferry
