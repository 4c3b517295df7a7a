// The load generator: sends messages into one end of what is measured and counts them at the other.
#include <signal.h>

#include <cstdio>
#include <string>

#include "tools/bench.d/load_run.h"
#include "tools/bench.d/load_visits.h"

namespace ferry::bench {
namespace {

constexpr const char* usage = R"(bench_load --way x2m|m2x|x2x|m2m [OPTION VALUE]...
  x2m     from a component to MQTT      m2x   from MQTT to a component
  x2x     component to component        m2m   publisher to subscriber
  --host 127.0.0.1  --xmpp PORT  --mqtt PORT
  --component DOMAIN  --sink DOMAIN  --secret SECRET  (both components have the same)
  --bob JID  --bob-password P  --gateway NAME  --gateway-password P   (the publisher of m2m)
  --kind chat      between a user of the component and bob
         presence  of --users N with --contacts N each: to MQTT each contact's to each user, from MQTT each user's
         feed      values on the topic --feed, to --followers N
         room      lines in --room JID, where --users N of --hosted DOMAIN are in already (x2x: N of the sink come in)
                   and --people N of the component come in: to MQTT from one of them to the users, from MQTT from one
                   of the users to everybody else, m2m from one publisher to N subscribers of one topic
  --count N        messages that count; before them go --warm-up N (default a tenth)
  --window N       closed loop: so many on their way (default 200)
  --rate N         open loop instead: so many a second
  --bytes N        of a body (default 200)
  --visits flapping   instead: --each N messages wait for each of --users N, who connect (--window N at once), take
                      them and drop, --cycles N times
           retained   each of the users downloads a roster of --each N contacts: retained topics
           request    the same by roster.get
  --watch NAME=PID[,NAME=PID]   whose CPU and memory to read
messages_per_second ends with the last thing that follows from the messages (receipts, the sender's own copies),
arrivals_per_second with the last message at the other end. With visits the latencies are a visit's, from before its
connection to the last thing it takes. Prints one JSON object; a figure that there is none of is null. Exit code 1 only
if a run could not be made; what was lost or doubled is in the object.
)";

int run_messages(const Arguments& a) {
  Ends ends = connect(a);
  Watch watch(a.text("watch"));
  Plan plan;
  plan.count = a.number("count", 20'000);
  plan.window = a.number("window", 200);
  plan.bytes = a.number("bytes", 200);
  plan.rate = static_cast<double>(a.number("rate", 0));
  Plan warm_up = plan;
  warm_up.count = a.number("warm-up", plan.count / 10);
  if (warm_up.count > 0) Run(ends, warm_up).go();

  Run run(ends, plan);
  watch.start();
  run.go();
  watch.stop(run.seconds(), run.own_cpu_at_end());

  const Score& s = run.score();
  const double arrived = static_cast<double>(s.arrivals());
  const auto whole = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  JsonWriter w;
  const auto time = [&](const char* name, double quantile) {
    const auto ms = s.latency_ms(quantile);
    ms ? w.field(name, *ms) : w.field(name, JsonView());
  };
  w.begin_object().field("way", std::string_view(a.text("way")));
  w.field("rate", plan.rate).field("window", whole(plan.window)).field("count", whole(plan.count * ends.fan));
  w.field("lost", whole(run.lost())).field("doubled", whole(run.doubled())).field("foreign", whole(s.foreign()));
  w.field("errors", whole(run.errors())).field("echoes", whole(run.echoes())).field("receipts", whole(run.receipts()));
  if (a.text("kind") == "room") {
    w.field("disordered", whole(run.disordered()));
    const double lines = arrived / static_cast<double>(ends.fan);
    w.field("lines_per_second", run.seconds() > 0 ? lines / run.seconds() : 0.0);
  }
  w.field("messages_per_second", run.seconds() > 0 ? arrived / run.seconds() : 0.0);
  w.field("arrivals_per_second", run.seconds_to_arrival() > 0 ? arrived / run.seconds_to_arrival() : 0.0);
  time("p50_ms", 0.5), time("p99_ms", 0.99), time("max_ms", 1);
  watch.print(w, s.arrivals());
  std::printf("%s\n", w.end_object().take().c_str());
  return 0;
}

int run(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--help" || option.substr(0, 2) != "--" || i + 1 == argc) {
      std::fputs(usage, option == "--help" ? stdout : stderr);
      return option == "--help" ? 0 : 2;
    }
    arguments.values[option.substr(2)] = argv[++i];
  }
  arguments.values.try_emplace("bob", "bob@mqtt.localhost");
  ::signal(SIGPIPE, SIG_IGN);
  return arguments.text("visits").empty() ? run_messages(arguments) : run_visits(arguments);
}

}  // namespace
}  // namespace ferry::bench

int main(int argc, char** argv) { return ferry::bench::run(argc, argv); }
