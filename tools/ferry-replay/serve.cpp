#include "tools/ferry-replay/serve.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "translators/values/json.h"
#include "translators/values/stanza.h"

namespace ferry::replay {
namespace {

// What users read, where the table says what they write; and what the gateway says about itself.
std::vector<std::string> read_filters(const MappingTable& table) {
  constexpr std::string_view written = "out/#";
  std::vector<std::string> out = table.feed_filters();
  for (const char* own : {"/gw/status", "/gw/mark"}) out.push_back(table.root() + own);
  for (const std::string& filter : table.user_filters())
    if (filter.ends_with(written)) out.push_back(filter.substr(0, filter.size() - written.size()) + "in/#");
  return out;
}

}  // namespace

Serve::Serve(ServeSettings settings, Setup& setup, std::unique_ptr<TlsServer> tls)
    : settings_(std::move(settings)),
      setup_(setup),
      options_(VirtualGateway::adapted(setup.options)),
      player_(setup.play, options_, setup.table),
      server_(poller_,
              {settings_.host, settings_.port, options_.component.domain, settings_.component_secret,
               options_.limits.message_bytes},
              {[this] { ++ups_, ++happened_; }, [this](const std::string& why) { refused_ = why; },
               [this](Element stanza) { on_stanza(std::move(stanza)); },
               [this](std::uint64_t event) { matching_.sent(event, steady_now_us()); }}) {
  if (tls) open_door(std::move(tls));
}

Instant Serve::wall_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

bool Serve::wait_for(const std::function<bool()>& condition) {
  std::uint64_t seen = happened_;
  Steady until = steady_now() + settings_.patience;
  while (!condition()) {
    if (broker_ && !broker_->wrong().empty()) return false;
    turn(std::clamp<Duration>(until - steady_now(), 0, rest_));
    if (happened_ != seen) {
      seen = happened_;
      until = steady_now() + settings_.patience;
    } else if (steady_now() >= until) {
      return false;
    }
  }
  return true;
}

void Serve::turn(Duration longest) {
  server_.flush();
  if (broker_) broker_->flush();
  poller_.wait(longest);
  if (broker_) broker_->on_time(steady_now());
  if (door_) door_->on_time(steady_now());
}

std::string Serve::run() {
  for (std::string (Serve::*step)() :
       {&Serve::look_through, &Serve::connect, &Serve::await_settled, &Serve::await_sessions, &Serve::introduce,
        &Serve::await_presence, &Serve::play, &Serve::end}) {
    const std::string wrong = (this->*step)();
    if (broker_ && !broker_->wrong().empty()) return broker_->wrong();
    if (!wrong.empty()) return wrong;
  }
  return {};
}

// Who is in it? They must be known to the gateway before anything is played.
std::string Serve::look_through() {
  CaptureReader reader(settings_.capture);
  if (!reader.wrong().empty()) return reader.wrong();
  Player player(setup_.play, options_, setup_.table);
  Progress progress("looking through the capture");
  std::vector<Played> events;
  CapturedAccounts captured;
  while (player.next(reader, events)) {
    progress.show(reader.bytes_read(), reader.bytes_total());
    captured.note(events);
    for (const Played& event : events)
      for (const Jid& person : event.people)
        if (const auto match = setup_.table.by_jid(person)) introductions_.add(person.str(), *match);
    if (introductions_.size() + captured.size() > VirtualGateway::most_people) return "more than a million people";
  }
  auto accounts = captured.take(player, setup_.table);
  if (!accounts) return accounts.error();
  for (const CapturedAccount& account : *accounts) {
    rosters_.emplace(account.jid.str(), account.roster);
    introductions_.add(account.jid.str(), *setup_.table.by_jid(account.jid));
  }
  if (!settings_.expect.empty()) {
    expected_file_.open(settings_.expect, std::ios::binary);
    if (!expected_file_) return settings_.expect + " cannot be read";
  } else {
    gateway_ = std::make_unique<VirtualGateway>(
        options_, setup_.table, setup_.seed,
        [this](Departure d) {
          const bool timer = d.timer;
          expect(timer ? Matching::no_cause : next_event_, std::move(d));
        },
        *std::move(accounts));
  }
  return {};
}

std::string Serve::connect() {
  const Options::Broker& b = options_.broker;
  constexpr int mqtt5 = 5;
  broker_ = std::make_unique<BrokerListener>(
      poller_,
      BrokerListener::Settings{b.host, b.port, settings_.broker_username, settings_.broker_password, b.cafile, b.root,
                               b.protocol == mqtt5, read_filters(setup_.table)},
      [this](const InPublish& publish) { on_publish(publish); });
  broker_->connect();
  if (!wait_for([this] { return broker_->ready(); })) return "the broker does not answer";
  if (const std::string wrong = server_.listen(); !wrong.empty())
    return "--listen " + settings_.host + ":" + std::to_string(settings_.port) + ": " + wrong;
  if (const std::string wrong = listen_for_sessions(); !wrong.empty()) return wrong;
  std::fprintf(stderr, "listening on %s:%u for the component %s\n", settings_.host.c_str(), settings_.port,
               options_.component.domain.c_str());
  std::fflush(stderr);
  if (!wait_for([this] { return server_.up(); }))
    return "no gateway connected" + (refused_.empty() ? "" : " (" + refused_ + ")") +
           "; is ferryd's [component] host and port this program's --listen?";
  return {};
}

// About two seconds after it reached the broker, a gateway decides whether the broker forgot anything, and may then say
// again what it has shown: that must not fall into the replay. Its mark says that it has decided.
std::string Serve::await_settled() {
  constexpr Duration long_ago = 5 * second;
  if (wait_for([&] { return online_ && (marked_ || wall_now() - online_since_ > long_ago); })) return {};
  return "the gateway is not at the broker: " + options_.broker.root + "/gw/status does not say online";
}

void Serve::on_own_topic(const InPublish& publish) {
  if (publish.topic.ends_with("/gw/mark")) {
    marked_ = marked_ || !publish.retain;
    return;
  }
  const auto status = JsonDocument::parse(publish.payload);
  if (!status || !publish.topic.ends_with("/gw/status")) return;
  online_ = status->root()["state"].string() == "online";
  online_since_ = parse_instant(status->root()["since"].string().value_or("")).value_or(0);
  if (!publish.retain) marked_ = false;
}

std::string Serve::introduce() {
  const auto publish = [this](const Publish& p) { broker_->publish(p); };
  Progress progress("introducing");
  const bool done = wait_for([&] {
    introductions_.step(steady_now(), publish);
    progress.show(introductions_.size() - introductions_.open(), introductions_.size());
    return introductions_.over();
  });
  if (done) return {};
  return "the gateway does not answer for " + std::to_string(introductions_.open()) + " of " +
         std::to_string(introductions_.size()) + " people, " + introductions_.first_open() +
         " for one: may the broker account " + settings_.broker_username +
         " write their out/# and read their in/#, and is [users] autocreate on?" +
         (door_ ? " Accounts of " + options_.component.server + " must be in state dual or moved." : "");
}

std::string Serve::play() {
  reader_ = std::make_unique<CaptureReader>(settings_.capture);
  if (!reader_->wrong().empty()) return reader_->wrong();
  Progress progress("playing");
  playing_ = true;
  begun_us_ = last_us_ = steady_now_us();
  constexpr Duration rest = 50;
  const bool done = wait_for([&] {
    progress.show(reader_->bytes_read(), reader_->bytes_total());
    rest_ = rest;
    if (send_some()) {
      rest_ = 0;
      ++happened_;
    }
    return !more_ && waiting_bytes() == 0;
  });
  rest_ = rest;
  if (!expected_wrong_.empty()) return expected_wrong_;
  if (!done && more_ && matching_.outstanding() < settings_.window) return "the gateway takes nothing any more";
  if (gateway_) gateway_->finish();
  if (!gateway_) {
    Played all;
    all.line = UINT64_MAX;
    expect_from_file(all);
  }
  wait_for([this] { return matching_.open() == 0; });
  return {};
}

// As much as is due and as the socket takes. false: nothing was.
bool Serve::send_some() {
  for (std::size_t n = 0; n < events_per_turn; ++n)
    if (!send_next()) return n > 0;
  return true;
}

bool Serve::send_next() {
  while (in_batch_ == batch_.size()) {
    if (!more_) return false;
    in_batch_ = 0;
    more_ = player_.next(*reader_, batch_);
  }
  if (waiting_bytes() >= most_waiting_bytes || matching_.outstanding() >= settings_.window) return false;
  const Played& event = batch_[in_batch_];
  if (first_steady_ == 0) {
    first_steady_ = steady_now();
    first_at_ = event.at;
    matching_.began(event.at - VirtualGateway::settling, wall_now() - second);
  }
  const auto after = static_cast<Duration>(static_cast<double>(event.at - first_at_) / settings_.speed);
  if (const Duration early = after - (steady_now() - first_steady_); !settings_.fast && early > 0) {
    ++happened_;  // waiting for its time is no silence
    rest_ = std::min(rest_, early);
    return false;
  }
  ++in_batch_;
  const auto* stanza = std::get_if<Element>(&event.what);
  if (!stanza) {
    ++left_out_;
    return true;
  }
  if (gateway_)
    gateway_->play(event);
  else
    expect_from_file(event);
  if (event.session && door_) {
    door_->send(event.session->str(), to_xml(*stanza, ns::client), next_event_++);
    door_->flush(event.session->str());
  } else {
    server_.send(to_xml(*stanza, ns::client), next_event_++);
    server_.flush();
  }
  return true;
}

void Serve::expect(std::uint64_t event, Departure departure) { matching_.expect(event, std::move(departure)); }

bool Serve::peek_expected() {
  std::string line;
  while (!expected_ && std::getline(expected_file_, line)) {
    if (line.empty()) continue;
    expected_ = from_line(line);
    if (!expected_ && expected_wrong_.empty())
      expected_wrong_ = settings_.expect + ": this is no output of ferry-replay run: " + line.substr(0, 80);
  }
  return expected_.has_value();
}

void Serve::expect_from_file(const Played& event) {
  while (peek_expected() && expected_->line <= event.line) {
    const bool caused = expected_->line == event.line && expected_->copy == event.copy && !expected_->timer;
    if (expected_->line == event.line && !caused) return;  // a later copy's, or time's
    expect(caused ? next_event_ : Matching::no_cause, *std::exchange(expected_, std::nullopt));
  }
}

void Serve::on_stanza(Element stanza) {
  ++happened_;
  if (auto reply = server_answer(stanza)) server_.send(to_xml(*reply, ns::client));
  if (stanza.name == "iq" && stanza.attr_or("id") == end_id) pong_ = true;
  const std::string text = to_xml(stanza, ns::client);
  if (!playing_ || is_barrier(text) || stanza.attr_or("id") == end_id) return;
  last_us_ = steady_now_us();
  matching_.arrived(channel_of_stanza(text), text, last_us_, wall_now());
}

void Serve::on_publish(const InPublish& publish) {
  ++happened_;
  if (is_own_topic(publish.topic, options_.broker.root)) return on_own_topic(publish);
  if (introductions_.answered(publish.topic) || !playing_ || publish.retain) return;
  last_us_ = steady_now_us();
  matching_.arrived(publish.topic, payload_text(publish.payload, publish.cbor), last_us_, wall_now());
}

// The gateway has seen everything: its answer to a ping proves it. Then the pretended devices go.
std::string Serve::end() {
  const std::int64_t played = last_us_;
  Element ping("iq");
  ping.set("type", "get").set("id", end_id).set("from", options_.component.server).set("to", options_.component.domain);
  ping.add(Element("ping", "urn:xmpp:ping"));
  server_.send(to_xml(ping, ns::client));
  wait_for([this] { return pong_ || !server_.up(); });
  end_sessions();
  playing_ = false;
  introductions_.take_back([this](const Publish& p) { broker_->publish(p); });
  wait_for([this] { return broker_->unacknowledged() == 0; });
  server_.close();
  if (door_) door_->close();
  last_us_ = played;
  return {};
}

}  // namespace ferry::replay
