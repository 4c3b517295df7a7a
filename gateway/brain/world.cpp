#include "gateway/brain/world.h"

#include <algorithm>

#include "gateway/brain/log_value.h"
#include "translators/payloads.h"
#include "translators/values/cbor.h"
#include "translators/values/fnv.h"
#include "translators/values/stanza.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

constexpr std::string_view uncleared_key = "uncleared";

Jid domain_or(const std::string& text, std::string_view fallback) {
  if (auto jid = Jid::parse(text)) return *jid;
  return *Jid::parse(fallback);
}

}  // namespace

bool User::any_available() const {
  return std::any_of(devices.begin(), devices.end(), [](const auto& d) { return d.second.availability.available(); });
}

World::World(const Options& o, MappingTable& t, Records& r, const std::array<std::uint64_t, 2>& seed, std::string v)
    : options(o),
      table(t),
      records(r),
      version(std::move(v)),
      ids(seed),
      component(domain_or(o.component.domain, "mqtt.invalid")),
      server(domain_or(o.component.server, "invalid")),
      queues(o) {}

User* World::user(std::string_view bare) {
  const auto it = users.find(bare);
  return it == users.end() ? nullptr : it->second.get();
}

User* World::user(UserKey key) {
  const auto it = users_by_key.find(key);
  return it == users_by_key.end() ? nullptr : it->second;
}

User* World::adopt(const UserRecord& record) {
  const auto match = table.by_jid(record.jid);
  if (!match || match->row->kind != RowKind::user) return nullptr;
  auto user = std::make_unique<User>(record.jid);
  user->key = record.key;
  user->base = match->topic;
  user->format = match->row->format;
  user->profile = record.profile;
  User* raw = user.get();
  users_by_key[raw->key] = raw;
  users[record.jid.str()] = std::move(user);
  return raw;
}

User& World::add_user(const Jid& bare) {
  const UserKey key = records.add_user(bare);
  log(LogLine::Level::info, "event=user.added user=" + log_value(bare.str()));
  return *adopt({key, bare, {}});
}

void World::forget_user(User& user) {
  users_by_key.erase(user.key);
  users.erase(user.jid.str());
}

std::string World::send(Element stanza) {
  const auto refuse_it = [&](std::string_view why) {
    count("stanzas_guarded");
    log_about(0, LogLine::Level::warning,
              "event=stanza.guarded reason=" + std::string(why) + " kind=" + log_value(stanza.name));
    return std::string();
  };
  const auto from = Jid::parse(stanza.attr_or("from"));
  const auto to = Jid::parse(stanza.attr_or("to"));
  if (stanza.ns != ns::client || (stanza.name != "message" && stanza.name != "presence" && stanza.name != "iq"))
    return refuse_it("no-stanza");
  if (from && !hosted(*from) && to) {
    if (User* owner = user(from->bare_view()); owner && owner->account)
      return hooks.send_by_session(*owner, std::move(stanza));
    if (const auto sent = hooks.send_from_former(*from, stanza)) return *sent;
  }
  if (!from || !hosted(*from)) return refuse_it("foreign-sender");
  if (!to) return refuse_it("no-recipient");
  if (stanza.name == "message" && !hosted(*to))
    if (const User* user_in = user(from->bare_view()); user_in && hooks.is_occupant(*user_in, to->bare_view()))
      stanza.set("from", user_in->jid.str() + "/" + std::string(room_resource));
  if (hosted(*to)) {
    loopback.push_back(std::move(stanza));
    return {};
  }
  std::string text = to_xml(stanza, ns::client);
  if (!is_xml_text(text)) return refuse_it("illegal-character");
  if (text.size() > options.limits.message_bytes + 65'536) return refuse_it("too-large");
  if (waiting.stanza_bytes > stanza_bytes_most && stanza.name != "iq") {
    count("stanzas_unsent");
    xmpp_missed |= stanza.name == "presence";
    return {};
  }
  if (!xmpp_up) return {};  // presence and answers are of the moment; what must not be lost is in the outbox
  waiting.stanza_bytes += text.size();
  judge_waiting();
  effects.stanzas.push_back(text);
  count("stanzas_out");
  return text;
}

void World::answer(const Element& stanza, const StanzaError& e) {
  if (stanza.name == "message") {  // an error from somebody in a room puts them out of it
    const auto to = Jid::parse(stanza.attr_or("to")), from = Jid::parse(stanza.attr_or("from"));
    const User* user_in = to && from ? user(to->bare_view()) : nullptr;
    if (user_in && hooks.is_occupant(*user_in, from->bare_view())) return;
  }
  auto reply = error_reply(stanza, e);
  if (!reply) return;
  // To an address that is none: the domain answers, no other sender would be legal.
  if (reply->attr("from") && !Jid::parse(reply->attr_or("from"))) reply->set("from", component.str());
  send(std::move(*reply));
}

Publish World::make_publish(const User& user, std::string_view leaf, std::string json) const {
  Publish p;
  p.topic.reserve(user.base.size() + 1 + leaf.size());
  p.topic.append(user.base).append("/").append(leaf);
  p.payload = std::move(json);
  if (user.format == Format::cbor)
    if (auto bytes = json_to_cbor(p.payload)) {
      p.payload = std::move(*bytes);
      p.cbor = true;
    }
  return p;
}

void World::publish(Publish publish) {
  ++waiting.publishes;
  waiting.publish_bytes += publish.topic.size() + publish.payload.size();
  effects.publishes.push_back(std::move(publish));
  judge_waiting();
}

void World::on_waiting(const Waiting& now_waiting) {
  waiting = now_waiting;
  judge_waiting();
  if (mqtt_up && waiting.publishes == 0 && !uncleared.empty()) {  // the broker has confirmed everything
    uncleared.clear();
    uncleared_changed = true;
  }
}

// Full above the mark, and until half of it is gone.
void World::judge_waiting() {
  const auto over = [](auto value, auto limit, bool before) { return value > (before ? limit / 2 : limit); };
  const bool was = congested;
  congested = over(waiting.publishes, options.broker.queue_entries, was) ||
              over(waiting.publish_bytes, options.broker.queue_bytes, was);
  if (congested && !was) count("broker_congested");
  xmpp_full = over(waiting.stanza_bytes, stanza_bytes_high, xmpp_full);
}

void World::publish_to(const User& user, std::string_view leaf, std::string json, bool retain, int qos) {
  Publish p = make_publish(user, leaf, std::move(json));
  p.retain = retain;
  p.qos = qos;
  publish(std::move(p));
}

void World::clear(const User& user, std::string_view leaf) {
  Publish p;
  p.topic.append(user.base).append("/").append(leaf);
  p.retain = true;
  if (uncleared.size() < max_uncleared || uncleared.contains(p.topic)) {
    uncleared[p.topic] = last_mark;
    uncleared_changed = true;
  }
  publish(std::move(p));
}

void World::read_uncleared() {
  const std::string topics = records.meta(uncleared_key);
  for (std::size_t at = 0, end; (end = topics.find('\n', at)) != std::string::npos; at = end + 1)
    uncleared[topics.substr(at, end - at)] = last_mark;
}

void World::keep_uncleared() {
  if (!std::exchange(uncleared_changed, false)) return;
  std::string topics;
  for (const auto& [topic, since] : uncleared) topics.append(topic).append("\n");  // no topic of ours has a line end
  records.set_meta(uncleared_key, topics);
}

void World::clear_kept() {
  for (auto& [topic, since] : uncleared) {
    since = last_mark;
    Publish p;
    p.topic = topic;
    p.retain = true;
    publish(std::move(p));
  }
}

void World::confirmed(std::int64_t counter) {
  uncleared_changed |= std::erase_if(uncleared, [&](const auto& entry) { return entry.second < counter; }) > 0;
}

void World::refuse(User& user, std::string_view id, std::string_view to, std::string_view leaf, const StanzaError& e) {
  ReceiptPayload receipt{id, to, MessageState::failed, &e, {}, now};
  if (id.empty() || id == "-") {
    receipt.id = "-";
    receipt.from = {};
    receipt.topic = leaf;
  } else if (!Jid::parse(to)) {
    receipt.from = component.str();  // whoever it was for, it is the gateway that says no
  }
  count("publishes_refused");
  log_about(user.key, LogLine::Level::info,
            "event=publish.refused user=" + log_value(user.jid.str()) + " topic=" + log_value(leaf) +
                (id.empty() || id == "-" ? "" : " id=" + log_value(id)) +
                " condition=" + std::string(condition_name(e.condition)));
  const auto& l = options.limits;
  constexpr std::uint32_t more = UserRates::answered_refusals;
  bool answered = may_refuse(user);
  if (receipt.id == "-")
    answered = answered && user.rates.blind_refusals.take(now, l.user_rate, l.user_burst);
  else
    answered = answered && user.rates.refusals.take(now, more * l.user_rate, more * l.user_burst);
  if (!answered) return count("refusals_unanswered");
  publish_to(user, "in/receipt", receipt_json(receipt));
}

bool World::may_refuse(User& user) {
  if (waiting.publishes < options.broker.queue_entries / 8) return true;
  return user.rates.busy_refusals.take(now, UserRates::busy_rate, UserRates::busy_burst);
}

void World::log_refused(std::string_view reason, std::string_view from, std::string_view to, std::string_view id) {
  log_about(0, LogLine::Level::info,
            "event=stanza.refused reason=" + std::string(reason) + " from=" + log_value(from) + " to=" + log_value(to) +
                (id.empty() ? "" : " id=" + log_value(id)));
}

void World::log_about(UserKey whose, LogLine::Level level, std::string text) {
  if (log_limit.take(whose, now)) return log(level, std::move(text));
  count("log_lines_left_out");
}

void World::log_left_out() {
  for (const auto& [whose, lines] : log_limit.left_out(now)) {
    const User* about = user(whose);
    log(LogLine::Level::warning, "event=log.left-out lines=" + std::to_string(lines) +
                                     (about ? " user=" + log_value(about->jid.str()) : std::string()));
  }
}

void World::count(std::string_view counter, std::uint64_t n) {
  const auto it = counters.find(counter);
  if (it != counters.end())
    it->second += n;
  else
    counters.emplace(counter, n);
}

Gauges World::gauges() const {
  Gauges out;
  out.users = users.size();
  out.routes = table.size();
  out.to_xmpp = queues.of(Way::to_xmpp);
  out.to_mqtt = queues.of(Way::to_mqtt);
  for (const auto& [key, user] : users_by_key) {
    const auto online = std::count_if(user->devices.begin(), user->devices.end(),
                                      [](const auto& d) { return d.second.availability.available(); });
    out.users_online += online > 0;
    out.devices_online += static_cast<std::size_t>(online);
    out.to_mqtt_waiting += user->waiting;
  }
  return out;
}

StanzaError loop_error() {
  return error(Condition::policy_violation, "via: this message was here before, or too many gateways carried it");
}

std::uint64_t digest_of(std::string_view payload) {
  const std::uint64_t h = fnv1a(payload);
  return h == 0 ? 1 : h;
}

std::string peer_level(std::string_view bare) {
  auto level = escape_level(bare);
  return level ? std::move(*level) : std::string();
}

}  // namespace ferry
