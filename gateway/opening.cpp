#include "gateway/opening.h"

#include <algorithm>

#include "gateway/disk.h"
#include "gateway/status.h"

namespace ferry {
namespace {

constexpr std::uint64_t share_to_begin = 16;  // of [store] least-free: what a start wants

std::string refusal(const std::string& reason) {
  JsonWriter w;
  w.begin_object().field("ok", false);
  w.field("error", "ferryd waits for its store and tries again every second: " + reason);
  return w.end_object().take();
}

std::string_view advice_for(const StoreError& error) {
  switch (error.trouble) {
    case StoreTrouble::full:
      return "make room on the store's file system; ferryd goes on by itself";
    case StoreTrouble::busy:
      return "another program has locked the store; ferryd goes on when it lets go";
    default:
      return "look at the disk and how it is mounted; ferryd goes on by itself";
  }
}

}  // namespace

std::unique_ptr<Store> Opening::wait(std::string& wrong) {
  const Steady owned_until = steady_now() + owned_time;
  for (;;) {
    p_.clock.advance(system_now(), steady_now());
    auto opened = attempt();
    if (opened) {
      if (!p_.watched.store_trouble.empty())
        p_.log.write({LogLine::Level::info, "event=store.available"}, p_.clock.now());
      p_.watched.store_trouble.clear();
      return *std::move(opened);
    }
    if (opened.error().trouble == StoreTrouble::owned && steady_now() < owned_until) {
      p_.poller.wait(owned_again);
      if (p_.signals.end()) return nullptr;
      continue;
    }
    if (!opened.error().may_pass()) {
      wrong = opened.error().text;
      return nullptr;
    }
    say(opened.error());
    HttpLink* http = p_.listen();
    const Steady until = steady_now() + again;
    do rest(http);
    while (steady_now() < until && !p_.signals.end());
    if (p_.signals.end()) return nullptr;
  }
}

Result<std::unique_ptr<Store>, StoreError> Opening::attempt() {
  const Options::Store& o = p_.watched.options.store;
  const std::uint64_t free = look_at_disk(o.path).free_bytes, wanted = o.least_free / share_to_begin;
  if (free < wanted)
    return StoreError{
        0, StoreTrouble::full,
        "store: only " + std::to_string(free) + " bytes are free, a start wants " + std::to_string(wanted)};
  auto opened = Store::open(o.path, o.durability, Exclusive::yes);
  if (!opened) return opened.error();
  try {
    (*opened)->prove_writable(p_.clock.now());
  } catch (const StoreFailure& failure) { return failure.error(); }
  return opened;
}

void Opening::say(const StoreError& error) {
  if (error.text == p_.watched.store_trouble) return;
  p_.watched.store_trouble = error.text;
  p_.log.write({LogLine::Level::error,
                "event=store.unavailable reason=" + log_value(error.text) + " advice=" + log_value(advice_for(error))},
               p_.clock.now());
}

// One turn of a loop without links. Commands get an answer, SIGHUP has nothing to apply yet.
void Opening::rest(HttpLink* http) {
  p_.service.status(service_status(p_.watched));
  p_.service.extend(longer);
  p_.service.turned(steady_now());
  p_.log.flush();
  p_.poller.wait(again / 4);
  if (http) http->on_time(steady_now());
  for (LinkEvent& event : std::exchange(p_.inbox.events, {}))
    if (const auto* command = std::get_if<Command>(&event))
      p_.control.answer(command->client, refusal(p_.watched.store_trouble));
  p_.control.flush();
  p_.signals.take_reload();
}

}  // namespace ferry
