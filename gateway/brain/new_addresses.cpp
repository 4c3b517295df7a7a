#include "gateway/brain/new_addresses.h"

#include "gateway/brain/log_value.h"

namespace ferry {
namespace {

constexpr std::string_view moved_ns = "urn:xmpp:moved:1", pubsub_ns = "http://jabber.org/protocol/pubsub";
constexpr std::string_view new_address_roster_ns = "jabber:iq:roster";

Element statement(const Jid& address, bool open) {
  Element iq("iq");
  iq.set("type", "set");
  Element& pubsub = iq.add(Element("pubsub", pubsub_ns));
  pubsub.add(Element("publish", pubsub_ns))
      .set("node", moved_ns)
      .add(Element("item", pubsub_ns))
      .set("id", "current")
      .add(Element("moved", moved_ns))
      .add(Element("new-jid", moved_ns))
      .add_text(address.str());
  if (!open) return iq;
  // Who verifies the move is on the new address's list, and need not be on the old one's any more.
  Element& form = pubsub.add(Element("publish-options", pubsub_ns)).add(Element("x", "jabber:x:data"));
  form.set("type", "submit");
  const auto field = [&](std::string_view name, std::string_view value, bool hidden) {
    Element& f = form.add(Element("field", "jabber:x:data"));
    f.set("var", name);
    if (hidden) f.set("type", "hidden");
    f.add(Element("value", "jabber:x:data")).add_text(value);
  };
  field("FORM_TYPE", "http://jabber.org/protocol/pubsub#publish-options", true);
  field("pubsub#access_model", "open", false);
  return iq;
}

Element no_statement() {
  constexpr std::string_view owner = "http://jabber.org/protocol/pubsub#owner";
  Element iq("iq");
  iq.set("type", "set").add(Element("pubsub", owner)).add(Element("delete", owner)).set("node", moved_ns);
  return iq;
}

Element of_contact(std::string_view what, const User& of, const Jid& contact) {
  Element e(what, here_ns);
  e.set("of", of.jid.str()).set("jid", contact.bare_view());
  return e;
}

Element of_user(std::string_view what, const User& user) {
  Element e(what, here_ns);
  e.set("jid", user.jid.str());
  return e;
}

}  // namespace

NewAddresses::NewAddresses(World& world, Roster& roster, Delivery& delivery, Privilege& privilege,
                           AccountJournal& journal, SessionIqs& iqs, Find find)
    : world_(world),
      roster_(roster),
      delivery_(delivery),
      journal_(journal),
      iqs_(iqs),
      find_(std::move(find)),
      lists_(world, roster, privilege, journal, find_) {
  lists_.turn = [this](Account& account) { ask_list(account); };
  lists_.ask_instead = [this](Account& account, const Element& item) {
    if (User* user = world_.user(account.record.address->str())) copy_item(account, *user, item);
  };
  lists_.over = [this](Account& account, std::size_t unasked) { copied(account, unasked); };
}

std::optional<std::string> NewAddresses::unfit(const Jid& address) const {
  if (!address.has_local() || address.has_resource() || !world_.hosted(address))
    return "expected a new address of " + std::string(world_.component.domainpart()) + ", the gateway's own domain";
  const auto match = world_.table.by_jid(address);
  if (!match || match->row->kind != RowKind::user) return "no user row of the mapping table covers " + address.str();
  return std::nullopt;
}

void NewAddresses::tie(const Account& account) {
  if (User* user = world_.user(account.record.address->str())) user->former = account.record.jid;
}

void NewAddresses::enter(Account& account) {
  const Jid& address = *account.record.address;
  if (!world_.user(address.str())) {
    User& user = world_.add_user(address);
    journal_.note(account, of_user("user", user), of_user("remove-user", user));
    greet(user);
  }
  tie(account);
  go_on(account);
}

void NewAddresses::go_on(Account& account) {
  tie(account);
  if (!account.record.stated) state(account, true);
  if (!account.record.copied) lists_.enqueue(account);
}

void NewAddresses::ask_list(Account& account) {
  Element iq("iq");
  iq.set("type", "get").add(Element("query", new_address_roster_ns));
  iqs_.ask(account, std::move(iq), [this](Account& a, const Result<Element>& answer) {
    const Element* query = answer ? answer->child("query", new_address_roster_ns) : nullptr;
    if (query && a.record.address && !a.record.copied) return copy(a, *query);
    lists_.forget(a);  // the next session asks again
  });
}

// A server without a personal event service cannot say it; its people are moved all the same.
void NewAddresses::state(Account& account, bool open) {
  journal_.write_iq(account, statement(*account.record.address, open), {{no_statement()}}, false,
                    [this, open](Account& a, const Result<Element>& answer) {
                      if (!answer && answer.error().condition == Condition::remote_server_timeout) return;
                      if (!answer && open) return state(a, false);  // it knows no options
                      if (!answer) {
                        world_.count("addresses_unstated");
                        world_.log(LogLine::Level::warning,
                                   "event=address.unstated account=" + log_value(a.record.jid.str()) +
                                       " condition=" + std::string(condition_name(answer.error().condition)));
                      }
                      a.record.stated = true;
                      world_.records.put_account(a.record);
                    });
}

// All who are asked, in one commit: a crash leaves nothing half done. Then those who need not be.
void NewAddresses::copy(Account& account, const Element& query) {
  User* user = world_.user(account.record.address->str());
  if (!user) return lists_.forget(account);
  std::deque<Element> unasked;
  for (const Node& node : query.children) {
    const Element* item = node.element();
    if (!item || !item->is("item", new_address_roster_ns)) continue;
    const std::string_view subscription = item->attr_or("subscription");
    const bool agreed = subscription == "to" || subscription == "from" || subscription == "both";
    if (const auto contact = contact_of(account, *item); agreed && contact && lists_.writes(*contact))
      unasked.push_back(*item);
    else
      copy_item(account, *user, *item);
  }
  if (!unasked.empty()) return lists_.drive(account, std::move(unasked));
  lists_.forget(account);
  copied(account, 0);
}

void NewAddresses::copied(Account& account, std::size_t unasked) {
  const User* user = world_.user(account.record.address->str());
  account.record.copied = true;
  world_.records.put_account(account.record);
  world_.log(LogLine::Level::info, "event=address.taken account=" + log_value(account.record.jid.str()) +
                                       " address=" + log_value(account.record.address->str()) +
                                       " contacts=" + std::to_string(user ? user->contacts.size() : 0) +
                                       " unasked=" + std::to_string(unasked));
}

// Who has moved as well is asked where they are now. nullopt: nobody.
std::optional<Jid> NewAddresses::contact_of(const Account& account, const Element& item) const {
  const auto jid = Jid::parse(item.attr_or("jid"));
  if (!jid) return std::nullopt;
  Jid contact = jid->bare();
  if (const Account* other = find_(contact.str()); other && other->record.address && other->record.copied)
    contact = *other->record.address;
  if (contact == *account.record.address || contact == account.record.jid) return std::nullopt;
  return contact;
}

bool NewAddresses::copy_item(Account& account, User& user, const Element& item) {
  const auto found = contact_of(account, item);
  if (!found) return false;
  const Jid& contact = *found;
  if (const auto known = user.contacts.find(contact.str()); known != user.contacts.end() && known->second.record.listed)
    return false;
  std::vector<std::string> groups;
  for (const Node& node : item.children)
    if (const Element* e = node.element(); e && e->is("group", new_address_roster_ns)) groups.push_back(e->text());
  if (roster_.put(user, contact, std::string(item.attr_or("name")), std::move(groups), false)) {
    world_.count("contacts_refused");
    return false;
  }
  journal_.note(account, of_contact("contact", user, contact), of_contact("remove-contact", user, contact));
  const std::string_view subscription = item.attr_or("subscription");
  // First whom we let see us, so that their answer to being asked finds it done.
  if (subscription == "from" || subscription == "both") roster_.act(user, contact, subscription::Type::subscribed, {});
  if (subscription == "to" || subscription == "both" || item.attr_or("ask") == "subscribe")
    roster_.act(user, contact, subscription::Type::subscribe, {});
  return true;
}

void NewAddresses::message(Account& account, Message m) {
  const Purpose purpose = purpose_of(m);
  if (purpose != Purpose::content && purpose != Purpose::chat_state) return;  // answers belong to other clients
  User* user = world_.user(account.record.address->str());
  if (!user) return world_.count("addresses_vacant");
  user->former = account.record.jid;
  if (purpose == Purpose::content) {
    ++account.record.messages;
    account.unsaved = true;
  }
  m.to = account.record.jid;
  delivery_.on_message(*user, std::move(m));
}

void NewAddresses::followed(const User& mover, const User& contact) {
  if (Account* account = find_(mover.former->str()))
    journal_.note(*account, of_contact("contact", contact, mover.jid),
                  of_contact("remove-contact", contact, mover.jid));
}

void NewAddresses::undo(Account& account, const Element& inverse, SessionIqs::Then then) {
  if (inverse.name == "put-back") return put_back(account, inverse, std::move(then));
  if (const auto jid = Jid::parse(inverse.attr_or("jid"))) {
    if (inverse.name == "remove-contact") {
      if (User* of = world_.user(inverse.attr_or("of"))) roster_.remove(*of, *jid);
    } else if (User* user = world_.user(jid->str()); user && inverse.name == "remove-user") {
      forget(*user);
    }
  }
  then(account, inverse);
}

// Their list is as it was, so theirs is over; where it cannot be, they are told by presences.
void NewAddresses::put_back(Account& account, const Element& inverse, SessionIqs::Then then) {
  lists_.put_back(inverse, [=, this, bare = account.record.jid.str(), then = std::move(then)](const auto& answer) {
    Account* a = find_(bare);
    if (!a) return;
    const auto contact = Jid::parse(inverse.attr_or("list-of"));
    User* user = world_.user(inverse.attr_or("jid"));
    if (user && contact && answer)
      roster_.drop(*user, *contact);
    else if (user && contact && answer.error().condition != Condition::remote_server_timeout)
      roster_.remove(*user, *contact);
    then(*a, answer);
  });
}

void NewAddresses::left(Account& account) {
  if (User* user = world_.user(account.record.address->str())) user->former.reset();
  account.record.copied = account.record.stated = false;
  lists_.forget(account);
}

}  // namespace ferry
