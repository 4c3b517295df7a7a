// The inside of the mapping table, shared by the files that look up, prove and explain.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/index.h"
#include "config/mapping.h"
#include "config/pattern.h"

namespace ferry {

// All pattern rows that share a topic template (and, without {uid}, the domain). Usually there is one.
struct Group {
  Template shape;
  std::size_t rows = 0;
};

struct PatternRow {
  JidPattern jid;
  std::uint32_t slot = 0;
  const Group* group = nullptr;
};

struct MappingTable::State {
  static constexpr std::size_t max_depth = 64;  // levels of a topic: the root and max_row_levels

  std::string root, broker_username, source;

  std::deque<Row> slots;  // addresses stay; a free slot has an empty jid
  std::vector<std::uint32_t> free_slots;
  std::size_t live = 0;

  // Exact rows: by JID, and by topic (user, room: the base; feed: the topic; feeds with a filter stand in `filters`).
  Index jids, topics;
  struct Filter {
    std::uint32_t slot;
    std::string topic;  // expanded
  };
  std::vector<Filter> filters;
  // Patterns of a domain, the most specific first.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::vector<PatternRow>, Hash, std::equal_to<>> patterns;
  std::size_t pattern_rows = 0;
  std::vector<std::unique_ptr<Group>> groups;

  std::array<std::size_t, max_depth + 1> user_depths{};  // user rows whose base has so many levels
  std::size_t exact_feeds = 0;
  std::size_t pattern_feeds = 0;
  Problems refused;  // rows that set_rows left out

  struct Found {
    const Row* row;
    const PatternRow* pattern;  // nullptr: an exact row
  };
  std::optional<Found> find(const Jid& jid) const;
  const Row* exact(std::string_view bare_jid) const;      // by JID
  const Row* exact_topic(std::string_view topic) const;   // by base or topic
  std::string topic_of(const Row& exact_row) const;       // expanded; the row is in the table
  bool is_gateway(const Row& row, const Jid& jid) const;  // would the user log in as the gateway?

  Result<const Row*, std::string> insert(Row row);
  void erase(std::uint32_t slot);

  std::string where(const Row& row) const;
  std::string name(const Row& row) const;                        // "user *@d {root}/u/{uid}" (ferry.conf:3)
  void check_exact(const Row& row, Problems& out) const;         // against all others; constant time in exact rows
  void check_filter(const Filter& filter, Problems& out) const;  // against all others; linear
  Problems check_patterns() const;                               // patterns among themselves

  template <class Do>
  void each(const Do& what) const {
    for (const Row& row : slots)
      if (!row.jid.empty()) what(row);
  }
};

inline Jid exact_jid(const Row& row) {  // of an exact row in the table: parse_row has seen it
  return *Jid::parse(row.jid);
}

bool is_filter(const Row& row);  // a feed whose topic has + or #

}  // namespace ferry
