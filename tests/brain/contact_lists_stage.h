// A stage with a legacy server that may let the gateway write its accounts' contact lists, and bob, who gets a new
// address.
#pragma once

#include "tests/brain/account_stage.h"
#include "tests/brain/old_lists.h"

namespace ferry {

class ContactListsConversation : public AccountConversation {
 protected:
  static constexpr const char* address = "robert@mqtt.corp.example";
  static constexpr const char* plan_of_bob =
      R"({"command":"migrate.plan","cohort":"pilot","jids":["bob@corp.example robert@mqtt.corp.example"],"go":true})";

  // alice and bob see each other, carol sees bob, bob sees eve, dave was asked; frank lives elsewhere.
  ContactListsConversation() {
    auto& bobs = server.accounts[account].roster;
    bobs["eve@corp.example"] = {"Eve", {}, true, false, false};
    bobs["frank@elsewhere.example"] = {"Frank", {}, true, true, false};
    server.accounts["alice@corp.example"].roster = {{account, {"Bobby", {"Pals", "Work"}, true, true, false}},
                                                    {"zoe@corp.example", {"Zoe", {}, true, true, false}}};
    server.accounts["carol@corp.example"].roster[account] = {"Bob", {}, true, false, false};
    server.accounts["eve@corp.example"].roster[account] = {"", {"Ex"}, false, true, false};
    server.accounts["dave@corp.example"].pending = {account};
  }
  void dual(int ticks = 20) {
    ask(plan_of_bob);
    start("dual", ticks);
  }
  OldAccount::Item* of(const std::string& who) {
    auto& roster = server.accounts[who + "@corp.example"].roster;
    const auto it = roster.find(address);
    return it == roster.end() ? nullptr : &it->second;
  }
  std::string contact(const std::string& jid) { return stage.shown("robert", "in/contact/" + jid); }
  void expect_both(const std::string& jid) {
    stage.expect_shown("robert", "in/contact/" + jid, R"({"subscription":"both"})");
    EXPECT_EQ(contact(jid).find("ask"), std::string::npos) << contact(jid);
  }
  std::vector<std::string> asked() const {  // who was sent a subscribe
    std::vector<std::string> who;
    for (const Element& e : stage.stanzas)
      if (e.name == "presence" && e.attr_or("type") == "subscribe") who.emplace_back(e.attr_or("to"));
    std::sort(who.begin(), who.end());
    who.erase(std::unique(who.begin(), who.end()), who.end());  // after a loss of the link it is said again
    return who;
  }
  using People = std::vector<std::string>;

  OldLists lists{stage, server};
};

}  // namespace ferry
