#include "gateway/brain/account_records.h"

namespace ferry {
namespace {
constexpr std::string_view account_state_names[] = {"legacy", "shadow", "dual", "moved", "retired", "back"};
}

std::string_view account_state_name(AccountState state) { return account_state_names[static_cast<std::size_t>(state)]; }

std::optional<AccountState> account_state(std::string_view name) {
  for (std::size_t i = 0; i < std::size(account_state_names); ++i)
    if (account_state_names[i] == name) return static_cast<AccountState>(i);
  return std::nullopt;
}

}  // namespace ferry
