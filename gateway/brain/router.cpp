#include "gateway/brain/router.h"

#include "gateway/brain/log_value.h"
#include "gateway/brain/people.h"

#include "translators/payloads.h"

namespace ferry {

Router::Router(const Options& options, MappingTable& table, Records& records, const std::array<std::uint64_t, 2>& seed,
               std::string version)
    : world(options, table, records, seed, std::move(version)),
      roster(world),
      presences(world),
      waiting_notes(world),
      delivery(world),
      feeds(world, [this](UserKey user, Element e) { delivery.send_durably(user, std::move(e)); }),
      requests(world, roster, presences, feeds),
      services(world),
      sentinel(world),
      admin(world),
      outbox_admin(world, delivery),
      privilege(world),
      rooms(world, delivery, requests),
      residents(world, rooms, delivery),
      accounts(world, roster, presences, delivery, requests, privilege, rooms) {
  rooms.find_member = [this](const Jid& jid) -> Member* {
    return world.hosted(jid) ? residents.member(jid) : accounts.as_member(jid);
  };
  requests.rooms = [this](User& user, std::string_view name, JsonView payload, const Requests::Asked& asked) {
    Member* member = user.account ? user.member : residents.member(user, name.starts_with("room"));
    return member && rooms.on_request(*member, name, payload, asked);
  };
  world.hooks.send_durably = [this](User&, Element e) { delivery.send_durably(0, std::move(e)); };  // outlives the user
  world.hooks.announce_to = [this](User& user, const Jid& to) { presences.announce_to(user, to); };
  world.hooks.withdraw_from = [this](User& user, const Jid& to) { presences.withdraw_from(user, to); };
  world.hooks.show_presence = [this](User& user, Contact& contact) { presences.show(user, contact); };
  world.hooks.forget_presence = [this](User& user, Contact& contact) { presences.forget(user, contact); };
  world.hooks.ask_presence = [this](User& user, const Jid& contact) { presences.ask(user, contact); };
  world.hooks.replay = [this](User& user, Replay what, std::string_view since) {
    delivery.to_mqtt.replay(user, what, since);
  };
  world.hooks.message_came = [this](const User& user, const Jid& from, bool group) {
    waiting_notes.came(user, from, group);
  };
  world.hooks.somebody_there = [this](const User& user) { waiting_notes.somebody_there(user); };
  admin.on_table_change = [this] { table_changed(); };
  admin.elsewhere = [this](std::string_view name, JsonView c) {
    auto answer = outbox_admin.on_command(name, c);
    return answer ? std::move(answer) : accounts.on_command(name, c);
  };
  accounts.add_route = [this](const std::string& row) { return admin.add_route(row); };
  accounts.remove_route = [this](const std::string& jid) { admin.remove_route(jid); };
  accounts.greet = [this](User& user) { greet(user); };
  accounts.forget = [this](User& user) { forget(user); };
  accounts.hide = [this](User& user) { hide(user); };
  accounts.withdraw = [this](User& user) { withdraw(user); };
  admin.on_add = [this](User& user) { greet(user); };
  admin.on_move = [this](User& user) { move(user); };
  admin.on_forget = [this](User& user) { forget(user); };
  admin.on_forget_unserved = [this](UserKey key, const Jid& jid) { forget_unserved(key, jid); };
  admin.on_privilege = [this] { return privilege.text(); };
  admin.on_gauges = [this] { return gauges(); };
}

Gauges Router::gauges() const {
  Gauges out = world.gauges();
  out.dead_letters = delivery.dead.count();
  out.to_xmpp_unconfirmed = delivery.to_xmpp.unconfirmed();
  out.to_mqtt_unconfirmed = delivery.to_mqtt.in_flight();
  return out;
}

void Router::greet(User& user) { show_state(user); }

void Router::show_state(const User& user) {
  if (user.account) return accounts.show_state(user);
  world.publish_to(user, "in/state", state_json("hosted", world.xmpp_up, world.version), true);
}

// What the user was shown goes; her devices are offline until they come anew.
void Router::leave_subtree(User& user) {
  presences.leave(user);
  rooms.clear_all(user);
  for (auto& [bare, contact] : user.contacts)
    if (std::exchange(contact.shown_item, 0) != 0) world.clear(user, "in/contact/" + peer_level(bare));
  world.clear(user, "in/state");
  waiting_notes.forget(user);
}

// From the old subtree to the new one, in this tick.
void Router::move(User& user) {
  leave_subtree(user);
  to_show.push_back(user.key);
  show_contacts = true;
}

void Router::forget_unserved(UserKey key, const Jid& jid) {
  world.records.remove_user(key);
  if (world.hosted(jid)) world.records.remove_rooms(jid);
  delivery.forget(key);
  requests.forget(key);
  --world.unserved;
  world.log(LogLine::Level::info, "event=user.removed user=" + log_value(jid.str()));
}

void Router::table_changed() {
  std::vector<User*> gone;
  for (const auto& [key, user] : world.users_by_key)
    if (const auto match = world.table.by_jid(user->jid);
        !user->account && (!match || match->row->kind != RowKind::user))
      gone.push_back(user);
  for (User* user : gone) {
    world.log(LogLine::Level::warning, "event=user.unrouted user=" + log_value(user->jid.str()));
    leave_subtree(*user);
    residents.leave(*user);
    world.forget_user(*user);
  }
  const bool some_were_unserved = world.unserved > 0;
  world.unserved += gone.size();
  if (some_were_unserved) {
    const auto people = read_people(world, false);
    delivery.to_mqtt.join(people);
    residents.join(people);
    for (User* user : people) {
      roster.assert_pending(*user);
      presences.join(*user);
      to_show.push_back(user->key);
      show_contacts = true;
    }
  }
  subscribe_feeds();
}

void Router::forget(User& user) {
  residents.forget(user);
  while (!user.contacts.empty()) roster.remove_quietly(user, user.contacts.begin()->second);
  for (auto& [bare, endpoints] : user.strangers) world.clear(user, "in/contact/" + peer_level(bare) + "/presence");
  for (auto& [name, device] : user.devices) world.clear(user, "out/dev/" + name + "/presence");
  presences.forget_deferred(user);
  world.clear(user, "in/state");
  waiting_notes.forget(user);
  world.records.remove_user(user.key);
  if (world.hosted(user.jid)) world.records.remove_rooms(user.jid);
  delivery.forget(user.key);
  requests.forget(user.key);
  world.log(LogLine::Level::info, "event=user.removed user=" + log_value(user.jid.str()));
  world.forget_user(user);
}

void Router::hide(User& user) {
  rooms.clear_all(user);
  for (auto& [bare, contact] : user.contacts) {
    world.clear(user, "in/contact/" + peer_level(bare));
    world.clear(user, "in/contact/" + peer_level(bare) + "/presence");
  }
  for (auto& [bare, endpoints] : user.strangers) world.clear(user, "in/contact/" + peer_level(bare) + "/presence");
  for (auto& [name, device] : user.devices) world.clear(user, "out/dev/" + name + "/presence");
  world.clear(user, "in/state");
  waiting_notes.forget(user);
}

void Router::withdraw(User& user) {
  presences.forget_deferred(user);
  world.records.remove_user(user.key);
  delivery.forget(user.key);
  requests.forget(user.key);
  world.forget_user(user);
}

void Router::subscribe_feeds() {
  if (!world.mqtt_up) return;
  std::set<std::string> wanted;
  for (std::string& filter : world.table.user_filters()) wanted.insert(std::move(filter));
  const std::size_t users = wanted.size();
  std::set<std::string> feed_filters;
  for (std::string& filter : world.table.feed_filters()) feed_filters.insert(std::move(filter));
  for (const std::string& filter : subscribed)
    if (!wanted.contains(filter) && !feed_filters.contains(filter)) world.effects.unsubscribes.push_back(filter);
  for (const std::string& filter : wanted)
    if (!subscribed.contains(filter)) world.effects.subscribes.push_back({filter, true, true});
  for (const std::string& filter : feed_filters)
    if (!subscribed.contains(filter)) world.effects.subscribes.push_back({filter, true, false});
  wanted.merge(feed_filters);
  subscribed = std::move(wanted);
  world.log(LogLine::Level::debug,
            "event=broker.subscribed filters=" + std::to_string(subscribed.size()) + " users=" + std::to_string(users));
}

// Stanzas between our own users; each may cause more, and a bound ends what two of them might play for ever.
void Router::drain_loopback() {
  constexpr std::size_t most = 100'000;
  for (std::size_t n = 0; !world.loopback.empty() && n < most; ++n) {
    Element e = std::move(world.loopback.front());
    world.loopback.pop_front();
    stanza(std::move(e));
  }
  if (!world.loopback.empty()) {
    world.count("loopback_dropped", world.loopback.size());
    world.loopback.clear();
  }
}

namespace {

bool leaving(const User& user) { return user.account && user.account->hidden_at; }

}  // namespace

// Brings what the broker shows of some users up to date; the rest in the next tick, or when the broker has taken more.
void Router::show_some() {
  constexpr std::size_t users_per_batch = 32;
  std::size_t n = 0;
  for (; n < users_per_batch && !to_show.empty() && world.may_publish(); ++n) {
    User* user = world.user(to_show.front());
    to_show.pop_front();
    if (!user) continue;
    if (leaving(*user)) {  // nothing is what is to be seen, whatever the broker has read from its file
      hide(*user);
      continue;
    }
    show_state(*user);
    if (!show_contacts) continue;
    roster.show_all(*user, true);
    presences.show_all(*user, true);
    rooms.show_all(*user, true);
  }
  if (to_show.empty()) show_contacts = false;
  for (; n < users_per_batch && to_show.empty() && !world.to_show.empty() && world.may_publish(); ++n) {
    User* user = world.user(*world.to_show.begin());
    world.to_show.erase(world.to_show.begin());
    if (!user || leaving(*user)) continue;
    roster.show_all(*user, false);
    presences.show_all(*user, false);
    rooms.show_all(*user, false);
  }
}

bool Router::something_to_tell() const {
  const bool broker =
      !to_show.empty() || !world.to_show.empty() || !delivery.all_told() || delivery.to_mqtt.wants_pump();
  const bool xmpp = world.xmpp_missed || delivery.to_xmpp.wants_pump();
  return (world.may_publish() && broker) || (world.xmpp_up && !world.xmpp_full && xmpp);
}

void Router::queue_show(bool contacts) {
  to_show.clear();
  for (const auto& [key, user] : world.users_by_key) to_show.push_back(key);
  show_contacts = contacts || show_contacts;
}

}  // namespace ferry
