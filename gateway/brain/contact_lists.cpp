#include "gateway/brain/contact_lists.h"

#include <algorithm>

#include "gateway/brain/log_value.h"

namespace ferry {
namespace {

constexpr std::string_view contact_list_ns = "jabber:iq:roster";

Element get_list() {
  Element iq("iq");
  iq.set("type", "get").add(Element("query", contact_list_ns));
  return iq;
}

Element set_item(Element item) {
  Element iq("iq");
  iq.set("type", "set").add(Element("query", contact_list_ns)).add(std::move(item));
  return iq;
}

const Element* item_of(const Element& query, const Jid& who) {
  for (const Node& node : query.children)
    if (const Element* e = node.element(); e && e->is("item", contact_list_ns))
      if (const auto jid = Jid::parse(e->attr_or("jid")); jid && jid->bare() == who) return e;
  return nullptr;
}

const Element* item_in(const Element& answer, const Jid& who) {
  const Element* query = answer.child("query", contact_list_ns);
  return query ? item_of(*query, who) : nullptr;
}

bool has(const Element& item, std::string_view direction) {
  const std::string_view subscription = item.attr_or("subscription");
  return subscription == direction || subscription == "both";
}

std::vector<std::string> groups_of(const Element& item) {
  std::vector<std::string> groups;
  for (const Node& node : item.children)
    if (const Element* e = node.element(); e && e->is("group", contact_list_ns)) groups.push_back(e->text());
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

// What may be set of an item, and is compared.
Element item_like(const Element& item, const Jid& who, std::string_view subscription) {
  Element out("item", contact_list_ns);
  out.set("jid", who.str());
  if (!item.attr_or("name").empty()) out.set("name", item.attr_or("name"));
  out.set("subscription", subscription);
  for (const std::string& group : groups_of(item)) out.add(Element("group", contact_list_ns)).add_text(group);
  return out;
}

bool as_it_was(const Element* now, const Element* before, const Jid& who) {
  if (!now || !before) return !now && !before;
  const std::string_view none = "none";
  return item_like(*now, who, now->attr_or("subscription", none)) ==
         item_like(*before, who, before->attr_or("subscription", none));
}

}  // namespace

struct ContactLists::Step {
  std::string account;
  std::uint64_t turn = 0;
  Jid old, address, contact;
  Element item;             // of the old address's list
  std::int64_t number = 0;  // in the journal; 0: nothing was written yet
  Element wish = {};        // the item in the contact's list, as it is to be
  bool we_see = false, they_see = false;
};

bool ContactLists::on(const Account& account) const {
  const AccountState state = account.record.state;
  return (state == AccountState::dual || state == AccountState::moved) && account.record.address &&
         !account.record.copied && world_.user(account.record.address->str());
}

void ContactLists::enqueue(Account& account) {
  const std::string& bare = account.record.jid.str();
  if (driven_.contains(bare)) return;
  if (privilege_.lists() == Privilege::Lists::no) return turn(account);
  waiting_.insert(bare);
}

bool ContactLists::writes(const Jid& contact) const {
  return privilege_.lists() == Privilege::Lists::yes && contact.has_local() && !world_.hosted(contact) &&
         contact.domainpart() == world_.server.domainpart();
}

void ContactLists::drive(const Account& account, std::deque<Element> items) {
  Driven& driven = driven_[account.record.jid.str()];
  if (driven.turn == 0) driven.turn = ++turns_;
  driven.todo = std::move(items);
}

void ContactLists::forget(const Account& account) {
  waiting_.erase(account.record.jid.str());
  driven_.erase(account.record.jid.str());
}

std::size_t ContactLists::room() const {
  std::size_t open = 0;
  for (const auto& [bare, driven] : driven_) open += driven.open;
  const std::size_t most = privilege_.proven() ? window : 1;  // one contact's list is enough to find out
  return open < most ? most - open : 0;
}

void ContactLists::on_time() {
  if ((waiting_.empty() && driven_.empty()) || world_.now < step_at_) return;
  if (privilege_.lists() == Privilege::Lists::not_yet) return;
  step_at_ = world_.now + step_time;
  take_turns();
  if (world_.xmpp_full) return;
  const bool all = privilege_.lists() == Privilege::Lists::no;  // those who are left are asked
  std::size_t more = all ? SIZE_MAX : std::min(most_begun, room());
  std::size_t without = 0;  // accounts in a row with nothing to begin
  while (more > 0 && without < driven_.size()) {
    auto next = driven_.upper_bound(last_);
    if (next == driven_.end()) next = driven_.begin();
    last_ = next->first;
    ++without;
    if (next->second.todo.empty()) continue;
    without = 0;
    --more;
    begin(last_, next->second);
    if (!all) more = std::min(more, room());
  }
}

void ContactLists::take_turns() {
  std::erase_if(driven_, [this](const auto& d) {
    const Account* account = find_(d.first);
    return !account || !on(*account);
  });
  while (!waiting_.empty() && driven_.size() < max_accounts) {
    const std::string bare = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    Account* account = find_(bare);
    if (!account || !on(*account)) continue;
    driven_[bare].turn = ++turns_;
    turn(*account);
  }
}

std::optional<Instant> ContactLists::next_deadline() const {
  if (privilege_.lists() == Privilege::Lists::not_yet) return std::nullopt;
  const bool begins =
      room() > 0 && std::any_of(driven_.begin(), driven_.end(), [](const auto& d) { return !d.second.todo.empty(); });
  if (begins || (!waiting_.empty() && driven_.size() < max_accounts)) return step_at_;
  return std::nullopt;
}

Account* ContactLists::account_of(const Step& step) { return find_(step.account); }
User* ContactLists::user_of(const Step& step) { return world_.user(step.address.str()); }

ContactLists::Driven* ContactLists::still(const Step& step) {
  const auto it = driven_.find(step.account);
  if (it == driven_.end() || it->second.turn != step.turn) return nullptr;
  const Account* account = account_of(step);
  return account && on(*account) && account->record.address == step.address ? &it->second : nullptr;
}

void ContactLists::begin(const std::string& bare, Driven& driven) {
  const Account& account = *find_(bare);
  Step step{bare,
            driven.turn,
            account.record.jid,
            *account.record.address,
            account.record.jid,
            std::move(driven.todo.front())};
  driven.todo.pop_front();
  ++driven.open;
  const auto contact = Jid::parse(step.item.attr_or("jid"));
  if (!contact) return end(step);
  step.contact = contact->bare();
  if (!writes(step.contact)) return instead(step);
  const auto& contacts = user_of(step)->contacts;
  const auto known = contacts.find(step.contact.str());
  if (known != contacts.end() && known->second.record.listed) return end(step);  // it is through
  if (known == contacts.end() && contacts.size() >= world_.options.limits.roster_items) return instead(step);
  privilege_.ask(step.contact, get_list(), [this, step](const Result<Element>& answer) {
    if (!still(step)) return;
    if (!answer && !world_.xmpp_up) return again(step);
    if (!answer) privilege_.refused(answer.error());
    const Element* query = answer ? answer->child("query", contact_list_ns) : nullptr;
    query ? found(step, *query) : instead(step);
  });
}

// Both lists must say of the old address what is to be so of the new one. Who has asked to see the new address already
// is answered: their wish could not be put back.
void ContactLists::found(Step step, const Element& query) {
  const Element* theirs = item_of(query, step.old);
  const Element* before = item_of(query, step.address);
  if (!theirs || (before && before->attr("ask"))) return instead(step);
  step.they_see = has(step.item, "from") && has(*theirs, "to");
  step.we_see = has(step.item, "to") && has(*theirs, "from");
  if (!step.they_see && !step.we_see) return instead(step);
  const std::string_view subscription = !step.we_see ? "to" : !step.they_see ? "from" : "both";
  step.wish = item_like(before ? *before : *theirs, step.address, subscription);
  Element iq = set_item(step.wish);
  step.number = journal_.begin(*account_of(step), std::move(Element(iq).set("to", step.contact.str())),
                               undo_of(step.contact, step.address, before));
  if (as_it_was(before, &step.wish, step.address)) return finish(step);
  privilege_.ask(step.contact, std::move(iq), [this, step](const Result<Element>& answer) {
    if (!still(step)) return;
    if (answer) return privilege_.proven() ? finish(step) : verify(step);
    if (!world_.xmpp_up) return again(step);
    if (answer.error().condition != Condition::remote_server_timeout)  // else nobody knows: it will be undone
      journal_.end(*account_of(step), step.number, WriteState::undone);
    privilege_.refused(answer.error());
    instead(step);
  });
}

// A server may take the item and keep the subscription as it was (ejabberd does), to whom this is of no use.
void ContactLists::verify(Step step) {
  privilege_.ask(step.contact, get_list(), [this, step](const Result<Element>& answer) {
    if (!still(step)) return;
    if (!answer && !world_.xmpp_up) return again(step);
    if (!answer) {
      privilege_.refused(answer.error());
      return instead(step);
    }
    const Element* now = item_in(*answer, step.address);
    if (now && now->attr_or("subscription") == step.wish.attr_or("subscription")) {
      privilege_.prove();
      return finish(step);
    }
    privilege_.give_up("subscription-kept", {},
                       "the XMPP server takes contacts, but not subscriptions, from a component");
    const auto write = world_.records.last_write(account_of(step)->record.jid, step.number + 1);
    const auto undo =
        write && write->number == step.number ? parse_xml(write->inverse) : Result<Element>(Element("undo"));
    const Element* inverse = undo ? undo->first_child() : nullptr;
    if (!inverse) return instead(step);
    put_back(*inverse, [this, step](const Result<Element>& put) {
      if (!still(step)) return;
      if (put) journal_.end(*account_of(step), step.number, WriteState::undone);
      put || world_.xmpp_up ? instead(step) : again(step);
    });
  });
}

void ContactLists::finish(const Step& step) {
  Account& account = *account_of(step);
  User& user = *user_of(step);
  journal_.end(account, step.number, WriteState::done);
  if (roster_.agreed(user, step.contact, std::string(step.item.attr_or("name")), groups_of(step.item), step.we_see,
                     step.they_see)) {
    world_.count("contacts_refused");
    return end(step);
  }
  world_.count("contacts_driven");
  using subscription::Type;
  if (has(step.item, "from") && !step.they_see) roster_.act(user, step.contact, Type::subscribed, {});
  if ((has(step.item, "to") || step.item.attr_or("ask") == "subscribe") && !step.we_see)
    roster_.act(user, step.contact, Type::subscribe, {});
  ++still(step)->driven;
  end(step);
}

void ContactLists::again(const Step& step) {
  Driven& driven = *still(step);
  --driven.open;
  driven.todo.push_front(step.item);
}

void ContactLists::instead(const Step& step) {
  ask_instead(*account_of(step), step.item);
  end(step);
}

void ContactLists::end(const Step& step) {
  Driven* driven = still(step);
  if (!driven) return;
  --driven->open;
  if (driven->open > 0 || !driven->todo.empty()) return;
  const std::size_t n = driven->driven;
  driven_.erase(step.account);
  over(*account_of(step), n);
}

Element ContactLists::undo_of(const Jid& contact, const Jid& address, const Element* before) {
  Element e("put-back", here_ns);
  e.set("list-of", contact.str()).set("jid", address.str());
  if (before) e.add(item_like(*before, address, before->attr_or("subscription", "none")));
  return e;
}

void ContactLists::put_back(const Element& inverse, Privilege::Then then) {
  const auto contact = Jid::parse(inverse.attr_or("list-of")), address = Jid::parse(inverse.attr_or("jid"));
  if (!contact || !address) return then(Element("nothing"));
  std::optional<Element> before;
  if (const Element* item = inverse.child("item", contact_list_ns)) before = *item;
  privilege_.ask(*contact, get_list(), [=, this, then = std::move(then)](const Result<Element>& answer) {
    if (!answer) return then(answer);
    if (as_it_was(item_in(*answer, *address), before ? &*before : nullptr, *address)) return then(answer);
    Element item = before.value_or(Element("item", contact_list_ns));
    if (!before) item.set("jid", address->str()).set("subscription", "remove");
    privilege_.ask(*contact, set_item(std::move(item)), [then](const Result<Element>& put) { then(put); });
  });
}

}  // namespace ferry
