#include "tools/bench.d/load_visits.h"

#include <poll.h>

#include <algorithm>
#include <cstdio>

#include "tools/bench.d/load_run.h"
#include "tools/bench.d/load_visit.h"

namespace ferry::bench {
namespace {

class Visits {
 public:
  explicit Visits(const Arguments& a)
      : arguments_(a),
        people_(a),
        what_(what(a.text("visits"))),
        each_(a.number("each", 10)),
        at_once_(a.number("window", 20)),
        watch_(a.text("watch")) {}

  int run() {
    const std::size_t cycles = arguments_.number("cycles", 3);
    if (what_ == Visit::What::messages) prepare();
    cycle(true);  // warms up
    watch_.start();
    const std::int64_t begin = steady_ns();
    for (std::size_t n = 0; n < cycles; ++n) cycle(false);
    watch_.stop(static_cast<double>(steady_ns() - begin) / 1e9, own_cpu());
    print();
    return 0;
  }

 private:
  static Visit::What what(const std::string& name) {
    if (name == "flapping") return Visit::What::messages;
    if (name == "retained") return Visit::What::retained;
    if (name == "request") return Visit::What::request;
    give_up("--visits takes flapping, retained or request");
  }

  Visit::Settings settings(std::size_t user, std::size_t expected) const {
    const MqttPeer::Settings like = client(arguments_, {}, Kind::chat);
    Visit::Settings s;
    s.host = like.host;
    s.port = like.port;
    s.username = like.username;
    s.password = like.password;
    s.what = what_;
    s.user = people_.user(user);
    s.expected = expected;
    return s;
  }

  // Of the waiting messages: who sends them, who sees that they are at the broker, and each user's persistent session.
  void prepare() {
    const std::size_t each = each_;
    const People people = people_;
    const std::string to = arguments_.text("way") == "m2m" ? "publisher" : "component";
    MqttPeer::Settings observer = client(arguments_, "load-observer", Kind::chat);
    observer.subscribe = "im/v1/u/+/in/msg";
    ends_.to.push_back(std::make_unique<MqttPeer>(std::move(observer)));
    if (to == "publisher") {
      MqttPeer::Settings s = client(arguments_, "load-publisher", Kind::chat);
      s.topic = [people, each](std::size_t seq) { return "im/v1/u/" + people.user(seq / each) + "/in/msg"; };
      s.to = [people, each](std::size_t seq) { return people.user(seq / each); };
      ends_.from = std::make_unique<MqttPeer>(std::move(s));
    } else {
      ends_.from = component(
          arguments_, arguments_.text("component"), Kind::chat,
          [people](std::size_t) { return "user@" + people.component + "/load"; },
          [people, each](std::size_t seq) { return people.user(seq / each); });
    }
    visit([this](std::size_t user) { return settings(user, 0); });
  }

  void cycle(bool warm_up) {
    if (what_ == Visit::What::messages) return flap(warm_up);
    visit([this](std::size_t user) { return settings(user, each_); });
    account(warm_up, people_.users * each_);
  }

  void flap(bool warm_up) {
    Plan plan;
    plan.count = people_.users * each_;
    plan.window = arguments_.number("messages-window", 200);
    plan.bytes = arguments_.number("bytes", 200);
    Run sending(ends_, plan);
    sending.go();
    // Received by the visitors: the marker is that of the messages that were just sent.
    Score taken = sending.score().again();
    visit([&](std::size_t user) {
      Visit::Settings s = settings(user, each_);
      s.counts = [&taken](std::string_view text) { return taken.arrived(text).has_value(); };
      return s;
    });
    account(warm_up, plan.count);
    if (!warm_up) doubled_ += taken.doubled();
  }

  // Everybody once, so many at a time; the time of each.
  void visit(const std::function<Visit::Settings(std::size_t)>& settings_of) {
    std::vector<std::unique_ptr<Visit>> here;
    std::vector<pollfd> waiting;
    const std::int64_t begin = steady_ns();
    std::int64_t last = begin;
    for (std::size_t next = 0; next < people_.users || !here.empty();) {
      while (next < people_.users && here.size() < at_once_)
        here.push_back(std::make_unique<Visit>(settings_of(next++)));
      waiting.clear();
      for (const auto& one : here)
        waiting.push_back({one->fd(), static_cast<short>(POLLIN | (one->wants_write() ? POLLOUT : 0)), 0});
      ::poll(waiting.data(), waiting.size(), 100);
      const std::size_t before = here.size();
      for (std::size_t n = 0; n < before; ++n) {
        const std::size_t taken = here[n]->taken();
        here[n]->turn(waiting[n].revents != 0);
        if (here[n]->taken() != taken) last = steady_ns();
      }
      const bool over = steady_ns() - last > patience;  // who has not got it all by now has lost something
      here.erase(std::remove_if(here.begin(), here.end(), [&](const auto& v) { return leaves(*v, over); }), here.end());
      if (here.size() != before) last = steady_ns();
    }
    seconds_ = static_cast<double>(steady_ns() - begin) / 1e9;
  }

  bool leaves(const Visit& visit, bool over) {
    if (!visit.done() && !over) return false;
    taken_ += visit.taken();
    errors_ += visit.errors();
    if (const auto time = visit.time_ns()) times_.push_back(*time);
    return true;
  }

  // Adds what visit() has left to the totals, or forgets it.
  void account(bool warm_up, std::size_t expected) {
    if (!warm_up) {
      total_.expected += expected;
      total_.taken += std::min(taken_, expected);
      total_.seconds += seconds_;
      total_.times.insert(total_.times.end(), times_.begin(), times_.end());
    }
    taken_ = 0;
    times_.clear();
  }

  void print() const {
    const auto whole = [](std::size_t n) { return static_cast<std::int64_t>(n); };
    JsonWriter w;
    const auto time = [&](const char* name, double quantile) {
      const auto ms = quantile_ms(total_.times, quantile);
      ms ? w.field(name, *ms) : w.field(name, JsonView());
    };
    w.begin_object().field("count", whole(total_.expected)).field("lost", whole(total_.expected - total_.taken));
    w.field("doubled", whole(doubled_)).field("errors", whole(errors_)).field("visits", whole(total_.times.size()));
    const double seconds = total_.seconds;
    w.field("messages_per_second", seconds > 0 ? static_cast<double>(total_.taken) / seconds : 0.0);
    w.field("visits_per_second", seconds > 0 ? static_cast<double>(total_.times.size()) / seconds : 0.0);
    time("p50_ms", 0.5), time("p99_ms", 0.99), time("max_ms", 1);
    watch_.print(w, total_.taken);
    std::printf("%s\n", w.end_object().take().c_str());
  }

  struct Totals {
    std::size_t expected = 0, taken = 0;
    double seconds = 0;
    std::vector<std::int64_t> times;
  };

  Arguments arguments_;
  People people_;
  Visit::What what_;
  std::size_t each_, at_once_;
  Watch watch_;
  Ends ends_;
  Totals total_;
  std::vector<std::int64_t> times_;  // of the last visit()
  std::size_t taken_ = 0, errors_ = 0, doubled_ = 0;
  double seconds_ = 0;
};

}  // namespace

int run_visits(const Arguments& arguments) { return Visits(arguments).run(); }

}  // namespace ferry::bench
