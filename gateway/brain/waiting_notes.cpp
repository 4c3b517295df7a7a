#include "gateway/brain/waiting_notes.h"

#include <algorithm>

#include "translators/payloads.h"

namespace ferry {
namespace {
constexpr std::string_view leaf = "in/waiting";
}

void WaitingNotes::came(const User& user, const Jid& from, bool group) {
  if (user.any_available()) return;
  Note& note = notes_[user.key];
  note.json = waiting_json(from.bare(), group, world_.now);
  due_.try_emplace(user.key, note.told == 0 ? world_.now + first : note.told + again);
}

void WaitingNotes::somebody_there(const User& user) {
  due_.erase(user.key);
  const bool told = notes_.erase(user.key) > 0;
  if (!clear_.insert(user.key).second && !told) return;
  Publish p;  // no clear(): what stays after a crash goes when a device appears again
  p.topic.append(user.base).append("/").append(leaf);
  p.retain = true;
  world_.publish(std::move(p));
}

void WaitingNotes::forget(const User& user) {
  due_.erase(user.key);
  notes_.erase(user.key);
  clear_.erase(user.key);
  world_.clear(user, leaf);
}

void WaitingNotes::broker_up() {
  clear_.clear();
  for (const auto& [key, note] : notes_) due_.try_emplace(key, world_.now);
}

void WaitingNotes::work() {
  std::size_t n = 0;
  for (auto it = due_.begin(); it != due_.end() && n < notes_per_batch && world_.may_publish();) {
    if (it->second > world_.now) {
      ++it;
      continue;
    }
    ++n;
    const auto note = notes_.find(it->first);
    if (const User* user = world_.user(it->first); user && note != notes_.end()) {
      note->second.told = world_.now;
      world_.publish_to(*user, leaf, note->second.json, true);
      world_.count("waiting_notes");
    }
    it = due_.erase(it);
  }
}

std::optional<Instant> WaitingNotes::next_deadline() const {
  if (!world_.may_publish()) return std::nullopt;
  std::optional<Instant> next;
  for (const auto& [key, at] : due_)
    if (!next || at < *next) next = at;
  return next;
}

}  // namespace ferry
