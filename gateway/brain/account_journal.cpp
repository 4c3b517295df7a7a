#include "gateway/brain/account_journal.h"

#include "gateway/brain/log_value.h"

namespace ferry {
namespace {

constexpr std::string_view roster_ns = "jabber:iq:roster";
constexpr std::size_t writes_at_once = 256;
constexpr Duration undo_again_after = 30 * second;  // where the server gave no answer

Element presence_to(const Jid& jid, std::string_view type) {
  Element e("presence");
  e.set("type", type).set("to", jid.bare_view());
  return e;
}

bool on_roster(const Contact* contact) { return contact && contact->record.listed; }

std::string text_of(const Inverse& inverse) {
  Element all("undo");
  if (inverse.answers) all.set("answers", "request");
  if (inverse.agree || inverse.ask) all.set("needs", inverse.agree ? inverse.ask ? "both" : "agree" : "ask");
  for (const Element& e : inverse.stanzas) all.add(e);
  return all.children.empty() && all.attrs.empty() ? std::string() : to_xml(all, ns::client);
}

// Nothing is there any more to undo it on: that is as good.
bool gone(const StanzaError& e) {
  return e.condition == Condition::item_not_found || e.condition == Condition::not_acceptable;
}

}  // namespace

std::optional<NeedOfContact> need_of_contact(const WriteRecord& write) {
  const auto inverse = write.inverse.empty() ? Result<Element>(Element("undo")) : parse_xml(write.inverse);
  const std::string_view needs = inverse ? inverse->attr_or("needs") : std::string_view();
  const auto forward = needs.empty() ? Result<Element>(Element("undo")) : parse_xml(write.forward);
  if (needs.empty() || !forward) return std::nullopt;
  const Element* query = forward->first_child();
  const Element* item = query ? query->first_child() : nullptr;
  const std::string_view contact = forward->name == "presence" ? forward->attr_or("to")
                                   : item                      ? item->attr_or("jid")
                                                               : std::string_view();
  return NeedOfContact{std::string(contact), needs == "both"    ? "agree and ask again"
                                             : needs == "agree" ? "agree again"
                                                                : "ask again"};
}

bool AccountJournal::is_amends(const Account& account, const Jid& contact, Amends amends) {
  std::int64_t after = 0;
  for (;;) {
    const auto page = world_.records.writes(contact.bare(), after, writes_at_once);
    for (const WriteRecord& w : page) {
      after = w.number;
      const auto need = w.state == WriteState::lasting ? need_of_contact(w) : std::nullopt;
      if (need && need->contact == account.record.jid.bare_view() &&
          (amends == Amends::agree ? need->has_to.starts_with("agree") : need->has_to.ends_with("ask again")))
        return true;
    }
    if (page.size() < writes_at_once) return false;
  }
}

Element AccountJournal::roster_set(const Jid& jid, std::string_view name, const std::vector<std::string>& groups) {
  Element iq("iq");
  iq.set("type", "set");
  Element& item = iq.add(Element("query", roster_ns)).add(Element("item", roster_ns));
  item.set("jid", jid.bare_view());
  if (!name.empty()) item.set("name", name);
  for (const std::string& group : groups) item.add(Element("group", roster_ns)).add_text(group);
  return iq;
}

Element AccountJournal::roster_remove(const Jid& jid) {
  Element iq("iq");
  iq.set("type", "set");
  iq.add(Element("query", roster_ns))
      .add(Element("item", roster_ns))
      .set("jid", jid.bare_view())
      .set("subscription", "remove");
  return iq;
}

Inverse AccountJournal::undo_set(const Contact* contact, const Jid& jid) {
  if (!on_roster(contact)) return {{roster_remove(jid)}};
  return {{roster_set(jid, contact->record.name, contact->record.groups)}};
}

// Back to the item that was there, and towards the subscriptions that it had: theirs is asked for anew, ours is granted
// in advance (RFC 6121 section 3.4).
Inverse AccountJournal::undo_remove(const Contact* contact, const Jid& jid) {
  if (!on_roster(contact)) return {};
  const ContactRecord& was = contact->record;
  Inverse inverse{{roster_set(jid, was.name, was.groups)}, was.to, was.from};
  if (was.from) inverse.stanzas.push_back(presence_to(jid, "subscribed"));
  if (was.to || was.ask) inverse.stanzas.push_back(presence_to(jid, "subscribe"));
  return inverse;
}

Inverse AccountJournal::undo_subscribe(const Contact* contact, const Jid& jid) {
  if (contact && (contact->record.to || contact->record.ask)) return {};
  if (!on_roster(contact)) {
    // Removing the item of somebody who was let in by then would shut them out.
    if (contact && contact->record.from) return {{presence_to(jid, "unsubscribe")}};
    return {{presence_to(jid, "unsubscribe"), roster_remove(jid)}};
  }
  return {{presence_to(jid, "unsubscribe")}};
}

Inverse AccountJournal::undo_unsubscribe(const Contact* contact, const Jid& jid) {
  if (!contact || (!contact->record.to && !contact->record.ask)) return {};
  return {{presence_to(jid, "subscribe")}, contact->record.to};
}

Inverse AccountJournal::undo_approve(const Contact* contact, const Jid& jid) {
  if (contact && contact->record.from) return {};
  const bool wish = contact && contact->record.request;
  Inverse inverse{{presence_to(jid, "unsubscribed")}, false, wish, wish};
  if (!on_roster(contact)) inverse.stanzas.push_back(roster_remove(jid));
  return inverse;
}

Inverse AccountJournal::undo_deny(const Contact* contact, const Jid& jid) {
  if (!contact) return {};
  Inverse inverse{{}, false, contact->record.from || contact->record.request, contact->record.request};
  if (contact->record.from) inverse.stanzas.push_back(presence_to(jid, "subscribed"));
  return inverse;
}

std::int64_t AccountJournal::plan(Account& account, const Element& forward, std::string inverse, bool by_person,
                                  WriteState state) {
  WriteRecord write;
  write.state = state;
  write.by_person = by_person;
  write.forward = to_xml(forward, ns::client);
  write.inverse = std::move(inverse);
  write.at = world_.now;
  world_.count("account_writes");
  return world_.records.add_write(account.record.jid, write);
}

void AccountJournal::write_iq(Account& account, Element iq, const Inverse& inverse, bool by_person,
                              SessionIqs::Then then) {
  if (!account.up) return then(account, error(Condition::remote_server_timeout, "the XMPP server is away"));
  const std::int64_t number = plan(account, iq, text_of(inverse), by_person, WriteState::planned);
  iqs_.ask(account, std::move(iq), [this, number, then = std::move(then)](Account& a, const Result<Element>& answer) {
    // Refused: it never was. No answer: nobody knows, so it stays what it is, and will be undone.
    if (answer)
      world_.records.set_write(a.record.jid, number, WriteState::done);
    else if (answer.error().condition != Condition::remote_server_timeout)
      world_.records.set_write(a.record.jid, number, WriteState::undone);
    then(a, answer);
  });
}

void AccountJournal::write_presence(Account& account, const Element& presence, const Inverse& inverse, bool by_person) {
  plan(account, presence, text_of(inverse), by_person, WriteState::done);
  if (account.user) world_.hooks.send_for_account(*account.user, presence);
}

void AccountJournal::note(Account& account, const Element& forward, const Element& inverse) {
  plan(account, forward, text_of({{inverse}}), false, WriteState::done);
}

std::int64_t AccountJournal::begin(Account& account, const Element& forward, const Element& inverse) {
  return plan(account, forward, text_of({{inverse}}), false, WriteState::planned);
}

void AccountJournal::end(Account& account, std::int64_t number, WriteState state) {
  world_.records.set_write(account.record.jid, number, state);
}

bool AccountJournal::undo(Account& account) {
  if (account.undo_open > 0 || !account.up) return true;
  if (account.retry_at && world_.now < *account.retry_at) return true;
  account.retry_at.reset();
  constexpr std::int64_t above_all = std::int64_t{1} << 62;
  std::int64_t before = above_all;
  std::optional<WriteRecord> write;
  do {
    write = world_.records.last_write(account.record.jid, before);
    if (write) before = write->number;
  } while (write && account.record.keep && write->by_person);
  if (!write) return false;
  account.undoing = write->number;
  std::vector<Element> stanzas;
  if (const auto all = write->inverse.empty() ? Result<Element>(Element("undo")) : parse_xml(write->inverse))
    for (const Node& node : all->children)
      if (const Element* e = node.element()) stanzas.push_back(*e);
  account.undo_open = stanzas.size() + 1;  // one more, so that an answer at once does not end it
  for (Element& e : stanzas) {
    if (e.ns != here_ns && e.name != "iq") {
      if (outbox_.send(account, std::move(e), -write->number).empty()) undone_part(account, write->number);
      continue;
    }
    auto then = [this, number = write->number](Account& a, const Result<Element>& answer) {
      if (a.undoing != number || a.undo_open == 0) return;
      if (!answer && answer.error().condition == Condition::remote_server_timeout) {
        a.undo_open = 0;
        a.retry_at = world_.now + undo_again_after;
        return;
      }
      if (!answer && !gone(answer.error())) {
        ++a.record.errors;
        a.record.trouble = "write " + std::to_string(number) +
                           " could not be undone: " + std::string(condition_name(answer.error().condition));
        a.unsaved = true;
        lasts(a, number, condition_name(answer.error().condition));
      }
      undone_part(a, number);
    };
    e.ns == here_ns ? undo_here(account, e, std::move(then)) : iqs_.ask(account, std::move(e), std::move(then));
  }
  undone_part(account, write->number);
  return true;
}

void AccountJournal::lasts(Account& account, std::int64_t number, std::string_view why, std::string_view contact) {
  world_.count("account_writes_lasting");
  world_.log(LogLine::Level::warning, "event=account.lasting account=" + log_value(account.record.jid.str()) +
                                          " write=" + std::to_string(number) + " condition=" + std::string(why) +
                                          (contact.empty() ? "" : " contact=" + log_value(contact)));
  world_.records.set_write(account.record.jid, number, WriteState::lasting);
}

void AccountJournal::on_sent(Account& account, std::int64_t number) {
  if (number == account.undoing) undone_part(account, number);
}

void AccountJournal::undone_part(Account& account, std::int64_t number) {
  if (account.undo_open == 0 || --account.undo_open > 0) return;
  const auto write = world_.records.last_write(account.record.jid, number + 1);
  if (write && write->number == number) {  // else it was found to be lasting
    const auto inverse = write->inverse.empty() ? Result<Element>(Element("undo")) : parse_xml(write->inverse);
    if (const auto need = need_of_contact(*write)) {
      const bool answered = inverse && inverse->attr("answers");
      const std::string_view asked = need->has_to.starts_with("agree") ? "contact-asked" : "contact-must-ask";
      lasts(account, number, answered ? "request-answered" : asked, need->contact);
    } else {
      world_.records.set_write(account.record.jid, number, WriteState::undone);
      world_.count("account_writes_undone");
    }
  }
  account.undoing = 0;
}

}  // namespace ferry
