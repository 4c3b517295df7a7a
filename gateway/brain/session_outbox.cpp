#include "gateway/brain/session_outbox.h"

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
                        world_.accepted_at(record)};
  if (send(account, std::move(stanza), record.seq).empty()) return confirm_(sent, XmppOutbox::Outcome::refused);
  account.in_flight.push_back(std::move(sent));
}

void SessionOutbox::session_up(Account& account, bool resumed) {
  if (!resumed)
    for (; !account.in_flight.empty(); account.in_flight.pop_back())
      account.queued.push_front(account.in_flight.back().seq);
  pump(account);
}

void SessionOutbox::on_sent(Account& account, Seq seq) {
  while (!account.in_flight.empty() && account.in_flight.front().seq <= seq) {
    const XmppOutbox::Sent sent = std::move(account.in_flight.front());
    account.in_flight.pop_front();
    if (!sent.id.empty()) {
      world_.count("messages_to_xmpp");
      world_.measure(world_.latencies.to_xmpp, sent.accepted);
      ++account.record.messages;
      account.unsaved = true;
    }
    confirm_(sent, XmppOutbox::Outcome::carried);
  }
  pump(account);
}

void SessionOutbox::pump(Account& account) {
  while (account.up && !account.queued.empty() && account.in_flight.size() < window) {
    const Seq seq = account.queued.front();
    account.queued.pop_front();
    const auto row = world_.records.message(seq);
    if (!row || row->state != MessageState::accepted) continue;  // it expired, or was dropped
    if (auto stanza = build_(*row))
      send_row(account, *row, std::move(*stanza));
    else
      confirm_({row->seq, row->user, row->id, row->peer, row->bytes, 0}, XmppOutbox::Outcome::unreadable);
  }
}

}  // namespace ferry
