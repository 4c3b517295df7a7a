#include <algorithm>
#include <utility>

#include "gateway/session/account_session.h"
#include "gateway/session/archive_query.h"

// In which order what came is given: the archive's pages, what is live and waits for them, what comes twice.

namespace ferry {

void AccountSession::close_gap(Steady now) {
  phase_ = Phase::closing_gap;
  holding_ = true;
  hold_until_ = look_again_ = 0;
  pages_ = 0;
  if (since_older_ + since_place_ <= page) cursor_ = older_;  // where that is no more work
  from_start_ = cursor_.empty();
  complete_ = true;
  if (from_start_ && !account_.archive_start) account_.archive_start = 0;  // it was empty: all of it is new
  query(now);
}

void AccountSession::query(Steady now) {
  query_id_ = "ferry-archive-" + std::to_string(++queries_);
  latest_id_.clear();
  before_latest_.clear();
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
  if (!last.empty() && phase_ == Phase::looking_back) cursor_ = last;
  if (!last.empty() && phase_ != Phase::looking_back) move_on(last);
  if (last.empty() || is_last_page(iq)) return caught_up(complete_, now);
  if (++pages_ >= most_pages) return caught_up(false, now);
  if (!before_latest_.empty()) cursor_ = before_latest_;  // the last one's id may be the next one's as well
  query(now);
}

// item-not-found: the archive has forgotten that entry. An error to wait for: on_time() asks again.
void AccountSession::page_refused(const Element& iq, Steady now) {
  const Element* error = iq.child("error", ns::client);
  if (error && error->attr_or("type") == "wait" && tries_ < archive_tries) return;
  query_id_.clear();
  const bool unknown = error && error->child("item-not-found", ns::stanza_error);
  if (unknown && !from_start_ && account_.archive_start && phase_ != Phase::looking_back) {
    from_start_ = true;
    cursor_.clear();
    place_.clear();
    older_.clear();
    return query(now);
  }
  caught_up(false, now);
}

void AccountSession::caught_up(bool complete, Steady now) {
  if (phase_ == Phase::looking_back) return looked_back(complete, now);
  complete_ = complete;
  if (phase_ == Phase::catching_up) {
    phase_ = Phase::closing_gap;
    begin_presence();
    if (complete && (!cursor_.empty() || account_.archive_start)) return close_gap(now);
  }
  if (std::exchange(again_, false)) return close_gap(now);
  phase_ = Phase::steady;
  out_.events.emplace_back(SessionCaughtUp{account_.jid, cursor_, complete_});
  looks_ = 0;
  hold_until_ = now + longest_hold;
  look_back_later(available_ && complete_ && up_.archive, now);
}

void AccountSession::look_back_later(bool wanted, Steady now) {
  look_again_ = wanted ? now + std::max(settle_time, 2 * (now - appeared_)) : 0;
  if (!wanted) let_go();
}

void AccountSession::look_back(Steady now) {
  phase_ = Phase::looking_back;
  look_again_ = 0;
  found_ = false;
  pages_ = 0;
  reached_ = std::exchange(cursor_, older_);
  query(now);
}

void AccountSession::looked_back(bool complete, Steady now) {
  phase_ = Phase::steady;
  if (!complete) cursor_ = reached_;
  if (complete) out_.events.emplace_back(SessionCaughtUp{account_.jid, cursor_, complete_});
  look_back_later(complete && found_ && ++looks_ < most_looks, now);
}

// Nobody is there any more: the next who is will be given the rest by the archive, and what waited here in its place.
void AccountSession::look_back_no_more() {
  look_again_ = 0;
  if (phase_ == Phase::looking_back) {
    phase_ = Phase::steady;
    query_id_.clear();
    cursor_ = reached_;
  }
  if (phase_ == Phase::steady) let_go();
}

// Entries come into the archive after others with newer ids, but not long after.
void AccountSession::move_on(std::string archive_id) {
  cursor_ = std::move(archive_id);
  if (now_ - moved_ < late_time && since_place_ < most_back) return;
  older_ = std::exchange(place_, cursor_);
  since_older_ = std::exchange(since_place_, 0);
  moved_ = now_;
}

void AccountSession::take_archived(const Element& result) {
  if (result.attr_or("queryid") == waiting_id) return take_waiting(result);
  if (query_id_.empty() || result.attr_or("queryid") != query_id_) return;  // of newest_id, or of an earlier log-in
  std::optional<Instant> stamp;
  const Element* inner = forwarded_message(result, &stamp);
  if (!inner) return;
  const std::string id(result.attr_or("id")), entry = entry_of(*inner, id);
  if (id != latest_id_) before_latest_ = std::exchange(latest_id_, id);
  const auto live = std::find_if(held_.begin(), held_.end(), [&](const SessionStanza& h) {
    return h.archive_id == id && entry_of(h.stanza, id) == entry;
  });
  if (live == held_.end()) {
    const bool own = entry == entry_of(Element("message"), id);
    found_ = found_ || (!own && !seen_.contains(entry));
    return give(*inner, SessionStanza::Source::archive, id, stamp);
  }
  SessionStanza now_due = std::move(*live);  // as it came: who sent it may want a receipt
  held_.erase(live);
  now_due.in_order = true;
  if (first_time(entry)) out_.events.emplace_back(std::move(now_due));
}

// The id alone does not tell one from another: ejabberd's is the time in microseconds, and two that come at once have
// the same.
std::string AccountSession::entry_of(const Element& message, const std::string& archive_id) const {
  const std::string* from = message.attr("from");
  const auto jid = from ? Jid::parse(*from) : Result<Jid>(account_.jid);
  return archive_id + '\n' + (jid ? std::string(jid->bare_view()) : *from);
}

void AccountSession::pass(SessionStanza stanza) {
  if (comes_later(stanza)) {
    if (stanza.source != SessionStanza::Source::carbon_sent) tell_waiting(stanza.stanza, stanza.archive_id);
    return;
  }
  if (waits(stanza)) {
    held_.push_back(std::move(stanza));
    if (phase_ != Phase::asking && phase_ != Phase::collecting && held_.size() > most_held) let_go();
  } else if (stanza.archive_id.empty() || first_time(entry_of(stanza.stanza, stanza.archive_id))) {
    stanza.in_order = stanza.source == SessionStanza::Source::archive ||
                      (phase_ == Phase::steady && complete_ && available_ && !stanza.archive_id.empty());
    if (stanza.in_order && phase_ == Phase::steady) move_on(stanza.archive_id);
    out_.events.emplace_back(std::move(stanza));
  }
}

// Nobody is there: another client has it, which may have taken older ones that no server copies, out of what was kept
// for who is offline; or it was on its way to us. Who appears is given all of it by the archive, in order.
bool AccountSession::comes_later(const SessionStanza& stanza) const {
  return stanza.source != SessionStanza::Source::archive && nobody_is_there() && complete_ &&
         !stanza.archive_id.empty();
}

// Only what the archive has, once we are present: the server has it acknowledged before the gateway has it committed.
bool AccountSession::waits(const SessionStanza& stanza) const {
  if (phase_ == Phase::asking || phase_ == Phase::idle) return true;
  // What was kept for who is offline comes in order, and the server has it no more. What is live may have older ones in
  // the archive.
  if (phase_ == Phase::collecting) return !stanza.archive_id.empty() && !stanza.stanza.child("delay", "urn:xmpp:delay");
  return holding_ && !stanza.archive_id.empty() && stanza.source != SessionStanza::Source::archive &&
         !seen_.contains(entry_of(stanza.stanza, stanza.archive_id));
}

void AccountSession::let_go() {
  holding_ = false;
  hold_until_ = 0;
  for (SessionStanza& stanza : std::exchange(held_, {})) pass(std::move(stanza));
}

bool AccountSession::first_time(const std::string& entry) {
  if (!seen_.insert(entry).second) return false;
  seen_order_.push_back(entry);
  ++since_place_;
  if (seen_order_.size() > most_seen) {
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
  return true;
}

}  // namespace ferry
