// Delivery, what users hear of their own messages: at once, or when the broker can take it. Nothing of it is lost by
// waiting: the records know every message and how far it got.
#include <charconv>

#include "gateway/brain/delivery.h"

namespace ferry {
namespace {

constexpr Duration tell_again_span = 60 * second;  // receipts that a crash may have swallowed
constexpr std::size_t tell_again_limit = 1'000;
constexpr std::size_t told_per_tick = 256, told_page = 16;  // of large messages, perhaps
constexpr std::string_view untold_key = "untold";

}  // namespace

void Delivery::start_untold() {
  const std::string kept = world_.records.meta(untold_key);
  Seq from = 0;
  std::from_chars(kept.data(), kept.data() + kept.size(), from);
  if (from > 0) untold_.open(from);
  untold_kept_ = from;
}

void Delivery::tell(const User& user, const std::string& id, std::string_view peer, MessageState state,
                    const StanzaError* reason) {
  if (!world_.may_publish() || !untold_.empty())
    if (const auto row = world_.records.find_message(user.key, id)) {
      if (!world_.may_publish() || untold_.covers(row->seq)) return untold_.add(row->seq);
    }
  if (world_.mqtt_up) world_.publish_to(user, "in/receipt", receipt_json({id, peer, state, reason, {}, world_.now}));
}

// The first that is heard of a message. While others wait for their turn, so does this one: echoes keep their order.
void Delivery::tell_accepted(const User& user, const MessageRecord& row) {
  if (!world_.may_publish()) untold_.open(row.seq);
  if (untold_.covers(row.seq)) return;
  world_.publish_to(user, "in/receipt",
                    receipt_json({row.id, row.peer, MessageState::accepted, nullptr, {}, world_.now}));
  echo(user, row.id, row.payload);
}

void Delivery::tell_row(const MessageRecord& row) {
  const User* user = world_.user(row.user);
  if (!user || row.way != Way::to_xmpp || row.id.empty()) return;
  MessageState state = row.state;
  if (state == MessageState::displayed && !row.want_displayed) state = MessageState::delivered;
  if (state == MessageState::delivered && !row.want_delivered) state = MessageState::forwarded;
  const StanzaError reason = reason_of(row.reason);
  const bool failed = state == MessageState::failed;
  world_.publish_to(*user, "in/receipt",
                    receipt_json({row.id, row.peer, state, failed ? &reason : nullptr, {}, world_.now}));
}

// Receipts and echoes leave after the commit and are not rows themselves: a crash in between swallows them. They are
// the same when they come twice, so the latest ones are simply told again.
void Delivery::tell_again() {
  const auto rows = world_.records.recent(tell_again_span, tell_again_limit);
  if (!rows.empty()) untold_.open(rows.front().seq);
}

void Delivery::tell_untold() {
  for (std::size_t n = 0; n < told_per_tick && world_.may_publish() && !untold_.empty();) {
    if (const auto late = untold_.take_late()) {
      ++n;
      if (const auto row = world_.records.message(*late)) tell_row(*row);
      continue;
    }
    const auto rows = world_.records.sent(untold_.from(), told_page);
    for (const MessageRecord& row : rows) {
      if (!world_.may_publish()) break;
      ++n;
      if (const User* user = world_.user(row.user); user && !row.payload.empty()) echo(*user, row.id, row.payload);
      tell_row(row);
      untold_.advance(row.seq + 1);
    }
    if (rows.size() < told_page && (rows.empty() || untold_.from() > rows.back().seq)) untold_.close();
  }
  if (untold_.from() == untold_kept_) return;
  untold_kept_ = untold_.from();
  world_.records.set_meta(untold_key, untold_kept_ == 0 ? std::string() : std::to_string(untold_kept_));
}

}  // namespace ferry
