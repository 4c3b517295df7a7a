#include "gateway/brain/session_requests.h"

#include <algorithm>

#include "translators/part.h"

namespace ferry {
namespace {

constexpr std::string_view blocking_ns = "urn:xmpp:blocking", vcard_ns = "vcard-temp";
constexpr std::size_t max_wish_bytes = 1'024, max_item_groups = 64;

const Contact* contact_of(const Account& account, const Jid& jid) {
  const auto it = account.user->contacts.find(jid.bare_view());
  return it == account.user->contacts.end() ? nullptr : &it->second;
}

Element block_iq(std::string_view what, const Jid& jid) {
  Element iq("iq");
  iq.set("type", "set").add(Element(what, blocking_ns)).add(Element("item", blocking_ns)).set("jid", jid.bare_view());
  return iq;
}

Element vcard_iq(std::string_view type, Element card) {
  Element iq("iq");
  iq.set("type", type).add(std::move(card));
  return iq;
}

// What a profile has takes the place of the same fields; everything else on the card stays.
Element merged_card(const Element* old, const Profile& profile) {
  if (!old) return vcard_from_profile(profile);
  const std::string_view note = note_field(*old);
  Element merged = vcard_from_profile(profile, note);
  const std::string_view ours[] = {"FN", "NICKNAME", "EMAIL", "URL", "DESC", "PHOTO", note};
  for (const Node& node : old->children)
    if (const Element* e = node.element(); e && std::find(std::begin(ours), std::end(ours), e->name) == std::end(ours))
      merged.add(*e);
  return merged;
}

Element blocklist_query() {
  Element iq("iq");
  iq.set("type", "get").add(Element("blocklist", blocking_ns));
  return iq;
}

bool is_blocked(const Element& answer, const Jid& jid) {
  const Element* list = answer.child("blocklist", blocking_ns);
  return list && std::any_of(list->children.begin(), list->children.end(), [&](const Node& node) {
           const Element* item = node.element();
           if (!item || item->name != "item") return false;
           const auto known = Jid::parse(item->attr_or("jid"));
           return known && known->str() == jid.bare_view();
         });
}

Element card_of(const Result<Element>& answer) {
  const Element* card = answer ? answer->child("vCard", vcard_ns) : nullptr;
  return card ? *card : Element("vCard", vcard_ns);
}

}  // namespace

const SessionRequests::Row SessionRequests::rows[] = {
    {"roster.add", &SessionRequests::roster_add, true, true},
    {"roster.update", &SessionRequests::roster_update, true, true},
    {"roster.remove", &SessionRequests::roster_remove, true, true},
    {"subscribe", &SessionRequests::subscribe, true, true},
    {"unsubscribe", &SessionRequests::unsubscribe, true, true},
    {"approve", &SessionRequests::approve, true, true},
    {"deny", &SessionRequests::deny, true, true},
    {"block", &SessionRequests::block, true, true},
    {"unblock", &SessionRequests::unblock, true, true},
    {"blocked", &SessionRequests::blocked, false, false},
    {"profile.get", &SessionRequests::profile_get, false, false},
    {"profile.set", &SessionRequests::profile_set, true, false},
};

bool SessionRequests::on_request(User& user, std::string_view name, JsonView r, const Asked& asked) {
  const auto row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& x) { return x.name == name; });
  if (row == std::end(rows) || !user.account) return false;
  Account& account = *user.account;
  const auto& l = world_.options.limits;
  if (row->changes && !user.rates.subscriptions.take(world_.now, l.subscription_rate, l.subscription_burst)) {
    world_.count("requests_over_rate");
    tell(account, asked, error(Condition::resource_constraint, "too many changes a second; try again later"));
    return true;
  }
  Jid contact = user.jid;
  if (row->contact || r["contact"]) {
    const auto named = jid_field(r, "contact");
    if (!named) return tell(account, asked, named.error()), true;
    contact = named->bare();
    if (row->contact && contact == user.jid)
      return tell(account, asked, error(Condition::not_allowed, "contact: nobody is their own contact")), true;
  }
  if (!account.up || account.record.state == AccountState::back || !account.carries()) {
    tell(account, asked, error(Condition::remote_server_timeout, "the XMPP server is away"));
    return true;
  }
  (this->*row->handle)(account, contact, r, asked);
  return true;
}

void SessionRequests::tell(const Account& account, const Asked& asked, const Result<std::string>& answer) {
  if (account.user) requests_.answer(*account.user, asked, answer);
}

SessionIqs::Then SessionRequests::done(const Asked& asked) {
  return [this, asked](Account& account, const Result<Element>& answer) {
    tell(account, asked, answer ? Result<std::string>(std::string("{}")) : Result<std::string>(answer.error()));
  };
}

void SessionRequests::roster_add(Account& account, const Jid& contact, JsonView r, const Asked& asked) {
  roster_put(account, contact, r, asked, false);
}
void SessionRequests::roster_update(Account& account, const Jid& contact, JsonView r, const Asked& asked) {
  roster_put(account, contact, r, asked, true);
}

void SessionRequests::roster_put(Account& account, const Jid& jid, JsonView r, const Asked& asked, bool must_exist) {
  const Contact* known = contact_of(account, jid);
  if (must_exist && (!known || !known->record.listed))
    return tell(account, asked, error(Condition::item_not_found, "contact: not on the roster; roster.add adds it"));
  const TextField name = text_field(r, "name", max_wish_bytes);
  if (name.error) return tell(account, asked, *name.error);
  std::string new_name = name.text ? *name.text : known ? known->record.name : std::string();
  std::vector<std::string> groups = known ? known->record.groups : std::vector<std::string>();
  if (r["groups"]) {
    bool good = r["groups"].is_array() && r["groups"].size() <= max_item_groups;
    groups.clear();
    r["groups"].each([&](JsonView g) {
      const auto text = g.string();
      if (!text || text->empty() || text->size() > max_wish_bytes || !is_xml_text(*text))
        good = false;
      else
        groups.emplace_back(*text);
    });
    if (!good) return tell(account, asked, error(Condition::bad_request, "groups: expected at most 64 names"));
    std::sort(groups.begin(), groups.end());
  }
  if (known && known->record.listed && known->record.name == new_name && known->record.groups == groups)
    return tell(account, asked, std::string("{}"));
  journal_.write_iq(account, AccountJournal::roster_set(jid, new_name, groups), AccountJournal::undo_set(known, jid),
                    true, done(asked));
}

void SessionRequests::roster_remove(Account& account, const Jid& jid, JsonView, const Asked& asked) {
  const Contact* known = contact_of(account, jid);
  if (!known || !known->record.listed)
    return tell(account, asked, error(Condition::item_not_found, "contact: not on the roster"));
  journal_.write_iq(account, AccountJournal::roster_remove(jid), AccountJournal::undo_remove(known, jid), true,
                    done(asked));
}

void SessionRequests::presence(Account& account, const Jid& jid, std::string_view type, const std::string& text,
                               const Inverse& inverse, const Asked& asked) {
  Element e("presence");
  e.set("type", type).set("to", jid.bare_view());
  if (!text.empty()) e.add(Element("status")).add_text(text);
  journal_.write_presence(account, e, inverse, true);
  tell(account, asked, std::string("{}"));
}

void SessionRequests::subscribe(Account& account, const Jid& jid, JsonView r, const Asked& asked) {
  const TextField text = text_field(r, "text", max_wish_bytes);
  if (text.error) return tell(account, asked, *text.error);
  const Contact* known = contact_of(account, jid);
  if (known && (known->record.to || known->record.ask)) return tell(account, asked, std::string("{}"));
  const Inverse inverse =
      journal_.is_amends(account, jid, Amends::ask) ? Inverse() : AccountJournal::undo_subscribe(known, jid);
  presence(account, jid, "subscribe", text.text.value_or(""), inverse, asked);
}

void SessionRequests::unsubscribe(Account& account, const Jid& jid, JsonView, const Asked& asked) {
  const Contact* known = contact_of(account, jid);
  if (!known || (!known->record.to && !known->record.ask)) return tell(account, asked, std::string("{}"));
  presence(account, jid, "unsubscribe", {}, AccountJournal::undo_unsubscribe(known, jid), asked);
}

void SessionRequests::approve(Account& account, const Jid& jid, JsonView, const Asked& asked) {
  const Contact* known = contact_of(account, jid);
  if (known && known->record.from) return tell(account, asked, std::string("{}"));
  const Inverse inverse =
      journal_.is_amends(account, jid, Amends::agree) ? Inverse() : AccountJournal::undo_approve(known, jid);
  presence(account, jid, "subscribed", {}, inverse, asked);
  settle_wish(account, jid);
}

void SessionRequests::deny(Account& account, const Jid& jid, JsonView, const Asked& asked) {
  const Contact* known = contact_of(account, jid);
  if (!known || (!known->record.from && !known->record.request)) return tell(account, asked, std::string("{}"));
  presence(account, jid, "unsubscribed", {}, AccountJournal::undo_deny(known, jid), asked);
  settle_wish(account, jid);
}

void SessionRequests::settle_wish(Account& account, const Jid& jid) {
  User& user = *account.user;
  const auto it = user.contacts.find(jid.bare_view());
  if (it == user.contacts.end() || !it->second.record.request) return;
  it->second.record.request = false;
  world_.records.put_contact(user.key, it->second.record);  // kept until a later roster where it is on none
  roster_.show(user, it->second);
  if (!it->second.record.listed) world_.hooks.forget_presence(user, it->second);
}

void SessionRequests::block(Account& account, const Jid& jid, JsonView, const Asked& asked) {
  put_block(account, jid, true, asked);
}

void SessionRequests::unblock(Account& account, const Jid& jid, JsonView, const Asked& asked) {
  put_block(account, jid, false, asked);
}

// What is so already is not written: the way back would undo what another client has done.
void SessionRequests::put_block(Account& account, const Jid& jid, bool block, const Asked& asked) {
  iqs_.ask(account, blocklist_query(), [=, this](Account& a, const Result<Element>& answer) {
    if (!answer) return tell(a, asked, answer.error());
    if (is_blocked(*answer, jid) == block) return tell(a, asked, std::string("{}"));
    const auto now = block_iq(block ? "block" : "unblock", jid), before = block_iq(block ? "unblock" : "block", jid);
    journal_.write_iq(a, now, {{before}}, true, done(asked));
  });
}

void SessionRequests::blocked(Account& account, const Jid&, JsonView, const Asked& asked) {
  iqs_.ask(account, blocklist_query(), [this, asked](Account& a, const Result<Element>& answer) {
    if (!answer) return tell(a, asked, answer.error());
    JsonWriter json;
    json.begin_object().key("blocked").begin_array();
    if (const Element* list = answer->child("blocklist", blocking_ns))
      for (const Node& node : list->children)
        if (const Element* item = node.element(); item && item->name == "item") json.value(item->attr_or("jid"));
    tell(a, asked, json.end_array().end_object().take());
  });
}

void SessionRequests::profile_get(Account& account, const Jid& contact, JsonView, const Asked& asked) {
  Element iq = vcard_iq("get", Element("vCard", vcard_ns));
  if (contact != account.user->jid) iq.set("to", contact.str());
  iqs_.ask(account, std::move(iq), [this, asked](Account& a, const Result<Element>& answer) {
    if (!answer) return tell(a, asked, answer.error());
    const Element card = card_of(answer);
    if (!card.first_child()) return tell(a, asked, error(Condition::item_not_found, "contact: no profile"));
    tell(a, asked, "{\"profile\":" + profile_json(profile_from_vcard(card)) + "}");
  });
}

// The card that is there must be known first: for what it has besides, and to restore it.
void SessionRequests::profile_set(Account& account, const Jid&, JsonView r, const Asked& asked) {
  const auto profile = read_profile(r["profile"]);
  if (!profile) return tell(account, asked, profile.error());
  iqs_.ask(account, vcard_iq("get", Element("vCard", vcard_ns)),
           [this, asked, profile = *profile](Account& a, const Result<Element>& answer) {
             if (!answer && answer.error().condition != Condition::item_not_found)
               return tell(a, asked, answer.error());
             const Element old = card_of(answer);
             journal_.write_iq(a, vcard_iq("set", merged_card(&old, profile)), {{vcard_iq("set", old)}}, true,
                               done(asked));
           });
}

}  // namespace ferry
