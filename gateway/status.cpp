#include "gateway/status.h"

#include <unistd.h>

#include "gateway/disk.h"
#include "translators/values/json.h"

namespace ferry {
namespace {

bool component_up(const Watched& w) { return !w.component || w.component->up(); }

// Empty: it has room.
std::string store_problem(const Watched& w) {
  if (!w.brain) return w.store_trouble.empty() ? "not open yet" : w.store_trouble;
  const std::uint64_t free = look_at_disk(w.options.store.path).free_bytes;
  return free < w.options.store.least_free ? "only " + std::to_string(free) + " bytes free" : std::string();
}

std::string link_text(const LinkReport& link) {
  return std::string(link.name) + (link.up ? " up" : " down" + (link.reason.empty() ? "" : ": " + link.reason));
}

void write_link(JsonWriter& json, const LinkReport& link, Steady steady, Instant now) {
  json.begin_object().field("link", link.name).field("up", link.up).field("address", link.address);
  json.field("since", format_instant(now - (steady - link.since)));
  if (!link.reason.empty()) json.field("reason", link.reason);
  if (!link.advice.empty()) json.field("advice", link.advice);
  if (link.next) json.field("next_attempt_ms", std::max<std::int64_t>(0, *link.next - steady));
  json.end_object();
}

// Accounts on the legacy server; refused is part of down: those wait for other credentials.
void write_sessions(JsonWriter& json, const SessionLink& link) {
  const SessionLink::Counts n = link.counts();
  const LinkReport report = link.report();
  json.key("sessions").begin_object().field("address", report.address);
  json.field("wanted", static_cast<std::int64_t>(n.wanted))
      .field("up", static_cast<std::int64_t>(n.up))
      .field("down", static_cast<std::int64_t>(n.wanted - n.up))
      .field("refused", static_cast<std::int64_t>(n.refused));
  if (!report.reason.empty()) json.field("reason", report.reason);
  if (!report.advice.empty()) json.field("advice", report.advice);
  json.end_object();
}

// People are on their way, and the configuration is one without sessions: an older one, a copy.
void write_no_sessions(JsonWriter& json, std::size_t wanted) {
  const auto n = static_cast<std::int64_t>(wanted);
  json.key("sessions").begin_object().field("address", "").field("wanted", n);
  json.field("up", std::int64_t{0}).field("down", n).field("refused", std::int64_t{0});
  json.field("reason", no_session_reason).field("advice", no_session_advice).end_object();
}

void write_store(JsonWriter& json, const Watched& w) {
  const Disk disk = look_at_disk(w.options.store.path);
  const std::string problem = store_problem(w);
  json.key("store").begin_object().field("path", w.options.store.path);
  json.field("bytes", static_cast<std::int64_t>(disk.store_bytes))
      .field("log_bytes", static_cast<std::int64_t>(disk.log_bytes));
  if (disk.free_bytes < (1ULL << 62)) json.field("free_bytes", static_cast<std::int64_t>(disk.free_bytes));
  if (!problem.empty()) json.field("problem", problem);
  json.end_object();
}

}  // namespace

Readiness readiness_of(const Watched& w) {
  const std::string store = store_problem(w);
  const bool broker = w.broker && w.broker->settled();
  Readiness out{w.brain && component_up(w) && broker && store.empty(), {}};
  if (!w.options.component.host.empty())
    out.lines += w.brain && component_up(w) ? "component: up\n" : "component: down\n";
  out.lines += broker ? "broker: up\n" : w.broker && w.broker->up() ? "broker: up, not ready yet\n" : "broker: down\n";
  out.lines += "store: " + (store.empty() ? "up" : store) + "\n";
  // For people who look: one account's password, or that server, must not take the gateway from everybody else.
  if (w.session) {
    const SessionLink::Counts n = w.session->counts();
    if (n.wanted > 0)
      out.lines += "sessions: " + std::to_string(n.up) + " of " + std::to_string(n.wanted) + " up (for information)\n";
  }
  return out;
}

std::string service_status(const Watched& w) {
  const std::string store = store_problem(w);
  if (!w.brain) return "waiting for the store: " + store;
  std::string text = w.component ? link_text(w.component->report()) + ", " : std::string();
  text += link_text(w.broker->report());
  if (!store.empty()) text += ", store: " + store;
  return text;
}

std::string status_answer(const Watched& w, std::string_view of_the_brain, Steady steady, Instant now) {
  JsonWriter json;
  json.begin_object();
  if (const auto known = JsonDocument::parse(of_the_brain))
    known->root().members([&](std::string_view key, JsonView value) { json.key(key).value(value); });
  json.field("pid", static_cast<std::int64_t>(::getpid()))
      .field("started", format_instant(w.started))
      .field("uptime_s", (now - w.started) / second);
  json.key("links").begin_array();
  if (w.component) write_link(json, w.component->report(), steady, now);
  if (w.broker) write_link(json, w.broker->report(), steady, now);
  json.end_array();
  const std::size_t unserved = w.session || !w.brain ? 0 : w.brain->sessions_wanted();
  if (w.session) write_sessions(json, *w.session);
  if (unserved > 0) write_no_sessions(json, unserved);
  write_store(json, w);
  if (w.brain) {
    const auto recent = w.meters.history.recent(w.brain->counters(), steady);
    json.key("recent").begin_object().field("seconds", recent.span / second);
    json.key("more").begin_object();
    for (const auto& [name, more] : recent.more) json.field(name, static_cast<std::int64_t>(more));
    json.end_object().end_object();
    json.field("publishes_queued", static_cast<std::int64_t>(w.broker->waiting()));
  }
  return json.end_object().take();
}

}  // namespace ferry
