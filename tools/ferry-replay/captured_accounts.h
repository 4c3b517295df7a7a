// The accounts of the legacy server that a capture writes to, and their rosters, where it shows them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/mapping.h"
#include "tools/ferry-replay/player.h"

namespace ferry::replay {

struct CapturedAccount {
  Jid jid;         // bare
  Element roster;  // the query with its items
};

// One instance is one capture's. It is looked through before anything is played: a session begins with its roster.
class CapturedAccounts {
 public:
  static constexpr std::size_t most = 1'000'000;

  void note(const std::vector<Played>& batch);  // of one record: all its copies
  std::size_t size() const { return accounts_.size(); }
  bool too_many() const { return accounts_.size() > most; }
  // Each with its roster, and with a row in the table: where there was none, the row that ferryd adds when the account
  // leaves `legacy`. Error: an account that can have none.
  Result<std::vector<CapturedAccount>, std::string> take(const Player& player, MappingTable& table) const;

 private:
  struct Account {
    std::string original;  // the first copy's address
    std::uint32_t copy = 0;
  };
  std::map<std::string, Account> accounts_;  // by bare JID
};

// Reads the whole capture for them. Error: why it cannot be played.
struct Setup;
Result<std::vector<CapturedAccount>, std::string> find_accounts(const std::string& capture, Setup& setup,
                                                                const Options& options);

}  // namespace ferry::replay
