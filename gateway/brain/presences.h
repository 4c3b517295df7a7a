// Presence, both ways: devices of our users towards their watchers, contacts towards our users.
//
// Soft state, rebuilt after every start: from the retained device presences on the MQTT side, from probes on the XMPP
// side. Only changes travel. What cannot be reached is not shown as online: a link that stays down for `grace` empties
// what it showed. One instance serves all users.
#pragma once

#include <deque>

#include "gateway/brain/held_presences.h"
#include "gateway/brain/world.h"

namespace ferry {

class Presences {
 public:
  explicit Presences(World& world) : world_(world) {}

  static constexpr Duration grace = 3 * second;           // a link may be away this long before anyone notices
  static constexpr Duration settle_time = 5 * second;     // for the answers to probes
  static constexpr Duration announce_time = 60 * second;  // for devices to speak after a restart of the broker
  static constexpr Duration read_back_time = 2 * second;  // for the retained presences after a subscription
  static constexpr Duration late_time = 10 * second;      // what was on its way when the user stopped watching
  static constexpr std::size_t max_dropped = 256;         // of one user
  static constexpr std::size_t users_per_batch = 32;      // brought up to date in one tick
  static constexpr std::size_t max_strangers = 64;        // directed presences kept for one user
  static constexpr std::size_t max_resources = 64;        // of one contact
  static constexpr std::size_t max_directed = 64;         // JIDs that one device directed its presence to
  static constexpr Duration deferred_step = 100;          // ms between looks at what presence-rate made wait
  static constexpr Duration held_step = 20;               // ms between pages of what peer-rate made wait
  static constexpr std::size_t held_per_step = 40;     // of these: 2,000 a second, a contact's 10,000 watchers in 5 s
  static constexpr Duration told_again = 10 * second;  // a client over its rate is told once, until it was quiet

  // out/dev/{device}/presence. nullopt: taken (or rightly ignored).
  std::optional<StanzaError> on_device(User& user, const std::string& device, std::string_view payload);
  void on_contact(User& user, const Presence& presence);  // available, unavailable, error
  void on_probe(User& user, const Presence& presence);
  void hold(User& user, const Presence& presence);  // either of these, of a sender over its rate: later, the latest
  std::optional<StanzaError> direct(User& user, const std::string& device, const Jid& to,
                                    presence::Availability availability);

  void announce_to(User& user, const Jid& watcher);
  void withdraw_from(User& user, const Jid& watcher);
  void ask(const User& user, const Jid& contact);  // their server, RFC 6121 section 4.3
  void show(User& user, Contact& contact);         // where it differs from what the user sees
  void forget(User& user, Contact& contact);       // the user sees this contact no longer
  void show_all(User& user, bool from_nothing);
  void forget_deferred(User& user) { deferred_.erase(user.key); }
  void join(User& user);   // was not there: contacts are asked, devices must come
  void leave(User& user);  // the user's subtree: nothing is retained there any more

  void component_up();
  void component_down();
  void broker_up();
  void broker_down();
  // What the sentinel thinks of what the broker has kept, once after each broker_up().
  enum class Broker : std::uint8_t {
    unknown,
    same,      // nothing was lost: what is retained is what was said last
    doubtful,  // it may be older
    restarted  // every connection of before is gone
  };
  void broker_found(Broker broker);
  void on_time();
  std::optional<Instant> next_deadline() const;
  void work();   // a batch of what is queued
  void sweep();  // at the end: everyone shown becomes unavailable

 private:
  std::optional<StanzaError> apply(User& user, const std::string& name, const presence::DevicePresence& said,
                                   bool taken_back);
  std::optional<StanzaError> defer(User& user, const std::string& name, presence::DevicePresence said, bool taken_back);
  bool over_rate(User& user);
  void contact_says(User& user, const Jid& from, bool error, const presence::Availability& said);
  void answer_probe(User& user, const Jid& from);
  void apply_deferred();
  void forget_held();
  void apply_held();
  void ask_the_unsure();
  void send(User& user, std::string_view device, const presence::Availability& availability, std::string_view to);
  void broadcast(User& user, const std::string& device, const presence::Availability& availability);
  bool reading_back() const;
  enum class Verdict : std::uint8_t { take, wait, drop };
  Verdict judge(const Device& device, const presence::DevicePresence& said) const;
  void take(User& user, const std::string& name, Device& device, const presence::DevicePresence& said, bool unknown);
  void end(User& user, const std::string& name, Device& device, const presence::DevicePresence& said, bool taken_back);
  void judge_held();
  void outlive(User& user, const std::string& name, Device& device);
  void keep(User& user, const std::string& name, const Device& device);
  bool drop_gone_device(User& user);
  void set_shown(User& user, const std::string& name, Device& device, bool shown);
  void go_offline(User& user, const std::string& name, Device& device);
  void show_stranger(User& user, const std::string& bare);
  void settle();
  void resync();

  World& world_;
  std::deque<UserKey> to_sync_;  // users whose watchers and contacts must be asked and told
  // What comes faster than limits.presence-rate: the latest of each device, the one that waits longest first.
  struct Deferred {
    std::string name;
    presence::DevicePresence said;
    bool taken_back;
  };
  std::map<UserKey, std::vector<Deferred>> deferred_;
  HeldPresences held_;
  std::set<UserKey> unsure_;  // users with contacts that must be asked
  std::optional<Instant> deferred_at_, held_at_;
  std::optional<Instant> settle_at_, xmpp_lost_at_, mqtt_lost_at_, silent_at_, read_back_until_, judge_at_;
  Broker broker_ = Broker::same;
};

}  // namespace ferry
