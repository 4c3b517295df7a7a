#include "gateway/brain/brain.h"

#include "gateway/brain/people.h"
#include "gateway/brain/router.h"
#include "translators/payloads.h"

namespace ferry {

struct Brain::Impl : Router {
  using Router::Router;
};

Brain::Brain(const Options& options, MappingTable& table, Records& records, std::array<std::uint64_t, 2> seed,
             std::string version)
    : impl_(std::make_unique<Impl>(options, table, records, seed, std::move(version))) {}
Brain::~Brain() = default;

void Brain::start(Instant now) {
  World& w = impl_->world;
  w.now = w.started = now;
  read_people(w, true);
  w.read_uncleared();
  impl_->sentinel.start();
  impl_->feeds.start();
  impl_->delivery.start();
  impl_->accounts.start();
  impl_->residents.start();
  impl_->requests.start();
}

void Brain::on_component_up(Instant now) {
  World& w = impl_->world;
  w.now = now;
  w.xmpp_up = true;
  impl_->privilege.component_up();
  impl_->residents.component_up();  // before what waits goes out
  impl_->delivery.component_up();
  for (const auto& [key, user] : w.users_by_key)
    if (!user->account) impl_->roster.assert_pending(*user);
  impl_->presences.component_up();
  impl_->feeds.component_up();
  if (w.mqtt_up) impl_->queue_show(false);
}

void Brain::on_component_down(Instant now) {
  World& w = impl_->world;
  w.now = now;
  if (!w.xmpp_up) return;
  w.xmpp_up = false;
  impl_->privilege.component_down();
  impl_->requests.component_down();
  impl_->residents.component_down();
  impl_->delivery.component_down();
  impl_->presences.component_down();
  if (w.mqtt_up) impl_->queue_show(false);
}

void Brain::on_stanza(Element stanza, Instant now) {
  impl_->world.now = now;
  impl_->from_server(std::move(stanza));
  impl_->drain_loopback();
}

void Brain::on_refused(Refused refused, Instant now) {
  impl_->world.now = now;
  const bool over = refused.error.condition == Condition::policy_violation;
  impl_->world.count(over ? "stanzas_over_limit" : "stanzas_malformed");
  impl_->world.log_refused(over ? "over-limit" : condition_name(refused.error.condition),
                           refused.stanza.attr_or("from"), refused.stanza.attr_or("to"), refused.stanza.attr_or("id"));
  impl_->world.answer(refused.stanza, refused.error);
}

void Brain::on_broker_up(const BrokerUp& up, Instant now) {
  World& w = impl_->world;
  w.now = now;
  w.mqtt_up = true;
  w.mqtt5 = up.mqtt5;
  for (Subscribe& s : own_subscriptions(w.options)) w.effects.subscribes.push_back(std::move(s));
  impl_->subscribed.clear();
  impl_->subscribe_feeds();
  Publish status;
  status.topic = gateway_status_topic(w.options);
  status.payload = gateway_status_payload(true, w.version, now);
  status.retain = true;
  w.publish(std::move(status));
  w.clear_kept();  // before anything is shown anew
  impl_->sentinel.broker_up(up.session_present);
  impl_->presences.broker_up();
  impl_->delivery.broker_up(up.session_present);
  impl_->requests.broker_up();
  impl_->waiting_notes.broker_up();
  impl_->feeds.broker_up();
  impl_->queue_show(true);
}

void Brain::on_broker_down(Instant now) {
  World& w = impl_->world;
  w.now = now;
  if (!w.mqtt_up) return;
  w.mqtt_up = false;
  impl_->sentinel.broker_down();
  impl_->delivery.to_mqtt.broker_down();
  impl_->presences.broker_down();
  impl_->feeds.broker_down();
}

void Brain::on_publish(const InPublish& publish, Instant now) {
  impl_->world.now = now;
  impl_->publish(publish);
  impl_->drain_loopback();
}

void Brain::on_published(std::int64_t token, int reason, Instant now) {
  impl_->world.now = now;
  if (token == Sentinel::mark_token)
    impl_->sentinel.on_marked(reason);
  else if (token < 0)
    impl_->feeds.on_published(token, reason);
  else if (token >= Requests::first_token)
    impl_->requests.on_published(token);
  else
    impl_->delivery.to_mqtt.on_published(token, reason);
}

void Brain::on_session_up(const SessionUp& up, Instant now) {
  impl_->world.now = now;
  impl_->accounts.session_up(up);
}
void Brain::on_session_caught_up(const Jid& bare, std::string_view archive_id, bool complete, Instant now) {
  impl_->world.now = now;
  impl_->accounts.session_caught_up(bare, archive_id, complete);
}
void Brain::on_session_down(const SessionDown& down, Instant now) {
  impl_->world.now = now;
  impl_->accounts.session_down(down);
}
void Brain::on_session_stanza(SessionStanza stanza, Instant now) {
  impl_->world.now = now;
  impl_->accounts.session_stanza(std::move(stanza));
  impl_->drain_loopback();
}
void Brain::on_session_waiting(const Jid& bare, const Jid& from, bool group, Instant now) {
  impl_->world.now = now;
  impl_->accounts.session_waiting(bare, from, group);
}
void Brain::on_session_sent(const Jid& bare, std::int64_t token, Instant now) {
  impl_->world.now = now;
  impl_->accounts.session_sent(bare, token);
}

void Brain::on_waiting(const Waiting& w) { impl_->world.on_waiting({w.publishes, w.publish_bytes, w.stanza_bytes}); }

void Brain::on_time(Instant now) {
  World& w = impl_->world;
  w.now = now;
  impl_->delivery.on_time();
  impl_->presences.on_time();
  impl_->requests.on_time();
  impl_->privilege.on_time();
  impl_->accounts.on_time();
  impl_->rooms.on_time();
  impl_->residents.on_time();
  if (const auto finding = impl_->sentinel.on_time()) {
    using Finding = Sentinel::Finding;
    using Broker = Presences::Broker;
    impl_->presences.broker_found(*finding == Finding::restarted ? Broker::restarted
                                  : *finding == Finding::forgot  ? Broker::doubtful
                                                                 : Broker::same);
    if (*finding != Finding::nothing) {
      impl_->delivery.to_mqtt.broker_up();
      impl_->queue_show(true);
    }
  }
  w.log_left_out();
  impl_->drain_loopback();
}

std::optional<Instant> Brain::next_deadline() const {
  std::optional<Instant> next;
  for (const auto t :
       {impl_->delivery.next_deadline(), impl_->presences.next_deadline(), impl_->requests.next_deadline(),
        impl_->privilege.next_deadline(), impl_->accounts.next_deadline(), impl_->rooms.next_deadline(),
        impl_->residents.next_deadline(), impl_->waiting_notes.next_deadline(), impl_->sentinel.next_deadline(),
        impl_->world.log_limit.next_deadline()})
    if (t && (!next || *t < *next)) next = t;
  if (impl_->something_to_tell()) next = impl_->world.now;
  return next;
}

void Brain::end_of_batch(Instant now) {
  impl_->world.now = now;
  impl_->presences.work();
  impl_->residents.work();
  impl_->accounts.end_of_batch();
  impl_->show_some();
  impl_->waiting_notes.work();
  impl_->drain_loopback();
  impl_->delivery.end_of_batch();
  impl_->world.keep_uncleared();
}

void Brain::shut_down(Instant now) {
  World& w = impl_->world;
  w.now = now;
  w.stopping = true;
  impl_->requests.end();
  impl_->presences.sweep();
  impl_->feeds.sweep();
  impl_->residents.sweep();
  impl_->drain_loopback();
  Publish status;
  status.topic = gateway_status_topic(w.options);
  status.payload = gateway_status_payload(false, w.version, now);
  status.retain = true;
  w.publish(std::move(status));
  w.log(LogLine::Level::info, "event=gateway.stopping");
}

Effects Brain::take_effects() { return std::exchange(impl_->world.effects, {}); }

std::string Brain::on_command(JsonView command, Instant now) {
  impl_->world.now = now;
  std::string answer = impl_->admin.on_command(command);
  impl_->drain_loopback();
  return answer;
}

void Brain::on_table_changed(Instant now) {
  impl_->world.now = now;
  impl_->admin.table_changed();
}

std::vector<std::pair<std::string, std::uint64_t>> Brain::counters() const {
  return {impl_->world.counters.begin(), impl_->world.counters.end()};
}

const Latencies& Brain::latencies() const { return impl_->world.latencies; }

Gauges Brain::gauges() const { return impl_->gauges(); }

std::size_t Brain::sessions_wanted() const { return impl_->accounts.wanted(); }

std::string gateway_status_topic(const Options& options) { return options.broker.root + "/gw/status"; }

std::string gateway_status_payload(bool online, std::string_view version, Instant since) {
  return gateway_status_json(online, version, since);
}

std::vector<Subscribe> own_subscriptions(const Options& options) {
  // The mark must come round, so our own publishes are wanted (MQTT 5: no_local is not set).
  return {{options.broker.root + "/gw/mark", false, false}, {"$SYS/broker/uptime", false, false}};
}

}  // namespace ferry
