// Lua tables of literals, as Prosody's internal storage writes them: `return { … };` (.dat) and `item({ … });` one
// after the other (.list). Read, never run: there is no Lua in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/migration/input.h"

namespace ferry {

struct LuaEntry;

struct LuaValue {
  enum class Kind : std::uint8_t { nil, boolean, number, text, table };
  Kind kind = Kind::nil;
  bool flag = false;
  std::string text;               // of numbers, too
  std::vector<LuaEntry> entries;  // of a table; without a key: numbered from 1
  LuaValue();
  LuaValue(LuaValue&&) noexcept;
  LuaValue& operator=(LuaValue&&) noexcept;
  ~LuaValue();
  const LuaValue* at(std::string_view key) const;  // of a text; nullptr: none
  std::string_view text_at(std::string_view key) const;
};

struct LuaEntry {
  LuaValue key, value;
};

inline constexpr std::size_t max_lua_depth = 64, max_lua_values = 1'000'000, max_lua_bytes = 32U << 20;

// The next table of the file; nothing: its end, or an error (error is set, with the place).
std::optional<LuaValue> next_lua_table(Input& input, std::string& error);

}  // namespace ferry
