// What the store costs: a message (ledger, outbox, one new state), and a start over very many that wait.
//
//   bench_store FOLDER                       the cost of a message, in ticks of a hundred, without waiting for the disk
//   bench_store --fill FILE USERS EACH       a new store in FILE: USERS users, EACH waiting messages for every one
//   bench_store --start FILE                 starts a brain on it and fetches one user's messages
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "gateway/brain/brain.h"
#include "gateway/store/store.h"
#include "tools/bench.d/measure.h"

namespace ferry::bench {
namespace {

constexpr Instant now = 1'795'000'000'000;
constexpr Duration ttl = 7 * 24 * 3600 * second;

std::unique_ptr<Store> open(const std::string& path) {
  auto store = Store::open(path, Durability::normal);
  if (store) return *std::move(store);
  std::fprintf(stderr, "bench_store: %s\n", store.error().text.c_str());
  std::exit(1);
}

double seconds() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

double resident_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

Jid user_jid(std::size_t i) { return *Jid::parse("user" + std::to_string(i) + "@mqtt.corp.example"); }

MessageRecord message_of(UserKey user, Way way, MessageState state, std::size_t number) {
  MessageRecord m;
  m.user = user;
  m.way = way;
  m.state = state;
  std::string digits = std::to_string(number);
  m.id = "01JD" + std::string(22 - digits.size(), '0') + digits;
  m.peer = "alice@corp.example/spark";
  m.xmpp_id = way == Way::to_mqtt ? "x" + digits : "";
  m.expires = now + ttl + static_cast<Instant>(number);
  m.payload = R"({"id":")" + m.id + R"(","from":"alice@corp.example/spark","to":")" + user_jid(0).str() +
              R"(","kind":"chat","body":")" + std::string(200, 'x') + R"(","ts":"2026-11-20T10:00:00.000Z"})";
  return m;
}

// One tick: a hundred messages are accepted, and the hundred before them have arrived.
Cost message_cost(Meter& meter, Store& store, Way way, std::size_t batches) {
  constexpr std::size_t size = 100;
  static std::size_t number = 0;
  std::vector<Seq> before, added;
  std::vector<MessageRecord> records;
  const auto prepare = [&](std::size_t n) {
    before = std::move(added);
    added.clear();
    records.clear();
    for (std::size_t i = 0; i < n; ++i, ++number)
      records.push_back(message_of(static_cast<UserKey>(1 + number % 1000), way, MessageState::accepted, number));
  };
  return measure(meter, batches, size, prepare, [&](std::size_t i) {
    if (i == 0) store.begin();
    added.push_back(store.add_message(records[i]));
    if (i < before.size()) store.set_state(before[i], MessageState::forwarded, 1, false);
    if (i + 1 == size) store.commit();
  });
}

int cost(const std::string& folder) {
  Meter meter;
  const auto store = open(folder + "/bench_store.db");
  for (const Way way : {Way::to_mqtt, Way::to_xmpp}) {
    const Cost c = message_cost(meter, *store, way, 500);
    std::printf("%s  %8.0f ns  %8.0f instructions a message\n", way == Way::to_mqtt ? "to MQTT" : "to XMPP", c.ns,
                c.instructions);
  }
  return 0;
}

int fill(const std::string& path, std::size_t users, std::size_t each) {
  const auto store = open(path);
  store->begin();
  std::vector<UserKey> keys;
  for (std::size_t i = 0; i < users; ++i) keys.push_back(store->add_user(user_jid(i)));
  store->commit();
  for (std::size_t i = 0; i < each; ++i) {
    store->begin();
    for (std::size_t u = 0; u < users; ++u)
      store->add_message(message_of(keys[u], Way::to_mqtt, MessageState::waiting, i * users + u));
    store->commit();
  }
  return 0;
}

int start(const std::string& path) {
  Options options;
  options.component.domain = "mqtt.corp.example";
  options.component.server = "corp.example";
  MappingTable table("im/v1", "ferry");
  table.set_rows({*parse_row("user *@mqtt.corp.example {root}/u/{uid}")});
  const double before = seconds();
  const auto store = open(path);
  Brain brain(options, table, *store, {1, 2}, "bench");
  store->begin();
  brain.start(now);
  store->commit();
  std::printf("start      %8.3f s, %.0f MB at most\n", seconds() - before, resident_mb());

  const auto tick = [&](const char* what, auto event) {
    const double from = seconds();
    store->begin();
    event();
    brain.end_of_batch(now);
    Effects effects = brain.take_effects();
    store->commit();
    std::printf("%-10s %8.3f s, %zu publishes\n", what, seconds() - from, effects.publishes.size());
    return effects;
  };
  tick("links up", [&] {
    brain.on_component_up(now);
    brain.on_broker_up({true, true}, now);
  });
  std::size_t fetched = 0;
  const double from = seconds();
  Effects effects = tick("a device", [&] {
    InPublish p;
    p.topic = "im/v1/u/" + user_jid(7).str() + "/out/dev/phone/presence";
    p.payload = R"({"state":"online","epoch":"e"})";
    p.qos = 1;
    p.retain = true;
    brain.on_publish(p, now);
  });
  for (;;) {
    std::vector<std::int64_t> tokens;
    for (const Publish& p : effects.publishes)
      if (p.token > 0) tokens.push_back(p.token);
    if (tokens.empty()) break;
    fetched += tokens.size();
    store->begin();
    for (const std::int64_t token : tokens) brain.on_published(token, 0, now);
    brain.end_of_batch(now);
    effects = brain.take_effects();
    store->commit();
  }
  std::printf("catch-up   %8.3f s, %zu messages, %.0f MB at most\n", seconds() - from, fetched, resident_mb());
  return 0;
}

}  // namespace
}  // namespace ferry::bench

int main(int argc, char** argv) {
  using namespace ferry::bench;
  if (argc == 5 && std::strcmp(argv[1], "--fill") == 0) return fill(argv[2], std::stoul(argv[3]), std::stoul(argv[4]));
  if (argc == 3 && std::strcmp(argv[1], "--start") == 0) return start(argv[2]);
  if (argc == 2 && argv[1][0] != '-') return cost(argv[1]);
  std::fputs("usage: bench_store FOLDER | --fill FILE USERS EACH | --start FILE\n", stderr);
  return 2;
}
