// The router: which part of the brain an event is for.
#include "gateway/brain/brain.h"

#include "gateway/brain/admin.h"
#include "gateway/brain/delivery.h"
#include "gateway/brain/feeds.h"
#include "gateway/brain/presences.h"
#include "gateway/brain/requests.h"
#include "gateway/brain/roster.h"
#include "gateway/brain/sentinel.h"
#include "gateway/brain/services.h"
#include "translators/payloads.h"
#include "translators/values/cbor.h"
#include "translators/values/topic.h"
#include "translators/values/uid.h"

namespace ferry {

struct Brain::Impl {
  Impl(const Options& options, MappingTable& table, Records& records, const std::array<std::uint64_t, 2>& seed, std::string version)
      : world(options, table, records, seed, std::move(version)), roster(world), presences(world), delivery(world),
        feeds(world, [this](UserKey user, Element e) { delivery.send_durably(user, std::move(e)); }),
        requests(world, roster, presences, feeds), services(world), sentinel(world), admin(world) {
    world.hooks.send_durably = [this](User&, Element e) { delivery.send_durably(0, std::move(e)); };   // outlives the user
    world.hooks.announce_to = [this](User& user, const Jid& to) { presences.announce_to(user, to); };
    world.hooks.withdraw_from = [this](User& user, const Jid& to) { presences.withdraw_from(user, to); };
    world.hooks.show_presence = [this](User& user, Contact& contact) { presences.show(user, contact); };
    world.hooks.forget_presence = [this](User& user, Contact& contact) { presences.forget(user, contact); };
    world.hooks.replay = [this](User& user, Replay what, std::string_view since) { delivery.to_mqtt.replay(user, what, since); };
    admin.on_table_change = [this] { subscribe_feeds(); };
    admin.on_add = [this](User& user) { greet(user); };
    admin.on_move = [this](User& user) { move(user); };
    admin.on_forget = [this](User& user) { forget(user); };
  }

  // ---- from XMPP -------------------------------------------------------------------------------------------------
  void stanza(Element element) {
    world.count("stanzas_in");
    auto parsed = Stanza::from_xml(std::move(element));
    if (!parsed) {
      world.count("stanzas_malformed");
      world.answer(element, parsed.error());
      return;
    }
    const Stanza& s = *parsed;
    if (!s.to || !world.hosted(*s.to)) {   // another component's (ejabberd's global_routes): not ours to answer
      world.count("stanzas_misrouted");
      world.log(LogLine::Level::warning, "event=stanza.misrouted to=" + std::string(s.to ? s.to->domainpart() : "none") +
                                             " advice=\"ejabberd: set global_routes: false on the component listener\"");
      return;
    }
    if (!s.from) return;
    if (s.to->is_domain() || !s.to->has_local()) return to_domain(s);
    if (User* user = world.user(s.to->bare_view())) return to_user(*user, s);
    if (const auto match = world.table.by_jid(s.to->bare()); match && match->row->kind == RowKind::feed)
      return to_feed(*match->row, match->topic, s);
    to_nobody(s);
  }

  void to_domain(const Stanza& s) {
    switch (s.kind) {
      case StanzaKind::iq:
        if (s.type == "get" || s.type == "set") services.on_request(s, Services::Target::domain, nullptr);
        else answered(s);
        break;
      case StanzaKind::message: world.answer(s.xml, error(Condition::service_unavailable, "nobody reads messages to the gateway itself")); break;
      case StanzaKind::presence:
        if (s.type == "subscribe") refuse_subscription(s);
        break;
    }
  }

  void answered(const Stanza& s) {
    // Only the server's own answer proves that the server has processed what came before.
    if (s.from->bare_view() == world.server.str() && delivery.to_xmpp.on_answer(s.id)) return;
    if (!requests.on_answer(s)) world.count("answers_ignored");
  }

  void to_user(User& user, const Stanza& s) {
    switch (s.kind) {
      case StanzaKind::message: delivery.on_message(user, std::get<Message>(to_event(s))); break;
      case StanzaKind::presence: {
        const Presence p = std::get<Presence>(to_event(s));
        if (p.type == "probe") presences.on_probe(user, p);
        else if (p.type.empty() || p.type == "unavailable" || p.type == "error") presences.on_contact(user, p);
        else roster.on_subscription(user, p);
        break;
      }
      case StanzaKind::iq:
        if (s.type == "result" || s.type == "error") return answered(s);
        if (!s.to->has_resource()) return services.on_request(s, Services::Target::account, &user);
        if (const auto level = to_device(s.to->resourcepart())) {
          const auto it = user.devices.find(*level);
          if (it != user.devices.end() && it->second.availability.available())
            return services.on_request(s, Services::Target::device, &user);
        }
        world.answer(s.xml, error(Condition::service_unavailable, ""));
        break;
    }
  }

  void to_feed(const Row& row, const std::string& topic, const Stanza& s) {
    const Jid feed = s.to->bare();
    switch (s.kind) {
      case StanzaKind::message: feeds.on_message(row, feed, topic, std::get<Message>(to_event(s))); break;
      case StanzaKind::presence: feeds.on_presence(row, feed, std::get<Presence>(to_event(s))); break;
      case StanzaKind::iq:
        if (s.type == "get" || s.type == "set") services.on_request(s, Services::Target::feed, nullptr);
        break;
    }
  }

  // RFC 6121 section 8.5.1
  void to_nobody(const Stanza& s) {
    world.count("stanzas_to_nobody");
    if (s.kind == StanzaKind::presence) {
      if (s.type == "subscribe") refuse_subscription(s);
      return;
    }
    world.answer(s.xml, error(Condition::service_unavailable, "no such user"));
  }

  void refuse_subscription(const Stanza& s) {
    Element e("presence");
    e.set("type", "unsubscribed").set("from", s.to->bare_view()).set("to", s.from->bare_view());
    world.send(std::move(e));
  }

  // ---- from MQTT -----------------------------------------------------------------------------------------------------
  void publish(const InPublish& p) {
    if (sentinel.on_publish(p)) return;
    const auto match = world.table.by_topic(p.topic);
    if (!match) {
      world.count("publishes_refused");
      world.log(LogLine::Level::info, "event=publish.refused condition=" + std::string(condition_name(match.error().condition)) +
                                          " reason=\"" + match.error().text + "\"");
      return;
    }
    if (!match->has_value()) {
      world.count("publishes_unrouted");
      return;
    }
    const MappingTable::TopicMatch& m = **match;
    if (m.row->kind == RowKind::feed) return feeds.on_publish(*m.row, m.jid, p);
    User* user = world.user(m.jid.str());
    if (!user) {
      if (!world.options.users.autocreate) {
        world.count("publishes_refused");
        world.log(LogLine::Level::info, "event=publish.refused condition=registration-required user=" + m.jid.str());
        return;
      }
      if (p.payload.empty()) return;   // a retained value being cleared creates nobody
      user = &world.add_user(m.jid);
      greet(*user);
    }
    from_user(*user, m.rest, p);
  }

  void from_user(User& user, std::string_view leaf, const InPublish& p) {
    world.count("publishes_in");
    const auto levels = topic_levels(leaf);
    const bool presence_topic = levels.size() == 4 && levels[1] == "dev" && levels[3] == "presence";
    if (p.retain && !presence_topic) {
      if (p.payload.empty()) return;   // our own clearing, or the client's
      world.clear(user, leaf);
      const auto document = JsonDocument::parse(p.payload);
      const std::string id = document ? message::id_of(document->root()) : std::string();
      // Over 3.1.1 it looked like any other publish when it came, and was carried.
      if (const auto row = world.records.find_message(user.key, id); row && row->way == Way::to_xmpp) return;
      world.refuse(user, id, {}, leaf, error(Condition::not_allowed, "retained publishes are for out/dev/{device}/presence alone"));
      return;
    }
    if (p.payload.empty() && !presence_topic) {
      // Without No Local our own clearing of a retained publish comes back as this.
      if (world.mqtt5) world.refuse(user, {}, {}, leaf, error(Condition::bad_request, "an empty payload"));
      return;
    }
    if (p.payload.size() > world.options.limits.message_bytes) {
      world.refuse(user, {}, {}, leaf, error(Condition::not_acceptable, "more than " + std::to_string(world.options.limits.message_bytes) + " bytes"));
      return;
    }
    if (levels.size() == 3 && levels[1] == "text") {
      if (const auto wrong = delivery.on_out_text(user, p, levels[2])) world.refuse(user, {}, {}, leaf, wrong->error);
      return;
    }
    std::string json;
    if ((p.cbor || user.format == Format::cbor) && !p.payload.empty()) {
      auto text = cbor_to_json(p.payload);
      if (!text) return world.refuse(user, {}, {}, leaf, text.error());
      json = std::move(*text);
    }
    const std::string_view payload = json.empty() ? std::string_view{p.payload} : std::string_view{json};
    if (presence_topic) {
      if (const auto wrong = presences.on_device(user, std::string(levels[2]), payload)) world.refuse(user, {}, {}, leaf, *wrong);
      return;
    }
    const auto document = JsonDocument::parse(payload);
    if (leaf == "out/req") {   // whatever is wrong with it, the answer goes where answers go
      requests.on_request(user, p, document ? document->root() : JsonView());
      return;
    }
    if (!document) return world.refuse(user, {}, {}, leaf, document.error());
    if (user.inflow == Inflow::absent) delivery.to_mqtt.replay(user, Replay::waiting, {});   // a sign of life
    std::optional<Delivery::Refusal> wrong;
    if (leaf == "out/msg") wrong = delivery.on_out_msg(user, p, document->root());
    else if (leaf == "out/receipt") wrong = delivery.on_out_receipt(user, document->root());
    else if (leaf == "out/act") wrong = delivery.on_out_act(user, document->root());
    else wrong = Delivery::Refusal{{}, {}, error(Condition::item_not_found, "expected out/msg, out/text/{peer}, out/receipt, out/act, out/req or out/dev/{device}/presence")};
    if (wrong) world.refuse(user, wrong->id, wrong->to, leaf, wrong->error);
  }

  // ---- people come and go ------------------------------------------------------------------------------------------
  void greet(User& user) { show_state(user); }

  void show_state(const User& user) { world.publish_to(user, "in/state", state_json("hosted", world.xmpp_up, world.version), true); }

  // What the user was shown goes from the old subtree, and comes under the new one in this tick. Devices must come anew.
  void move(User& user) {
    presences.leave(user);
    for (auto& [bare, contact] : user.contacts)
      if (!std::exchange(contact.shown_item, {}).empty()) world.clear(user, "in/contact/" + peer_level(bare));
    world.clear(user, "in/state");
    to_show.push_back(user.key);
    show_contacts = true;
  }

  void forget(User& user) {
    while (!user.contacts.empty()) roster.remove_quietly(user, user.contacts.begin()->second);
    for (auto& [bare, endpoints] : user.strangers) world.clear(user, "in/contact/" + peer_level(bare) + "/presence");
    for (auto& [name, device] : user.devices) world.clear(user, "out/dev/" + name + "/presence");
    world.clear(user, "in/state");
    world.records.remove_user(user.key);
    delivery.to_xmpp.forget(user.key);
    world.log(LogLine::Level::info, "event=user.removed user=" + user.jid.str());
    world.forget_user(user);
  }

  void subscribe_feeds() {
    if (!world.mqtt_up) return;
    std::set<std::string> wanted;
    for (std::string& filter : world.table.user_filters()) wanted.insert(std::move(filter));
    const std::size_t users = wanted.size();
    std::set<std::string> feed_filters;
    for (std::string& filter : world.table.feed_filters()) feed_filters.insert(std::move(filter));
    for (const std::string& filter : subscribed)
      if (!wanted.contains(filter) && !feed_filters.contains(filter)) world.effects.unsubscribes.push_back(filter);
    for (const std::string& filter : wanted)
      if (!subscribed.contains(filter)) world.effects.subscribes.push_back({filter, true, true});
    for (const std::string& filter : feed_filters)
      if (!subscribed.contains(filter)) world.effects.subscribes.push_back({filter, true, false});
    wanted.merge(feed_filters);
    subscribed = std::move(wanted);
    world.log(LogLine::Level::debug, "event=subscribed filters=" + std::to_string(subscribed.size()) + " users=" + std::to_string(users));
  }

  // Stanzas between our own users; each may cause more, and a bound ends what two of them might play for ever.
  void drain_loopback() {
    constexpr std::size_t most = 100'000;
    for (std::size_t n = 0; !world.loopback.empty() && n < most; ++n) {
      Element e = std::move(world.loopback.front());
      world.loopback.pop_front();
      stanza(std::move(e));
    }
    if (!world.loopback.empty()) {
      world.count("loopback_dropped", world.loopback.size());
      world.loopback.clear();
    }
  }

  // Brings what the broker shows of some users up to date; the rest in the next tick.
  void show_some() {
    constexpr std::size_t users_per_batch = 32;
    for (std::size_t n = 0; n < users_per_batch && !to_show.empty() && world.mqtt_up; ++n) {
      User* user = world.user(to_show.front());
      to_show.pop_front();
      if (!user) continue;
      show_state(*user);
      if (!show_contacts) continue;
      roster.show_all(*user, true);
      presences.show_all(*user, true);
    }
    if (to_show.empty()) show_contacts = false;
  }

  void queue_show(bool contacts) {
    to_show.clear();
    for (const auto& [key, user] : world.users_by_key) to_show.push_back(key);
    show_contacts = contacts || show_contacts;
  }

  World world;
  Roster roster;
  Presences presences;
  Delivery delivery;
  Feeds feeds;
  Requests requests;
  Services services;
  Sentinel sentinel;
  Admin admin;
  std::set<std::string> subscribed;
  std::deque<UserKey> to_show;
  bool show_contacts = false;
};

Brain::Brain(const Options& options, MappingTable& table, Records& records, std::array<std::uint64_t, 2> seed, std::string version)
    : impl_(std::make_unique<Impl>(options, table, records, seed, std::move(version))) {}
Brain::~Brain() = default;

void Brain::start(Instant now) {
  World& w = impl_->world;
  w.now = w.started = now;
  w.records.each_user([&](UserRecord record) {
    if (!w.adopt(record)) w.log(LogLine::Level::warning, "event=user.unrouted user=" + record.jid.str());
  });
  w.records.each_contact([&](UserKey key, ContactRecord record) {
    User* user = w.user(key);
    if (!user) return;
    std::string bare = record.jid.str();
    user->contacts.emplace(std::move(bare), Contact{std::move(record), {}, {}, {}, {}});
  });
  w.records.each_device([&](UserKey key, DeviceRecord record) {
    User* user = w.user(key);
    if (!user) return;
    Device device;
    device.shown = record.shown;
    device.epoch = record.epoch;
    user->devices.emplace(record.name, std::move(device));
  });
  impl_->sentinel.start();
  impl_->feeds.start();
  impl_->delivery.start();
}

void Brain::on_component_up(Instant now) {
  World& w = impl_->world;
  w.now = now;
  w.xmpp_up = true;
  impl_->delivery.component_up();
  for (const auto& [key, user] : w.users_by_key) impl_->roster.assert_pending(*user);
  impl_->presences.component_up();
  impl_->feeds.component_up();
  if (w.mqtt_up) impl_->queue_show(false);
}

void Brain::on_component_down(Instant now) {
  World& w = impl_->world;
  w.now = now;
  if (!w.xmpp_up) return;
  w.xmpp_up = false;
  impl_->delivery.component_down();
  impl_->presences.component_down();
  if (w.mqtt_up) impl_->queue_show(false);
}

void Brain::on_stanza(Element stanza, Instant now) {
  impl_->world.now = now;
  impl_->stanza(std::move(stanza));
  impl_->drain_loopback();
}

void Brain::on_refused(Refused refused, Instant now) {
  impl_->world.now = now;
  impl_->world.count("stanzas_over_limit");
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
  w.publish({gateway_status_topic(w.options), gateway_status_payload(true, w.version, now), 1, true, 0, 0, {}, {}, {}, false});
  impl_->sentinel.broker_up(up.session_present);
  impl_->presences.broker_up();
  impl_->delivery.broker_up(up.session_present);
  impl_->feeds.broker_up();
  impl_->queue_show(true);
}

void Brain::on_broker_down(Instant now) {
  World& w = impl_->world;
  w.now = now;
  if (!w.mqtt_up) return;
  w.mqtt_up = false;
  impl_->sentinel.broker_down();
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
  if (token == Sentinel::mark_token) impl_->sentinel.on_marked();
  else impl_->delivery.to_mqtt.on_published(token, reason);
}

void Brain::on_time(Instant now) {
  impl_->world.now = now;
  impl_->delivery.on_time();
  impl_->presences.on_time();
  impl_->requests.on_time();
  switch (impl_->sentinel.on_time()) {
    case Sentinel::Finding::nothing: break;
    case Sentinel::Finding::restarted: impl_->presences.broker_restarted(); [[fallthrough]];
    case Sentinel::Finding::forgot:
      impl_->delivery.to_mqtt.broker_up();
      impl_->queue_show(true);
      break;
  }
  impl_->drain_loopback();
}

std::optional<Instant> Brain::next_deadline() const {
  std::optional<Instant> next;
  for (const auto t : {impl_->delivery.next_deadline(), impl_->presences.next_deadline(), impl_->requests.next_deadline(),
                       impl_->sentinel.next_deadline()})
    if (t && (!next || *t < *next)) next = t;
  if (!impl_->to_show.empty() && impl_->world.mqtt_up) next = impl_->world.now;
  return next;
}

void Brain::end_of_batch(Instant now) {
  impl_->world.now = now;
  impl_->presences.work();
  impl_->show_some();
  impl_->drain_loopback();
  impl_->delivery.end_of_batch();
}

void Brain::shut_down(Instant now) {
  World& w = impl_->world;
  w.now = now;
  w.stopping = true;
  impl_->presences.sweep();
  impl_->feeds.sweep();
  impl_->drain_loopback();
  w.publish({gateway_status_topic(w.options), gateway_status_payload(false, w.version, now), 1, true, 0, 0, {}, {}, {}, false});
  w.log(LogLine::Level::info, "event=stopping");
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

std::size_t Brain::users() const { return impl_->world.users.size(); }

std::string gateway_status_topic(const Options& options) { return options.broker.root + "/gw/status"; }

std::string gateway_status_payload(bool online, std::string_view version, Instant since) {
  return gateway_status_json(online, version, since);
}

std::vector<Subscribe> own_subscriptions(const Options& options) {
  return {{options.broker.root + "/gw/mark", true, false}, {"$SYS/broker/uptime", false, false}};
}

}  // namespace ferry
