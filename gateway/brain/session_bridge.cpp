#include "gateway/brain/session_bridge.h"

#include "translators/part.h"

namespace ferry {
namespace {

using Source = Brain::SessionSource;

std::string own_id(const Message& m, const Jid& account) {
  for (const Part& part : m.parts)
    if (const auto* id = std::get_if<StanzaId>(&part.value))
      if (const auto by = Jid::parse(id->by); by && *by == account) return id->id;
  return {};
}

// What tells a message apart where no archive has given it an id: who sent it to whom, its id and what it says.
std::uint64_t digest_of_message(const Message& m) {
  std::string text = std::string(m.from->bare_view()) + '\n' + m.id + '\n' + m.type + '\n';
  if (const auto* origin = find<OriginId>(m.parts)) text += origin->id;
  for (const Part& part : m.parts)
    if (const auto* body = std::get_if<Body>(&part.value)) text += '\n' + body->text;
  return digest_of(text);
}

bool event_of_a_node(const Message& m) {
  for (const Part& part : m.parts)
    if (const auto* e = std::get_if<Ext>(&part.value); e && e->xml.ns == "http://jabber.org/protocol/pubsub#event")
      return true;
  return false;
}

// Prosody's mod_privilege tells each client of each account what it may: nothing (XEP-0356).
bool rights_of_a_client(const Message& m, const Jid& own) {
  const auto* e = m.parts.size() == 1 ? std::get_if<Ext>(&m.parts.front().value) : nullptr;
  return e && e->xml.name == "privilege" && m.from->str() == own.domainpart();
}

// An answer about a message that another client of the account sent.
bool about_others(Records& records, const User& user, const Message& m) {
  const auto known = [&](const std::string& id) {
    const auto row = records.find_message(user.key, id);
    return row && row->way == Way::to_xmpp;
  };
  if (m.type == "error") return !known(m.id);
  for (const Part& part : m.parts) {
    if (const auto* r = std::get_if<Received>(&part.value)) return !known(r->id);
    if (const auto* d = std::get_if<Marker>(&part.value)) return !known(d->id);
  }
  return true;
}

}  // namespace

void SessionBridge::session_up(Account& account, bool resumed, bool collected) {
  account.lost_at.reset();
  if (!resumed) {
    if (!collected) account.others.clear();
    account.roster_known = false;
    account.caught_up = false;
    account.later_place.clear();
    rooms_.lost(account);
    if (!collected) unsure(account);
    account.settle_at = world_.now + settle_time;
    timed_.insert(&account);
  }
  outbox_.session_up(account, resumed);
  tell_presence(account);
  session_rooms_.session_up(account, resumed);
}

void SessionBridge::caught_up(Account& account, std::string_view archive_id, bool complete) {
  account.caught_up = true;
  account.gap = !complete;
  move_on(account, archive_id);
  outbox_.caught_up(account);
}

void SessionBridge::sent(Account& account) {
  if (account.in_flight.empty()) move_on(account, std::exchange(account.later_place, {}));
}

void SessionBridge::session_down(Account& account) {
  account.others.clear();
  account.lost_at = world_.now;
  timed_.insert(&account);
  iqs_.session_down(account);
}

// Not past what is under way: whether the server had it is looked up there, should this process die before it says so.
void SessionBridge::move_on(Account& account, std::string_view archive_id) {
  if (archive_id.empty() || (account.place.empty() ? account.record.archive : account.place) == archive_id) return;
  if (!account.in_flight.empty()) return void(account.later_place = archive_id);
  if (!account.takes_part()) {  // nothing is taken: no late one either
    account.place.clear();
    account.place_due.reset();
    return keep_place(account, archive_id);
  }
  account.place = archive_id;
  if (!account.place_due) keep_later(account);
}

void SessionBridge::keep_later(Account& account) {
  account.place_due = world_.now + late_time;
  places_.push_back({*account.place_due, &account, account.place});
}

void SessionBridge::keep_place(Account& account, std::string_view archive_id) {
  if (account.record.archive == archive_id) return;
  account.record.archive = archive_id;
  account.unsaved = true;
  world_.effects.sessions.push_back(
      {SessionEffect::What::archive, account.record.jid.str(), account.record.archive, {}, 0, 0});
}

void SessionBridge::on_stanza(Account& account, Brain::SessionStanza came) {
  world_.count("session_stanzas_in");
  auto parsed = Stanza::from_xml(std::move(came.stanza));
  if (!parsed) {
    world_.count("stanzas_malformed");
    world_.log_refused(condition_name(parsed.error().condition), account.record.jid.str(), account.record.jid.str());
    return;
  }
  switch (parsed->kind) {
    case StanzaKind::message:
      return message(account, std::get<Message>(to_event(*parsed)), came);
    case StanzaKind::presence:
      return presence(account, std::get<Presence>(to_event(*parsed)));
    case StanzaKind::iq:
      return iq(account, *parsed);
  }
}

// Everything that came once is known by the archive's id and whom it is from (ejabberd's ids are times: two that come
// at once have the same), and by what it says. The second is asked only where a message may come again by another way:
// ids of senders repeat legally.
bool SessionBridge::repeated(Account& account, const Message& m, const std::string& archive_id, bool may_repeat) {
  const Jid& jid = account.record.jid;
  const std::uint64_t by_archive =
      archive_id.empty() ? 0 : digest_of("archive\n" + archive_id + '\n' + std::string(m.from->bare_view()));
  const std::uint64_t by_content = m.id.empty() && !find<OriginId>(m.parts) ? 0 : digest_of_message(m);
  if ((by_archive != 0 && world_.records.was_seen(jid, by_archive)) ||
      (may_repeat && by_content != 0 && world_.records.was_seen(jid, by_content)))
    return true;
  if (by_archive != 0) world_.records.put_seen(jid, by_archive, world_.now + seen_time);
  if (by_content != 0) world_.records.put_seen(jid, by_content, world_.now + seen_time);
  return false;
}

// By another client of the owner's, of what a device of theirs may be about to confirm as well.
void SessionBridge::note_answers(Account& account, const Message& m) {
  if (!m.to) return;
  for (const Part& part : m.parts)
    if (const auto* r = std::get_if<Received>(&part.value))
      world_.records.put_seen(account.record.jid, digest_of_answer(m.to->bare_view(), r->id), world_.now + seen_time);
}

// Is it what went out by this session? Then the archive says that the server has it.
bool SessionBridge::own_row(Account& account, const Message& m, Source source) {
  if (!account.user) return false;
  const auto row = world_.records.find_message(account.user->key, m.id);
  if (!row || row->way != Way::to_xmpp) return false;
  if (source == Source::archive) outbox_.found(account, row->seq, m);
  return true;
}

void SessionBridge::message(Account& account, Message m, const Brain::SessionStanza& came) {
  const Jid& own = account.record.jid;
  const Source source = came.source;
  if (!m.from) m.from = own;
  if (rooms_.on_message(account, m, source == Source::live)) return;
  if (event_of_a_node(m)) return world_.count("session_node_events");
  if (rights_of_a_client(m, own)) return world_.count("messages_empty");
  const bool mine = m.from->bare_view() == own.bare_view();
  const Purpose purpose = purpose_of(m);
  const std::string archive_id =
      came.archive_id.empty() && source != Source::archive ? own_id(m, own) : came.archive_id;
  const bool lasting = purpose == Purpose::content || purpose == Purpose::receipt;
  const bool shadowed = account.record.state == AccountState::shadow;
  if (lasting || source == Source::archive) {
    const bool may_repeat = source == Source::archive || find<Delay>(m.parts) || !account.caught_up ||
                            world_.now < account.up_since + repeats_time;
    // In shadow nothing is taken: what nobody reads until the move is given to its owner then.
    const bool again = !shadowed && repeated(account, m, archive_id, may_repeat);
    if (came.in_order || (shadowed && account.caught_up && !account.gap)) move_on(account, archive_id);
    // The first time what we sent may have been under way, and this was no news.
    if (again && mine && source == Source::archive) own_row(account, m, source);
    if (again) return world_.count("session_repeated");
  }
  if (came.stamp && !find<Delay>(m.parts))
    m.parts.push_back({Delay{std::string(own.domainpart()), format_instant(*came.stamp), {}}});
  if (shadowed) return shadow_.message(account, m, source);
  const bool elsewhere = source == Source::carbon_received || source == Source::archive;
  // Another client answers (XEP-0184, 5.3). What waited in the archive nobody may have had: who has it first answers.
  if (source == Source::carbon_received)
    std::erase_if(m.parts, [](const Part& p) { return std::holds_alternative<ReceiptRequest>(p.value); });
  if (mine && purpose == Purpose::receipt) note_answers(account, m);
  if (account.record.address && !mine) return forward(account, std::move(m));
  if (!account.user || !account.carries()) return;
  User& user = *account.user;
  if (!m.to) m.to = own;
  if (!mine && rooms_.on_invitation(account, m)) return;
  if (purpose == Purpose::content) {
    ++account.record.messages;
    account.unsaved = true;
  }
  if (elsewhere && (purpose == Purpose::receipt || purpose == Purpose::error) && about_others(world_.records, user, m))
    return world_.count("session_about_others");
  if (!mine) return delivery_.on_message(user, std::move(m));
  if (own_row(account, m, source)) return world_.count("session_repeated");
  if (purpose == Purpose::content) delivery_.on_copy(user, std::move(m));
}

void SessionBridge::iq(Account& account, const Stanza& s) {
  const Element* query = s.xml.child("query", "jabber:iq:roster");
  const bool own = !s.from || s.from->bare_view() == account.record.jid.bare_view() ||
                   s.from->str() == account.record.jid.domainpart();
  if (s.type == "result" && query && own && s.id == session_roster_id) return take_roster(account, *query, true);
  if (s.type == "result" || s.type == "error") {
    if (!iqs_.on_answer(account, s)) world_.count("answers_ignored");
    return;
  }
  if (query && s.type == "set") {  // the link has answered it
    if (own) return take_roster(account, *query, false);
    world_.log_refused("forged-roster", s.from->str(), account.record.jid.str(), s.id);
  }
  if (own && s.type == "set" && s.xml.first_child() && s.xml.first_child()->ns == "urn:xmpp:blocking") return;
  if (account.record.state == AccountState::shadow) return;  // whoever asks must not find anybody
  auto reply = error_reply(s.xml, error(Condition::service_unavailable, ""));
  if (reply) outbox_.send(account, std::move(*reply));
}

void SessionBridge::on_time() {
  std::erase_if(timed_, [&](Account* account) { return !look(*account); });
  while (!places_.empty() && places_.front().due <= world_.now) {
    Place place = std::move(places_.front());
    places_.pop_front();
    Account& account = *place.account;
    if (account.place_due != place.due) continue;  // it has gone back meanwhile
    account.place_due.reset();
    keep_place(account, place.archive_id);
    if (account.place == place.archive_id)
      account.place.clear();
    else
      keep_later(account);
  }
}

bool SessionBridge::look(Account& account) {
  if (account.settle_at && world_.now >= *account.settle_at) settle(account);
  if (account.lost_at && world_.now >= *account.lost_at + grace) {
    account.lost_at.reset();
    if (account.user && account.shows())
      for (auto& [jid, contact] : account.user->contacts) {
        contact.resources.clear();
        contact.stale.clear();
        presences_.show(*account.user, contact);
      }
  }
  return account.settle_at || account.lost_at;
}

std::optional<Instant> SessionBridge::next_deadline() const {
  std::optional<Instant> next;
  if (!places_.empty()) next = places_.front().due;
  for (const Account* a : timed_) {
    if (a->settle_at && (!next || *a->settle_at < *next)) next = a->settle_at;
    if (a->lost_at && (!next || *a->lost_at + grace < *next)) next = *a->lost_at + grace;
  }
  return next;
}

}  // namespace ferry
