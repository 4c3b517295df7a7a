#include "gateway/brain/session_outbox.h"

#include <algorithm>

#include "gateway/brain/log_value.h"

namespace ferry {
namespace {

constexpr std::size_t rows_a_page = 1'024;
constexpr std::string_view origin_id_ns = "urn:xmpp:sid:0";

}  // namespace

void SessionOutbox::read(const std::function<Account*(UserKey)>& find) {
  Seq after = 0;
  for (;;) {
    const auto rows = world_.records.shelf(Shelf::to_xmpp, 0, after, rows_a_page);
    for (const MessageRecord& row : rows) {
      after = row.seq;
      if (Account* account = find(row.user)) account->queued.push_back(row.seq);
    }
    if (rows.size() < rows_a_page) return;
  }
}

void SessionOutbox::queue(Account& account, const MessageRecord& record, Element stanza) {
  if (!account.up || !account.queued.empty() || account.in_flight.size() >= window)
    return account.queued.push_back(record.seq);
  if (hold && hold(account, record, stanza)) return;
  send_row(account, record, std::move(stanza));
}

// The server says who we are; and a message that comes back by the archive or as a carbon is recognised by its origin.
std::string SessionOutbox::send(Account& account, Element stanza, std::int64_t token) {
  if (!account.up) return {};
  const auto refuse = [&](std::string_view why) {
    world_.count("stanzas_guarded");
    world_.log_about(0, LogLine::Level::warning,
                     "event=stanza.guarded reason=" + std::string(why) + " kind=" + log_value(stanza.name));
    return std::string();
  };
  stanza.remove_attr("from");
  const std::string* id = stanza.attr("id");
  if (stanza.name == "message" && id && stanza.attr_or("type") != "error" && !stanza.child("origin-id", origin_id_ns))
    stanza.add(Element("origin-id", origin_id_ns)).set("id", *id);
  std::string text = to_xml(stanza, ns::client);
  if (!is_xml_text(text)) return refuse("illegal-character");
  if (text.size() > world_.options.limits.message_bytes + 65'536) return refuse("too-large");
  world_.effects.sessions.push_back({SessionEffect::What::send, account.record.jid.str(), text, {}, token, 0});
  world_.count("session_stanzas_out");
  return text;
}

void SessionOutbox::send_row(Account& account, const MessageRecord& record, Element stanza) {
  XmppOutbox::Sent sent{record.seq,
                        record.user,
                        record.id,
                        record.peer,
                        static_cast<std::int64_t>(record.payload.size()),
                        world_.accepted_at(record),
                        stanza.attr_or("type") == "groupchat"};
  if (send(account, std::move(stanza), record.seq).empty()) return confirm_(sent, XmppOutbox::Outcome::refused);
  account.in_flight.push_back(std::move(sent));
}

void SessionOutbox::session_up(Account& account, bool resumed) {
  if (!resumed)
    for (; !account.in_flight.empty(); account.in_flight.pop_back())
      account.queued.push_front(account.in_flight.back().seq);
  // Where there is an archive, what the server took without our hearing of it is in there.
  if (!resumed) account.in_doubt = account.archive && !account.queued.empty();
  pump(account);
}

void SessionOutbox::caught_up(Account& account) {
  account.in_doubt = false;
  pump(account);
}

// Who goes back must not wait for it, nor for the session that will not come. While it is up the rows go their way.
void SessionOutbox::failed(Account& account, Seq seq) {
  if (account.up) return;
  if (const auto queued = std::find(account.queued.begin(), account.queued.end(), seq); queued != account.queued.end())
    account.queued.erase(queued);
  else
    std::erase_if(account.in_flight, [&](const XmppOutbox::Sent& s) { return s.seq == seq; });
}

void SessionOutbox::found(Account& account, Seq seq, const Message& message) {
  const auto queued = std::find(account.queued.begin(), account.queued.end(), seq);
  if (queued == account.queued.end() || !message.to) return;
  const auto row = world_.records.message(seq);
  if (!row || row->state != MessageState::accepted) return;
  const auto ours = build_(*row);  // another client of theirs may have used the same id
  const Element* body = ours ? ours->child("body", ns::client) : nullptr;
  const Body* theirs = find<Body>(message.parts);
  const auto to = Jid::parse(ours ? ours->attr_or("to") : std::string_view());
  if (!ours || !to || to->bare_view() != message.to->bare_view() || (body == nullptr) != (theirs == nullptr)) return;
  if (body && body->text() != theirs->text) return;
  account.queued.erase(queued);
  carried(account, {row->seq, row->user, row->id, row->peer, static_cast<std::int64_t>(row->payload.size()),
                    world_.accepted_at(*row)});
}

// In flight it is the server's acknowledgement that says so, and comes.
void SessionOutbox::arrived(Account& account, const MessageRecord& row) {
  auto& sent = account.in_flight;
  const auto flight = std::find_if(sent.begin(), sent.end(), [&](const auto& s) { return s.seq == row.seq; });
  if (flight != sent.end()) return void(flight->reflected = true);
  std::erase(account.queued, row.seq);
  carried(account, {row.seq, row.user, row.id, row.peer, static_cast<std::int64_t>(row.payload.size()),
                    world_.accepted_at(row)});
}

void SessionOutbox::carried(Account& account, const XmppOutbox::Sent& sent) {
  if (!sent.id.empty()) {
    world_.count("messages_to_xmpp");
    world_.measure(world_.latencies.to_xmpp, sent.accepted);
    ++account.record.messages;
    account.unsaved = true;
  }
  confirm_(sent, XmppOutbox::Outcome::carried);
}

// The server takes them in the order in which they went out. That is not the order of seq where a room kept some.
void SessionOutbox::on_sent(Account& account, Seq seq) {
  const auto taken = std::find_if(account.in_flight.begin(), account.in_flight.end(),
                                  [&](const XmppOutbox::Sent& s) { return s.seq == seq; });
  if (taken == account.in_flight.end()) return;
  for (auto n = taken - account.in_flight.begin() + 1; n > 0; --n) {
    const XmppOutbox::Sent sent = std::move(account.in_flight.front());
    account.in_flight.pop_front();
    if (sent.reflected || !awaits_reflection || !awaits_reflection(account, sent)) carried(account, sent);
  }
}

void SessionOutbox::pump(Account& account) {
  if (account.in_doubt) return;
  while (account.up && !account.queued.empty() && account.in_flight.size() < window) {
    const Seq seq = account.queued.front();
    account.queued.pop_front();
    const auto row = world_.records.message(seq);
    if (!row || row->state != MessageState::accepted) continue;  // it expired, or was dropped
    if (auto stanza = build_(*row)) {
      if (!hold || !hold(account, *row, *stanza)) send_row(account, *row, std::move(*stanza));
    } else {
      confirm_({row->seq, row->user, row->id, row->peer, row->bytes, 0}, XmppOutbox::Outcome::unreadable);
    }
  }
}

}  // namespace ferry
