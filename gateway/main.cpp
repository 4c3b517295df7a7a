// ferryd: reads the options, puts the gateway together, runs the tick. Exit codes: 0 clean stop, 2 bad configuration, 1
// anything else.
#include <sys/random.h>

#include <array>
#include <cstdio>
#include <utility>

#include "gateway/metrics.h"
#include "gateway/reload.h"
#include "gateway/store/database.h"
#include "gateway/tick.h"
#include "translators/values/ulid.h"

namespace ferry {
namespace {

constexpr int exit_failure = 1, exit_bad_configuration = 2;

void print(std::FILE* to, const std::string& text) { std::fputs((text + "\n").c_str(), to); }

void print(const Problems& problems) {
  for (const Problem& p : problems) print(stderr, format_problem(p));
}

std::array<std::uint64_t, 2> chance() {
  std::array<std::uint64_t, 2> out{};
  // 16 bytes come whole or not at all (getrandom(2)); not at all means a kernel without it.
  if (::getrandom(out.data(), sizeof out, 0) != static_cast<ssize_t>(sizeof out)) std::abort();
  return out;
}

MappingTable make_table(const Options& options) {
  return MappingTable(options.broker.root, options.broker.username,
                      options.config_file.empty() ? "route" : options.config_file);
}

// What the options alone can tell; the rows of the store come with the store.
Problems check_routes(const Options& options) {
  Problems problems;
  MappingTable table = make_table(options);
  fill_table(table, route_rows(options), problems);
  constexpr int mqtt311 = 4;
  if (options.broker.protocol == mqtt311)
    for (Problem& p : needs_mqtt5(route_rows(options))) problems.push_back(std::move(p));
  return problems;
}

// Our client id at the broker: made once, kept in the store. Whoever knows it can take the session over.
std::string client_id(Store& store) {
  constexpr std::string_view key = "broker.client-id";
  store.begin();
  std::string id = store.meta(key);
  if (id.empty()) {
    id = "ferry-" + UlidSource(chance()).next(system_now());
    store.set_meta(key, id);
  }
  store.commit();
  return id;
}

ComponentLink::Settings component_settings(const Options& o) {
  ComponentLink::Settings s;
  s.host = o.component.host;
  s.port = o.component.port;
  s.domain = o.component.domain;
  s.secret_file = o.component.secret_file;
  s.message_bytes = o.limits.message_bytes;
  s.keepalive = o.component.keepalive * second;
  return s;
}

BrokerLink::Settings broker_settings(const Options& o, std::string id) {
  constexpr int mqtt5 = 5;
  BrokerLink::Settings s;
  s.host = o.broker.host;
  s.port = o.broker.port;
  s.username = o.broker.username;
  s.password_file = o.broker.password_file;
  s.cafile = o.broker.cafile;
  s.root = o.broker.root;
  s.mqtt5 = o.broker.protocol == mqtt5;
  s.max_in_flight = o.broker.max_in_flight;
  s.allow_anonymous = o.broker.allow_anonymous;
  s.client_id = std::move(id);
  s.will_topic = gateway_status_topic(o);
  s.will_payload = gateway_status_payload(false, FERRY_VERSION, system_now());
  return s;
}

// SIGHUP: the routes and the log level of the file as it is now; with an error in it, nothing changes.
class Reload {
 public:
  Reload(int argc, char** argv, const Options& running, MappingTable& table, Store& store, Brain& brain, Log& log,
         const Clock& clock)
      : argc_(argc),
        argv_(argv),
        running_(running),
        table_(table),
        store_(store),
        brain_(brain),
        log_(log),
        clock_(clock) {}

  void operator()() {
    Problems problems;
    const Options fresh = load(argc_, argv_, process_environment(), problems);
    MappingTable table = make_table(running_);
    fill_table(table, all_rows(fresh, store_, problems), problems);
    for (const Problem& p : problems)
      say(p.info ? LogLine::Level::info : LogLine::Level::error,
          "event=reload.problem text=" + log_value(format_problem(p)));
    if (any_error(problems))
      return say(LogLine::Level::error, "event=reload.refused advice=" + log_value("the old routes stay"));
    table_ = std::move(table);
    log_.set_level(fresh.log.level);
    brain_.on_table_changed(clock_.now());
    say(LogLine::Level::info, "event=reload.done rows=" + std::to_string(table_.size()));
  }

 private:
  void say(LogLine::Level level, std::string text) { log_.write({level, std::move(text)}, clock_.now()); }

  int argc_;
  char** argv_;
  const Options& running_;
  MappingTable& table_;
  Store& store_;
  Brain& brain_;
  Log& log_;
  const Clock& clock_;
};

int run(int argc, char** argv, const Options& options) {
  Clock clock;
  Log log(options.log.level);
  auto opened = Store::open(options.store.path, options.store.durability, Exclusive::yes);
  if (!opened) {
    print(stderr, "[store] path: " + opened.error());
    return exit_failure;
  }
  Store& store = **opened;
  MappingTable table = make_table(options);
  Problems problems;
  store.begin();
  fill_table(table, all_rows(options, store, problems), problems);
  store.commit();
  print(problems);
  if (any_error(problems)) return exit_bad_configuration;

  const auto seed = chance();
  Poller poller;
  Signals signals(poller);
  Inbox inbox;
  ControlLink control(poller, inbox, options.control.socket);
  if (const std::string wrong = control.start(); !wrong.empty()) {
    print(stderr, "[control] socket: " + wrong);
    return exit_failure;
  }
  std::optional<ComponentLink> component;
  if (!options.component.host.empty()) component.emplace(poller, inbox, component_settings(options), seed[0]);
  BrokerLink broker(poller, inbox, broker_settings(options, client_id(store)), seed[1]);
  Brain brain(options, table, store, chance(), FERRY_VERSION);
  std::optional<HttpLink> http;
  if (!options.http.listen.empty()) {
    http.emplace(poller, options.http.listen,
                 pages_of({brain, component ? &*component : nullptr, broker, FERRY_VERSION}));
    if (const std::string wrong = http->start(); !wrong.empty()) {
      // Two gateways on one host share the default address, and nobody asked for it: then there is one without HTTP.
      if (options.http.listen != Options().http.listen) {
        print(stderr, "[http] listen: " + wrong);
        return exit_failure;
      }
      http.reset();
      inbox.say(LogLine::Level::warning, "event=http.failed reason=" + log_value(wrong) +
                                             " advice=" + log_value("set [http] listen to another address, or off"));
    }
  }
  Reload reload(argc, argv, options, table, store, brain, log, clock);
  Tick tick({options, brain, store, poller, signals, inbox, component ? &*component : nullptr, broker, control,
             http ? &*http : nullptr, log, reload},
            clock);
  return tick.run();
}

int start(int argc, char** argv) {
  Problems problems;
  const Options options = load(argc, argv, process_environment(), problems);
  if (options.action == Action::help && !any_error(problems)) {
    std::fputs(help_text("ferryd").c_str(), stdout);
    return 0;
  }
  if (options.action == Action::version && !any_error(problems)) {
    print(stdout, "ferryd " FERRY_VERSION);
    return 0;
  }
  for (Problem& p : check_routes(options)) problems.push_back(std::move(p));
  if (any_error(problems)) {
    print(problems);
    return exit_bad_configuration;
  }
  if (options.action == Action::run) return run(argc, argv, options);
  print(problems);
  print(stdout, "the configuration is good");
  return 0;
}

}  // namespace
}  // namespace ferry

int main(int argc, char** argv) {
  try {
    return ferry::start(argc, argv);
  } catch (const ferry::StoreFailure& failure) {
    std::fprintf(stderr, "the store failed: %s\n", failure.what());
  } catch (const std::exception& failure) {  // out of memory; a bug
    std::fprintf(stderr, "ferryd ends: %s\n", failure.what());
  }
  return ferry::exit_failure;
}
