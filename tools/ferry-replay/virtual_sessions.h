// The session link without a network: accounts of a pretended legacy server, each logged in as soon as it is wanted.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "gateway/brain/brain.h"
#include "tools/ferry-replay/captured_accounts.h"

namespace ferry::replay {

// One instance is one gateway's. What the brain wants done goes in, what follows from it waits for step().
class VirtualSessions {
 public:
  explicit VirtualSessions(std::vector<CapturedAccount> accounts);

  // The commands by which the accounts come into state dual; JSON, as ferryctl gives them.
  std::vector<std::string> commands() const;
  // How long these take at most, in virtual time.
  Duration lead() const;

  void take(const SessionEffect& effect);
  bool idle() const { return waiting_.empty(); }
  void step(Brain& brain, Instant now);  // one thing that happens
  void clear() { waiting_.clear(); }

  std::vector<Jid> accounts() const;

 private:
  struct Up {};
  struct CaughtUp {};
  struct Sent {
    std::int64_t token;
  };
  struct Waiting {
    const CapturedAccount* account;
    std::variant<Up, CaughtUp, Sent, Element> what;
  };
  std::map<std::string, CapturedAccount> accounts_;  // by bare JID
  std::deque<Waiting> waiting_;
};

}  // namespace ferry::replay
