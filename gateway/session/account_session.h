// What a session says and understands once it is logged in, of stanzas only: carbons, roster, block list, catch-up from
// the archive, presence, pings. No I/O and no library: elements in, stanzas and events out.
//
// After a log-in that is not a resumption: where it is wanted, presence, and what the server has kept; carbons on,
// block list, roster and the archive's newest entry are asked for at once; then SessionUp; then the archive, page by
// page; only then presence, so that what is live comes after what was missed; then the archive once more for what came
// in between, and again whenever somebody appears after nobody was there. What is then seen twice is told by its
// archive id, and what is live takes its place in the order of the archive.
//
// An archive may have a message only after it was sent to whoever is there, and under an id older than some it has
// already: ejabberd makes the id, looks who is there, and has another client's process archive it (mod_mam,
// sm_receive_packet and user_receive_packet). Who appears in between is sent nothing, and finds nothing. So the archive
// is looked into once more a moment later, from a place before what was read last; what is live waits for that. Nor is
// an id one entry's alone: ejabberd's is the time, in microseconds.
//
// While nobody is there what came stays with the server; that it did is told (SessionWaiting). The archive is asked for
// it now and then; Prosody sends a copy of what another client takes.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "gateway/links/poller.h"
#include "gateway/session/look_turn.h"
#include "gateway/session/session_event.h"

namespace ferry {

// One instance is one account in one worker, through all its log-ins.
class AccountSession {
 public:
  static constexpr Duration answer_time = 30 * second;  // for the server's answers; then it goes on without
  static constexpr int archive_tries = 10;              // the archive is asked so often, answer_time apart
  static constexpr Duration quiet_time = 90 * second;   // nothing heard: ping; and nothing for answer_time: lost
  static constexpr std::size_t page = 50;               // archive entries asked for at once
  static constexpr std::size_t most_pages = 2'000;      // of one catch-up
  static constexpr std::size_t most_seen = 4'096;       // archive ids remembered
  static constexpr std::size_t most_held = 500;         // stanzas that wait for the archive; with more, none waits
  static constexpr Duration settle_time = second;       // from the gap's end to the next look, or twice what it took
  static constexpr Duration longest_hold = 5 * second;  // what is live waits no longer for that look
  static constexpr std::size_t most_back = 500;         // entries, twice: from so far back it is looked again
  static constexpr int most_looks = 4;                  // as long as each finds what the one before did not
  static constexpr Duration late_time = 10 * second;    // by which an entry may come after others with newer ids

  struct Output {
    std::vector<std::string> stanzas;  // for the server
    std::vector<SessionEvent> events;
    std::size_t refused = 0;  // stanzas that were not let through: spoofed carbons, over a limit
    std::string lost;         // not empty: give the connection up, and why
  };

  // away_poll: how often the archive is asked while nobody is there; 0: never. turn: outlives it; none: always
  explicit AccountSession(SessionAccount account, Duration away_poll = 0, LookTurn* turn = nullptr);
  void set_account(SessionAccount account);  // before a log-in

  void bound(const Jid& full, bool acknowledges, Steady now);  // a new session
  void resumed(Steady now);
  void on_stanza(Element stanza, Steady now);
  void say_presence(std::string presence, Steady now);           // from now on; after SessionUp
  void on_refused(const Element& head, const std::string& why);  // one over a limit, without its content
  void behind(Steady now);  // what the server said waits to be read: its answers are not late
  void on_time(Steady now);
  Output take();

 private:
  // collecting: what was kept for who is offline; asking: carbons, roster …; catching_up: before presence; closing_gap:
  // after it; looking_back: for what the archive had late.
  enum class Phase { idle, collecting, asking, catching_up, closing_gap, steady, looking_back };
  bool from_self(const Element& stanza) const;
  std::string archive_id_of(const Element& stanza) const;
  void ask(Steady now);
  void begin_presence();
  void close_gap(Steady now);
  void look_back_later(bool wanted, Steady now);
  void look_back(Steady now);
  void looked_back(bool complete, Steady now);
  void look_back_no_more();
  void move_on(std::string archive_id);
  bool take_answer(const Element& iq, Steady now);
  void take_request(Element iq);
  void take_message(Element message);
  void take_archived(const Element& result);
  void answered(unsigned what, Steady now);
  void asked_all(Steady now);
  void query(Steady now);
  void ask_archive(Steady now);
  void take_page(const Element& iq, Steady now);
  void page_refused(const Element& iq, Steady now);
  void caught_up(bool complete, Steady now);
  void give(Element stanza, SessionStanza::Source source, std::string archive_id, std::optional<Instant> stamp);
  void pass(SessionStanza stanza);
  bool comes_later(const SessionStanza& stanza) const;
  bool waits(const SessionStanza& stanza) const;
  void let_go();
  // account_session_away.cpp
  bool nobody_is_there() const;
  void forget_looks(Steady now);
  void look_what_waits(Steady now);
  void take_waiting(const Element& archived);
  void looked(const Element& iq, Steady now);
  void tell_waiting(const Element& message, const std::string& archive_id);
  bool first_time(const std::string& entry);
  std::string entry_of(const Element& message, const std::string& archive_id) const;
  void result(const Element& iq);
  void error_answer(const Element& iq, std::string_view type, std::string_view condition);

  SessionAccount account_;
  Phase phase_ = Phase::idle;
  SessionUp up_;
  unsigned waiting_ = 0;            // answers, as bits
  std::deque<SessionStanza> held_;  // asking: all of them; before and after, those that the archive has as well
  bool holding_ = false;
  std::string newest_, cursor_, query_id_;
  std::string place_, older_;                      // where the cursor was at moved_, and at least late_time before
  std::size_t since_older_ = 0, since_place_ = 0;  // entries between the two, and after the second
  Steady moved_ = 0;
  std::string reached_;                                    // where the cursor was when it was put back to look
  Steady appeared_ = 0, look_again_ = 0, hold_until_ = 0;  // 0: no look is due; nothing is held, or until it is read
  int looks_ = 0;                                          // back, since somebody appeared
  bool found_ = false;                                     // something, by the latest of them
  Steady now_ = 0;                                         // of what is being done
  std::size_t queries_ = 0, pages_ = 0;
  int tries_ = 0;
  bool from_start_ = false, complete_ = true;
  bool presence_said_ = false, available_ = false;  // in this session
  bool again_ = false;                              // the gap is open again
  Steady asked_ = 0, heard_ = 0, pinged_ = 0, behind_ = 0;
  std::deque<std::string> seen_order_;
  std::unordered_set<std::string> seen_;   // entries of the archive
  std::string latest_id_, before_latest_;  // of the page that is coming

  // ---- while nobody is there
  Duration away_poll_;
  LookTurn* turn_;
  Steady looked_ = 0;
  bool looking_ = false, at_last_ = false, more_ = false;  // asked; for the last entry only; there is another page
  std::optional<std::string> told_;  // archive id up to which was looked; none: the cursor; empty: nothing is known
  std::optional<SessionWaiting> latest_;  // of what is being looked at
  Output out_;
};

}  // namespace ferry
