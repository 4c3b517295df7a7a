// ferryctl broker check: does the broker keep people apart? A SUBACK grants everything and proves nothing (Mosquitto),
// so each trial is judged by what was delivered: to the gateway, to the victim, to the attacker.
//
// Harmless to a gateway that runs: canaries are empty payloads on topics of names that nothing uses, which it ignores;
// on gw/mark one that is not retained, which it ignores; on gw/status the status itself, known by the white space after
// it.
#include <memory>
#include <random>

#include "gateway/brain/brain.h"
#include "gateway/links/broker_advice.h"
#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"
#include "tools/ferryctl/probe.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

struct Account {
  Login login;
  std::string base;  // {root}/u/{uid}
};

struct Verdict {
  std::string tried, expected, seen;
  bool good;
};

// Nobody else may guess it, and no two runs share it.
std::string random_name() {
  std::random_device device;
  std::string out = "probe-";
  for (int i = 0; i < 12; ++i) out += "abcdefghijklmnopqrstuvwxyz234567"[device() % 32];
  return out;
}

// The same in white space.
std::string random_blanks() {
  std::random_device device;
  std::string out = "\n";
  for (int i = 0; i < 60; ++i) out += (device() & 1) != 0 ? ' ' : '\t';
  return out;
}

class BrokerCheck {
 public:
  BrokerCheck(const Options& options, Account a, Account b, Login gateway)
      : root_(options.broker.root),
        a_(std::move(a)),
        b_(std::move(b)),
        gateway_login_(std::move(gateway)),
        name_(random_name()) {
    trial_.host = options.broker.host;
    trial_.port = options.broker.port;
    trial_.cafile = options.broker.cafile;
    constexpr int mqtt5 = 5;
    trial_.mqtt5 = options.broker.protocol == mqtt5;
  }

  // Empty: all was tried. Otherwise why nothing could be.
  std::string run() {
    if (std::string wrong = start(); !wrong.empty()) return wrong;
    anonymous();
    controls();
    publishes();
    subscriptions();
    trial_.run_until([] { return false; }, grace);
    judge();
    clean_up();
    return {};
  }

  const std::vector<Verdict>& verdicts() const { return verdicts_; }

 private:
  static constexpr int grace =
      300;  // ms; in a cluster of brokers a late delivery may overtake what proves that it is late

  struct Attempt {
    std::string tried, topic, part;  // of the payload
    std::optional<int> puback;
    bool fenced;
  };
  struct Listener {
    std::string filter;
    std::unique_ptr<Probe> probe;
    Probe::Subscribed subscribed;
    bool fenced, victim_got_it;
  };

  std::string next() { return name_ + "-" + std::to_string(++count_); }
  std::unique_ptr<Probe> make(const Login& login) {
    // People's client ids are bound to them, by ferry_auth.so at least; the others' must not look like a person's.
    const bool person = !login.username.empty() && login.username != gateway_login_.username;
    return std::make_unique<Probe>(trial_, (person ? login.username + ":" : "") + "ferryctl-" + next(), login);
  }
  void add(std::string tried, std::string expected, std::string seen, bool good) {
    verdicts_.push_back({std::move(tried), std::move(expected), std::move(seen), good});
  }

  static std::string refusal(const std::string& who, int reason, const Probe& probe, const std::string& person = {}) {
    if (reason < 0) return "no connection to the broker as " + who + ": " + probe.lost_reason();
    const std::string advice =
        person.empty()
            ? broker_advice(reason)
            : "--probe " + person +
                  ":PASSWORD-FILE needs a user of the broker, and the password in the file; its client id is " +
                  person + ":ferryctl-..., which the broker must let it have; the broker's log says which it was";
    return "the broker refuses " + who + ": " + broker_refusal(reason) + (advice.empty() ? "" : "; " + advice);
  }

  std::string start() {
    constexpr int unsupported_protocol = 0x84;
    g_ = make(gateway_login_);
    int reason = g_->connect();
    if (reason == unsupported_protocol && trial_.mqtt5) {
      trial_.mqtt5 = false;
      reason = g_->connect();
    }
    if (reason != 0) return refusal("the gateway (" + gateway_login_.username + ")", reason, *g_);
    pa_ = make(a_.login);
    pb_ = make(b_.login);
    if (reason = pa_->connect(); reason != 0)
      return refusal("the first probe (" + a_.login.username + ")", reason, *pa_, a_.login.username);
    if (reason = pb_->connect(); reason != 0)
      return refusal("the second probe (" + b_.login.username + ")", reason, *pb_, b_.login.username);
    for (const std::string& filter :
         {root_ + "/gw/#", a_.base + "/in/#", b_.base + "/in/#", a_.base + "/out/#", b_.base + "/out/#"})
      if (g_->subscribe(filter) == Probe::Subscribed::lost)
        return "the broker closed the gateway's connection: " + g_->lost_reason();
    pa_->subscribe(a_.base + "/in/#");
    pb_->subscribe(b_.base + "/in/#");
    if (!fence())
      return "what the gateway publishes does not come: does the broker's ACL grant it readwrite " + root_ +
             "/#, and does each "
             "probe's name stand in its topic (ferryctl acl)?";
    for (const InPublish& p : g_->received())
      if (p.topic == status_topic() && p.retain) status_ = p.payload;
    return {};
  }

  std::string status_topic() const { return root_ + "/gw/status"; }

  // What the gateway publishes now comes to everyone after all that the broker took before.
  bool fence(Probe* listener = nullptr) {
    const std::string leaf = next();
    g_->publish(root_ + "/gw/" + leaf);
    g_->publish(a_.base + "/in/" + leaf);
    g_->publish(b_.base + "/in/" + leaf);
    Probe* a = listener ? listener : pa_.get();
    return trial_.run_until([&] {
      return (g_->got(root_ + "/gw/" + leaf) && pb_->got(b_.base + "/in/" + leaf) && a->got(a_.base + "/in/" + leaf)) ||
             !a->connected() || !g_->connected();
    }) && g_->connected() &&
           (a->connected() || !listener);
  }

  void anonymous() {
    const auto probe = make({});
    const int reason = probe->connect();
    const std::string seen = reason == 0  ? "let in"
                             : reason > 0 ? "refused: " + broker_refusal(reason)
                                          : "closed: " + probe->lost_reason();
    add("somebody without a name connects", "refused", seen, reason != 0);
  }

  void controls() {
    control("A publishes to its own out/", *pa_, a_.base + "/out/" + next(), *g_, "reaches the gateway");
    control("B publishes to its own out/", *pb_, b_.base + "/out/" + next(), *g_, "reaches the gateway");
    control("the gateway publishes to A's in/", *g_, a_.base + "/in/" + next(), *pa_, "reaches A");
    control("the gateway publishes to B's in/", *g_, b_.base + "/in/" + next(), *pb_, "reaches B");
  }

  void control(const std::string& tried, Probe& from, const std::string& topic, const Probe& to,
               const std::string& expected) {
    from.publish(topic);
    const bool came = trial_.run_until([&] { return to.got(topic); }, Probe::patience);
    add(tried, expected, came ? expected : "did not come within 5 s", came);
  }

  void publishes() {
    const std::string mark = next();
    attempt("A publishes to B's out/", b_.base + "/out/" + next());
    attempt("A publishes to B's in/", b_.base + "/in/" + next());
    attempt("A publishes to B's in/res/", b_.base + "/in/res/" + next());
    attempt("A publishes to its own in/", a_.base + "/in/" + next());
    // The status as it is but for the white space, so that nobody who reads it meanwhile is misled.
    const std::string now = status_.empty() ? gateway_status_payload(false, FERRY_VERSION, 0) : status_;
    attempt("A publishes to gw/status, retained", status_topic(), blanks_, now + blanks_, true);
    attempt("A publishes to gw/mark", root_ + "/gw/mark", mark, mark);
    attempt("A publishes to $SYS", "$SYS/broker/" + next());
    attempt("A publishes to $CONTROL", "$CONTROL/" + next());
  }

  void attempt(const std::string& tried, const std::string& topic, const std::string& part = {},
               const std::string& payload = {}, bool retain = false) {
    if (!pa_->connected() && pa_->connect() == 0)
      pa_->subscribe(a_.base + "/in/#");  // some brokers close where others refuse
    if (topic.front() == '$')
      for (Probe* p : {g_.get(), pa_.get(), pb_.get()}) p->subscribe(topic);
    const auto puback = pa_->publish(topic, payload, retain);
    attempts_.push_back({tried, topic, part, puback, fence()});
  }

  void subscriptions() {
    for (const std::string& filter :
         {b_.base + "/in/#", b_.base + "/out/#", std::string("#"), std::string("+/#"), root_ + "/#",
          "$share/" + name_ + "/" + b_.base + "/in/#", std::string("$SYS/#")}) {
      Listener l{filter, make(a_.login), Probe::Subscribed::lost, false, false};
      if (l.probe->connect() == 0) {
        l.probe->subscribe(a_.base + "/in/#");
        l.subscribed = l.probe->subscribe(filter);
      }
      const std::string canary = b_.base + "/in/" + next();
      g_->publish(canary);
      pb_->publish(b_.base + "/out/" + next());
      l.fenced = l.probe->connected() && fence(l.probe.get());
      l.victim_got_it = pb_->got(canary);
      listeners_.push_back(std::move(l));
    }
  }

  void judge() {
    for (const Attempt& a : attempts_) judge(a);
    for (const Listener& l : listeners_) judge(l);
  }

  void judge(const Attempt& a) {
    std::string who;
    for (const auto& [probe, name] : {std::pair{g_.get(), "the gateway"}, {pb_.get(), "B"}, {pa_.get(), "A"}})
      if (probe->got(a.topic, a.part)) who += (who.empty() ? "reached " : " and ") + std::string(name);
    const bool says_no = !a.puback || *a.puback >= 0x80;
    // Where nobody may listen, the broker's word is all there is; 3.1.1 has no word for it.
    const bool hidden = a.topic.front() == '$' && trial_.mqtt5 && !says_no;
    std::string seen = !who.empty() ? who
                       : !a.fenced  ? "undecided: what was published after it did not come"
                                    : "reached nobody";
    if (who.empty() && a.fenced)
      seen += !a.puback ? ", connection closed" : says_no ? ", refused" : hidden ? ", but taken by the broker" : "";
    add(a.tried, "reaches nobody", seen, who.empty() && a.fenced && !hidden);
  }

  void judge(const Listener& l) {
    const std::string own = a_.base + "/in/", other = b_.base + "/", below = root_ + "/";
    std::string leak;
    std::size_t leaks = 0;
    for (const InPublish& p : l.probe->received()) {
      if (p.topic.starts_with(own) || p.topic == status_topic()) continue;
      if (!p.topic.starts_with(other) && !p.topic.starts_with(below) && !p.topic.starts_with("$"))
        continue;  // not Ferry's
      if (leaks++ == 0 || p.topic.starts_with(other)) leak = p.topic;
    }
    const std::string tried = "A subscribes to " + l.filter;
    if (leaks > 0)
      return add(tried, "gets nothing",
                 "got " + leak + (leaks > 1 ? " and " + std::to_string(leaks - 1) + " more" : ""), false);
    const bool closed = !l.probe->connected();
    if (!closed && !l.fenced)
      return add(tried, "gets nothing", "undecided: what was published after it did not come", false);
    if (!l.victim_got_it) return add(tried, "gets nothing", "undecided: B did not get it either", false);
    add(tried, "gets nothing",
        closed                                       ? "connection closed"
        : l.subscribed == Probe::Subscribed::refused ? "refused, got nothing"
                                                     : "got nothing",
        true);
  }

  // The retained status, if A's canary stands there now. A gateway that published its own since is left alone.
  void clean_up() {
    std::string last;
    for (const InPublish& p : g_->received())
      if (p.topic == status_topic()) last = p.payload;
    if (last.ends_with(blanks_)) g_->publish(status_topic(), status_, true);
  }

  std::string root_;
  Account a_, b_;
  Login gateway_login_;
  std::string name_, blanks_ = random_blanks();
  Probe::Trial trial_;
  int count_ = 0;
  std::string status_;  // retained on gw/status before; empty: nothing
  std::unique_ptr<Probe> g_, pa_, pb_;
  std::vector<Attempt> attempts_;
  std::vector<Listener> listeners_;
  std::vector<Verdict> verdicts_;
};

// "UID:PASSWORD-FILE", and the subtree that the mapping table gives the UID. Returns what is wrong.
std::string read_account(CtlCall& call, const std::string& text, Account& out) {
  const std::size_t colon =
      text.find(':', text.rfind(']') == std::string::npos ? 0 : text.rfind(']'));  // an IPv6 domain
  if (colon == std::string::npos || colon == 0) return "--probe: expected UID:PASSWORD-FILE, not " + text;
  out.login.username = text.substr(0, colon);
  if (out.login.username == call.options.broker.username)
    return "--probe: " + out.login.username + " is the gateway itself";
  auto password = read_secret(text.substr(colon + 1));
  if (!password) return "--probe: " + password.error().text;
  out.login.password = *std::move(password);
  auto jid = from_uid(out.login.username);
  if (!jid) jid = from_uid(out.login.username + "@" + call.options.component.domain);  // rows with {localpart}
  if (!jid) return "--probe: " + out.login.username + " is no uid: " + jid.error().text;
  const auto answer = call.gateway.ask(command_json("map.explain", {{"text", jid->str()}}));
  if (!answer) return answer.error();
  if ((*answer)["kind"].string() != "user")
    return "--probe: no user row of the mapping table covers " + jid->str() + "; ferryctl map list shows them";
  out.base = std::string((*answer)["topic"].string().value_or(""));
  return {};
}

}  // namespace

int broker_check(CtlCall& call) {
  if (call.line.probes.size() != 2)
    return complain(
               "broker check needs two accounts of the broker, whose passwords are in files of mode 0600: --probe "
               "UID:PASSWORD-FILE twice"),
           exit_usage;
  Account a, b;
  for (auto [text, account] : {std::pair{&call.line.probes[0], &a}, {&call.line.probes[1], &b}})
    if (const std::string wrong = read_account(call, *text, *account); !wrong.empty())
      return complain(wrong), exit_usage;
  if (a.base == b.base) return complain("--probe: two different accounts are needed"), exit_usage;
  Login gateway{call.options.broker.username, {}};
  if (!call.options.broker.password_file.empty()) {
    auto password = read_secret(call.options.broker.password_file);
    if (!password) return complain(password.error().text), exit_usage;
    gateway.password = *std::move(password);
  }
  BrokerCheck check(call.options, a, b, gateway);
  if (const std::string wrong = check.run(); !wrong.empty()) return complain(wrong), exit_refused;

  int failed = 0;
  Columns table({"TRIED", "EXPECTED", "SEEN", ""});
  JsonWriter json;
  json.begin_object().key("trials").begin_array();
  for (const Verdict& v : check.verdicts()) {
    if (!v.good) ++failed;
    table.add({v.tried, v.expected, v.seen, v.good ? "OK" : "FAILED"});
    json.begin_object()
        .field("tried", v.tried)
        .field("expected", v.expected)
        .field("seen", v.seen)
        .field("ok", v.good)
        .end_object();
  }
  json.end_array().field("ok", failed == 0);
  if (call.line.json) {
    std::fputs((json.end_object().take() + "\n").c_str(), stdout);
    return failed == 0 ? exit_done : exit_refused;
  }
  say("A is " + a.login.username + ", B is " + b.login.username + ".\n");
  table.print();
  if (failed == 0) return say("\nThe broker keeps people apart."), exit_done;
  say("\n" + counted(failed, "trial", "trials") +
      " FAILED: people can read or write what is not theirs.\n"
      "Put the output of ferryctl acl into the broker's acl_file, set allow_anonymous false, reload it, and check "
      "again.");
  return exit_refused;
}

}  // namespace ferry
