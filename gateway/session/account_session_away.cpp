#include <utility>

#include "gateway/session/account_session.h"
#include "gateway/session/archive_query.h"

// While nobody is there: that something came, and nothing of what it says.

namespace ferry {
namespace {

// A receipt or a chat state wakes nobody.
bool has_content(const Element& message) {
  if (message.attr_or("type") == "error") return false;
  if (message.child("body", ns::client)) return true;
  for (const Node& node : message.children)
    if (const Element* e = node.element(); e && e->name == "encrypted") return true;
  return false;
}

}  // namespace

bool AccountSession::nobody_is_there() const {
  return phase_ == Phase::steady && presence_said_ && !available_ && up_.archive;
}

// Nobody is there from now on, and all that there is has been given.
void AccountSession::forget_looks(Steady now) {
  told_.reset();
  latest_.reset();
  looking_ = more_ = false;
  looked_ = now;
}

// Where the archive was empty, or has forgotten the entry up to which all is known, its last entry is a new one.
void AccountSession::look_what_waits(Steady now) {
  if (away_poll_ <= 0 || !nobody_is_there()) return;
  if (looking_ && now - looked_ < answer_time) return;
  if (!more_ && now - looked_ < away_poll_) return;
  if (turn_ && !turn_->take(this, now)) return;
  if (!std::exchange(more_, false)) latest_.reset();
  looking_ = true;
  looked_ = now;
  if (!told_) told_ = cursor_;
  at_last_ = told_->empty();
  out_.stanzas.push_back(
      to_xml(archive_query(waiting_id, at_last_ ? 1 : page, *told_, std::nullopt, at_last_), ns::client));
}

void AccountSession::take_waiting(const Element& archived) {
  const std::string_view id = archived.attr_or("id");
  if (!looking_ || !told_ || *told_ == id) return;
  told_ = id;
  const Element* message = forwarded_message(archived);
  const auto from = message ? Jid::parse(message->attr_or("from")) : Result<Jid>(error(Condition::jid_malformed, ""));
  if (!from || !has_content(*message)) return;
  if (from->bare_view() == account_.jid.bare_view())
    latest_.reset();  // the owner is at work elsewhere
  else
    latest_ = SessionWaiting{account_.jid, *from, message->attr_or("type") == "groupchat"};
}

void AccountSession::looked(const Element& iq, Steady now) {
  if (!std::exchange(looking_, false)) return;
  if (turn_) turn_->done(looked_, now);
  if (!told_) return;
  if (iq.attr_or("type") != "result") return told_->clear();
  more_ = !at_last_ && !is_last_page(iq) && !last_of(iq).empty();
  if (more_) return;
  if (latest_ && nobody_is_there()) out_.events.emplace_back(*std::exchange(latest_, {}));
}

void AccountSession::tell_waiting(const Element& message, const std::string& archive_id) {
  const auto from = Jid::parse(message.attr_or("from"));
  if (!from || !has_content(message)) return;
  told_ = archive_id;
  out_.events.emplace_back(SessionWaiting{account_.jid, *from, false});
}

}  // namespace ferry
