// Rosters: who is whose contact, and the handshakes of RFC 6121 section 3 on behalf of the users.
// One instance serves all users. What the user sees of it is the retained in/contact/{peer}.
#pragma once

#include <optional>

#include "gateway/brain/subscription.h"
#include "gateway/brain/world.h"

namespace ferry {

class Roster {
 public:
  explicit Roster(World& world) : world_(world) {}

  // A subscription stanza from a contact: subscribe, unsubscribe, subscribed, unsubscribed.
  void on_subscription(User& user, const Presence& presence);

  // What a user asks for; nullopt: done. Comparing comes first: what is so already is not written again.
  std::optional<StanzaError> put(User& user, const Jid& contact, std::optional<std::string> name,
                                 std::optional<std::vector<std::string>> groups, bool must_exist);
  std::optional<StanzaError> remove(User& user, const Jid& contact);
  void remove_quietly(User& user, Contact& contact);  // the same, of a contact of whatever state: the user is going
  // The contact's list says so already, as their server has let us write it (XEP-0356): nobody is asked. to: the user
  // sees them, from: they see the user.
  std::optional<StanzaError> agreed(User& user, const Jid& contact, std::string name, std::vector<std::string> groups,
                                    bool to, bool from);
  void drop(User& user, const Jid& contact);  // and their list says so already
  std::optional<StanzaError> act(User& user, const Jid& contact, subscription::Type type, const std::string& text);

  void show(User& user, Contact& contact);       // publishes the item where it differs from what is shown
  void show_all(User& user, bool from_nothing);  // from_nothing: the broker may have forgotten everything
  // The result of roster.get: after this JID, as many as fit in one payload; "next", if there are more, is the last.
  std::string list_json(const User& user, std::string_view after, std::size_t limit) const;
  void assert_pending(User& user);  // after a link came up: what we asked for and heard no answer to

 private:
  Contact* find(User& user, const Jid& contact);
  Contact& find_or_add(User& user, const Jid& contact);
  void stanza(User& user, const Jid& contact, std::string_view type, const std::string& text = {});
  void follow(User& user, Contact& contact);  // somebody who has a new address, and asks with it
  void settle(User& user, Contact& contact, const subscription::Outcome& outcome);

  World& world_;
};

}  // namespace ferry
