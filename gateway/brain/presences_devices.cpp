// Presence of our users' devices: what each has said last, and which of its connections are over.
//
// A broker keeps presence, and may come back older than it was: with an online that was taken back since, or of a
// connection that ended with it (its Will died as well). So what is read back right after the link came up counts only
// as far as the sentinel trusts the broker; which epochs are over is in the records, or the next process would believe
// it after all.
#include "gateway/brain/past_epochs.h"
#include "gateway/brain/presences.h"

namespace ferry {

std::optional<StanzaError> Presences::apply(User& user, const std::string& name, const presence::DevicePresence& said,
                                            bool taken_back) {
  auto it = user.devices.find(name);
  const bool unknown = it == user.devices.end();
  if (unknown) {
    if (!said.availability.available()) return std::nullopt;
    if (user.devices.size() >= world_.options.limits.user_devices && !drop_gone_device(user))
      return error(Condition::resource_constraint,
                   "more than " + std::to_string(world_.options.limits.user_devices) + " devices");
    it = user.devices.emplace(name, Device{}).first;
  }
  Device& device = it->second;
  if (!said.availability.available()) {
    end(user, name, device, said, taken_back);
    return std::nullopt;
  }
  switch (unknown ? Verdict::take : judge(device, said)) {
    case Verdict::take:
      take(user, name, device, said, unknown);
      break;
    case Verdict::wait:
      device.held = said;
      break;
    case Verdict::drop:
      world_.count("presences_outdated");
      break;
  }
  return std::nullopt;
}

bool Presences::reading_back() const {
  return broker_ == Broker::unknown || (read_back_until_ && world_.now <= *read_back_until_);
}

// Only what the broker may have kept is in doubt, and of that only an epoch that is known: another one is news.
Presences::Verdict Presences::judge(const Device& device, const presence::DevicePresence& said) const {
  const bool same = said.epoch == device.epoch;
  if (!reading_back() || (!same && !past_epochs::contains(device.past, said.epoch))) return Verdict::take;
  if (device.ended == EpochEnd::with_broker || broker_ == Broker::restarted) return Verdict::drop;
  if (broker_ == Broker::same || (same && device.availability.available())) return Verdict::take;
  // Of a broker in doubt the last that it has counts: what was on its way to us comes before that.
  return Verdict::wait;
}

void Presences::take(User& user, const std::string& name, Device& device, const presence::DevicePresence& said,
                     bool unknown) {
  // The epoch is remembered across our restarts: a retained presence read again is not a new connection.
  const bool appeared = unknown || device.epoch != said.epoch;
  if (!reading_back() || appeared) device.announced = true;
  device.held.reset();
  const bool returned = !device.availability.available();
  if (!device.availability.shows_as(said.availability)) {
    const bool nobody = !user.any_available();
    device.availability = said.availability;
    if (nobody) world_.hooks.somebody_there(user);
    broadcast(user, name, device.availability);
    for (const std::string& to : device.directed) send(user, name, device.availability, to);
  }
  if (appeared || !device.shown || device.ended != EpochEnd::no) {
    if (appeared && !unknown) past_epochs::add(device.past, device.epoch);
    past_epochs::remove(device.past, said.epoch);
    device.epoch = said.epoch;
    device.ended = EpochEnd::no;
    device.shown = true;
    keep(user, name, device);
  }
  if (appeared) {
    const Replay what = !said.since_id.empty() ? Replay::since : (unknown ? Replay::unconfirmed : Replay::waiting);
    world_.hooks.replay(user, what, said.since_id);
  } else if (returned) {  // a client without epochs, or our own restart
    world_.hooks.replay(user, Replay::waiting, {});
  }
}

void Presences::end(User& user, const std::string& name, Device& device, const presence::DevicePresence& said,
                    bool taken_back) {
  const bool same = taken_back || said.epoch == device.epoch;
  if (device.held && (taken_back || device.held->epoch == said.epoch)) device.held.reset();
  bool changed = !same && past_epochs::add(device.past, said.epoch);
  // A Will of an older connection comes late: it must not end the newer one.
  if (!same && (device.availability.available() || device.held)) {
    world_.count("wills_ignored");
    if (changed) keep(user, name, device);
    return;
  }
  device.announced = true;
  if (same && device.ended == EpochEnd::no) {
    device.ended = EpochEnd::said;
    changed = true;
  }
  device.availability.status = said.availability.status;
  const bool shown = device.shown;
  go_offline(user, name, device);
  if (changed && device.shown == shown) keep(user, name, device);
}

void Presences::broker_found(Broker broker) {
  broker_ = broker;
  if (broker == Broker::restarted) {
    // Who is still shown has a while to come again, unseen by their watchers.
    silent_at_ = world_.now + announce_time;
    for (const auto& [key, user] : world_.users_by_key)
      for (auto& [name, device] : user->devices) {
        device.held.reset();
        if (!device.announced) outlive(*user, name, device);
      }
  } else if (broker == Broker::same || !read_back_until_ || world_.now >= *read_back_until_) {
    judge_held();
  } else {
    judge_at_ = read_back_until_;
  }
}

void Presences::judge_held() {
  const bool doubtful = broker_ == Broker::doubtful;
  judge_at_.reset();
  if (doubtful) read_back_until_.reset();  // nothing waits any more
  for (const auto& [key, user] : world_.users_by_key)
    for (auto& [name, device] : user->devices) {
      if (!device.held) continue;
      const presence::DevicePresence said = *std::exchange(device.held, {});
      if (!doubtful || (said.epoch == device.epoch && device.ended == EpochEnd::no)) {
        take(*user, name, device, said, false);
        continue;
      }
      // The broker has what was over: it went back, and its connections are gone.
      world_.count("presences_outdated");
      outlive(*user, name, device);
      go_offline(*user, name, device);
    }
}

void Presences::outlive(User& user, const std::string& name, Device& device) {
  if (device.ended == EpochEnd::with_broker) return;
  device.ended = EpochEnd::with_broker;
  keep(user, name, device);
}

void Presences::keep(User& user, const std::string& name, const Device& device) {
  world_.records.put_device(user.key, {name, device.epoch, device.shown, device.ended, device.past});
}

// The one that has been away longest makes room. False: all are here.
bool Presences::drop_gone_device(User& user) {
  auto oldest = user.devices.end();
  for (auto it = user.devices.begin(); it != user.devices.end(); ++it)
    if (!it->second.availability.available() && (!it->second.shown || !world_.xmpp_up) &&
        (oldest == user.devices.end() || it->second.availability.since < oldest->second.availability.since))
      oldest = it;
  if (oldest == user.devices.end()) return false;
  world_.records.remove_device(user.key, oldest->first);
  user.devices.erase(oldest);
  return true;
}

void Presences::set_shown(User& user, const std::string& name, Device& device, bool shown) {
  if (device.shown == shown) return;
  device.shown = shown;
  keep(user, name, device);
}

void Presences::go_offline(User& user, const std::string& name, Device& device) {
  if (!device.availability.available() && !device.shown) return;
  device.availability.state = "offline";
  device.availability.since = world_.now;
  broadcast(user, name, device.availability);
  for (const std::string& to : device.directed) send(user, name, device.availability, to);
  device.directed.clear();
  // While the XMPP link is away nobody there has heard of it: `shown` stays, and it is said again when the link is up.
  if (world_.xmpp_up) set_shown(user, name, device, false);
}

}  // namespace ferry
