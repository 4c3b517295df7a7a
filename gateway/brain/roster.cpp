#include "gateway/brain/roster.h"

#include <algorithm>

#include "translators/payloads.h"

namespace ferry {
namespace {

using subscription::Type;

constexpr std::size_t max_request_text = 1'024;
constexpr std::string_view type_names[] = {"subscribe", "unsubscribe", "subscribed", "unsubscribed"};

std::optional<Type> type_of(std::string_view name) {
  for (int i = 0; i < 4; ++i)
    if (type_names[i] == name) return static_cast<Type>(i);
  return std::nullopt;
}

ContactView view_of(const ContactRecord& c) {
  return {c.jid.str(), c.name,    c.groups,   subscription::subscription_name(c),
          c.ask,       c.request, c.approved, c.request_text};
}

std::optional<StanzaError> unfit(const User& user, const Jid& contact) {
  if (contact.bare_view() == user.jid.bare_view())
    return error(Condition::not_allowed, "contact: nobody is their own contact");
  if (peer_level(contact.bare_view()).empty())
    return error(Condition::not_acceptable, "contact: the JID is too long for a topic");
  return std::nullopt;
}

bool visible(const ContactRecord& c) { return c.listed || c.request; }

}  // namespace

Contact* Roster::find(User& user, const Jid& contact) {
  const auto it = user.contacts.find(contact.bare_view());
  return it == user.contacts.end() ? nullptr : &it->second;
}

Contact& Roster::find_or_add(User& user, const Jid& contact) {
  if (Contact* known = find(user, contact)) return *known;
  const Jid bare = contact.bare();
  Contact fresh{ContactRecord{bare, {}, {}, false, false, false, false, false, false, false, {}}, {}, {}, {}, {}, {}};
  // Presence that a stranger directed at the user stays known when the stranger becomes a contact.
  if (const auto it = user.strangers.find(bare.str()); it != user.strangers.end()) {
    fresh.resources = std::move(it->second);
    fresh.shown = digest_of(presence::contact_presence_json(fresh.resources));
    user.strangers.erase(it);
  }
  return user.contacts.emplace(bare.str(), std::move(fresh)).first->second;
}

void Roster::stanza(User& user, const Jid& contact, std::string_view type, const std::string& text) {
  Element e("presence");
  e.set("type", type).set("from", user.jid.str()).set("to", contact.bare_view()).set("id", world_.ids.next(world_.now));
  if (!text.empty()) e.add(Element("status")).add_text(text);
  if (type == "subscribe" && user.former)  // XEP-0283 section 4.2
    e.add(Element("moved", "urn:xmpp:moved:1"))
        .add(Element("old-jid", "urn:xmpp:moved:1"))
        .add_text(user.former->str());
  world_.hooks.send_durably(user, std::move(e));
}

// Stores, shows and tells whatever an outcome asks for.
void Roster::settle(User& user, Contact& contact, const subscription::Outcome& o) {
  const Jid jid = contact.record.jid;
  if (o.changed) world_.records.put_contact(user.key, contact.record);
  if (o.answer_subscribed) stanza(user, jid, "subscribed");
  if (o.answer_unsubscribed) stanza(user, jid, "unsubscribed");
  if (o.presence_now) world_.hooks.announce_to(user, jid);
  if (o.presence_over) world_.hooks.withdraw_from(user, jid);
  if (o.changed) show(user, contact);
}

void Roster::on_subscription(User& user, const Presence& p) {
  const auto type = type_of(p.type);
  if (!type || !p.from || p.from->bare_view() == user.jid.bare_view()) return;
  Contact* known = find(user, *p.from);
  if (!known) {
    if (*type == Type::subscribed) world_.log_refused("nobody-asked", p.from->str(), user.jid.str(), p.id);
    if (*type != Type::subscribe) return;  // nothing to take back, nobody asked
    if (user.contacts.size() >= world_.options.limits.roster_items || unfit(user, *p.from)) {
      world_.count("contacts_refused");
      world_.log_refused("roster-full", p.from->str(), user.jid.str(), p.id);
      stanza(user, *p.from, "unsubscribed");
      return;
    }
    known = &find_or_add(user, *p.from);
  }
  if (*type == Type::subscribe)
    if (const auto* status = ferry::find<Status>(p.parts); status && status->text.size() <= max_request_text)
      known->record.request_text = status->text;
  const bool saw = known->record.to;
  if (*type == Type::subscribed && !saw && !known->record.ask)
    world_.log_refused("nobody-asked", p.from->str(), user.jid.str(), p.id);
  const auto outcome = subscription::in(known->record, *type);
  if (saw && !known->record.to) world_.hooks.forget_presence(user, *known);
  settle(user, *known, outcome);
  if (!saw && known->record.to) world_.hooks.show_presence(user, *known);
  if (*type == Type::subscribe) follow(user, *known);
}

// XEP-0283 section 4.3, where no asking is needed: that it is the same person stands in our own records.
void Roster::follow(User& user, Contact& contact) {
  const Jid jid = contact.record.jid;
  const User* mover = world_.hosted(jid) ? world_.user(jid.str()) : nullptr;
  const Contact* old = mover && mover->former ? find(user, *mover->former) : nullptr;
  if (!old || !old->record.listed || contact.record.listed || contact.record.denied) return;
  const ContactRecord was = old->record;
  if (put(user, jid, was.name, was.groups, false)) return;
  world_.hooks.followed(*mover, user);
  if (was.from) act(user, jid, Type::subscribed, {});
  if (was.to) act(user, jid, Type::subscribe, {});
}

std::optional<StanzaError> Roster::put(User& user, const Jid& jid, std::optional<std::string> name,
                                       std::optional<std::vector<std::string>> groups, bool must_exist) {
  if (auto wrong = unfit(user, jid)) return wrong;
  Contact* known = find(user, jid);
  if (must_exist && (!known || !known->record.listed))
    return error(Condition::item_not_found, "contact: not on the roster; roster.add adds it");
  if (!known && user.contacts.size() >= world_.options.limits.roster_items)
    return error(Condition::resource_constraint, "the roster is full");
  Contact& contact = find_or_add(user, jid);
  ContactRecord& r = contact.record;
  const bool same = r.listed && !r.denied && (!name || *name == r.name) && (!groups || *groups == r.groups);
  if (same) return std::nullopt;
  r.listed = true;
  r.denied = false;
  if (name) r.name = std::move(*name);
  if (groups) r.groups = std::move(*groups);
  world_.records.put_contact(user.key, r);
  show(user, contact);
  return std::nullopt;
}

std::optional<StanzaError> Roster::remove(User& user, const Jid& jid) {
  Contact* known = find(user, jid);
  if (!known || !visible(known->record)) return error(Condition::item_not_found, "contact: not on the roster");
  remove_quietly(user, *known);
  return std::nullopt;
}

void Roster::remove_quietly(User& user, Contact& contact) {
  const ContactRecord was = contact.record;
  const Jid& jid = was.jid;
  // RFC 6121 section 2.5.2: removing ends what was pending and what was granted, both ways.
  if (was.to || was.ask) stanza(user, jid, "unsubscribe");
  if (was.from || was.request) stanza(user, jid, "unsubscribed");
  drop(user, jid);
}

void Roster::drop(User& user, const Jid& contact) {
  Contact* known = find(user, contact);
  if (!known) return;
  const Jid jid = known->record.jid;
  if (known->record.from) world_.hooks.withdraw_from(user, jid);
  world_.hooks.forget_presence(user, *known);
  world_.clear(user, "in/contact/" + peer_level(jid.str()));
  world_.records.remove_contact(user.key, jid);
  user.contacts.erase(jid.str());
}

std::optional<StanzaError> Roster::agreed(User& user, const Jid& jid, std::string name, std::vector<std::string> groups,
                                          bool to, bool from) {
  if (auto wrong = unfit(user, jid)) return wrong;
  if (!find(user, jid) && user.contacts.size() >= world_.options.limits.roster_items)
    return error(Condition::resource_constraint, "the roster is full");
  Contact& contact = find_or_add(user, jid);
  ContactRecord& r = contact.record;
  const bool saw = std::exchange(r.to, r.to || to), seen = std::exchange(r.from, r.from || from);
  r.listed = true;
  r.denied = false;
  r.ask = r.ask && !r.to;
  r.approved = r.approved && !r.from;
  if (std::exchange(r.request, r.request && !r.from) && !r.request) r.request_text.clear();
  r.name = std::move(name);
  r.groups = std::move(groups);
  world_.records.put_contact(user.key, r);
  if (r.from && !seen) world_.hooks.announce_to(user, jid);
  show(user, contact);
  if (r.to && !saw) world_.hooks.show_presence(user, contact);
  if (r.to && !saw) world_.hooks.ask_presence(user, jid);
  return std::nullopt;
}

std::optional<StanzaError> Roster::act(User& user, const Jid& jid, Type type, const std::string& text) {
  if (auto wrong = unfit(user, jid)) return wrong;
  Contact* known = find(user, jid);
  if (!known && user.contacts.size() >= world_.options.limits.roster_items)
    return error(Condition::resource_constraint, "the roster is full");
  Contact& contact = find_or_add(user, jid);
  const bool saw = contact.record.to;
  const auto outcome = subscription::out(contact.record, type);
  if (outcome.route)
    stanza(user, jid, type_names[static_cast<int>(type)], type == Type::subscribe ? text : std::string());
  if (saw && !contact.record.to) world_.hooks.forget_presence(user, contact);
  settle(user, contact, outcome);
  return std::nullopt;
}

void Roster::show(User& user, Contact& contact) {
  const std::string leaf = "in/contact/" + peer_level(contact.record.jid.str());
  std::string item = visible(contact.record) ? contact_json(view_of(contact.record)) : std::string();
  const std::uint64_t digest = item.empty() ? 0 : digest_of(item);
  if (digest == contact.shown_item) return;
  if (!item.empty() && !world_.may_publish()) {
    contact.shown_item = Contact::outdated;
    world_.to_show.insert(user.key);
    return;
  }
  if (item.empty())
    world_.clear(user, leaf);
  else
    world_.publish_to(user, leaf, item, true);
  contact.shown_item = digest;
}

void Roster::show_all(User& user, bool from_nothing) {
  for (auto& [jid, contact] : user.contacts) {
    if (from_nothing && contact.shown_item != 0) contact.shown_item = Contact::outdated;
    show(user, contact);
  }
}

std::string Roster::list_json(const User& user, std::string_view after, std::size_t limit) const {
  std::vector<const Contact*> sorted;
  for (const auto& [jid, contact] : user.contacts)
    if (visible(contact.record) && jid > after) sorted.push_back(&contact);
  std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->record.jid.str() < b->record.jid.str(); });
  constexpr std::size_t around = 512;  // the answer's own fields, about
  const std::size_t most_bytes = world_.options.limits.message_bytes;
  std::string items;
  std::size_t n = 0;
  for (; n < sorted.size() && n < limit; ++n) {
    const std::string item = contact_json(view_of(sorted[n]->record));
    if (n > 0 && items.size() + item.size() + around > most_bytes) break;
    items.append(n > 0 ? "," : "").append(item);
  }
  std::string json = "{\"contacts\":[" + items + "]";
  if (n < sorted.size() && n > 0) {
    JsonWriter next;
    json.append(",\"next\":").append(next.value(sorted[n - 1]->record.jid.str()).take());
  }
  return json + "}";
}

void Roster::assert_pending(User& user) {
  for (auto& [jid, contact] : user.contacts)
    if (contact.record.ask && !world_.hosted(contact.record.jid)) stanza(user, contact.record.jid, "subscribe");
}

}  // namespace ferry
