// The two halves of a mapping row, taken apart: the JID pattern and the topic template.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/mapping.h"

namespace ferry {

// "prefix*suffix@domain". All parts normalised.
struct JidPattern {
  std::string prefix, suffix, domain;

  std::size_t literal() const { return prefix.size() + suffix.size(); }  // the specificity
  bool matches(std::string_view localpart) const;                        // the star stands for nothing, too
  bool overlaps(const JidPattern& other) const;                          // is there a JID that both match?
};

JidPattern jid_pattern(std::string_view jid);  // of a parsed row whose JID has a '*'

std::string_view domain_of(std::string_view jid);  // of a row's JID or pattern
std::string_view localpart_of(std::string_view jid);

// A topic template with {root} and {domain} filled in.
struct Level {
  enum class Slot : std::uint8_t { text, uid, localpart } slot = Slot::text;  // {room} is a localpart
  std::string text;

  friend bool operator==(const Level&, const Level&) = default;
};

struct Template {
  RowKind kind = RowKind::user;
  std::vector<Level> levels;
  std::string domain;  // of the row; empty when {uid} says it

  bool has(Level::Slot slot) const;
  std::string filter() const;  // every variable as '+'
  friend bool operator==(const Template&, const Template&) = default;
};

Template topic_template(const Row& row, std::string_view root);

// The level that stands for a localpart in rows of this kind, and back. Errors: not-acceptable, jid-malformed.
Result<std::string> localpart_level(RowKind kind, std::string_view localpart);
Result<Jid> localpart_from_level(RowKind kind, std::string_view level, std::string_view domain);

// Row and bare JID to topic. Error: the name cannot be mapped.
Result<std::string> expand(const Row& row, std::string_view root, const Jid& jid);

// The JID of a topic (as many levels as the template). nullopt: another shape. Errors: see MappingTable::by_topic.
Result<std::optional<Jid>> match(const Template& shape, const std::vector<std::string_view>& levels);

// Is the user's MQTT user name the localpart (rows with {localpart} and without {uid}) or the uid?
bool login_is_localpart(const Row& row);
Result<std::string> login_name(const Row& row, const Jid& jid);

}  // namespace ferry
