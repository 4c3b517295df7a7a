#include "gateway/run.h"

#include <sys/random.h>

#include <array>
#include <cstdio>
#include <utility>

#include "config/unencrypted.h"
#include "gateway/account_files.h"
#include "gateway/capture/keyed_hash.h"
#include "gateway/metrics.h"
#include "gateway/opening.h"
#include "gateway/privileges.h"
#include "gateway/reload.h"
#include "gateway/tick.h"
#include "translators/values/base64.h"
#include "translators/values/ulid.h"

namespace ferry {
namespace {

std::array<std::uint64_t, 2> chance() {
  std::array<std::uint64_t, 2> out{};
  // 16 bytes come whole or not at all (getrandom(2)); not at all means a kernel without it.
  if (::getrandom(out.data(), sizeof out, 0) != static_cast<ssize_t>(sizeof out)) std::abort();
  return out;
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

// What the pseudonyms of our captures are made with, so that they are the same in all of them; a secret.
std::string capture_key(Store& store) {
  constexpr std::string_view name = "capture.key";
  store.begin();
  std::string key = store.meta(name);
  if (key.empty()) {
    key = to_base64(random_key());
    store.set_meta(name, key);
  }
  store.commit();
  return key;
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

int complain(const std::string& text) {
  std::fputs((text + "\n").c_str(), stderr);
  return exit_failure;
}

// What is listened on. The control socket must be there; HTTP, where its address was chosen.
class Listening {
 public:
  Listening(const Watched& watched, Poller& poller, Inbox& inbox)
      : control(poller, inbox, watched.options.control.socket), watched_(watched), poller_(poller), inbox_(inbox) {}

  // Each call tries what is not there yet. nullptr: no HTTP.
  HttpLink* start();

  ControlLink control;
  std::string wrong;  // what keeps the gateway from running

 private:
  void start_http();

  const Watched& watched_;
  Poller& poller_;
  Inbox& inbox_;
  std::optional<HttpLink> http_;
  bool control_up_ = false, http_tried_ = false;
};

HttpLink* Listening::start() {
  wrong.clear();
  if (!std::exchange(http_tried_, true) && !watched_.options.http.listen.empty()) start_http();
  if (!control_up_ && wrong.empty()) {
    wrong = control.start();
    control_up_ = wrong.empty();
    if (!control_up_) wrong = "[control] socket: " + wrong;
  }
  return http_ ? &*http_ : nullptr;
}

void Listening::start_http() {
  http_.emplace(poller_, watched_.options.http.listen, pages_of(watched_));
  const std::string why = http_->start();
  if (why.empty()) return;
  http_.reset();
  // Two gateways on one host share the default address, and nobody asked for it: then there is one without HTTP.
  if (watched_.options.http.listen != Options().http.listen) {
    http_tried_ = false;
    wrong = "[http] listen: " + why;
    return;
  }
  inbox_.say(LogLine::Level::warning, "event=http.failed reason=" + log_value(why) +
                                          " advice=" + log_value("set [http] listen to another address, or off"));
}

}  // namespace

static std::string without_prefix(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

void print(const Problems& problems) {
  for (const Problem& p : problems) complain(format_problem(p));
}

int run(int argc, char** argv, const Options& configured) {
  Options options = configured;  // SIGHUP changes some
  Clock clock;
  clock.advance(system_now(), steady_now());
  Log log(options.log.level);
  const auto warn = [&](const std::string& text) { log.write({LogLine::Level::warning, text}, clock.now()); };
  if (is_root())
    warn("event=process.root advice=" + log_value("nothing needs it: set [process] user, or start ferryd as a user"));
  for (const Problem& p : unencrypted_links(options)) warn("event=link.unencrypted text=" + log_value(p.text));
  for (const Problem& p : strange_environment(environment_names()))
    warn("event=process.environment name=" + log_value(p.where) + " text=" + log_value(p.text));
  for (const Problem& p : unfit_account_files(options))
    warn("event=account.files key=" + log_value(p.where) + " reason=" + log_value(p.text) +
         " advice=" + log_value("no account that needs it can log in until it is mended"));
  Service service;
  Poller poller;
  Signals signals(poller);
  Inbox inbox;
  Watched watched{options, FERRY_VERSION, clock.now(), nullptr, nullptr, nullptr, nullptr, nullptr, {}, {}};
  Listening listening(watched, poller, inbox);
  const auto listen = [&] { return listening.start(); };

  Opening opening({watched, poller, signals, inbox, listening.control, clock, log, service, listen});
  std::string wrong;
  const std::unique_ptr<Store> opened = opening.wait(wrong);
  if (!opened) return wrong.empty() ? 0 : complain("[store] path: " + without_prefix(wrong, "store: "));
  Store& store = *opened;
  HttpLink* http = listen();
  if (!listening.wrong.empty()) return complain(listening.wrong);

  MappingTable table = make_table(options);
  Problems problems;
  store.begin();
  fill_table(table, all_rows(options, store, problems), problems);
  store.commit();
  print(problems);
  if (any_error(problems)) return exit_bad_configuration;

  const auto seed = chance();
  std::optional<ComponentLink> component;
  if (!options.component.host.empty()) component.emplace(poller, inbox, component_settings(options), seed[0]);
  BrokerLink broker(poller, inbox, broker_settings(options, client_id(store)), seed[1]);
  std::optional<Sessions> sessions;
  if (!options.session.host.empty()) sessions.emplace(poller, inbox, options, chance()[0]);
  Brain brain(options, table, store, chance(), FERRY_VERSION);
  watched.brain = &brain;
  watched.broker = &broker;
  watched.component = component ? &*component : nullptr;
  watched.session = sessions ? &sessions->link() : nullptr;
  std::optional<Tap> tap;
  if (!options.capture.file.empty()) tap.emplace(options, capture_key(store), inbox);
  watched.tap = tap ? &*tap : nullptr;
  Reload reload(argc, argv, {options, table, store, brain, log, clock, service});
  Tick tick(
      {options, brain, store, poller, signals, inbox, component ? &*component : nullptr, broker, listening.control,
       http, tap ? &*tap : nullptr, sessions ? &*sessions : nullptr, log, service, watched, reload},
      clock);
  return tick.run();
}

}  // namespace ferry
