// ferryctl status.
#include <array>

#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"

namespace ferry {
namespace {

std::string duration(std::int64_t seconds) {
  constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
  const auto two = [&](std::int64_t unit, const char* name, std::int64_t smaller, const char* small_name) {
    return std::to_string(seconds / unit) + name + " " + std::to_string(seconds % unit / smaller) + small_name;
  };
  if (seconds >= day) return two(day, " d", hour, " h");
  if (seconds >= hour) return two(hour, " h", minute, " min");
  if (seconds >= minute) return two(minute, " min", 1, " s");
  return std::to_string(seconds) + " s";
}

std::string bytes(std::int64_t n) {
  constexpr std::array units = {"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  double value = static_cast<double>(n);
  for (; value >= 1000 && unit + 1 < units.size(); ++unit) value /= 1000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text.data();
}

// Counters that say that a limit was reached, and which.
constexpr std::pair<std::string_view, std::string_view> limit_of[] = {
    {"contacts_refused", "limits.roster-items"},
    {"feed_values_skipped", "limits.feed-rate"},
    {"followers_refused", "limits.feed-followers"},
    {"messages_expired", "limits.message-ttl"},
    {"messages_refused", "limits.user-rate, limits.outbox-rows, limits.user-outbox-rows"},
    {"stanzas_over_limit", "limits.message-bytes"},
};

void print_links(JsonView a) {
  a["links"].each([](JsonView link) {
    const std::string name = text_of(link, "link") == "component" ? "XMPP" : "broker";
    const bool up = link["up"].boolean().value_or(false);
    say(name + std::string(11 - name.size(), ' ') + (up ? "up" : "down") + " since " + text_of(link, "since") + ", " +
        text_of(link, "address"));
    if (up) return;
    if (const std::string why = text_of(link, "reason"); !why.empty()) say("           because: " + why);
    if (const std::string what = text_of(link, "advice"); !what.empty()) say("           advice: " + what);
    if (const auto next = link["next_attempt_ms"].integer())
      say("           next attempt in " + duration((*next + 999) / 1000));
  });
}

void print_store(JsonView a) {
  const JsonView store = a["store"];
  std::string line = "store      " + text_of(store, "path") + ", " + bytes(integer_of(store, "bytes")) +
                     " and a log of " + bytes(integer_of(store, "log_bytes"));
  if (const auto free = store["free_bytes"].integer()) line += ", " + bytes(*free) + " free";
  say(line);
  if (const std::string problem = text_of(store, "problem"); !problem.empty()) say("           " + problem);
}

void print_queues(JsonView a) {
  const JsonView queues = a["queues"];
  Columns table({"QUEUE", "NOW"});
  table.add({"to XMPP, on disk until the server confirms", number_of(queues, "to_xmpp")});
  table.add({"to XMPP, sent and not confirmed", number_of(queues, "to_xmpp_unconfirmed")});
  table.add({"to MQTT, on disk until the broker has it", number_of(queues, "to_mqtt")});
  table.add({"to MQTT, on disk for users who are not there", number_of(queues, "to_mqtt_waiting")});
  table.add({"to MQTT, published and not acknowledged", number_of(queues, "to_mqtt_unconfirmed")});
  table.add({"dead letters (ferryctl outbox list)", number_of(queues, "dead_letters")});
  table.add({"publishes of all kinds at the broker link", number_of(a, "publishes_queued")});
  say("");
  table.print();
}

void print_rates(JsonView a) {
  const JsonView recent = a["recent"];
  const std::int64_t seconds = integer_of(recent, "seconds");
  if (seconds <= 0) return;
  Columns table({"MESSAGES IN THE LAST " + duration(seconds), "NUMBER", "A SECOND"});
  const auto row = [&](const char* what, std::string_view counter) {
    const std::int64_t n = integer_of(recent["more"], counter);
    std::array<char, 32> rate{};
    std::snprintf(rate.data(), rate.size(), "%.1f", static_cast<double>(n) / static_cast<double>(seconds));
    table.add({what, counted(n, "", ""), rate.data()});
  };
  row("accepted from XMPP", "messages_from_xmpp");
  row("published to MQTT", "messages_to_mqtt");
  row("accepted from MQTT", "messages_from_mqtt");
  row("confirmed by XMPP", "messages_to_xmpp");
  say("");
  table.print();
}

void print_counters(JsonView a) {
  Columns limits({"LIMIT THAT WAS REACHED", "IN THE LAST MINUTE", "SINCE THE START"});
  for (const auto& [counter, keys] : limit_of)
    if (integer_of(a["counters"], counter) > 0)
      limits.add({std::string(keys), number_of(a["recent"]["more"], counter), number_of(a["counters"], counter)});
  if (!limits.empty()) say("");
  limits.print();
  Columns counters({"COUNTER", "SINCE THE START"});
  a["counters"].members([&](std::string_view name, JsonView value) {
    counters.add({std::string(name), counted(value.integer().value_or(0), "", "")});
  });
  if (!counters.empty()) say("");
  counters.print();
}

}  // namespace

void print_sessions(JsonView status, bool of_whom) {
  const JsonView s = status["sessions"];
  if (integer_of(s, "wanted") == 0) return;
  const std::string address = text_of(s, "address");
  say("sessions   " + number_of(s, "wanted") + " wanted, " + number_of(s, "up") + " up, " + number_of(s, "down") +
      " down" + (address.empty() ? "" : ", " + address));
  if (const std::string why = text_of(s, "reason"); !why.empty()) say("           because: " + why);
  if (const std::string what = text_of(s, "advice"); !what.empty()) say("           advice: " + what);
  if (of_whom && integer_of(s, "down") > 0) say("           of whom and why: ferryctl migrate status COHORT");
}

int status(CtlCall& call) {
  return ask_and_print(call, command_json("status"), [&](const Answer& answer) {
    const JsonView a = answer.json.root();
    const bool running = call.gateway.running();
    if (running) {
      say("gateway    running, version " + text_of(a, "version") + ", for " + duration(integer_of(a, "uptime_s")) +
          ", pid " + std::to_string(integer_of(a, "pid")));
      if (call.options.component.host.empty()) say("XMPP       not configured");
      print_links(a);
      // What the XMPP server grants beyond a component's rights; most grant nothing.
      if (const std::string lists = text_of(a, "contact_lists"); lists != "not granted")
        say("           contact lists of the server's accounts (XEP-0356): " + lists);
      print_sessions(a, true);
      print_store(a);
    } else {
      say("gateway    not running");
    }
    say("users      " + number_of(a, "users") +
        (running ? ", " + number_of(a, "users_online") + " of them online with " +
                       counted(integer_of(a, "devices_online"), "device", "devices")
                 : ""));
    say("rows       " + number_of(a, "rows"));
    print_queues(a);
    if (!running) return exit_done;
    print_rates(a);
    print_counters(a);
    return exit_done;
  });
}

}  // namespace ferry
