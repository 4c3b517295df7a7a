// The load generator: sends messages into one end of what is measured and counts them at the other.
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tools/bench.d/load_peer.h"
#include "tools/bench.d/load_score.h"
#include "translators/values/json.h"

namespace ferry::bench {
namespace {

constexpr const char* usage = R"(bench_load --way x2m|m2x|x2x|m2m [OPTION VALUE]...
  x2m     a component sends to bob@mqtt.DOMAIN, an MQTT client has im/v1/u/…/in/#
  m2x     the MQTT client publishes out/msg to user@COMPONENT, the component receives
  x2x     component to component; m2m: publisher to subscriber
  --host 127.0.0.1  --xmpp PORT  --mqtt PORT
  --component DOMAIN  --sink DOMAIN  --secret SECRET  (both components have the same)
  --bob JID  --bob-password P  --gateway NAME  --gateway-password P   (the publisher of m2m)
  --count N        messages that count; before them go --warm-up N (default a tenth)
  --window N       closed loop: so many on their way (default 200)
  --rate N         open loop instead: so many a second
  --bytes N        of a body (default 200)
  --watch NAME=PID[,NAME=PID]   whose CPU and memory to read
messages_per_second ends with the last thing that follows from the messages (receipts, the sender's own copies),
arrivals_per_second with the last message at the other end. Prints one JSON object. Exit code 1 only if a run could not
be made; what was lost or doubled is in the object.
)";

using Arguments = std::map<std::string, std::string>;
constexpr std::int64_t patience = 20 * second_ns;        // without any arrival: the rest is lost
constexpr std::int64_t quiet_time = second_ns * 3 / 10;  // after the last arrival: what comes now is a double

struct Process {
  std::string name, pid;
  double cpu_before = 0, cpu = 0;  // s
  std::size_t rss_kb = 0;
};

double cpu_seconds(const std::string& pid) {
  clockid_t clock{};
  timespec t{};
  if (::clock_getcpuclockid(static_cast<pid_t>(std::stol(pid)), &clock) != 0 || ::clock_gettime(clock, &t) != 0)
    give_up("no process " + pid);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

std::size_t rss_kb(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/statm");
  std::size_t pages = 0, rss = 0;
  file >> pages >> rss;
  return rss * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

double own_cpu() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

struct Plan {
  std::size_t count = 0, window = 0, bytes = 0;
  double rate = 0;  // 0: closed loop
};

class Run {
 public:
  Run(Peer& from, Peer& to, const Plan& plan) : from_(from), to_(to), plan_(plan), score_(plan.count) {
    to_.on_message = [this](std::string_view text) { score_.arrived(text); };
    if (&from_ != &to_) from_.on_message = [this](std::string_view) { ++echoes_; };
  }

  void go() {
    receipts_before_ = from_.receipts;
    begin_ = last_ = steady_ns();
    std::size_t traffic = 0;
    for (;;) {
      const std::int64_t now = steady_ns();
      feed(now);
      from_.write();
      if (&to_ != &from_) to_.write();
      if (const std::size_t sum = score_.arrivals() + echoes_ + receipts(); sum != traffic) {
        traffic = sum;
        last_ = steady_ns();
      }
      if (next_ == plan_.count && now - last_ > (score_.lost() == 0 ? quiet_time : patience)) return;
      if (next_ < plan_.count && now - last_ > patience && !due(now)) return;
      wait(now);
    }
  }

  const Score& score() const { return score_; }
  std::size_t echoes() const { return echoes_; }
  std::size_t receipts() const { return from_.receipts - receipts_before_; }
  double seconds_to_arrival() const { return static_cast<double>(score_.last_arrival() - begin_) / 1e9; }
  double seconds() const { return static_cast<double>(last_ - begin_) / 1e9; }  // receipts and echoes too

 private:
  // When message next_ should go, in an open loop.
  std::int64_t time_of_next() const {
    return begin_ + static_cast<std::int64_t>(static_cast<double>(next_) * 1e9 / plan_.rate);
  }
  bool due(std::int64_t now) const {
    if (next_ == plan_.count) return false;
    return plan_.rate > 0 ? now >= time_of_next() : next_ - score_.arrivals() < plan_.window;
  }

  void feed(std::int64_t now) {
    while (due(now)) {
      // In an open loop the clock runs from when the message should have gone: a generator that is late hides nothing.
      score_.sent(next_, plan_.rate > 0 ? time_of_next() : steady_ns());
      from_.send(next_, score_.body(next_, plan_.bytes));
      ++next_;
    }
  }

  void wait(std::int64_t now) {
    std::int64_t time = second_ns / 10;
    if (plan_.rate > 0 && next_ < plan_.count) time = std::max<std::int64_t>(0, std::min(time, time_of_next() - now));
    const timespec timeout{time / second_ns, time % second_ns};
    pollfd waiting[2] = {events(from_), events(to_)};
    ::ppoll(waiting, &from_ == &to_ ? 1 : 2, &timeout, nullptr);
    if (waiting[0].revents & (POLLIN | POLLHUP | POLLERR)) from_.read();
    if (&to_ != &from_ && waiting[1].revents & (POLLIN | POLLHUP | POLLERR)) to_.read();
  }

  static pollfd events(const Peer& peer) {
    return {peer.fd(), static_cast<short>(POLLIN | (peer.wants_write() ? POLLOUT : 0)), 0};
  }

  Peer& from_;
  Peer& to_;
  Plan plan_;
  Score score_;
  std::size_t next_ = 0, echoes_ = 0, receipts_before_ = 0;
  std::int64_t begin_ = 0, last_ = 0;
};

class Load {
 public:
  explicit Load(Arguments arguments) : arguments_(std::move(arguments)) {}

  int run() {
    connect();
    Plan plan;
    plan.count = number("count", 20'000);
    plan.window = number("window", 200);
    plan.bytes = number("bytes", 200);
    plan.rate = static_cast<double>(number("rate", 0));
    Plan warm_up = plan;
    warm_up.count = number("warm-up", plan.count / 10);
    if (warm_up.count > 0) Run(*from_, *to_, warm_up).go();

    for (Process& p : processes_) p.cpu_before = cpu_seconds(p.pid);
    const double own_before = own_cpu();
    Run measured(*from_, *to_, plan);
    measured.go();
    const double busy = (own_cpu() - own_before) / measured.seconds();
    for (Process& p : processes_) {
      p.cpu = cpu_seconds(p.pid) - p.cpu_before;
      p.rss_kb = rss_kb(p.pid);
    }
    print(measured, plan, busy);
    return 0;
  }

 private:
  std::string text(const std::string& name, const std::string& fallback = {}) const {
    const auto found = arguments_.find(name);
    return found == arguments_.end() ? fallback : found->second;
  }
  std::size_t number(const std::string& name, std::size_t fallback) const {
    const std::string value = text(name);
    return value.empty() ? fallback : static_cast<std::size_t>(std::stoull(value));
  }

  std::unique_ptr<Peer> component(const std::string& domain, const std::string& to) const {
    return std::make_unique<ComponentPeer>(ComponentPeer::Settings{text("host", "127.0.0.1"), domain, text("secret"),
                                                                   to, static_cast<std::uint16_t>(number("xmpp", 0))});
  }

  std::unique_ptr<Peer> client(bool is_bob, bool listens) const {
    const std::string bob = text("bob", "bob@mqtt.localhost"), base = "im/v1/u/" + bob;
    MqttPeer::Settings s;
    s.host = text("host", "127.0.0.1");
    s.port = static_cast<std::uint16_t>(number("mqtt", 0));
    s.username = is_bob ? bob : text("gateway");
    s.password = is_bob ? text("bob-password") : text("gateway-password");
    s.client_id = is_bob ? bob + ":load" : "load-publisher";
    if (listens) s.subscribe = base + "/in/#";
    if (is_bob) s.presence = base + "/out/dev/load/presence";
    s.topic = is_bob ? base + "/out/msg" : base + "/in/msg";
    s.to = "user@" + text("component");
    return std::make_unique<MqttPeer>(std::move(s));
  }

  void connect() {
    std::istringstream list(text("watch"));
    for (std::string item; std::getline(list, item, ',');)
      processes_.push_back({item.substr(0, item.find('=')), item.substr(item.find('=') + 1)});
    const std::string way = text("way"), bob = text("bob", "bob@mqtt.localhost");
    if (way == "x2m") {
      to_ = client(true, true);
      from_ = component(text("component"), bob);
    } else if (way == "m2x") {
      to_ = component(text("component"), bob);
      from_ = client(true, true);
    } else if (way == "x2x") {
      to_ = component(text("sink"), bob);
      from_ = component(text("component"), "user@" + text("sink"));
    } else if (way == "m2m") {
      to_ = client(true, true);
      from_ = client(false, false);
    } else {
      give_up("--way takes x2m, m2x, x2x or m2m");
    }
  }

  void print(const Run& run, const Plan& plan, double busy) const {
    const Score& s = run.score();
    const double arrived = static_cast<double>(s.arrivals());
    const auto whole = [](std::size_t n) { return static_cast<std::int64_t>(n); };
    JsonWriter w;
    w.begin_object()
        .field("way", std::string_view(text("way")))
        .field("rate", plan.rate)
        .field("window", whole(plan.window));
    w.field("count", whole(plan.count)).field("lost", whole(s.lost())).field("doubled", whole(s.doubled()));
    w.field("foreign", whole(s.foreign()))
        .field("errors", whole(from_->errors + to_->errors))
        .field("echoes", whole(run.echoes()));
    w.field("receipts", whole(run.receipts()));
    w.field("messages_per_second", run.seconds() > 0 ? arrived / run.seconds() : 0.0);
    w.field("arrivals_per_second", run.seconds_to_arrival() > 0 ? arrived / run.seconds_to_arrival() : 0.0);
    w.field("p50_ms", s.latency_ms(0.5)).field("p99_ms", s.latency_ms(0.99)).field("max_ms", s.latency_ms(1));
    w.field("generator_idle", 1 - busy).key("processes").begin_object();
    for (const Process& p : processes_)
      w.key(p.name)
          .begin_object()
          .field("cpu_us", arrived > 0 ? p.cpu * 1e6 / arrived : 0.0)
          .field("rss_kb", whole(p.rss_kb))
          .end_object();
    std::printf("%s\n", w.end_object().end_object().take().c_str());
  }

  Arguments arguments_;
  std::vector<Process> processes_;
  std::unique_ptr<Peer> from_, to_;
};

int run(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--help" || option.substr(0, 2) != "--" || i + 1 == argc) {
      std::fputs(usage, option == "--help" ? stdout : stderr);
      return option == "--help" ? 0 : 2;
    }
    arguments[option.substr(2)] = argv[++i];
  }
  ::signal(SIGPIPE, SIG_IGN);
  return Load(std::move(arguments)).run();
}

}  // namespace
}  // namespace ferry::bench

int main(int argc, char** argv) { return ferry::bench::run(argc, argv); }
