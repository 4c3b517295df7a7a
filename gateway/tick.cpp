#include "gateway/tick.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "gateway/disk.h"
#include "gateway/status.h"
#include "gateway/stopwatch.h"
#include "gateway/store/database.h"

namespace ferry {
namespace {

// A command that is no JSON object: answered here, the brain sees values only.
std::string not_json(const StanzaError& error) {
  JsonWriter w;
  w.begin_object().field("ok", false).field("error", "the command is not JSON: " + error.text).end_object();
  return w.take();
}

}  // namespace

int Tick::run() {
  const Steady start = steady_now();
  clock_.advance(system_now(), start);
  try {
    transaction([&] { g_.brain.start(clock_.now()); });
    carry_out();
    if (g_.component) g_.component->start(start);
    g_.broker.start(start);
    g_.service.ready();
    while (!g_.signals.end() && !fatal_) once(wait_time());
    if (!fatal_) {
      g_.service.stopping();
      g_.service.extend(drain_time + ComponentLink::close_time + 2 * second);
      drain();
      return 0;
    }
    g_.log.write({LogLine::Level::error, "event=gateway.failed reason=" + log_value(*fatal_)}, clock_.now());
  } catch (const StoreFailure& failure) {
    g_.log.write({LogLine::Level::error,
                  "event=store.failed reason=" + log_value(failure.what()) + " advice=" +
                      log_value("nothing of this tick was acknowledged; the next start goes on from the disk")},
                 clock_.now());
    give_back(failure.error());
  }
  return 1;
}

Duration Tick::wait_time() const {
  constexpr Duration longest = 60 * second;
  if (!g_.inbox.events.empty() || !g_.inbox.log.empty() || g_.broker.wants_read_again()) return 0;
  if (g_.sessions && g_.sessions->pending()) return 0;
  Duration wait = longest;
  const Steady now = steady_now();
  const auto sooner = [&](std::optional<Steady> deadline) {
    if (deadline) wait = std::min(wait, std::max<Duration>(0, *deadline - now));
  };
  if (g_.component) sooner(g_.component->deadline());
  sooner(g_.broker.deadline());
  if (g_.http) sooner(g_.http->deadline());
  if (g_.tap) sooner(g_.tap->deadline());
  if (g_.sessions) sooner(g_.sessions->deadline());
  sooner(g_.service.deadline());
  // Not 0: while the clock is slowed down, the brain's deadline comes later than the wait says.
  if (const auto due = g_.brain.next_deadline()) wait = std::min(wait, std::max<Duration>(1, *due - clock_.now()));
  return wait;
}

void Tick::once(Duration longest) {
  g_.poller.wait(longest);  // the links read
  const Stopwatch turn(g_.poller.woken());
  const Steady steady = steady_now();
  g_.service.turned(steady);
  if (g_.component) g_.component->on_time(steady);
  g_.broker.on_time(steady);
  if (g_.http) g_.http->on_time(steady);
  if (g_.sessions) g_.sessions->on_time(steady);

  const Instant now = clock_.advance(system_now(), steady);
  if (clock_.jumped() != 0)
    g_.inbox.say(LogLine::Level::warning, "event=clock.jumped ms=" + std::to_string(clock_.jumped()));

  g_.brain.on_waiting(
      {g_.broker.waiting(), g_.broker.waiting_bytes(), g_.component ? g_.component->waiting_bytes() : 0});
  const bool reload = g_.signals.take_reload();
  const bool sessions = g_.sessions && g_.sessions->take();
  if (g_.tap && g_.sessions) g_.tap->passed(g_.sessions->take_traffic());
  const auto due = g_.brain.next_deadline();
  if (!g_.inbox.events.empty() || reload || sessions || (due && *due <= now)) {
    std::vector<LinkEvent> events = std::exchange(g_.inbox.events, {});
    if (g_.tap) g_.tap->came(events);
    given_back_.clear();
    for (const LinkEvent& event : events)
      if (const auto* stanza = std::get_if<Element>(&event)) given_back_.note(*stanza);
    transaction([&] {
      for (LinkEvent& event : events) decide(event);
      if (sessions) g_.sessions->decide(g_.brain, now);
      if (reload && g_.reload) g_.reload();
      g_.brain.on_time(now);
      g_.brain.end_of_batch(now);
    });
  }
  carry_out();
  if (g_.tap) g_.tap->write(steady, reload);
  if (g_.component) g_.component->set_read_share(share_.value());
  g_.broker.set_read_share(share_.value());
  look_around(steady);
  g_.watched.meters.tick.add(turn.seconds());
}

void Tick::transaction(const std::function<void()>& body) {
  g_.store.begin();
  try {
    const Stopwatch deciding;
    body();
    share_.on_tick(deciding.seconds());
    effects_ = g_.brain.take_effects();
    const Stopwatch commit;
    const bool wrote = g_.store.wrote_anything_since_begin();
    g_.store.commit();
    if (wrote) g_.watched.meters.commit.add(commit.seconds());
  } catch (...) {
    g_.store.rollback();
    throw;
  }
}

void Tick::decide(LinkEvent& event) {
  const Instant now = clock_.now();
  std::visit(
      [&](auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, Element>)
          g_.brain.on_stanza(std::move(e), now);
        else if constexpr (std::is_same_v<E, Refused>)
          g_.brain.on_refused(std::move(e), now);
        else if constexpr (std::is_same_v<E, InPublish>)
          g_.brain.on_publish(e, now);
        else if constexpr (std::is_same_v<E, Published>)
          g_.brain.on_published(e.token, e.reason, now);
        else if constexpr (std::is_same_v<E, ComponentUp>)
          g_.brain.on_component_up(now);
        else if constexpr (std::is_same_v<E, ComponentDown>)
          g_.brain.on_component_down(now);
        else if constexpr (std::is_same_v<E, BrokerUp>)
          g_.brain.on_broker_up({e.session_present, e.mqtt5}, now);
        else if constexpr (std::is_same_v<E, BrokerDown>)
          g_.brain.on_broker_down(now);
        else if constexpr (std::is_same_v<E, Fatal>)
          fatal_ = e.text;
        else if constexpr (std::is_same_v<E, Command>) { answers_.emplace_back(e.client, command(e)); }
      },
      event);
}

std::string Tick::command(const Command& command) {
  const auto document = JsonDocument::parse(command.line);
  if (!document) return not_json(document.error());
  std::string answer = g_.brain.on_command(document->root(), clock_.now());
  if (document->root()["command"].string() != "status") return answer;
  return status_answer(g_.watched, answer, steady_now(), clock_.now());
}

// After the commit: first what follows from it, then the acknowledgements of what it was made of.
void Tick::carry_out() {
  Effects effects = std::exchange(effects_, {});
  const Steady now = steady_now();
  if (g_.tap) g_.tap->goes(effects, g_.component && g_.component->up());
  if (g_.component) {
    for (const std::string& stanza : effects.stanzas) g_.component->send(stanza);
    if (effects.reconnect_component) g_.component->reconnect("the server does not answer", now);
    g_.component->flush(now);
  }
  if (g_.sessions) g_.sessions->carry_out(effects.sessions, now);
  for (const std::string& filter : effects.unsubscribes) g_.broker.unsubscribe(filter);
  for (const Subscribe& subscribe : effects.subscribes) g_.broker.subscribe(subscribe);
  for (Publish& publish : effects.publishes) g_.broker.publish(std::move(publish));
  if (!fatal_) g_.broker.flush(now);
  for (auto& [client, line] : answers_) g_.control.answer(client, line);
  answers_.clear();
  g_.control.flush();
  for (const LogLine& line : effects.log) g_.log.write(line, clock_.now());
  tell_readiness();
  write_logs();
}

void Tick::write_logs() {
  for (const LogLine& line : std::exchange(g_.inbox.log, {})) g_.log.write(line, clock_.now());
  g_.log.flush();
}

void Tick::tell_readiness() {
  const bool ready = (!g_.component || g_.component->up()) && g_.broker.settled();
  if (ready != was_ready_) look_at_ = 0;
  if (ready && !was_ready_) {
    const Options& o = g_.options;
    g_.log.plain("ready " + (g_.component ? "component=" + o.component.domain + " " : std::string()) +
                 "broker=" + o.broker.host + ":" + std::to_string(o.broker.port));
  }
  was_ready_ = ready;
}

// What changes slowly: the disk, what the counters were, what the service manager shows.
void Tick::look_around(Steady now) {
  History& history = g_.watched.meters.history;
  if (history.due(now)) history.take(g_.brain.counters(), now);
  if (now < look_at_) return;
  look_at_ = now + look_around_time;
  const std::uint64_t free = look_at_disk(g_.options.store.path).free_bytes, least = g_.options.store.least_free;
  if (const bool low = free < least; low != std::exchange(low_, low)) {
    const std::string text = " free=" + std::to_string(free) + " least=" + std::to_string(least);
    if (low)
      g_.inbox.say(LogLine::Level::warning,
                   "event=store.low" + text + " advice=" + log_value("make room before the store cannot be written"));
    else
      g_.inbox.say(LogLine::Level::info, "event=store.roomy" + text);
  }
  g_.service.status(service_status(g_.watched));
}

// What was acknowledged goes on its way, everyone who was shown becomes unavailable, and the links end as they should.
void Tick::drain() {
  transaction([&] { g_.brain.shut_down(clock_.now()); });
  carry_out();
  const Steady until = steady_now() + drain_time;
  const auto under_way = [&] {
    return (g_.broker.up() && !g_.broker.idle()) || (g_.component && g_.component->up() && !g_.component->flushed());
  };
  while (under_way() && steady_now() < until && !g_.signals.end_now())
    once(std::min(wait_time(), std::max<Duration>(0, until - steady_now())));
  close_links();
}

// What the server has given us and the disk has not taken goes back to its senders: what this tick was made of, unless
// the disk may have it all the same; then what is in the socket; then there is no stream any more.
void Tick::give_back(const StoreError& why) {
  if (!g_.component || !g_.component->up()) return;
  const bool certain =
      why.trouble == StoreTrouble::busy || why.trouble == StoreTrouble::full || why.trouble == StoreTrouble::readonly;
  if (!certain) given_back_.clear();
  std::size_t count = 0;
  const auto answer = [&] {
    for (const std::string& stanza : given_back_.answers()) {
      g_.component->send(stanza);
      ++count;
    }
    given_back_.clear();
    g_.component->flush(steady_now());
  };
  const auto read = [&](Duration longest) {
    g_.inbox.events.clear();
    g_.poller.wait(longest);
    for (const LinkEvent& event : g_.inbox.events)
      if (const auto* stanza = std::get_if<Element>(&event)) given_back_.note(*stanza);
    return !given_back_.empty();
  };
  answer();
  const Steady until = steady_now() + 2 * second;
  while (g_.component->up() && steady_now() < until && read(0)) answer();
  while (g_.component->up() && !g_.component->flushed() && steady_now() < until)
    if (read(until - steady_now())) answer();
  g_.component->close(steady_now());
  // A socket that is closed with something unread in it takes with it what the other side has not read yet.
  const Steady last = steady_now() + 2 * second;
  while (!g_.component->closed() && steady_now() < last) {
    read(std::max<Duration>(0, last - steady_now()));
    g_.component->on_time(steady_now());
  }
  const std::size_t late = given_back_.answers().size();
  write_logs();
  g_.log.write({LogLine::Level::warning,
                "event=stanzas.given-back stanzas=" + std::to_string(count) + " late=" + std::to_string(late)},
               clock_.now());
  g_.log.flush();
}

void Tick::close_links() {
  if (g_.component) g_.component->close(steady_now());
  if (g_.sessions) g_.sessions->close(steady_now());
  const Steady until = steady_now() + ComponentLink::close_time;
  // The server may still send until it has ended its stream; that is stored like everything else, and forwarded later.
  // One that does not answer now has not noticed: what it sends to a stream that is gone would be lost.
  const auto open = [&] {
    return (g_.component && !g_.component->closed()) || (g_.sessions && !g_.sessions->closed());
  };
  while (open() && steady_now() < until && !g_.signals.end_now())
    once(std::min(wait_time(), std::max<Duration>(0, until - steady_now())));
  g_.broker.close(steady_now());
  const Steady last = steady_now() + 2 * second;
  while (!g_.broker.closed() && steady_now() < last && !g_.signals.end_now()) {
    g_.poller.wait(std::max<Duration>(0, last - steady_now()));
    g_.broker.on_time(steady_now());
    g_.broker.flush(steady_now());
  }
  if (g_.tap) g_.tap->close();
  write_logs();
  g_.log.write({LogLine::Level::info, "event=gateway.stopped"}, clock_.now());
  g_.log.flush();
}

}  // namespace ferry
