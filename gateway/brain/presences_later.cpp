// Presence that comes faster than it may: who waits, and what becomes of it. It always ends true.
#include <algorithm>

#include "gateway/brain/presences.h"
#include "translators/values/uid.h"

namespace ferry {

std::optional<StanzaError> Presences::on_device(User& user, const std::string& name, std::string_view payload) {
  if (world_.stopping) return std::nullopt;
  const auto resource = from_device(name);
  if (!resource) return resource.error();
  if (*resource == room_resource && !user.account)
    return error(Condition::not_allowed, "device: this is the gateway's own name in rooms");
  presence::DevicePresence said;
  if (!payload.empty()) {  // an empty retained payload: the device took its presence back
    auto document = JsonDocument::parse(payload);
    if (!document) return document.error();
    auto read = presence::from_device_json(document->root(), world_.now);
    if (!read) return read.error();
    said = std::move(*read);
  }
  if (over_rate(user)) return defer(user, name, std::move(said), payload.empty());
  return apply(user, name, said, payload.empty());
}

bool Presences::over_rate(User& user) {
  if (read_back_until_ && world_.now <= *read_back_until_) return false;  // what the broker kept, all at once
  if (deferred_.contains(user.key)) return true;                          // in its turn
  const auto& l = world_.options.limits;
  return !user.rates.presences.take(world_.now, l.presence_rate, l.presence_burst);
}

// The latest of each device. The client is told once.
std::optional<StanzaError> Presences::defer(User& user, const std::string& name, presence::DevicePresence said,
                                            bool taken_back) {
  const auto& l = world_.options.limits;
  std::vector<Deferred>& waiting = deferred_[user.key];
  const auto it = std::find_if(waiting.begin(), waiting.end(), [&](const Deferred& d) { return d.name == name; });
  world_.count("presences_deferred");
  if (it != waiting.end()) {
    it->said = std::move(said);
    it->taken_back = taken_back;
  } else {
    if (waiting.size() >= l.user_devices && !user.devices.contains(name))
      return error(Condition::resource_constraint, "more than " + std::to_string(l.user_devices) + " devices");
    waiting.push_back({name, std::move(said), taken_back});
  }
  if (!deferred_at_) deferred_at_ = world_.now + deferred_step;
  const bool told = world_.now < user.rates.presence_told_until;
  user.rates.presence_told_until = world_.now + told_again;
  if (told) return std::nullopt;
  return error(Condition::resource_constraint,
               "more than " + std::to_string(l.presence_rate) +
                   " presences a second: the latest of each device counts, a little later");
}

void Presences::apply_deferred() {
  if (!deferred_at_ || world_.now < *deferred_at_) return;
  const auto& l = world_.options.limits;
  for (auto it = deferred_.begin(); it != deferred_.end();) {
    User* user = world_.user(it->first);
    auto& waiting = it->second;
    std::size_t done = 0;
    while (user && done < waiting.size() && user->rates.presences.take(world_.now, l.presence_rate, l.presence_burst)) {
      const Deferred& d = waiting[done++];
      if (const auto wrong = apply(*user, d.name, d.said, d.taken_back))
        world_.refuse(*user, {}, {}, "out/dev/" + d.name + "/presence", *wrong);
    }
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(done));
    it = !user || waiting.empty() ? deferred_.erase(it) : std::next(it);
  }
  deferred_at_.reset();
  if (!deferred_.empty()) deferred_at_ = world_.now + deferred_step;
}

void Presences::on_contact(User& user, const Presence& p) {
  if (!p.from) return;
  if (p.type != "error" && held_.has(user.key, p.from->bare_view())) return hold(user, p);  // in its turn
  contact_says(user, *p.from, p.type == "error", presence::from_presence(p, world_.now));
}

void Presences::on_probe(User& user, const Presence& p) {
  if (p.from) answer_probe(user, *p.from);
}

void Presences::answer_probe(User& user, const Jid& from) {
  const auto it = user.contacts.find(from.bare_view());
  const ContactRecord* record = it == user.contacts.end() ? nullptr : &it->second.record;
  if (!record || !record->from) {
    world_.log_refused("probe-by-no-watcher", from.str(), user.jid.str());
    if (record && record->request) return;  // asked, and not answered yet
    Element e("presence");                  // RFC 6121 section 4.3.2
    e.set("type", "unsubscribed").set("from", user.jid.str()).set("to", from.bare_view());
    world_.send(std::move(e));
    return;
  }
  bool any = false;
  for (auto& [name, device] : user.devices)
    if (device.availability.available()) {
      send(user, name, device.availability, from.str());
      any = true;
    }
  if (!any) send(user, {}, presence::Availability{}, from.str());
}

void Presences::hold(User& user, const Presence& p) {
  if (!p.from) return;
  const auto contact = user.contacts.find(p.from->bare_view());
  if (contact == user.contacts.end() && !user.strangers.contains(std::string(p.from->bare_view())))
    return world_.count("presences_refused");  // nobody is waiting for it
  world_.count("presences_deferred");
  if (!held_at_) held_at_ = world_.now + held_step;
  const bool probe = p.type == "probe";
  if (held_.put(user.key, {*p.from, probe, presence::from_presence(p, world_.now)})) return;
  world_.count("presences_dropped");
  if (probe || contact == user.contacts.end()) return;
  contact->second.unsure = true;
  unsure_.insert(user.key);
}

void Presences::apply_held() {
  if (!held_at_ || world_.now < *held_at_) return;
  for (std::size_t n = 0; n < held_per_step; ++n) {
    const auto pair = held_.take();
    if (!pair) break;
    User* user = world_.user(pair->user);
    if (!user) continue;
    for (const auto& said : pair->said)
      if (said.probe)
        answer_probe(*user, said.from);
      else
        contact_says(*user, said.from, false, said.availability);
  }
  if (held_.empty()) ask_the_unsure();
  held_at_.reset();
  if (!held_.empty() || !unsure_.empty()) held_at_ = world_.now + held_step;
}

void Presences::ask(const User& user, const Jid& contact) {
  Element probe("presence");
  probe.set("type", "probe").set("from", user.jid.str()).set("to", contact.bare_view());
  world_.send(std::move(probe));
}

// There was no room for all of the flood: what these contacts are, their servers know.
void Presences::ask_the_unsure() {
  for (std::size_t n = 0; n < users_per_batch && !unsure_.empty(); ++n) {
    User* user = world_.user(*unsure_.begin());
    unsure_.erase(unsure_.begin());
    if (!user) continue;
    for (auto& [jid, contact] : user->contacts) {
      if (!std::exchange(contact.unsure, false) || !contact.record.to) continue;
      for (const auto& [resource, availability] : contact.resources) contact.stale.insert(resource);
      ask(*user, contact.record.jid);
    }
  }
  settle_at_ = world_.now + settle_time;
}

// A new stream asks everybody anew.
void Presences::forget_held() {
  held_.clear();
  held_at_.reset();
  for (const UserKey key : unsure_)
    if (User* user = world_.user(key))
      for (auto& [jid, contact] : user->contacts) contact.unsure = false;
  unsure_.clear();
}

}  // namespace ferry
