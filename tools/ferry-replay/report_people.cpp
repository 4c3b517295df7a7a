#include "tools/ferry-replay/report_people.h"

#include "translators/event.h"

namespace ferry::report {

People::Person* People::person(const Jid& jid) {
  if (!jid.has_local()) return nullptr;
  const Digest d = digest(jid.bare_view());
  if (const auto it = people_.find(d); it != people_.end()) return &it->second;
  if (people_.size() >= most_users) {
    more_users_ = true;
    return nullptr;
  }
  if (rooms_.contains(digest(jid.domainpart()))) return nullptr;  // one more in a room
  ++domains_.at(jid.domainpart()).users;
  return &people_[d];
}

void People::has_stream(const Jid& user) {
  Person* p = person(user);
  if (!p || p->stream) return;
  p->stream = true;
  ++domains_.at(user.domainpart()).stream_users;
}

void People::roster(const Seen& seen) {
  const Element* query = seen.stanza.xml.child("query", "jabber:iq:roster");
  Person* p = query && seen.to && seen.stanza.type == "result" ? person(*seen.to) : nullptr;
  if (p) p->roster = static_cast<std::int32_t>(query->child_count());
}

void People::add(const Seen& seen) {
  const Stanza& s = seen.stanza;
  if (seen.room) {
    domains_.at(seen.room->domainpart()).rooms = true;
    if (rooms_.size() < most_names) rooms_.insert(digest(seen.room->domainpart()));
  }
  // An IQ to a bare JID may be one to a room, or to a server's service: that makes no user.
  const auto is_user = [&](const std::optional<Jid>& jid) {
    return jid && (s.kind != StanzaKind::iq || jid->has_resource());
  };
  Person* from = is_user(seen.from) ? person(*seen.from) : nullptr;
  if (is_user(seen.to)) person(*seen.to);
  if (seen.from && seen.from->has_resource() && from && devices_.add(digest(seen.from->str()), sets_)) ++from->devices;
  if (seen.from && seen.first_sight) ++domains_.at(seen.from->domainpart()).count;
  if (s.kind == StanzaKind::iq) roster(seen);

  const bool availability = s.kind == StanzaKind::presence && (s.type.empty() || s.type == "unavailable");
  const bool between = seen.from && seen.to && seen.from->bare_view() != seen.to->bare_view();
  if (availability && s.type.empty() && between && from && seen.to->has_local() &&
      watching_.add(mix(digest(seen.from->bare_view()), digest(seen.to->bare_view())), sets_))
    ++from->watchers;
  if (s.kind == StanzaKind::message && between && seen.from->has_local() && seen.to->has_local() &&
      s.type != "groupchat" && s.type != "error" && s.xml.child("body", ns::client)) {
    const Digest a = digest(seen.from->bare_view()), b = digest(seen.to->bare_view());
    conversations_.add(mix(std::min(a, b), std::max(a, b)), sets_);
  }

  if (!seen.first_sight || !seen.from || seen.time == 0 || !seen.from->has_local()) return;
  const Digest who = digest(seen.from->bare_view());
  stanzas_.add(who, seen.time);
  if (domains_.at(seen.from->domainpart()).stream_users == 0)  // not the server's own
    of_domain_.add(digest(seen.from->domainpart()), seen.time);
  if (s.kind == StanzaKind::message && purpose_of(std::get<Message>(to_event(s))) == Purpose::content)
    messages_.add(who, seen.time);
  else if (availability)
    presences_.add(who, seen.time);
  else if (s.kind == StanzaKind::presence && s.type != "probe" && s.type != "error")
    wishes_.add(who, seen.time);
  else if (s.kind == StanzaKind::iq && (s.type == "get" || s.type == "set"))
    requests_.add(who, seen.time);
}

Spread People::rosters() const {
  Spread out;
  for (const auto& [who, p] : people_)
    if (p.roster >= 0) out.add(p.roster);
  return out;
}

Spread People::watchers() const {
  Spread out;
  for (const auto& [who, p] : people_)
    if (p.watchers > 0) out.add(p.watchers);
  return out;
}

std::int64_t People::most_devices() const {
  std::int64_t most = 0;
  for (const auto& [who, p] : people_) most = std::max<std::int64_t>(most, p.devices);
  return most;
}

}  // namespace ferry::report
