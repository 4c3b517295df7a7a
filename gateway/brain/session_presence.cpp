// The session bridge: presence, both ways. The devices add up to the session's presence; what the server says of
// contacts is shown as everybody's.
#include "gateway/brain/session_bridge.h"
#include "translators/part.h"

namespace ferry {
namespace {
constexpr std::size_t max_wish_text = 1'024;

std::string unavailable() { return to_xml(Element("presence").set("type", "unavailable"), ns::client); }
}  // namespace

void SessionBridge::presence(Account& account, const Presence& p) {
  if (!p.from) return;
  const Jid& own = account.record.jid;
  if (p.from->bare_view() == own.bare_view()) {  // the owner's other clients, and our own echo
    if (account.full && *p.from == *account.full) return;
    const std::string resource(p.from->resourcepart());
    if (p.type == "unavailable")
      account.others.erase(resource);
    else if (p.type.empty() && account.others.size() < max_others)
      account.others.insert(resource);
    return;
  }
  if (!account.user || !account.shows() || rooms_.on_presence(account, p)) return;
  User& user = *account.user;
  if (p.type.empty() || p.type == "unavailable" || p.type == "error") return presences_.on_contact(user, p);
  if (p.type == "subscribe") {
    const Jid jid = p.from->bare();
    if (peer_level(jid.str()).empty()) return;
    auto it = user.contacts.find(jid.str());
    if (it == user.contacts.end()) {
      if (user.contacts.size() >= world_.options.limits.roster_items) return world_.count("contacts_refused");
      it = user.contacts
               .emplace(jid.str(),
                        Contact{{jid, {}, {}, false, false, false, false, false, false, false, {}}, {}, {}, {}, {}, {}})
               .first;
    }
    account.unsure_requests.erase(jid.str());
    ContactRecord& r = it->second.record;
    if (r.from || r.request) return;
    r.request = true;
    if (const auto* status = ferry::find<Status>(p.parts); status && status->text.size() <= max_wish_text)
      r.request_text = status->text;
    world_.records.put_contact(user.key, r);
    return roster_.show(user, it->second);
  }
  if (p.type == "unsubscribe") {  // they take their wish back; of what was granted the roster speaks
    const auto it = user.contacts.find(p.from->bare_view());
    if (it == user.contacts.end() || !it->second.record.request) return;
    it->second.record.request = false;
    if (!it->second.record.listed) return forget_contact(user, it->second);
    world_.records.put_contact(user.key, it->second.record);
    roster_.show(user, it->second);
  }
}

std::string SessionBridge::presence_of(const Account& account) {
  return account.presence.empty() && account.takes_part() ? unavailable() : account.presence;
}

void SessionBridge::take_part(Account& account) {
  world_.effects.sessions.push_back(
      {SessionEffect::What::presence, account.record.jid.str(), presence_of(account), {}, 0, 0});
  tell_presence(account);
}

void SessionBridge::tell_presence(Account& account) {
  const AccountState state = account.record.state;
  const bool speaks = account.record.address ? state != AccountState::legacy && state != AccountState::shadow
                                             : account.user && account.shows();
  if (!speaks) return;
  const User* owner = account.record.address ? world_.user(account.record.address->str()) : account.user;
  presence::Endpoints available;
  if (!world_.stopping && state != AccountState::back && owner)
    for (const auto& [name, device] : owner->devices)
      if (device.availability.available()) available.emplace(name, device.availability);
  std::string text;
  if (!available.empty()) text = to_xml(to_stanza(presence::to_presence(presence::aggregate(available))), ns::client);
  if (text == account.presence) return;
  const bool appears = account.presence.empty();
  account.presence = text;
  // Once in a move: what was sent before the session was there is with the server. A session that reads the archive,
  // as ours does, is not given it by every server, unless it has not asked for it yet.
  if (appears && !account.record.collected) {
    if (!account.up && account.wanted) return want(account);
    if (account.up && account.archive) {
      unsure(account);  // now: the new session hears who is there before it says that it is up
      return log_in_anew(account);
    }
  }
  if (text.empty()) text = unavailable();
  world_.effects.sessions.push_back({SessionEffect::What::presence, account.record.jid.str(), text, {}, 0, 0});
  if (account.presence.empty()) session_rooms_.unavailable(account);
  if (!appears || !account.up) return;
  unsure(account);  // the server tells everything anew
  account.settle_at = world_.now + settle_time;
  timed_.insert(&account);
}

// What was known may have changed while the server did not tell us.
void SessionBridge::unsure(Account& account) {
  account.unsure_requests.clear();
  if (!account.user) return;
  for (auto& [jid, contact] : account.user->contacts) {
    contact.stale.clear();
    for (const auto& [resource, availability] : contact.resources) contact.stale.insert(resource);
    if (contact.record.request) account.unsure_requests.insert(jid);
  }
}

void SessionBridge::settle(Account& account) {
  account.settle_at.reset();
  if (!account.user || !account.up) return;
  User& user = *account.user;
  for (auto& [jid, contact] : user.contacts) {
    for (const std::string& resource : contact.stale) contact.resources.erase(resource);
    contact.stale.clear();
    presences_.show(user, contact);
  }
  const auto unsure_requests = std::exchange(account.unsure_requests, {});
  if (account.presence.empty()) return;  // who is not available is not asked again (RFC 6121 section 3.1.3)
  for (const std::string& jid : unsure_requests) {
    const auto it = user.contacts.find(jid);
    if (it == user.contacts.end() || !it->second.record.request) continue;
    it->second.record.request = false;  // answered from another client
    if (!it->second.record.listed) {
      forget_contact(user, it->second);
      continue;
    }
    world_.records.put_contact(user.key, it->second.record);
    roster_.show(user, it->second);
  }
}

}  // namespace ferry
