// The session bridge: the server's roster becomes the user's contacts.
#include <algorithm>

#include "gateway/brain/session_bridge.h"

namespace ferry {
namespace {

constexpr std::string_view session_roster_ns = "jabber:iq:roster";

ContactRecord record_of(const Element& item, const Jid& jid) {
  ContactRecord r{jid, {}, {}, true, false, false, false, false, false, false, {}};
  const std::string_view subscription = item.attr_or("subscription");
  r.name = item.attr_or("name");
  r.to = subscription == "to" || subscription == "both";
  r.from = subscription == "from" || subscription == "both";
  r.ask = item.attr_or("ask") == "subscribe";
  r.approved = item.attr_or("approved") == "true" || item.attr_or("approved") == "1";
  for (const Node& node : item.children)
    if (const Element* e = node.element(); e && e->is("group", session_roster_ns)) r.groups.push_back(e->text());
  std::sort(r.groups.begin(), r.groups.end());
  r.groups.erase(std::unique(r.groups.begin(), r.groups.end()), r.groups.end());
  return r;
}

bool same(const ContactRecord& a, const ContactRecord& b) {
  return a.name == b.name && a.groups == b.groups && a.listed == b.listed && a.to == b.to && a.from == b.from &&
         a.ask == b.ask && a.approved == b.approved && a.request == b.request && a.denied == b.denied;
}

}  // namespace

void SessionBridge::ask_roster(Account& account) {
  Element iq("iq");
  iq.set("type", "get").add(Element("query", session_roster_ns));
  iqs_.ask(account, std::move(iq), [this](Account& a, const Result<Element>& answer) {
    if (!answer) return;
    if (const Element* query = answer->child("query", session_roster_ns)) take_roster(a, *query, true);
  });
}

void SessionBridge::take_roster(Account& account, const Element& query, bool whole) {
  std::set<std::string> there;
  for (const Node& node : query.children) {
    const Element* item = node.element();
    if (!item || !item->is("item", session_roster_ns)) continue;
    if (const auto jid = Jid::parse(item->attr_or("jid")); jid && whole) there.insert(jid->bare().str());
    take_item(account, *item);
  }
  if (!whole) return;
  account.roster_known = true;
  shadow_.roster_is(account, there);
  if (!account.user || !account.shows()) return;
  std::vector<std::string> gone;
  for (const auto& [bare, contact] : account.user->contacts)
    if (contact.record.listed && !there.contains(bare)) gone.push_back(bare);
  std::erase_if(account.user->contacts, [&](const auto& c) {
    const ContactRecord& r = c.second.record;
    const bool over = !r.listed && !r.request && c.second.shown_item == 0;
    if (over) world_.records.remove_contact(account.user->key, r.jid);
    return over;
  });
  for (const std::string& bare : gone) forget_contact(*account.user, account.user->contacts.at(bare));
}

std::size_t SessionBridge::compare_roster(Account& account, const Element& query) {
  std::set<std::string> there;
  for (const Node& node : query.children) {
    const Element* item = node.element();
    const auto jid = item ? Jid::parse(item->attr_or("jid")) : Result<Jid>(error(Condition::jid_malformed, ""));
    if (!jid || jid->bare() == account.record.jid) continue;
    there.insert(jid->bare().str());
    const ContactRecord record = record_of(*item, jid->bare());
    shadow_.item(account, jid->bare(), &record);
  }
  shadow_.roster_is(account, there);
  return shadow_.compare(account);
}

void SessionBridge::take_item(Account& account, const Element& item) {
  const auto parsed = Jid::parse(item.attr_or("jid"));
  if (!parsed) {
    shadow_.differs(account, "roster", std::string(item.attr_or("jid")), "no JID: " + parsed.error().text);
    return;
  }
  const Jid jid = parsed->bare();
  if (jid == account.record.jid) return;  // Openfire keeps such items
  const bool removed = item.attr_or("subscription") == "remove";
  ContactRecord told = record_of(item, jid);
  shadow_.item(account, jid, removed ? nullptr : &told);
  if (!account.user || !account.shows()) return;
  User& user = *account.user;
  const auto it = user.contacts.find(jid.str());
  if (removed) {
    if (it != user.contacts.end()) forget_contact(user, it->second);
    return;
  }
  if (it == user.contacts.end() &&
      (user.contacts.size() >= world_.options.limits.roster_items || peer_level(jid.str()).empty())) {
    world_.count("contacts_refused");
    return;
  }
  Contact& contact =
      it != user.contacts.end()
          ? it->second
          : user.contacts
                .emplace(
                    jid.str(),
                    Contact{{jid, {}, {}, false, false, false, false, false, false, false, {}}, {}, {}, {}, {}, {}})
                .first->second;
  if (const auto stranger = user.strangers.find(jid.str()); stranger != user.strangers.end()) {
    contact.resources = std::move(stranger->second);
    contact.shown = Contact::outdated;
    user.strangers.erase(stranger);
  }
  told.request = contact.record.request && !told.from;  // granted elsewhere: answered
  told.request_text = contact.record.request_text;
  const bool saw = contact.record.to;
  if (!same(contact.record, told)) {
    contact.record = std::move(told);
    world_.records.put_contact(user.key, contact.record);
  }
  if (saw && !contact.record.to) presences_.forget(user, contact);
  roster_.show(user, contact);
  if (!saw && contact.record.to) presences_.show(user, contact);
}

// The server has done what there was to do.
void SessionBridge::forget_contact(User& user, Contact& contact) {
  const Jid jid = contact.record.jid;
  if (contact.record.request) {  // off the roster, but the wish stays
    const std::string text = contact.record.request_text;
    contact.record = {jid, {}, {}, false, false, false, false, true, false, false, text};
    world_.records.put_contact(user.key, contact.record);
    presences_.forget(user, contact);
    return roster_.show(user, contact);
  }
  // The record stays, as nobody's, until a later roster: a crash before the topic is cleared would leave it otherwise.
  contact.record = {jid, {}, {}, false, false, false, false, false, false, false, {}};
  world_.records.put_contact(user.key, contact.record);
  presences_.forget(user, contact);
  roster_.show(user, contact);
}

}  // namespace ferry
