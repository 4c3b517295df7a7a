#include "gateway/brain/sentinel.h"

#include <charconv>

namespace ferry {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

constexpr std::int64_t fresh = 120;  // s: at our own start, a broker younger than this counts as restarted

}  // namespace

void Sentinel::start() {
  mark_topic_ = world_.options.broker.root + "/gw/mark";
  world_.mark = number(world_.records.meta("mark")).value_or(0);
  published_ = world_.mark;
}

void Sentinel::broker_up(bool session_present) {
  session_present_ = session_present;
  read_back_.reset();
  uptime_.reset();
  decide_at_ = world_.now + read_back_time;
  // What is acknowledged from now on was not there to be forgotten: it gets a mark of its own.
  before_ = world_.mark;
  published_ = world_.mark = before_ + 1;
  world_.records.set_meta("mark", std::to_string(world_.mark));
}

void Sentinel::broker_down() {
  lost_at_ = world_.now;
  decide_at_.reset();
}

bool Sentinel::on_publish(const InPublish& p) {
  if (p.topic == "$SYS/broker/uptime") {
    if (decide_at_ && !uptime_) uptime_ = number(p.payload);  // "123 seconds"
    return true;
  }
  if (p.topic != mark_topic_) return false;
  if (decide_at_ && p.retain && !read_back_) read_back_ = number(p.payload);
  return true;
}

void Sentinel::on_marked() {
  world_.mark = published_;
  world_.records.set_meta("mark", std::to_string(world_.mark));
}

Sentinel::Finding Sentinel::on_time() {
  if (decide_at_ && world_.now >= *decide_at_) {
    decide_at_.reset();
    mark_at_ = world_.now;
    const std::int64_t seen = read_back_.value_or(0);
    const bool forgot = seen < before_;
    const bool restarted =
        uptime_ ? (lost_at_ == 0 ? *uptime_ < fresh : *uptime_ * second < world_.now - lost_at_ + 2 * read_back_time)
                : !session_present_ || forgot;
    // What was acknowledged under the mark that was read back may have come after the broker's snapshot, too.
    if (forgot || restarted) {
      world_.records.reopen(std::min(seen, before_), before_);
      world_.queues.read(world_.records);
    }
    if (forgot) {
      world_.count("broker_forgot");
      world_.log(LogLine::Level::warning,
                 "event=broker.forgot mark=" + std::to_string(before_) + " found=" + std::to_string(seen));
    }
    if (published_ <= seen) published_ = world_.mark = seen + 1;
    publish_mark();
    if (restarted) return Finding::restarted;
    return forgot || !session_present_ ? Finding::forgot : Finding::nothing;
  }
  if (world_.mqtt_up && !decide_at_ && world_.now >= mark_at_ + mark_interval) {
    const auto it = world_.counters.find("messages_to_mqtt");
    const std::uint64_t messages = it == world_.counters.end() ? 0 : it->second;
    if (messages != marked_messages_) {
      marked_messages_ = messages;
      mark_at_ = world_.now;
      ++published_;
      publish_mark();
    }
  }
  return Finding::nothing;
}

void Sentinel::publish_mark() {
  Publish p;
  p.topic = mark_topic_;
  p.payload = std::to_string(published_);
  p.retain = true;
  p.token = mark_token;
  world_.publish(std::move(p));
}

std::optional<Instant> Sentinel::next_deadline() const {
  if (decide_at_) return decide_at_;
  if (!world_.mqtt_up) return std::nullopt;
  const auto it = world_.counters.find("messages_to_mqtt");
  if (it == world_.counters.end() || it->second == marked_messages_) return std::nullopt;
  return mark_at_ + mark_interval;
}

}  // namespace ferry
