#include "gateway/brain/mqtt_outbox.h"

#include "gateway/brain/log_value.h"
#include "gateway/brain/message_log.h"

namespace ferry {
namespace {

constexpr int no_matching_subscribers = 0x10;  // MQTT 5 section 3.4.2.1
constexpr int first_refusal = 0x80;

Condition condition_of(int reason) {
  switch (reason) {
    case 0x95:
      return Condition::not_acceptable;  // packet too large
    case 0x97:
      return Condition::resource_constraint;  // quota exceeded
    case 0x87:
      return Condition::forbidden;  // not authorized
    default:
      return Condition::internal_server_error;
  }
}

}  // namespace

void MqttOutbox::start() {
  world_.queues.read(world_.records, [&](UserKey key, std::int64_t rows) {
    if (User* user = world_.user(key)) {
      user->waiting += rows;  // they may come in several parts
      user->inflow = Inflow::absent;
    }
  });
}

void MqttOutbox::join(const std::vector<User*>& people) {
  if (people.empty()) return;
  world_.records.each_queued([&](const QueuedRecord& q) {
    User* user = q.state == MessageState::waiting ? world_.user(q.user) : nullptr;
    if (!user || std::find(people.begin(), people.end(), user) == people.end()) return;
    user->waiting += q.rows;
    user->inflow = Inflow::absent;
  });
}

bool MqttOutbox::add(User& user, MessageRecord& record) {
  const bool joins = user.inflow != Inflow::open;
  record.user = user.key;
  record.way = Way::to_mqtt;
  record.state = joins ? MessageState::waiting : MessageState::accepted;
  record.seq = world_.records.add_message(record);
  if (record.seq == 0) return false;
  world_.queues.joined(Way::to_mqtt, user.key, static_cast<std::int64_t>(record.payload.size()));
  log_step(world_, joins ? "waiting" : "accepted", record);
  if (joins) {
    ++user.waiting;
    if (backlog_)
      untried_.insert(user.key);
    else
      try_oldest(user);
    return true;
  }
  if (!world_.may_publish() || world_.reading_back || backlog_ || in_flight_.size() >= window) {
    backlog_ = true;
    return true;
  }
  upto_ = record.seq;
  publish(user, record, false);
  return true;
}

void MqttOutbox::try_oldest(User& user) {
  if (user.inflow != Inflow::absent || user.probe != 0) return;
  if (!may_start()) {
    untried_.insert(user.key);
    return;
  }
  const auto oldest = world_.records.waiting(user.key, 0, 1);
  if (oldest.empty()) return;
  user.probe = oldest.front().seq;
  if (!in_flight_.contains(user.probe)) publish(user, oldest.front(), false);
}

// Accepted while the user was there, and older ones wait by now: it must not pass them.
void MqttOutbox::join_waiting(User& user, const MessageRecord& record) {
  if (!world_.records.set_state(record.seq, MessageState::waiting, world_.mark, false)) return;
  ++user.waiting;
  if (user.inflow == Inflow::replaying) user.replayed = std::min(user.replayed, record.seq - 1);
  try_oldest(user);
}

void MqttOutbox::publish(User& user, const MessageRecord& record, bool replayed) {
  Publish p = world_.make_publish(user, "in/msg", record.payload);
  p.token = record.seq;
  p.ends_with_link = true;
  p.id = record.id;
  if (record.expires > world_.now) p.expiry = static_cast<std::uint32_t>((record.expires - world_.now) / second) + 1;
  in_flight_[record.seq] = {user.key, record.way, replayed, static_cast<std::int64_t>(record.payload.size()),
                            world_.accepted_at(record)};
  world_.publish(std::move(p));
  world_.count("messages_to_mqtt");
  log_step(world_, "published", record);
}

void MqttOutbox::absent(User& user) {
  user.inflow = Inflow::absent;
  user.probe = 0;
}

void MqttOutbox::on_published(Seq seq, int reason) {
  const auto it = in_flight_.find(seq);
  if (it == in_flight_.end()) return;
  const InFlight flight = it->second;
  in_flight_.erase(it);
  User* user = world_.user(flight.user);
  if (flight.way == Way::to_mqtt) {
    if (reason == no_matching_subscribers) {
      if (world_.records.set_state(seq, MessageState::waiting, world_.mark, false) && user) ++user->waiting;
      if (user) absent(*user);
      log_step(world_, "waiting", seq);
    } else if (reason >= first_refusal) {
      bounce(seq, reason);
    } else {
      const auto row = user && user->waiting > 0 ? world_.records.message(seq) : std::nullopt;
      if (row && row->state == MessageState::waiting) --user->waiting;
      if (world_.records.set_state(seq, MessageState::forwarded, world_.mark, false)) {
        world_.queues.left(Way::to_mqtt, flight.user, flight.bytes);
        log_step(world_, "forwarded", seq);
        if (!flight.replayed) world_.measure(world_.latencies.to_mqtt, flight.accepted);
      }
      if (user && user->inflow == Inflow::absent) replay(*user, Replay::waiting, {});  // somebody has come
    }
  }
  if (!user) return;
  if (user->probe == seq) user->probe = 0;
  if (flight.replayed && user->replay_open > 0 && --user->replay_open == 0 && user->inflow == Inflow::replaying)
    turn_.push_back(user->key);
}

void MqttOutbox::bounce(Seq seq, int reason) {
  const auto row = world_.records.message(seq);
  if (!row) return;
  world_.count("publishes_failed");
  if (row->state >= MessageState::forwarded) return;  // it was there before: this was for another device
  world_.log_about(row->user, LogLine::Level::warning,
                   "event=publish.failed reason=" + std::to_string(reason) + " id=" + log_value(row->id));
  fail_(*row, error(condition_of(reason), "the broker refused the message"));
}

// Sent again by the link they would come before what the broker has forgotten.
void MqttOutbox::broker_down() {
  for (const auto& [seq, flight] : std::exchange(in_flight_, {})) {
    User* user = world_.user(flight.user);
    if (!user) continue;
    if (user->probe == seq) {
      user->probe = 0;
      untried_.insert(user->key);
    }
    if (!flight.replayed) continue;
    user->replay_open = 0;
    user->replayed = std::min(user->replayed, seq - 1);
  }
}

// Users whose messages wait are asked about by the next message or device; the rest is the backlog's.
void MqttOutbox::broker_up() {
  backlog_ = true;
  upto_ = 0;
  for (const auto& [key, user] : world_.users_by_key)
    if (user->inflow == Inflow::replaying && user->replay_open == 0) turn_.push_back(key);
  pump();
}

void MqttOutbox::replay(User& user, Replay what, std::string_view since) {
  if (what == Replay::waiting && user.waiting == 0) {
    if (user.inflow == Inflow::absent) user.inflow = Inflow::open;
    return;
  }
  if (user.inflow == Inflow::replaying && what == Replay::waiting) return;  // under way
  user.inflow = Inflow::replaying;
  user.replay = what;
  user.replayed = 0;
  if (what == Replay::since)
    if (const auto row = world_.records.find_message(user.key, since)) user.replayed = row->seq;
  if (user.replayed > 0 && user.waiting > 0)  // older ones that wait come first
    if (const auto oldest = world_.records.waiting(user.key, 0, 1); !oldest.empty())
      user.replayed = std::min(user.replayed, oldest.front().seq - 1);
  if (const auto it = in_flight_.find(std::exchange(user.probe, 0)); it != in_flight_.end() && !it->second.replayed) {
    it->second.replayed = true;  // the page waits for what becomes of it: it is the oldest
    ++user.replay_open;
  }
  if (user.replay_open == 0) turn_.push_back(user.key);
}

void MqttOutbox::next_page(User& user) {
  if (user.inflow != Inflow::replaying || user.replay_open > 0) return;
  while (user.replay_open == 0) {
    const auto rows = user.replay == Replay::waiting
                          ? world_.records.waiting(user.key, user.replayed, page)
                          : world_.records.kept(user.key, user.replayed, user.replay == Replay::since, page);
    if (rows.empty()) {
      // What is in flight may come back as taken by nobody.
      if (user.replay == Replay::waiting && world_.records.waiting(user.key, 0, 1).empty()) user.waiting = 0;
      if (user.replay != Replay::waiting && user.waiting > 0) {  // older than what the device asked for
        user.replay = Replay::waiting;
        user.replayed = 0;
        continue;
      }
      user.inflow = Inflow::open;
      return;
    }
    for (const MessageRecord& row : rows) {
      user.replayed = row.seq;
      // What is accepted has its turn in the backlog; what is in flight is on its way.
      const bool queued = row.way == Way::to_mqtt && row.state == MessageState::accepted;
      if (queued || row.expires <= world_.now || in_flight_.contains(row.seq)) continue;
      ++user.replay_open;
      publish(user, row, true);
    }
  }
}

void MqttOutbox::pump() {
  if (!may_start()) return;
  while (backlog_ && in_flight_.size() < window && !world_.congested) {
    const std::size_t room = std::min(page, window - in_flight_.size());
    const auto rows = world_.records.pending(Way::to_mqtt, upto_, room);
    for (const MessageRecord& row : rows) {
      if (world_.congested) return;
      upto_ = row.seq;
      if (in_flight_.contains(row.seq)) continue;
      User* user = world_.user(row.user);
      if (user && (user->inflow == Inflow::absent || (user->inflow == Inflow::replaying && user->waiting > 0))) {
        join_waiting(*user, row);
      } else if (user) {
        publish(*user, row, false);
      } else {  // no row serves the user now: it waits until one does
        world_.records.set_state(row.seq, MessageState::waiting, world_.mark, false);
      }
    }
    if (rows.size() < room) backlog_ = false;
  }
  while (!backlog_ && !untried_.empty() && in_flight_.size() < window)  // theirs may have been older
    if (User* user = world_.user(untried_.extract(untried_.begin()).value())) try_oldest(*user);
  while (!backlog_ && !turn_.empty() && in_flight_.size() < window && !world_.congested) {
    User* user = world_.user(turn_.front());
    turn_.pop_front();
    if (user) next_page(*user);
  }
}

}  // namespace ferry
