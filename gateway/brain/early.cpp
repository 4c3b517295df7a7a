// The router, from MQTT: the broker lets somebody in as soon as a migration says so, before the account is dual. Such a
// device would be deaf: what it retains is read again then (Accounts::enter_dual), whatever else it says is refused for
// now, where it can see that.
#include "gateway/brain/router.h"
#include "translators/values/cbor.h"
#include "translators/values/uid.h"

namespace ferry {

bool Router::early(const Jid& jid, std::string base, std::string_view leaf, const InPublish& p) {
  Account* account = accounts.on_its_way(jid);
  if (!account) return false;
  if (p.retain || p.payload.empty() || (leaf.starts_with("out/dev/") && leaf.ends_with("/presence"))) return true;
  if (!account->early) account->early = std::make_unique<User>(jid);
  User& user = *account->early;
  user.base = std::move(base);
  std::string json;
  if (p.cbor)
    if (auto text = cbor_to_json(p.payload)) json = *std::move(text);
  const auto document = JsonDocument::parse(p.cbor ? json : p.payload);
  const StanzaError not_yet = error(Condition::resource_constraint, "the account is not at MQTT yet; try again later");
  if (leaf == "out/req") {
    requests.refuse(user, p, document ? document->root() : JsonView(), not_yet);
    return true;
  }
  const std::string id = document ? message::id_of(document->root()) : std::string();
  const auto to = document ? document->root()["to"].string() : std::nullopt;
  world.refuse(user, id, to.value_or(""), leaf, not_yet);
  return true;
}

bool Router::early_by_topic(const InPublish& p) {
  const std::string people = world.table.root() + "/u/";
  const std::string_view topic = p.topic;
  if (!topic.starts_with(people)) return false;
  const std::size_t end = topic.find('/', people.size());
  if (end == std::string_view::npos) return false;
  const auto jid = from_uid(topic.substr(people.size(), end - people.size()));
  return jid && early(*jid, std::string(topic.substr(0, end)), topic.substr(end + 1), p);
}

}  // namespace ferry
