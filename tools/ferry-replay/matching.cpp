#include "tools/ferry-replay/matching.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "tools/ferry-replay/golden.h"
#include "tools/ferry-replay/player_streams.h"
#include "translators/values/xml.h"

namespace ferry::replay {

// 0 to 15 µs have a bucket each; after that the four bits below the highest say which part of its doubling.
std::size_t Latency::bucket_of(std::int64_t us) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(0, us));
  if (value < parts) return static_cast<std::size_t>(value);
  const auto shift = static_cast<std::size_t>(std::bit_width(value)) - 5;
  return std::min((shift + 1) * parts + static_cast<std::size_t>(value >> shift) - parts, parts * doublings - 1);
}

double Latency::upper(std::size_t bucket) {
  if (bucket < parts) return static_cast<double>(bucket);
  const std::size_t shift = bucket / parts - 1;
  return std::ldexp(static_cast<double>(bucket % parts + parts + 1), static_cast<int>(shift)) - 1;
}

void Latency::add(std::int64_t us) {
  ++buckets_[bucket_of(us)];
  ++count_;
  max_ = std::max(max_, us);
}

double Latency::quantile_ms(double part) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    below += buckets_[i];
    if (below >= wanted && below > 0) return std::min(upper(i) / 1'000, max_ms());
  }
  return 0;
}

void Latency::each(const std::function<void(double, std::uint64_t)>& visit) const {
  std::map<int, std::uint64_t> by_doubling;  // of ms
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    if (buckets_[i] != 0)
      by_doubling[std::max(-3, static_cast<int>(std::ceil(std::log2((upper(i) + 1) / 1'000))))] += buckets_[i];
  for (const auto& [power, n] : by_doubling) visit(std::ldexp(1.0, power), n);
}

// Stanzas as our own serialiser writes them, whoever wrote them before.
Plain Matching::plain_of(const std::string& text, bool stanza, NowIs now) const {
  if (stanza)
    if (const auto element = parse_xml(text)) return plain(to_xml(*element, ns::client), now);
  return plain(text, now);
}

void Matching::expect(std::uint64_t event, Departure departure) {
  ++outcome_.expected;
  const std::string name = channel_of(departure);
  const Instant at = departure.at;
  Expected expected{event, std::move(departure), {}, false};
  expected.plain = plain_of(expected.departure.text, expected.departure.is_stanza, {virtual_, at, at});
  Channel& channel = channels_[name];
  for (auto it = channel.others.begin(); it != channel.others.end(); ++it) {
    if (!same(expected.plain, it->plain) || !partners_.fit(expected.plain.ids, it->plain.ids)) continue;
    measure(event, it->us);
    ++outcome_.matched;
    channel.others.erase(it);
    --kept_;
    --outcome_.unexpected;
    if (channel.others.empty() && channel.expected.empty()) channels_.erase(name);
    return;
  }
  channel.expected.push_back(std::move(expected));
  ++outstanding_;
}

void Matching::sent(std::uint64_t event, std::int64_t us) {
  if (outstanding_ == 0) sent_.clear();
  if (sent_.empty()) first_sent_ = event;
  for (; event < first_sent_; --first_sent_) sent_.push_front(0);  // of several connections: not always in their order
  const auto at = static_cast<std::size_t>(event - first_sent_);
  if (at >= sent_.size()) sent_.resize(at + 1, 0);
  sent_[at] = us;
}

void Matching::measure(std::uint64_t event, std::int64_t us) {
  if (event == no_cause || event < first_sent_ || event - first_sent_ >= sent_.size()) return;
  const std::int64_t sent = sent_[static_cast<std::size_t>(event - first_sent_)];
  if (sent != 0) latency_.add(us - sent);
}

void Matching::arrived(const std::string& name, const std::string& text, std::int64_t us, Instant now) {
  ++arrivals_;
  constexpr Duration ahead = second;
  const Arrived arrived{text, plain_of(text, name.starts_with("xmpp:"), {real_, real_, now + ahead}), us};
  Channel& channel = channels_[name];
  const bool known = match(channel, arrived);
  const std::uint64_t digest = digest_of_text(name, text);
  const bool again = !seen_.insert(digest).second;
  if (!again) seen_order_.push_back(digest);
  if (seen_order_.size() > most_remembered) {
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
  if (!known && again) {
    ++outcome_.duplicates;
  } else if (!known) {
    ++outcome_.unexpected;
    if (kept_ < most_kept) {
      channel.others.push_back(arrived);
      ++kept_;
    }
  }
  if (channel.expected.empty() && channel.others.empty()) channels_.erase(name);
}

bool Matching::match(Channel& channel, const Arrived& arrived) {
  const std::size_t far = std::min(channel.expected.size(), looked_at);
  for (std::size_t i = 0; i < far; ++i) {
    Expected& e = channel.expected[i];
    if (!same(e.plain, arrived.plain) || !partners_.fit(e.plain.ids, arrived.plain.ids)) continue;
    measure(e.event, arrived.us);
    ++outcome_.matched;
    --outstanding_;
    if (e.passed && outcome_.disorder++ < shown_disorder)
      disorder_.push_back("line " + std::to_string(e.departure.line) + ", out of order: " + e.departure.title() + ": " +
                          arrived.text.substr(0, 400) + "\n");
    if (e.departure.retain) channel.last = e.plain;
    channel.expected.erase(channel.expected.begin() + static_cast<std::ptrdiff_t>(i));
    if (i == 0) return true;
    // A retained value stands for those before it; anything else is out of order if it comes now.
    std::size_t overtaken = 0;
    for (std::size_t before = 0; before < i; ++before) {
      Expected& older = channel.expected[before - overtaken];
      older.passed = true;
      if (!older.departure.retain) continue;
      channel.expected.erase(channel.expected.begin() + static_cast<std::ptrdiff_t>(before - overtaken));
      ++overtaken;
    }
    outcome_.overtaken += overtaken;
    outstanding_ -= overtaken;
    return true;
  }
  return false;
}

// The broker has the last of what is expected, so what lies between were values that a newer one replaced: of away, xa
// and away again within one tick of the gateway only one "away" is sent.
bool Matching::replaced(const Channel& channel) {
  return !channel.expected.empty() && same(channel.expected.back().plain, channel.last) &&
         std::all_of(channel.expected.begin(), channel.expected.end(),
                     [](const Expected& e) { return e.departure.retain; });
}

std::uint64_t Matching::open() const {
  if (outstanding_ == 0) return 0;
  std::uint64_t open = 0;
  for (const auto& [name, channel] : channels_)
    if (!replaced(channel)) open += channel.expected.size() - std::min(channel.expected.size(), channel.others.size());
  return open;
}

Matching::Outcome Matching::finish(const std::function<void(const std::string&)>& say) {
  for (auto& [name, channel] : channels_) {
    if (replaced(channel)) {
      outcome_.overtaken += channel.expected.size();
      channel.expected.clear();
    }
    for (const Expected& e : channel.expected) {
      if (channel.others.empty()) {
        ++outcome_.lost;
        say("line " + std::to_string(e.departure.line) + ", lost:\n" + difference(&e.departure, nullptr));
        continue;
      }
      Departure actual = e.departure;
      actual.text = channel.others.front().text;
      channel.others.pop_front();
      --outcome_.unexpected;
      ++outcome_.different;
      say("line " + std::to_string(e.departure.line) + ", another result:\n" + difference(&e.departure, &actual));
    }
    for (const Arrived& other : channel.others) say("unexpected, " + name + ": " + other.text.substr(0, 400) + "\n");
  }
  for (const std::string& text : disorder_) say(text);
  channels_.clear();
  return outcome_;
}

}  // namespace ferry::replay
