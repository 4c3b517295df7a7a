#include "tools/bench.d/load_run.h"

#include <time.h>

#include <algorithm>

namespace ferry::bench {
namespace {

pollfd events(const Peer& peer) {
  return {peer.fd(), static_cast<short>(POLLIN | (peer.wants_write() ? POLLOUT : 0)), 0};
}

}  // namespace

Run::Run(Ends& ends, const Plan& plan)
    : ends_(ends), plan_(plan), score_(plan.count, ends.fan), back_(score_.again(ends.back)) {
  for (const auto& to : ends_.to)
    to->on_message = [this](std::string_view text, std::size_t receiver) { score_.arrived(text, receiver); };
  ends_.from->on_message = [this](std::string_view text, std::size_t receiver) {
    ++echoes_;
    if (ends_.back > 0) back_.arrived(text, receiver);
  };
}

void Run::go() {
  receipts_before_ = ends_.from->receipts;
  begin_ = last_ = steady_ns();
  std::size_t traffic = 0;
  for (;;) {
    const std::int64_t now = steady_ns();
    feed(now);
    ends_.from->write();
    for (const auto& to : ends_.to) to->write();
    if (const std::size_t sum = score_.arrivals() + echoes_ + receipts(); sum != traffic) {
      traffic = sum;
      last_ = steady_ns();
      own_cpu_at_end_ = own_cpu();
    }
    if (next_ == plan_.count && now - last_ > (lost() == 0 ? quiet_time : patience)) return;
    if (next_ < plan_.count && now - last_ > patience && !due(now)) return;
    wait(now);
  }
}

std::size_t Run::errors() const {
  std::size_t out = ends_.from->errors;
  for (const auto& to : ends_.to) out += to->errors;
  return out;
}

std::int64_t Run::time_of_next() const {
  return begin_ + static_cast<std::int64_t>(static_cast<double>(next_) * 1e9 / plan_.rate);
}

bool Run::due(std::int64_t now) const {
  if (next_ == plan_.count) return false;
  return plan_.rate > 0 ? now >= time_of_next() : next_ * ends_.fan - score_.arrivals() < plan_.window * ends_.fan;
}

void Run::feed(std::int64_t now) {
  while (due(now)) {
    // In an open loop the clock runs from when the message should have gone: a generator that is late hides nothing.
    const std::int64_t at = plan_.rate > 0 ? time_of_next() : steady_ns();
    score_.sent(next_, at);
    back_.sent(next_, at);
    ends_.from->send(next_, score_.body(next_, plan_.bytes));
    ++next_;
  }
}

void Run::wait(std::int64_t now) {
  std::int64_t time = second_ns / 10;
  if (plan_.rate > 0 && next_ < plan_.count) time = std::max<std::int64_t>(0, std::min(time, time_of_next() - now));
  const timespec timeout{time / second_ns, time % second_ns};
  waiting_.assign(1, events(*ends_.from));
  for (const auto& to : ends_.to) waiting_.push_back(events(*to));
  ::ppoll(waiting_.data(), waiting_.size(), &timeout, nullptr);
  const auto ready = [&](std::size_t n) { return (waiting_[n].revents & (POLLIN | POLLHUP | POLLERR)) != 0; };
  if (ready(0)) ends_.from->read();
  for (std::size_t n = 0; n < ends_.to.size(); ++n)
    if (ready(n + 1)) ends_.to[n]->read();
}

}  // namespace ferry::bench
