// Requests: the answers, from the question to the broker's PUBACK, and across a crash.
#include <algorithm>
#include <utility>

#include "gateway/brain/log_value.h"
#include "gateway/brain/requests.h"
#include "translators/payloads.h"
#include "translators/values/cbor.h"

namespace ferry {
namespace {

constexpr std::size_t answers_per_tick = 256;

// What only asks is simply asked again: its answer may be another one by now.
bool changes_something(std::string_view request) {
  constexpr std::string_view all[] = {"roster.add",    "roster.update", "roster.remove", "subscribe", "unsubscribe",
                                      "approve",       "deny",          "profile.set",   "block",     "unblock",
                                      "presence.send", "feed.last",     "room.join",     "room.leave"};
  return std::find(std::begin(all), std::end(all), request) != std::end(all);
}

}  // namespace

bool Requests::repeated(User& user, const Asked& asked, std::uint64_t key, std::uint64_t digest) {
  RequestBook::Row* row = key != 0 ? book_.same_id(user.key, key) : nullptr;
  if (!row) return false;
  const RequestRecord& r = row->record;
  const bool waits = r.state == RequestState::open || (r.state == RequestState::answered && r.answer.empty());
  if (!book_.is_repeat(*row, digest)) {
    if (r.state == RequestState::taken) book_.remove(*row);
    return false;
  }
  if (waits && !row->ours) {  // of an earlier process, which did not come to it: now
    book_.remove(*row);
    return false;
  }
  world_.count("requests_repeated");
  world_.log_about(user.key, LogLine::Level::info,
                   "event=request.repeated user=" + log_value(user.jid.str()) + " id=" + log_value(asked.id) +
                       " request=" + log_value(asked.request));
  const bool on_its_way = row->ours && r.state != RequestState::taken;
  if (on_its_way && r.correlation == asked.correlation) return true;
  book_.edit(*row, [&](RequestRecord& again) {
    again.correlation = asked.correlation;
    again.device = asked.topic.substr(user.base.size() + std::string_view("/in/res/").size());
    again.id = asked.id;
    if (again.state == RequestState::taken) again.state = RequestState::answered;
  });
  row->ours = true;
  book_.keep(*row);
  if (r.state == RequestState::answered && !r.answer.empty()) publish(user, asked_of(user, *row), r.answer);
  return true;
}

void Requests::open(User& user, Asked& asked, std::uint64_t key, std::uint64_t digest) {
  RequestRecord record;
  record.user = user.key;
  record.key = key;
  record.digest = digest;
  record.at = world_.now;
  record.device = asked.topic.substr(user.base.size() + std::string_view("/in/res/").size());
  record.correlation = asked.correlation;
  record.id = asked.id;
  const RequestBook::Row* row = book_.add(std::move(record), asked.request);
  handling_ = asked.number = row ? row->record.number : 0;
}

// The records are written once, when what is answered at once has its answer.
void Requests::close(User& user, const Asked& asked) {
  if (const RequestBook::Row* row = book_.find(asked.number)) {
    if (world_.stopping && row->record.state == RequestState::open)
      answer(user, asked, error(Condition::remote_server_timeout, "the gateway is stopping; ask again"));
    book_.keep(*row);
  }
  handling_ = 0;
}

void Requests::answer(const User& user, const Asked& asked, const Answer& result) {
  RequestBook::Row* row = book_.find(asked.number);
  if (asked.number != 0 && (!row || row->record.state != RequestState::open)) return;  // it has its answer: end()
  std::string json = result ? answer_json(asked.id, *result) : answer_json(asked.id, result.error());
  const bool busy = world_.congested && json.size() > max_congested;
  if (busy) json = answer_json(asked.id, error(Condition::resource_constraint, "the broker is busy; ask again later"));
  if (row) {
    book_.edit(*row, [&](RequestRecord& r) {
      r.state = RequestState::answered;
      // Where trying again can help, a repeat is a new attempt.
      r.final = changes_something(asked.request) && (result || !result.error().retry());
      if (json.size() <= RequestBook::max_answer)
        r.answer = json;
      else if (r.final)
        r.answer = answer_json(asked.id, "{}");
    });
    if (asked.number != handling_) book_.keep(*row);
  }
  // With the correlation of the latest that asked.
  publish(user, row ? asked_of(user, *row) : asked, std::move(json));
  world_.count(result ? "requests_answered" : "requests_refused");
  if (!result)
    world_.log_about(user.key, LogLine::Level::info,
                     "event=request.refused user=" + log_value(user.jid.str()) + " id=" + log_value(asked.id) +
                         " request=" + log_value(asked.request) +
                         " condition=" + std::string(condition_name(result.error().condition)));
}

void Requests::publish(const User& user, const Asked& asked, std::string json) {
  Publish p;
  p.topic = asked.topic;
  p.correlation = asked.correlation;
  p.payload = std::move(json);
  if (user.format == Format::cbor)
    if (auto bytes = json_to_cbor(p.payload)) {
      p.payload = std::move(*bytes);
      p.cbor = true;
    }
  // The link keeps what has a token until the broker takes it, however much that is.
  RequestBook::Row* row = book_.find(asked.number);
  if (row && world_.waiting.publish_bytes < max_waiting)
    p.token = first_token + asked.number;
  else if (row)
    row->ours = false;  // it may be dropped: a repeat or the next process says it again
  world_.publish(std::move(p));
}

Requests::Asked Requests::asked_of(const User& user, const RequestBook::Row& row) const {
  const RequestRecord& r = row.record;
  return {user.base + "/in/res/" + r.device, r.id, r.correlation, row.request, r.number};
}

void Requests::on_published(std::int64_t token) {
  RequestBook::Row* row = book_.find(token - first_token);
  if (row && row->record.state == RequestState::answered) book_.taken(*row);
}

void Requests::broker_up() {
  book_.broker_up();
  if (untold_from_ != 0) tell_at_ = world_.now + tell_after;
}

// What an earlier process left: the answer where it is known, else that there will be none.
void Requests::tell_untold() {
  if (untold_from_ == 0 || !tell_at_ || world_.now < *tell_at_ || !world_.may_publish()) return;
  std::vector<std::int64_t> left;
  auto it = book_.rows().lower_bound(untold_from_);
  for (; it != book_.rows().end() && left.size() < answers_per_tick; ++it)
    if (!it->second.ours && it->second.record.state != RequestState::taken) left.push_back(it->first);
  untold_from_ = it == book_.rows().end() ? 0 : it->first;
  for (const std::int64_t number : left) {
    RequestBook::Row& row = *book_.find(number);
    const User* user = world_.user(row.record.user);
    if (!user) continue;  // no row of the table serves them now
    row.ours = true;
    if (row.record.state == RequestState::answered && !row.record.answer.empty()) {
      publish(*user, asked_of(*user, row), row.record.answer);
    } else {
      book_.edit(row, [](RequestRecord& r) { r.state = RequestState::open; });
      answer(*user, asked_of(*user, row),
             error(Condition::remote_server_timeout, "the gateway was restarted; ask again"));
    }
  }
}

void Requests::end() {
  std::vector<std::int64_t> waiting;
  for (const auto& [number, row] : book_.rows())
    if (row.ours && row.record.state == RequestState::open) waiting.push_back(number);
  for (const std::int64_t number : waiting) {
    const RequestBook::Row& row = *book_.find(number);
    if (const User* user = world_.user(row.record.user))
      answer(*user, asked_of(*user, row),
             error(Condition::remote_server_timeout, "the gateway is stopping; ask again"));
  }
}

void Requests::component_down() {
  for (const auto& [id, open] : std::exchange(open_, {}))
    if (const User* user = world_.user(open.user))
      answer(*user, open.asked, error(Condition::remote_server_timeout, "the XMPP server went away"));
}

void Requests::on_time() {
  while (!open_.empty() && open_.begin()->second.until <= world_.now) {
    const Open open = std::move(open_.begin()->second);
    open_.erase(open_.begin());
    if (const User* user = world_.user(open.user))
      answer(*user, open.asked, error(Condition::remote_server_timeout, "the contact's server did not answer"));
  }
  tell_untold();
  book_.on_time();
}

std::optional<Instant> Requests::next_deadline() const {
  std::optional<Instant> next;
  if (!open_.empty()) next = open_.begin()->second.until;
  if (untold_from_ != 0 && tell_at_ && world_.may_publish()) next = next ? std::min(*next, *tell_at_) : *tell_at_;
  return next;
}

}  // namespace ferry
