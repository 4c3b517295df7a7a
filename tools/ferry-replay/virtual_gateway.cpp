#include "tools/ferry-replay/virtual_gateway.h"

#include <algorithm>
#include <array>
#include <utility>

#include "translators/values/cbor.h"
#include "translators/values/stanza.h"

namespace ferry::replay {
namespace {

constexpr std::string_view ping_namespace = "urn:xmpp:ping";
constexpr std::string_view info_namespace = "http://jabber.org/protocol/disco#info";
constexpr std::string_view items_namespace = "http://jabber.org/protocol/disco#items";

Element disco_info() {
  Element query("query", info_namespace);
  query.add(Element("identity", info_namespace))
      .set("category", "server")
      .set("type", "im")
      .set("name", "ferry-replay");
  for (const std::string_view feature : {info_namespace, ping_namespace})
    query.add(Element("feature", info_namespace)).set("var", feature);
  return query;
}

std::array<std::uint64_t, 2> chance(std::uint64_t seed) { return {seed, 0x66'65'72'72'79ULL}; }

}  // namespace

bool is_barrier(std::string_view stanza) {
  return stanza.starts_with("<iq ") && stanza.substr(0, stanza.find('>')).find("ferry-barrier-") != std::string::npos;
}

bool is_own_topic(std::string_view topic, std::string_view root) {
  return topic.starts_with(root) && topic.substr(root.size()).starts_with("/gw/");
}

Publish device_presence(const std::string& base, Format format) {
  Publish p;
  p.topic = base + "/out/dev/replay/presence";
  p.payload = R"({"state":"online","epoch":"replay"})";
  p.retain = true;
  if (format == Format::json) return p;
  p.cbor = true;
  if (auto bytes = json_to_cbor(p.payload)) p.payload = *std::move(bytes);
  return p;
}

std::optional<Element> server_answer(const Element& iq) {
  if (iq.name != "iq" || (iq.attr_or("type") != "get" && iq.attr_or("type") != "set")) return std::nullopt;
  if (iq.child("ping", ping_namespace)) return iq_result(iq);
  if (iq.child("query", info_namespace)) return iq_result(iq, disco_info());
  if (iq.child("query", items_namespace)) return iq_result(iq, Element("query", items_namespace));
  return error_reply(iq, error(Condition::service_unavailable, "nobody is behind this replay"));
}

Options VirtualGateway::adapted(Options options) {
  options.users.autocreate = true;
  options.limits.request_rate = options.limits.subscription_rate = 0;
  return options;
}

VirtualGateway::VirtualGateway(const Options& options, MappingTable& table, std::uint64_t seed, Sink sink,
                               std::vector<CapturedAccount> accounts)
    : options_(options), table_(table), sink_(std::move(sink)), sessions_(std::move(accounts)) {
  auto opened = Store::open(":memory:", Durability::normal);
  if (!opened) throw StoreFailure(opened.error());
  store_ = *std::move(opened);
  brain_ = std::make_unique<Brain>(options_, table_, *store_, chance(seed), FERRY_VERSION);
}

VirtualGateway::~VirtualGateway() = default;

template <class Event>
void VirtualGateway::tick(Event event) {
  if (ticks_++ % ticks_per_commit == 0) {
    if (store_->in_transaction()) store_->commit();
    store_->begin();
  }
  brain_->on_waiting({});
  event();
  brain_->end_of_batch(now_);
  Effects effects = brain_->take_effects();
  for (std::string& stanza : effects.stanzas) {
    if (stanza.starts_with("<iq "))
      if (const auto iq = parse_xml(stanza))
        if (auto reply = server_answer(*iq)) answers_.push_back(*std::move(reply));
    if (!is_barrier(stanza)) leave(departure_of_stanza(std::move(stanza)));
  }
  for (Publish& publish : effects.publishes) {
    if (publish.token != 0) tokens_.push_back(publish.token);
    if (!is_own_topic(publish.topic, options_.broker.root)) leave(departure_of(std::move(publish)));
  }
  for (const SessionEffect& effect : effects.sessions) take(effect);
}

void VirtualGateway::take(const SessionEffect& effect) {
  sessions_.take(effect);
  if (effect.what != SessionEffect::What::send) return;
  Departure departure = departure_of_stanza(effect.text);
  departure.session = effect.account;
  leave(std::move(departure));
}

void VirtualGateway::leave(Departure departure) {
  if (silent_) return;
  departure.at = now_;
  departure.line = line_;
  departure.copy = copy_;
  departure.timer = timer_;
  sink_(std::move(departure));
}

// Until the links have nothing more to say about what was done.
void VirtualGateway::settle() {
  for (std::size_t round = 0; !answers_.empty() || !tokens_.empty() || !sessions_.idle(); ++round) {
    if (round == most_rounds) {
      stuck_ = true;
      answers_.clear();
      sessions_.clear();
      tokens_.clear();
      return;
    }
    if (!answers_.empty()) {
      Element next = std::move(answers_.front());
      answers_.pop_front();
      tick([&] { brain_->on_stanza(std::move(next), now_); });
      continue;
    }
    if (!sessions_.idle()) {
      tick([&] { sessions_.step(*brain_, now_); });
      continue;
    }
    const std::vector<std::int64_t> tokens = std::exchange(tokens_, {});
    tick([&] {
      for (const std::int64_t token : tokens) brain_->on_published(token, 0, now_);
    });
  }
}

void VirtualGateway::start(Instant first) {
  started_ = true;
  now_ = first - settling - sessions_.lead();
  tick([&] { brain_->start(now_); });
  constexpr int mqtt5 = 5;
  tick([&] { brain_->on_broker_up({true, options_.broker.protocol == mqtt5}, now_); });
  tick([&] { brain_->on_component_up(now_); });
  settle();
  move_accounts();
  pass(first);
}

// As an administrator does it, and each has a device that is there.
void VirtualGateway::move_accounts() {
  for (const std::string& command : sessions_.commands())
    if (const auto document = JsonDocument::parse(command)) tick([&] { brain_->on_command(document->root(), now_); });
  settle();
  pass(now_ + sessions_.lead());
  for (const Jid& account : sessions_.accounts()) introduce(account);
}

void VirtualGateway::advance(Instant to) {
  if (started_) pass(to);
}

void VirtualGateway::pass(Instant to) {
  timer_ = true;
  for (std::size_t rounds = 0;;) {
    const auto due = brain_->next_deadline();
    if (!due || *due > to) break;
    if (*due <= now_ && ++rounds == most_rounds) {
      stuck_ = true;
      break;
    }
    if (*due > now_) {
      now_ = *due;
      rounds = 0;
    }
    tick([&] { brain_->on_time(now_); });
    settle();
  }
  timer_ = false;
  now_ = std::max(now_, to);
}

// Whoever is written to exists, and has a device that is there. What the gateway says about that is nobody's business.
void VirtualGateway::introduce(const Jid& person) {
  if (people_.size() >= most_people || people_.contains(person.str())) return;
  const auto match = table_.by_jid(person);
  if (!match || match->row->kind != RowKind::user) return;
  people_.insert(person.str());
  const bool was_silent = std::exchange(silent_, true);
  const Publish presence = device_presence(match->topic, match->row->format);
  InPublish in;
  in.topic = presence.topic;
  in.payload = presence.payload;
  in.qos = 1;
  in.retain = true;
  in.packet_id = ++packet_id_;
  in.cbor = presence.cbor;
  tick([&] { brain_->on_publish(in, now_); });
  settle();
  silent_ = was_silent;
}

void VirtualGateway::play(const Played& event) {
  if (!started_) {
    start(event.at);
    silent_ = false;
  }
  pass(event.at);
  for (const Jid& person : event.people) introduce(person);
  line_ = event.line;
  copy_ = event.copy;
  if (const auto* refused = std::get_if<Refused>(&event.what)) {
    tick([&] { brain_->on_refused(*refused, now_); });
  } else if (const auto* stanza = std::get_if<Element>(&event.what)) {
    tick([&] {
      if (event.session)
        brain_->on_session_stanza({*event.session, *stanza, Brain::SessionSource::live, {}, {}}, now_);
      else
        brain_->on_stanza(*stanza, now_);
    });
  } else {
    InPublish publish = std::get<InPublish>(event.what);
    constexpr int packet_ids = 65'535;
    packet_id_ = packet_id_ % packet_ids + 1;
    publish.packet_id = publish.qos == 0 ? 0 : packet_id_;
    tick([&] { brain_->on_publish(publish, now_); });
  }
  settle();
}

void VirtualGateway::finish() { advance(now_ + after_the_end); }

}  // namespace ferry::replay
