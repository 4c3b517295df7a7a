// The player's half for recorded publishes.
#include <functional>
#include <utility>

#include "tools/ferry-replay/player.h"
#include "translators/values/json.h"
#include "translators/values/topic.h"
#include "translators/values/uid.h"

namespace ferry::replay {
namespace {

// A level that is a uid of a renamed domain.
std::string mapped_topic(const std::string& topic, const std::map<std::string, std::string>& domains) {
  std::string out;
  bool first = true;
  for (const std::string_view level : topic_levels(topic)) {
    if (!std::exchange(first, false)) out += '/';
    const std::size_t at = level.rfind('@');
    const auto it = at == std::string_view::npos ? domains.end() : domains.find(std::string(level.substr(at + 1)));
    out += level.substr(0, it == domains.end() ? level.size() : at + 1);
    if (it != domains.end()) out += it->second;
  }
  return out;
}

// The object with the addresses in its members "to" and "contact" changed.
std::string readdressed(JsonView object, const std::function<std::string(std::string_view)>& change) {
  JsonWriter w;
  w.begin_object();
  object.members([&](std::string_view key, JsonView value) {
    const auto text = value.string();
    if (text && (key == "to" || key == "contact"))
      w.field(key, change(*text));
    else
      w.field(key, value);
  });
  return w.end_object().take();
}

}  // namespace

void Player::publish(const Record& record, const CapturedPublish& captured, Out& out) {
  ++counts_.publishes;
  if (settings_.from == From::xmpp) return skip("a publish, and --from xmpp");
  if (!record.jid.empty() && record.jid == options_.broker.username && record.direction == Direction::received)
    return skip("published by a recorded gateway");
  InPublish in;
  in.topic = settings_.domains.empty() ? captured.topic : mapped_topic(captured.topic, settings_.domains);
  const auto match = table_.by_topic(in.topic);
  if (!match || !match->has_value()) return skip("on a topic that no client publishes to");
  if (streams_.played_before(record, digest_of_text(captured.topic, captured.payload)))
    return skip("the same publish, delivered");
  in.payload = captured.payload;
  in.qos = captured.qos;
  in.retain = captured.retain;
  in.cbor = captured.cbor;
  in.correlation = captured.correlation;
  in.response_topic = settings_.domains.empty() || captured.response_topic.empty()
                          ? captured.response_topic
                          : mapped_topic(captured.response_topic, settings_.domains);
  for (std::uint32_t copy = 0; copy < settings_.users; ++copy) {
    if (copy != 0 && (*match)->row->kind == RowKind::feed) break;
    Played played = event();
    played.copy = copy;
    InPublish mine = copied(in, **match, copy);
    if (const auto json = JsonDocument::parse(mine.payload))
      for (const char* name : {"to", "contact"})
        if (const auto text = json->root()[name].string())
          if (const auto jid = Jid::parse(*text)) add_people(played, *jid);
    played.what = std::move(mine);
    out.push_back(std::move(played));
  }
}

InPublish Player::copied(const InPublish& in, const MappingTable::TopicMatch& match, std::uint32_t copy) const {
  if (copy == 0) return in;
  const auto old = table_.by_jid(match.jid);
  const auto jid = Jid::parse(copy_of(match.jid.str(), copy));
  const auto now = jid ? table_.by_jid(*jid) : std::nullopt;
  if (!old || !now) return in;
  InPublish out = in;
  out.topic = now->topic + "/" + std::string(match.rest);
  if (in.response_topic.starts_with(old->topic + "/"))
    out.response_topic = now->topic + in.response_topic.substr(old->topic.size());
  constexpr std::string_view text_leaf = "out/text/";
  if (match.rest.starts_with(text_leaf))
    if (const auto peer = from_uid(match.rest.substr(text_leaf.size())))
      if (const auto renamed = Jid::parse(copy_of(peer->str(), copy)))
        if (const auto uid = to_uid(*renamed)) out.topic = now->topic + "/" + std::string(text_leaf) + *uid;
  if (const auto json = JsonDocument::parse(in.payload); json && json->root().is_object())
    out.payload = readdressed(json->root(), [&](std::string_view address) { return copy_of(address, copy); });
  return out;
}

}  // namespace ferry::replay
