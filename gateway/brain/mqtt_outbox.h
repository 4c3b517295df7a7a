// What is on its way to the broker: messages from the records, in order, a bounded number unacknowledged at a time.
//
// A PUBACK says that the broker has it, not that anyone does (design section 3): the row stays until a client's receipt
// or its expiry. Reason 0x10 proves that nobody subscribed: the user is then `absent`, messages wait in the records,
// and the oldest tries again whenever a new one comes; a device that appears gets them in order. What is not
// acknowledged when the link breaks has its turn again after it. One instance serves all users.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "gateway/brain/world.h"

namespace ferry {

class MqttOutbox {
 public:
  static constexpr std::size_t window = 1'024;  // messages published and not acknowledged
  static constexpr std::size_t page = 64;

  using Fail = std::function<void(const MessageRecord& row, const StanzaError& reason)>;  // the broker refused it
  MqttOutbox(World& world, Fail fail) : world_(world), fail_(std::move(fail)) {}

  void start();
  void join(const std::vector<User*>& people);  // a row serves them now: what waits for them is counted
  // Stores the message and publishes it, now or when its turn comes. There must be room. False: the id is taken.
  bool add(User& user, MessageRecord& record);
  void on_published(Seq seq, int reason);
  void broker_up();
  void broker_down();
  void replay(User& user, Replay what, std::string_view since);
  void pump();
  bool in_flight(Seq seq) const { return in_flight_.contains(seq); }
  std::size_t in_flight() const { return in_flight_.size(); }
  bool wants_pump() const {
    return (backlog_ || !turn_.empty() || !untried_.empty()) && may_start() && in_flight_.size() < window;
  }

 private:
  struct InFlight {
    UserKey user;
    Way way;
    bool replayed;
    std::int64_t bytes;
    Instant accepted;
  };
  void publish(User& user, const MessageRecord& record, bool replayed);
  void try_oldest(User& user);  // is somebody there again?
  bool may_start() const { return world_.mqtt_up && !world_.reading_back; }
  void join_waiting(User& user, const MessageRecord& record);
  void next_page(User& user);
  void absent(User& user);
  void bounce(Seq seq, int reason);

  World& world_;
  Fail fail_;
  std::unordered_map<Seq, InFlight> in_flight_;
  std::deque<UserKey> turn_;             // replaying users with a page to publish
  std::unordered_set<UserKey> untried_;  // try_oldest() had no broker
  Seq upto_ = 0;                         // every accepted row up to here was handed over
  bool backlog_ = true;
};

}  // namespace ferry
