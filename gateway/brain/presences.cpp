#include "gateway/brain/presences.h"

#include <algorithm>

#include "gateway/brain/account.h"
#include "translators/values/uid.h"

namespace ferry {

using presence::Availability;

void Presences::send(User& user, std::string_view device, const Availability& availability, std::string_view to) {
  Presence p = presence::to_presence(availability);
  Element e = to_stanza(p);
  std::string from = user.jid.str();
  if (!device.empty())
    if (const auto resource = from_device(device)) from.append("/").append(*resource);
  e.set("from", from).set("to", to);
  world_.send(std::move(e));
}

void Presences::broadcast(User& user, const std::string& device, const Availability& availability) {
  if (user.account) return world_.hooks.tell_presence(user);
  if (user.former) world_.hooks.tell_presence(user);
  for (auto& [jid, contact] : user.contacts)
    if (contact.record.from) send(user, device, availability, jid);
}

void Presences::announce_to(User& user, const Jid& watcher) {
  if (user.account) return;  // the server knows who may see it
  for (auto& [name, device] : user.devices)
    if (device.availability.available()) send(user, name, device.availability, watcher.bare_view());
}

void Presences::withdraw_from(User& user, const Jid& watcher) {
  if (user.account) return;  // the server knows who may see it
  for (auto& [name, device] : user.devices)
    if (device.availability.available()) send(user, name, Availability{}, watcher.bare_view());
}

std::optional<StanzaError> Presences::direct(User& user, const std::string& name, const Jid& to,
                                             Availability availability) {
  const auto it = user.devices.find(name);
  if (it == user.devices.end() || !it->second.availability.available())
    return error(Condition::unexpected_request, "device: only a device that is online can direct its presence");
  Device& device = it->second;
  if (availability.available()) {
    if (device.directed.size() >= max_directed && !device.directed.contains(to.str()))
      return error(Condition::resource_constraint, "too many directed presences");
    device.directed.insert(to.str());
  } else {
    device.directed.erase(to.str());
  }
  send(user, name, availability, to.str());
  return std::nullopt;
}

void Presences::contact_says(User& user, const Jid& from, bool is_error, const Availability& said) {
  if (world_.stopping) return;
  const std::string bare(from.bare_view());
  const std::string resource(from.resourcepart());
  const auto it = user.contacts.find(bare);
  // Someone who directed presence at the user and became a contact since is kept with the contact.
  const bool trusted = it != user.contacts.end() && (it->second.record.to || !it->second.resources.empty());
  presence::Endpoints* endpoints = trusted ? &it->second.resources : nullptr;
  if (!endpoints) {  // directed presence from someone we did not ask (RFC 6121 section 4.6)
    if (is_error) return;
    if (!said.available() && !user.strangers.contains(bare)) return;
    // The contact's server has not heard yet that the user stopped watching: no directed presence.
    if (const auto late = user.dropped.find(bare); late != user.dropped.end() && world_.now < late->second) return;
    if (said.available() && !user.strangers.contains(bare) &&
        (user.strangers.size() >= max_strangers || peer_level(bare).empty())) {
      world_.count("presences_refused");
      world_.log_refused("too-many-strangers", from.str(), user.jid.str());
      return;
    }
    endpoints = &user.strangers[bare];
  }
  if (said.available()) {
    if (endpoints->size() >= max_resources && !endpoints->contains(resource)) {
      world_.count("presences_refused");
      world_.log_refused("too-many-resources", from.str(), user.jid.str());
      return;
    }
    Availability& known = (*endpoints)[resource];
    if (!known.shows_as(said)) known = said;
  } else if (resource.empty()) {
    endpoints->clear();  // the account as a whole: offline, or an error about it
  } else {
    endpoints->erase(resource);
  }
  if (trusted) {
    Contact& contact = it->second;
    if (resource.empty())
      contact.stale.clear();
    else
      contact.stale.erase(resource);
    show(user, contact);
  } else {
    show_stranger(user, bare);
  }
}

// One contact's presence as the user's retained topic; only where it differs from what is there. Whom the user is not
// subscribed to is shown while there is directed presence of theirs, and not retained: should this process end, nobody
// will know of it any more.
void Presences::show(User& user, Contact& contact) {
  const std::string leaf = "in/contact/" + peer_level(contact.record.jid.str()) + "/presence";
  if (!contact.record.to && contact.resources.empty()) {
    if (contact.shown != 0) world_.clear(user, leaf);
    contact.shown = 0;
    return;
  }
  std::string json = presence::contact_presence_json(contact.resources);
  const std::uint64_t digest = digest_of(contact.record.to ? json : json + '\n');
  if (digest == contact.shown) return;
  if (!world_.may_publish()) {
    contact.shown = Contact::outdated;
    world_.to_show.insert(user.key);
    return;
  }
  contact.shown = digest;
  world_.publish_to(user, leaf, std::move(json), contact.record.to);
}

void Presences::show_stranger(User& user, const std::string& bare) {
  const std::string leaf = "in/contact/" + peer_level(bare) + "/presence";
  const auto it = user.strangers.find(bare);
  if (it->second.empty()) {
    user.strangers.erase(it);
    world_.clear(user, leaf);
  } else {
    world_.publish_to(user, leaf, presence::contact_presence_json(it->second), false);
  }
}

void Presences::forget(User& user, Contact& contact) {
  contact.resources.clear();
  contact.stale.clear();
  contact.shown = 0;
  std::erase_if(user.dropped, [&](const auto& d) { return d.second <= world_.now; });
  if (user.dropped.size() < max_dropped) user.dropped[contact.record.jid.str()] = world_.now + late_time;
  world_.clear(user, "in/contact/" + peer_level(contact.record.jid.str()) + "/presence");
}

void Presences::show_all(User& user, bool from_nothing) {
  for (auto& [jid, contact] : user.contacts) {
    if (from_nothing) contact.shown = 0;
    // Until the probes have been answered the broker's retained presence may be as true as ours.
    if (!settle_at_) show(user, contact);
  }
}

void Presences::join(User& user) {
  if (!world_.xmpp_up) return;  // everybody's turn comes when it is
  to_sync_.push_back(user.key);
  settle_at_ = world_.now + settle_time;
}

void Presences::leave(User& user) {
  deferred_.erase(user.key);
  for (auto& [name, device] : user.devices) {
    go_offline(user, name, device);
    world_.clear(user, "out/dev/" + name + "/presence");
  }
  for (auto& [jid, contact] : user.contacts)
    if (std::exchange(contact.shown, 0) != 0) world_.clear(user, "in/contact/" + peer_level(jid) + "/presence");
  for (const auto& [bare, endpoints] : user.strangers)
    world_.clear(user, "in/contact/" + peer_level(bare) + "/presence");
  user.strangers.clear();
}

void Presences::component_up() {
  xmpp_lost_at_.reset();
  forget_held();
  resync();
}

// Everybody tells and is told anew.
void Presences::resync() {
  to_sync_.clear();
  for (const auto& [key, user] : world_.users_by_key) {
    if (user->account) continue;  // by its session
    to_sync_.push_back(key);
    for (auto& [jid, contact] : user->contacts) {
      contact.stale.clear();
      if (world_.hosted(contact.record.jid)) continue;
      for (const auto& [resource, availability] : contact.resources) contact.stale.insert(resource);
    }
  }
  settle_at_ = world_.now + settle_time;
}

void Presences::component_down() {
  if (!xmpp_lost_at_) xmpp_lost_at_ = world_.now;
  to_sync_.clear();
  forget_held();
}

void Presences::broker_up() {
  mqtt_lost_at_.reset();
  for (const auto& [key, user] : world_.users_by_key)
    for (auto& [name, device] : user->devices) device.announced = false;
  read_back_until_ = world_.now + read_back_time;
  broker_ = Broker::unknown;
  judge_at_.reset();
  if (!settle_at_) settle_at_ = world_.now + settle_time;
}

void Presences::broker_down() {
  if (!mqtt_lost_at_) mqtt_lost_at_ = world_.now;
  judge_at_.reset();
  for (const auto& [key, user] : world_.users_by_key)
    for (auto& [name, device] : user->devices) device.held.reset();  // it is read back anew
}

std::optional<Instant> Presences::next_deadline() const {
  std::optional<Instant> next;
  const auto consider = [&](std::optional<Instant> t) {
    if (t && (!next || *t < *next)) next = t;
  };
  if (!to_sync_.empty() && !world_.xmpp_full) consider(world_.now);
  consider(deferred_at_);
  consider(held_at_);
  consider(settle_at_);
  consider(silent_at_);
  consider(judge_at_);
  if (xmpp_lost_at_) consider(*xmpp_lost_at_ + grace);
  if (mqtt_lost_at_) consider(*mqtt_lost_at_ + grace);
  return next;
}

void Presences::on_time() {
  apply_deferred();
  apply_held();
  if (xmpp_lost_at_ && world_.now >= *xmpp_lost_at_ + grace) {
    xmpp_lost_at_.reset();
    for (const auto& [key, user] : world_.users_by_key) {
      if (user->account) continue;
      for (auto& [jid, contact] : user->contacts) {
        if (world_.hosted(contact.record.jid)) continue;
        contact.resources.clear();
        contact.stale.clear();
        show(*user, contact);
      }
      while (!user->strangers.empty()) {
        const std::string bare = user->strangers.begin()->first;
        user->strangers[bare].clear();
        show_stranger(*user, bare);
      }
    }
  }
  if (mqtt_lost_at_ && world_.now >= *mqtt_lost_at_ + grace) {
    mqtt_lost_at_.reset();
    deferred_.clear();
    for (const auto& [key, user] : world_.users_by_key)
      for (auto& [name, device] : user->devices) go_offline(*user, name, device);
  }
  if (silent_at_ && world_.now >= *silent_at_) {
    silent_at_.reset();
    for (const auto& [key, user] : world_.users_by_key)
      for (auto& [name, device] : user->devices)
        if (device.ended == EpochEnd::with_broker) go_offline(*user, name, device);
  }
  if (judge_at_ && world_.now >= *judge_at_) judge_held();
  if (settle_at_ && world_.now >= *settle_at_ && to_sync_.empty()) settle();
}

// The answers to the probes have had their time: what nobody confirmed is not so.
void Presences::settle() {
  settle_at_.reset();
  for (const auto& [key, user] : world_.users_by_key) {
    const Account* account = user->account;  // its session settles what is stale
    const bool shows = !account || (account->up && !account->settle_at && account->shows());
    for (auto& [jid, contact] : user->contacts) {
      if (!shows) break;
      if (!account) {
        for (const std::string& resource : contact.stale) contact.resources.erase(resource);
        contact.stale.clear();
      }
      show(*user, contact);
    }
    if (!world_.mqtt_up) continue;
    for (auto& [name, device] : user->devices)  // shown before the last stop, and silent since
      if (device.shown && !device.availability.available() && !device.held) go_offline(*user, name, device);
  }
}

void Presences::work() {
  if (world_.xmpp_full) return;
  if (std::exchange(world_.xmpp_missed, false) && world_.xmpp_up) resync();
  for (std::size_t n = 0; n < users_per_batch && !to_sync_.empty(); ++n) {
    User* user = world_.user(to_sync_.front());
    to_sync_.pop_front();
    if (!user) continue;
    for (auto& [name, device] : user->devices)
      if (device.availability.available()) {
        broadcast(*user, name, device.availability);
        set_shown(*user, name, device, true);
      } else if (device.shown && device.announced) {
        go_offline(*user, name, device);
      }
    for (auto& [jid, contact] : user->contacts)
      if (contact.record.to) ask(*user, contact.record.jid);
    if (to_sync_.empty()) settle_at_ = world_.now + settle_time;
  }
}

void Presences::sweep() {
  for (const auto& [key, user] : world_.users_by_key) {
    for (auto& [name, device] : user->devices) go_offline(*user, name, device);
    for (auto& [jid, contact] : user->contacts) {
      contact.resources.clear();
      show(*user, contact);
    }
    while (!user->strangers.empty()) {
      const std::string bare = user->strangers.begin()->first;
      user->strangers[bare].clear();
      show_stranger(*user, bare);
    }
  }
}

}  // namespace ferry
