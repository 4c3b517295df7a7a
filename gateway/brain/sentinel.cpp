#include "gateway/brain/sentinel.h"

#include <algorithm>
#include <charconv>

namespace ferry {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

constexpr std::int64_t fresh = 120;      // s: at our first start, a broker younger than this counts as restarted
constexpr int first_refusal = 0x80;      // MQTT 5 section 2.4
constexpr Duration slack = 30 * second;  // of a broker's start by its uptime, which it tells every ten seconds
// Of the records. used: what rows may bear already, while the broker has not acknowledged it.
constexpr std::string_view proven_key = "mark", used_key = "mark.used", born_key = "broker.born";

}  // namespace

void Sentinel::start() {
  mark_topic_ = world_.options.broker.root + "/gw/mark";
  proven_ = number(world_.records.meta(proven_key)).value_or(0);
  published_ = world_.mark = std::max(proven_, number(world_.records.meta(used_key)).value_or(0));
  born_ = number(world_.records.meta(born_key));
}

void Sentinel::broker_up(bool session_present) {
  session_present_ = session_present;
  read_back_.reset();
  uptime_.reset();
  on_its_way_ = false;
  decide_at_ = world_.now + read_back_time;
  // What is acknowledged from now on was not there to be forgotten: it gets a mark of its own.
  before_ = world_.mark;
  use(before_ + 1);
  world_.reading_back = before_ > 0;
  world_.catching_up_until = session_present ? world_.now + longest_catching_up : 0;
  first_ = 0;
}

void Sentinel::use(std::int64_t mark) {
  published_ = world_.mark = mark;
  world_.records.set_meta(used_key, std::to_string(mark));
}

void Sentinel::broker_down() {
  lost_at_ = world_.now;
  decide_at_.reset();
  world_.catching_up_until = 0;
  on_its_way_ = false;
}

bool Sentinel::on_publish(const InPublish& p) {
  if (p.topic == "$SYS/broker/uptime") {
    if (decide_at_ && !uptime_) uptime_ = number(p.payload);  // "123 seconds"
    return true;
  }
  if (p.topic != mark_topic_) return false;
  if (decide_at_ && p.retain)
    if (const auto read = number(p.payload)) read_back_ = std::max(*read, read_back_.value_or(*read));
  if (first_ > 0 && !p.retain && number(p.payload).value_or(0) >= first_) world_.catching_up_until = 0;
  return true;
}

void Sentinel::on_marked(int reason) {
  on_its_way_ = false;
  if (reason >= first_refusal) return;
  proven_ = world_.mark = published_;
  world_.records.set_meta(proven_key, std::to_string(proven_));
  world_.confirmed(proven_);
}

std::optional<Sentinel::Finding> Sentinel::on_time() {
  if (decide_at_ && (world_.now >= *decide_at_ || all_read())) {
    decide_at_.reset();
    world_.reading_back = false;
    mark_at_ = world_.now;
    const std::int64_t seen = read_back_.value_or(0);
    const bool forgot = seen < proven_;
    const bool doubtful = may_have_been_restarted();
    const bool restarted = was_restarted(forgot);
    // What was acknowledged under the mark that was read back may have come after the broker's snapshot, too.
    if (forgot || restarted || doubtful) {
      world_.records.reopen(std::min(seen, proven_), before_);
      world_.queues.read(world_.records);
    }
    if (forgot) {
      world_.count("broker_forgot");
      world_.log(LogLine::Level::warning,
                 "event=broker.forgot mark=" + std::to_string(proven_) + " found=" + std::to_string(seen));
    }
    if (published_ <= seen) use(seen + 1);
    first_ = published_;
    publish_mark();
    if (restarted) return Finding::restarted;
    return forgot || doubtful || !session_present_ ? Finding::forgot : Finding::nothing;
  }
  if (world_.mqtt_up && !decide_at_ && !on_its_way_ && world_.now >= mark_at_ + mark_interval) {
    const auto it = world_.counters.find("messages_to_mqtt");
    const std::uint64_t messages = it == world_.counters.end() ? 0 : it->second;
    if (messages != marked_messages_) {
      marked_messages_ = messages;
      mark_at_ = world_.now;
      ++published_;
      publish_mark();
    }
  }
  return std::nullopt;
}

// For messages, where a repetition with the same id costs nobody anything and a restart that is missed costs some: the
// wall clock may have jumped, and ours is slow for as long as it was ahead.
bool Sentinel::may_have_been_restarted() const {
  if (!uptime_) return true;
  const Duration age = *uptime_ * second;
  if (lost_at_ != 0) return age < 2 * (world_.now - lost_at_) + 2 * read_back_time;
  if (!born_) return *uptime_ < fresh;
  const Instant born = world_.now - age;
  return born > *born_ + slack || born < *born_ - slack;
}

// For presence, where devices would be taken for gone that need not announce themselves again.
bool Sentinel::was_restarted(bool forgot) {
  if (!uptime_) return !session_present_ || forgot;
  const Duration age = *uptime_ * second;
  const Instant born = world_.now - age;
  const bool known = lost_at_ != 0 || born_.has_value();
  const bool restarted = !known          ? *uptime_ < fresh
                         : lost_at_ != 0 ? age < world_.now - lost_at_ + 2 * read_back_time
                                         : born > *born_ + slack;
  if (restarted || !born_ || born < *born_) {
    born_ = born;
    world_.records.set_meta(born_key, std::to_string(born));
  }
  return restarted;
}

void Sentinel::publish_mark() {
  Publish p;
  on_its_way_ = true;
  world_.last_mark = published_;
  p.topic = mark_topic_;
  p.payload = std::to_string(published_);
  p.retain = true;
  p.token = mark_token;
  p.ends_with_link = true;  // or it would be there before it is read back
  world_.publish(std::move(p));
}

std::optional<Instant> Sentinel::next_deadline() const {
  if (decide_at_) return all_read() ? world_.now : decide_at_;
  if (!world_.mqtt_up || on_its_way_) return std::nullopt;
  const auto it = world_.counters.find("messages_to_mqtt");
  if (it == world_.counters.end() || it->second == marked_messages_) return std::nullopt;
  return mark_at_ + mark_interval;
}

}  // namespace ferry
