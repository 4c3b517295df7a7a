#include <algorithm>
#include <utility>

#include "gateway/session/account_session.h"
#include "gateway/session/archive_query.h"

// In which order what came is given: the archive's pages, what is live and waits for them, what comes twice.

namespace ferry {

void AccountSession::close_gap(Steady now) {
  phase_ = Phase::closing_gap;
  holding_ = true;
  found_ = false;
  pages_ = 0;
  cursor_ = older_;
  from_start_ = cursor_.empty();
  complete_ = true;
  if (from_start_ && !account_.archive_start) account_.archive_start = 0;  // it was empty: all of it is new
  query(now);
}

void AccountSession::query(Steady now) {
  query_id_ = "ferry-archive-" + std::to_string(++queries_);
  tries_ = 0;
  ask_archive(now);
}

// Again with the same id, so that a late answer to the first counts as well.
void AccountSession::ask_archive(Steady now) {
  asked_ = now;
  ++tries_;
  const bool by_time = cursor_.empty();
  out_.stanzas.push_back(to_xml(
      archive_query(query_id_, page, cursor_, by_time ? account_.archive_start : std::nullopt, false), ns::client));
}

void AccountSession::take_page(const Element& iq, Steady now) {
  query_id_.clear();
  const std::string last = last_of(iq);
  if (!last.empty()) move_on(last);
  if (last.empty() || is_last_page(iq)) return caught_up(complete_, now);
  if (++pages_ >= most_pages) return caught_up(false, now);
  query(now);
}

// item-not-found: the archive has forgotten that entry. An error to wait for: on_time() asks again.
void AccountSession::page_refused(const Element& iq, Steady now) {
  const Element* error = iq.child("error", ns::client);
  if (error && error->attr_or("type") == "wait" && tries_ < archive_tries) return;
  query_id_.clear();
  const bool unknown = error && error->child("item-not-found", ns::stanza_error);
  if (unknown && !from_start_ && account_.archive_start) {
    from_start_ = true;
    cursor_.clear();
    return query(now);
  }
  caught_up(false, now);
}

void AccountSession::caught_up(bool complete, Steady now) {
  complete_ = complete;
  if (phase_ == Phase::catching_up) {
    phase_ = Phase::closing_gap;
    begin_presence();
    if (complete && (!cursor_.empty() || account_.archive_start)) return close_gap(now);
  }
  if (std::exchange(again_, false)) return close_gap(now);
  phase_ = Phase::steady;
  out_.events.emplace_back(SessionCaughtUp{account_.jid, cursor_, complete_});
  const bool more = available_ && complete_ && up_.archive && ++looks_ < most_looks && (looks_ == 1 || found_);
  look_again_ = more ? now + std::max(settle_time, 2 * (now - appeared_)) : 0;
  hold_until_ = std::min(look_again_, now + longest_hold);
  look_again();
}

void AccountSession::look_again() {
  if (look_again_ != 0 && now_ >= look_again_) return close_gap(now_);
  if (holding_ && now_ >= hold_until_) let_go();
}

// Entries come into the archive after others with newer ids, but not long after.
void AccountSession::move_on(std::string archive_id) {
  cursor_ = std::move(archive_id);
  if (now_ - moved_ < late_time) return;
  older_ = std::exchange(place_, cursor_);
  moved_ = now_;
}

void AccountSession::take_archived(const Element& result) {
  if (result.attr_or("queryid") == waiting_id) return take_waiting(result);
  if (query_id_.empty() || result.attr_or("queryid") != query_id_) return;  // of newest_id, or of an earlier log-in
  std::optional<Instant> stamp;
  const Element* inner = forwarded_message(result, &stamp);
  if (!inner) return;
  const std::string_view id = result.attr_or("id");
  const auto live =
      std::find_if(held_.begin(), held_.end(), [&](const SessionStanza& h) { return h.archive_id == id; });
  if (live == held_.end()) {
    const auto from = Jid::parse(inner->attr_or("from"));
    found_ = found_ || (from && from->bare_view() != account_.jid.bare_view() && !seen_.contains(std::string(id)));
    return give(*inner, SessionStanza::Source::archive, std::string(id), stamp);
  }
  SessionStanza now_due = std::move(*live);  // as it came: who sent it may want a receipt
  held_.erase(live);
  now_due.in_order = true;
  if (first_time(now_due.archive_id)) out_.events.emplace_back(std::move(now_due));
}

void AccountSession::pass(SessionStanza stanza) {
  if (comes_later(stanza)) {
    if (stanza.source == SessionStanza::Source::carbon_received) tell_waiting(stanza.stanza, stanza.archive_id);
    return;
  }
  if (waits(stanza)) {
    held_.push_back(std::move(stanza));
    if (phase_ != Phase::asking && phase_ != Phase::collecting && held_.size() > most_held) let_go();
  } else if (stanza.archive_id.empty() || first_time(stanza.archive_id)) {
    stanza.in_order = stanza.source == SessionStanza::Source::archive ||
                      (phase_ == Phase::steady && complete_ && available_ && !stanza.archive_id.empty());
    if (stanza.in_order && phase_ == Phase::steady) move_on(stanza.archive_id);
    out_.events.emplace_back(std::move(stanza));
  }
}

// Nobody is there, and another client has it: it may have taken older ones that no server copies, out of what was kept
// for who is offline. Who appears is given all of it by the archive, in order.
bool AccountSession::comes_later(const SessionStanza& stanza) const {
  const bool copied =
      stanza.source == SessionStanza::Source::carbon_received || stanza.source == SessionStanza::Source::carbon_sent;
  return copied && nobody_is_there() && complete_ && !stanza.archive_id.empty();
}

// Only what the archive has, once we are present: the server has it acknowledged before the gateway has it committed.
bool AccountSession::waits(const SessionStanza& stanza) const {
  if (phase_ == Phase::asking || phase_ == Phase::idle) return true;
  // What was kept for who is offline comes in order, and the server has it no more. What is live may have older ones in
  // the archive.
  if (phase_ == Phase::collecting) return !stanza.archive_id.empty() && !stanza.stanza.child("delay", "urn:xmpp:delay");
  return holding_ && !stanza.archive_id.empty() && stanza.source != SessionStanza::Source::archive &&
         !seen_.contains(stanza.archive_id);
}

void AccountSession::let_go() {
  holding_ = false;
  for (SessionStanza& stanza : std::exchange(held_, {})) pass(std::move(stanza));
}

bool AccountSession::first_time(const std::string& archive_id) {
  if (!seen_.insert(archive_id).second) return false;
  seen_order_.push_back(archive_id);
  if (seen_order_.size() > most_seen) {
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
  return true;
}

}  // namespace ferry
