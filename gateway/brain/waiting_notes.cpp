#include "gateway/brain/waiting_notes.h"

#include "translators/payloads.h"

namespace ferry {
namespace {
constexpr std::string_view leaf = "in/waiting";
}

void WaitingNotes::make_due(UserKey key, Note& note, Instant at) {
  if (note.due != 0) return;
  note.due = at;
  due_.emplace(at, key);
}

void WaitingNotes::erase(UserKey key) {
  const auto it = notes_.find(key);
  if (it == notes_.end()) return;
  due_.erase({it->second.due, key});
  notes_.erase(it);
}

void WaitingNotes::came(const User& user, const Jid& from, bool group) {
  if (user.any_available()) return;
  Note& note = notes_[user.key];
  note.json = waiting_json(from.bare(), group, world_.now);
  make_due(user.key, note, note.told == 0 ? world_.now + first : note.told + again);
}

void WaitingNotes::somebody_there(const User& user) {
  const bool told = notes_.contains(user.key);
  erase(user.key);
  if (!clear_.insert(user.key).second && !told) return;
  Publish p;  // no clear(): what stays after a crash goes when a device appears again
  p.topic.append(user.base).append("/").append(leaf);
  p.retain = true;
  world_.publish(std::move(p));
}

void WaitingNotes::forget(const User& user) {
  erase(user.key);
  clear_.erase(user.key);
  world_.clear(user, leaf);
}

void WaitingNotes::broker_up() {
  clear_.clear();
  for (auto& [key, note] : notes_) make_due(key, note, world_.now);
}

void WaitingNotes::work() {
  for (std::size_t n = 0; n < notes_per_batch && !due_.empty() && world_.may_publish(); ++n) {
    const auto [at, key] = *due_.begin();
    if (at > world_.now) return;
    due_.erase(due_.begin());
    Note& note = notes_.at(key);
    note.due = 0;
    const User* user = world_.user(key);
    if (!user) continue;
    note.told = world_.now;
    world_.publish_to(*user, leaf, note.json, true);
    world_.count("waiting_notes");
  }
}

std::optional<Instant> WaitingNotes::next_deadline() const {
  if (due_.empty() || !world_.may_publish()) return std::nullopt;
  return due_.begin()->first;
}

}  // namespace ferry
