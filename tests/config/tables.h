// Mapping tables for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/mapping.h"

namespace ferry {

inline Jid jid(std::string_view text) {
  auto parsed = Jid::parse(text);
  EXPECT_TRUE(parsed) << text;
  return *std::move(parsed);
}

// Rows get the lines 1, 2, 3 ...
inline std::vector<Row> rows(const std::vector<std::string>& texts) {
  std::vector<Row> out;
  for (const std::string& text : texts) {
    auto row = parse_row(text);
    EXPECT_TRUE(row) << text;
    if (!row) continue;
    out.push_back(*std::move(row));
    out.back().line = static_cast<int>(out.size());
  }
  return out;
}

inline MappingTable table(const std::vector<std::string>& texts, const std::string& broker_username = "ferry") {
  MappingTable out("im/v1", broker_username, "ferry.conf");
  out.set_rows(rows(texts));
  return out;
}

inline std::string topic_of(const MappingTable& t, std::string_view address) {
  const auto match = t.by_jid(jid(address));
  return match ? match->topic : "-";
}

// "JID rest", "-" for no row, "!condition" for an error.
inline std::string owner_of(const MappingTable& t, std::string_view topic) {
  const auto match = t.by_topic(topic);
  if (!match) return "!" + std::string(condition_name(match.error().condition));
  if (!*match) return "-";
  return (*match)->jid.str() + " " + std::string((*match)->rest);
}

}  // namespace ferry
