// The inside of the brain: its parts, and which of them an event is for. One instance is one Brain's.
#pragma once

#include <deque>
#include <set>

#include "gateway/brain/accounts.h"
#include "gateway/brain/admin.h"
#include "gateway/brain/brain.h"
#include "gateway/brain/delivery.h"
#include "gateway/brain/feeds.h"
#include "gateway/brain/outbox_admin.h"
#include "gateway/brain/presences.h"
#include "gateway/brain/privilege.h"
#include "gateway/brain/requests.h"
#include "gateway/brain/resident_rooms.h"
#include "gateway/brain/rooms.h"
#include "gateway/brain/roster.h"
#include "gateway/brain/sentinel.h"
#include "gateway/brain/services.h"
#include "gateway/brain/waiting_notes.h"

namespace ferry {

struct Router {
  Router(const Options& options, MappingTable& table, Records& records, const std::array<std::uint64_t, 2>& seed,
         std::string version);

  // ---- from XMPP (from_xmpp.cpp)
  void from_server(Element element);  // from the link: never in our own name
  void stanza(Element element);
  bool over_rate(const Stanza& s);
  void to_domain(const Stanza& s);
  void answered(const Stanza& s);
  void to_user(User& user, const Stanza& s);
  void to_feed(const Row& row, const std::string& topic, const Stanza& s);
  void to_nobody(const Stanza& s);
  void refuse_subscription(const Stanza& s);

  // ---- from MQTT (from_mqtt.cpp)
  void publish(const InPublish& p);
  void from_user(User& user, std::string_view leaf, const InPublish& p);
  // ---- … and from those whose account is still on its way to dual (early.cpp); false: it is nobody's of these
  bool early(const Jid& jid, std::string base, std::string_view leaf, const InPublish& p);
  bool early_by_topic(const InPublish& p);  // no row of the table is for it yet

  // ---- people come and go, and what the broker shows of them (router.cpp)
  void greet(User& user);
  void show_state(const User& user);
  void leave_subtree(User& user);
  void move(User& user);
  void forget(User& user);
  void forget_unserved(UserKey key, const Jid& jid);  // whom no row serves
  void table_changed();                               // whom a row serves now comes, and whom none serves any more goes
  // An account goes back: the broker keeps nothing of it, then the records; its server keeps everything.
  void hide(User& user);
  void withdraw(User& user);
  void subscribe_feeds();
  void drain_loopback();
  void show_some();
  bool something_to_tell() const;  // that waited, and need not any longer
  void queue_show(bool contacts);
  Gauges gauges() const;

  World world;
  Roster roster;
  Presences presences;
  WaitingNotes waiting_notes;
  Delivery delivery;
  Feeds feeds;
  Requests requests;
  Services services;
  Sentinel sentinel;
  Admin admin;
  OutboxAdmin outbox_admin;
  Privilege privilege;
  Rooms rooms;
  ResidentRooms residents;
  Accounts accounts;
  std::set<std::string> subscribed;
  std::deque<UserKey> to_show;
  bool show_contacts = false;
};

}  // namespace ferry
