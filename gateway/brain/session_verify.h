// ferryctl migrate verify: what MQTT shows of an account compared with what its server says now, and what the server
// has of it that no MQTT client is shown. Nothing is mended; migrate.show has what was found.
//
//   roster      each contact, its name, groups and subscription      kinds roster and contact
//   archive     has everything that was missed come?                 kind archive
//   card        fields that a profile does not have (XEP-0054)       kind card, a loss
//   bookmarks   rooms that could not be joined (XEP-0048, XEP-0402)  kind room, a loss; in dual and moved
//
// A loss is the same for everybody with such a card or such a room, and no reason to stop. One instance serves all
// accounts.
#pragma once

#include "gateway/brain/session_bridge.h"

namespace ferry {

class SessionVerify {
 public:
  SessionVerify(World& world, SessionIqs& iqs, SessionShadow& shadow, SessionBridge& bridge)
      : world_(world), iqs_(iqs), shadow_(shadow), bridge_(bridge) {}

  void ask(Account& account);                  // whose session is up
  std::int64_t open() const { return open_; }  // questions whose answers have not come

  static bool is_loss(std::string_view kind);

 private:
  using Take = void (SessionVerify::*)(Account&, const Result<Element>&);
  void get(Account& account, Element query, Take take);
  void roster(Account& account, const Result<Element>& answer);
  void card(Account& account, const Result<Element>& answer);
  void private_bookmarks(Account& account, const Result<Element>& answer);
  void published_bookmarks(Account& account, const Result<Element>& answer);
  void archive(Account& account);
  void rooms(Account& account, const std::vector<room::Bookmark>& bookmarks);
  void loses(Account& account, const std::string& kind, const std::string& peer, std::string text);
  void forget_losses(Account& account);

  World& world_;
  SessionIqs& iqs_;
  SessionShadow& shadow_;
  SessionBridge& bridge_;
  std::int64_t open_ = 0;
};

}  // namespace ferry
