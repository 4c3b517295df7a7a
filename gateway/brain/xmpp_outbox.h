// What is on its way to the XMPP server: from the records, in order, a bounded window at a time, confirmed by a
// barrier.
//
// A component stream has no acknowledgements. After each batch a ping goes to the server; the stream is ordered, so its
// answer proves that everything before it was processed (design section 3). Until then a row stays in the records, and
// a new stream gets it again. One instance serves the component link.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "gateway/brain/world.h"

namespace ferry {

class XmppOutbox {
 public:
  static constexpr std::size_t window = 512;            // stanzas sent and not confirmed
  static constexpr std::size_t max_barriers = 8;        // pings unanswered
  static constexpr Duration answer_time = 30 * second;  // for a ping; then the stream is taken for dead
  static constexpr Duration idle_time = 60 * second;    // a silent stream is asked after this long

  // What became of one row. carried: the server has it, or it went to another of our users. refused: by the guard.
  enum class Outcome { carried, refused, unreadable };
  struct Sent {
    Seq seq;
    UserKey user;
    std::string id, peer;
    std::int64_t bytes;
    Instant accepted;
    bool groupchat = false;
    bool reflected = false;  // its room has given it back
  };
  using Confirm = std::function<void(const Sent& sent, Outcome outcome)>;
  using Build = std::function<std::optional<Element>(const MessageRecord& record)>;
  XmppOutbox(World& world, Confirm confirm, Build build)
      : world_(world), confirm_(std::move(confirm)), build_(std::move(build)) {}

  // The row is in the records; send it now, or when its turn comes.
  void queue(const MessageRecord& record, Element stanza);
  void forget(UserKey user);  // all rows of the user were removed
  // Rooms: is this row kept, or failed, because its room is not joined? Asked before each row goes out.
  std::function<bool(User&, const MessageRecord&, Element&)> hold;
  // … and when the server has it: does its room have it too, or is that not known yet?
  std::function<bool(User&, const Sent&)> awaits_reflection;
  void release(std::deque<Seq>& rows);     // which were kept: before all others, in this order
  void arrived(const MessageRecord& row);  // its room has it: whether it is under way or not yet
  std::optional<Seq> unasked() const;      // the first row that hold() has not been asked about
  void component_up();
  void component_down();
  bool on_answer(std::string_view id);  // an iq result or error from the server: was it a barrier's?
  void pump();
  void end_of_batch();  // puts the barrier behind what was sent
  void on_time();
  std::optional<Instant> next_deadline() const;
  bool wants_pump() const { return (backlog_ || !late_.empty()) && sent_.size() < window; }
  bool in_flight(Seq seq) const;  // sent on this stream and not confirmed
  std::size_t unconfirmed() const { return sent_.size(); }

 private:
  struct Barrier {
    std::string id;
    std::uint64_t upto;  // place
    Instant at;
  };
  // The order on the stream is not that of seq where a room kept some.
  struct InFlight {
    std::uint64_t place;
    Sent sent;
  };
  bool is_local(const Element& stanza) const;  // to one of ours
  static Sent sent_of(const World& world, const MessageRecord& record);
  void taken(const Sent& sent);  // by the server
  void carried(const Sent& sent);
  void send_late();
  void send(const MessageRecord& record, Element stanza);

  World& world_;
  Confirm confirm_;
  Build build_;
  std::deque<InFlight> sent_;
  std::deque<Seq> late_;     // rows that a room has released
  std::uint64_t place_ = 0;  // of the last that was sent
  std::deque<Barrier> barriers_;
  Seq upto_ = 0;           // everything up to here was sent on this stream, or is kept by a room
  bool backlog_ = true;    // the records may have more
  bool unbarred_ = false;  // something was sent since the last barrier
  Instant last_ = 0;       // when anything was last sent or answered
  Instant looked_ = 0;     // at the time, while an answer is awaited
  std::uint64_t barrier_ids_ = 0;
};

}  // namespace ferry
