#include "gateway/brain/xmpp_outbox.h"

#include <algorithm>

#include "gateway/brain/message_log.h"

namespace ferry {
namespace {
constexpr std::string_view barrier_prefix = "ferry-barrier-";
constexpr std::size_t rows_per_page = 64;
}  // namespace

void XmppOutbox::queue(const MessageRecord& record, Element stanza) {
  if (User* owner = world_.user(record.user); owner && owner->account)
    return world_.hooks.queue_by_session(*owner, record, std::move(stanza));
  if (is_local(stanza)) return send(record, std::move(stanza));  // delivered within this tick
  if (!world_.xmpp_up || world_.xmpp_full || backlog_ || !late_.empty() || sent_.size() >= window) {
    backlog_ = true;
    return;
  }
  send(record, std::move(stanza));
}

bool XmppOutbox::is_local(const Element& stanza) const {
  const auto to = Jid::parse(stanza.attr_or("to"));
  return to && world_.hosted(*to);
}

XmppOutbox::Sent XmppOutbox::sent_of(const World& world, const MessageRecord& record) {
  return {record.seq,
          record.user,
          record.id,
          record.peer,
          static_cast<std::int64_t>(record.payload.size()),
          world.accepted_at(record)};
}

void XmppOutbox::send(const MessageRecord& record, Element stanza) {
  Sent sent = sent_of(world_, record);
  sent.groupchat = stanza.attr_or("type") == "groupchat";
  if (is_local(stanza)) {
    world_.send(std::move(stanza));
    return confirm_(sent, Outcome::carried);
  }
  upto_ = std::max(upto_, record.seq);
  if (User* owner = world_.user(record.user); owner && hold && hold(*owner, record, stanza)) return;
  if (world_.send(std::move(stanza)).empty()) return confirm_(sent, Outcome::refused);  // and would be again
  sent_.push_back({++place_, std::move(sent)});
  log_step(world_, "sent", record);
  unbarred_ = true;
}

bool XmppOutbox::in_flight(Seq seq) const {
  return std::any_of(sent_.begin(), sent_.end(), [&](const InFlight& f) { return f.sent.seq == seq; });
}

void XmppOutbox::forget(UserKey user) {
  std::erase_if(sent_, [&](const InFlight& f) { return f.sent.user == user; });
}

void XmppOutbox::release(std::deque<Seq>& rows) {
  for (; !rows.empty(); rows.pop_front()) late_.push_back(rows.front());
  pump();
}

// In flight it is the barrier that says so, and comes.
void XmppOutbox::arrived(const MessageRecord& row) {
  const auto flight =
      std::find_if(sent_.begin(), sent_.end(), [&](const InFlight& f) { return f.sent.seq == row.seq; });
  if (flight != sent_.end()) return void(flight->sent.reflected = true);
  std::erase(late_, row.seq);
  carried(sent_of(world_, row));
}

std::optional<Seq> XmppOutbox::unasked() const {
  if (!backlog_) return std::nullopt;
  const auto rows = world_.records.pending(Way::to_xmpp, upto_, 1);
  return rows.empty() ? std::nullopt : std::optional<Seq>(rows.front().seq);
}

void XmppOutbox::taken(const Sent& sent) {
  User* owner = sent.reflected || !awaits_reflection ? nullptr : world_.user(sent.user);
  if (!owner || !awaits_reflection(*owner, sent)) carried(sent);
}

void XmppOutbox::carried(const Sent& sent) {
  if (!sent.id.empty()) {
    world_.count("messages_to_xmpp");
    world_.measure(world_.latencies.to_xmpp, sent.accepted);
  }
  confirm_(sent, Outcome::carried);
}

void XmppOutbox::component_up() {
  sent_.clear();
  late_.clear();
  barriers_.clear();
  upto_ = 0;
  backlog_ = true;
  unbarred_ = false;
  last_ = world_.now;
  pump();
}

void XmppOutbox::component_down() {
  sent_.clear();
  late_.clear();
  barriers_.clear();
}

void XmppOutbox::send_late() {
  while (world_.xmpp_up && !world_.xmpp_full && !late_.empty() && sent_.size() < window) {
    const auto row = world_.records.message(late_.front());
    late_.pop_front();
    if (!row || row->state != MessageState::accepted) continue;  // it expired, or was dropped
    if (auto stanza = build_(*row))
      send(*row, std::move(*stanza));
    else
      confirm_({row->seq, row->user, row->id, row->peer, row->bytes, 0}, Outcome::unreadable);
  }
}

void XmppOutbox::pump() {
  send_late();
  while (world_.xmpp_up && !world_.xmpp_full && late_.empty() && backlog_ && sent_.size() < window) {
    const std::size_t room = std::min(rows_per_page, window - sent_.size());
    const auto rows = world_.records.pending(Way::to_xmpp, upto_, room);
    for (const MessageRecord& row : rows) {
      if (world_.xmpp_full) return;
      upto_ = row.seq;
      const User* owner = world_.user(row.user);
      if (owner && owner->account) continue;    // session_outbox.h
      if (!owner && !row.id.empty()) continue;  // no row serves the sender now: the first link-up after one does
      if (auto stanza = build_(row))
        send(row, std::move(*stanza));
      else
        confirm_({row.seq, row.user, row.id, row.peer, row.bytes, 0}, Outcome::unreadable);
    }
    if (rows.size() < room) backlog_ = false;
  }
}

void XmppOutbox::end_of_batch() {
  pump();  // where the server has taken what was in the way
  if (!world_.xmpp_up || !unbarred_ || barriers_.size() >= max_barriers) return;
  Element ping("iq");
  std::string id = std::string(barrier_prefix) + std::to_string(++barrier_ids_);
  ping.set("type", "get").set("id", id).set("from", world_.component.str()).set("to", world_.server.str());
  ping.add(Element("ping", "urn:xmpp:ping"));
  world_.send(std::move(ping));
  if (barriers_.empty()) looked_ = world_.now;
  barriers_.push_back({std::move(id), place_, world_.now});
  unbarred_ = false;
  last_ = world_.now;
}

bool XmppOutbox::on_answer(std::string_view id) {
  if (!id.starts_with(barrier_prefix)) return false;
  std::size_t n = 0;
  while (n < barriers_.size() && barriers_[n].id != id) ++n;
  if (n == barriers_.size()) return true;  // of an earlier stream
  const std::uint64_t upto = barriers_[n].upto;
  world_.measure(world_.latencies.barrier, barriers_[n].at);
  barriers_.erase(barriers_.begin(), barriers_.begin() + static_cast<std::ptrdiff_t>(n) + 1);
  last_ = world_.now;
  while (!sent_.empty() && sent_.front().place <= upto) {
    taken(sent_.front().sent);
    sent_.pop_front();
  }
  pump();
  return true;
}

void XmppOutbox::on_time() {
  if (!world_.xmpp_up) return;
  // It is looked at often enough to tell: the clock jumped, or we stood still, and the server had no time to answer.
  const Duration passed = world_.now - std::exchange(looked_, world_.now);
  if (passed > answer_time / 2)
    for (Barrier& b : barriers_) b.at += passed;
  if (!barriers_.empty() && world_.now >= barriers_.front().at + answer_time) {
    world_.log(LogLine::Level::warning, "event=link.silent link=component advice=\"the server did not answer a ping\"");
    world_.effects.reconnect_component = true;
    barriers_.clear();
  } else if (barriers_.empty() && world_.now >= last_ + idle_time) {
    unbarred_ = true;  // an empty batch: only the ping goes out
    end_of_batch();
  }
}

std::optional<Instant> XmppOutbox::next_deadline() const {
  if (!world_.xmpp_up) return std::nullopt;
  return barriers_.empty() ? last_ + idle_time
                           : std::min(barriers_.front().at + answer_time, looked_ + answer_time / 4);
}

}  // namespace ferry
