// shadow: the whole translation runs, nothing is delivered, and what MQTT would have shown is compared with what the
// server says. One instance serves all accounts; what differs is in the records.
#pragma once

#include <set>

#include "gateway/brain/account.h"
#include "gateway/brain/brain.h"
#include "translators/event.h"

namespace ferry {

class SessionShadow {
 public:
  static constexpr std::size_t max_differences = 1'000;  // kept of one account; more are only counted

  explicit SessionShadow(World& world) : world_(world) {}

  // One item as a client would be shown it; nullptr: removed. Any state: verify compares with it.
  void item(Account& account, const Jid& jid, const ContactRecord* record);
  // The server's whole roster has been taken: is it what the pushes had made of it?
  void roster_is(Account& account, const std::set<std::string>& there);
  // Would it arrive, and come back as it was?
  void message(Account& account, const Message& m, Brain::SessionSource source);
  // The user's contacts against the server's roster, as it was just taken: how many differ.
  std::size_t compare(Account& account);

  void differs(Account& account, const std::string& kind, const std::string& peer, std::string text);
  void agrees(Account& account, const std::string& kind, const std::string& peer);

 private:
  World& world_;
};

}  // namespace ferry
