#include "gateway/brain/session_shadow.h"

#include "gateway/brain/subscription.h"
#include "translators/message.h"
#include "translators/payloads.h"
#include "translators/values/json.h"

namespace ferry {
namespace {

std::string shown_item(const ContactRecord& c) {
  return contact_json(
      {c.jid.str(), c.name, c.groups, subscription::subscription_name(c), c.ask, false, c.approved, {}});
}

std::string bodies(const Message& m) {
  std::string text = m.type + '\n' + m.id;
  for (const Part& part : m.parts)
    if (const auto* b = std::get_if<Body>(&part.value)) text += '\n' + b->lang + '\n' + b->text;
  return text;
}

}  // namespace

void SessionShadow::item(Account& account, const Jid& jid, const ContactRecord* record) {
  if (!record) {
    account.seen_roster.erase(jid.str());
    return agrees(account, "roster", jid.str());
  }
  if (account.seen_roster.size() >= world_.options.limits.roster_items && !account.seen_roster.contains(jid.str()))
    return differs(account, "roster", jid.str(), "the roster is longer than limits.roster-items");
  if (peer_level(jid.str()).empty()) return differs(account, "roster", jid.str(), "the JID is too long for a topic");
  const std::string payload = shown_item(*record);
  account.seen_roster[jid.str()] = digest_of(payload);
  if (!is_xml_text(payload)) return differs(account, "roster", jid.str(), "a character that XML cannot carry");
  agrees(account, "roster", jid.str());
}

void SessionShadow::roster_is(Account& account, const std::set<std::string>& there) {
  std::vector<std::string> extra;
  for (const auto& [jid, digest] : account.seen_roster)
    if (!there.contains(jid)) extra.push_back(jid);
  for (const std::string& jid : extra) {
    account.seen_roster.erase(jid);
    agrees(account, "roster", jid);
  }
}

// What goes through the payload and back must say the same, to MQTT and to the next XMPP client.
void SessionShadow::message(Account& account, const Message& m, Brain::SessionSource) {
  if (purpose_of(m) != Purpose::content) return;
  ++account.record.messages;
  account.unsaved = true;
  world_.count("shadow_messages");
  Message sent = m;
  if (!sent.to) sent.to = account.record.jid;
  const std::string payload = message::to_json(sent, {"shadow", world_.now, {}, sent.id});
  const auto document = JsonDocument::parse(payload);
  const auto back = document ? message::from_stored_json(document->root())
                             : Result<message::Outgoing>(error(Condition::internal_server_error, "no JSON"));
  const std::string peer(m.from->bare_view());
  if (!back) return differs(account, "message", peer, "would not arrive: " + back.error().text);
  Message again = back->message;
  again.id = sent.id;
  if (again.type == "normal" && sent.type.empty()) again.type.clear();
  if (bodies(again) != bodies(sent)) differs(account, "message", peer, "would arrive with another body");
  if (payload.size() > world_.options.limits.message_bytes)
    differs(account, "message", peer, "would be longer than limits.message-bytes");
}

std::size_t SessionShadow::compare(Account& account) {
  if (!account.user) return 0;
  std::size_t found = 0;
  const auto wrong = [&](const std::string& jid, std::string text) {
    ++found;
    differs(account, "contact", jid, std::move(text));
  };
  for (const auto& [jid, digest] : account.seen_roster) {
    const auto it = account.user->contacts.find(jid);
    if (it == account.user->contacts.end() || !it->second.record.listed)
      wrong(jid, "on the server's roster, not among the user's contacts");
    else if (digest_of(shown_item(it->second.record)) != digest)
      wrong(jid, "name, groups or subscription are others than the server's");
    else
      agrees(account, "contact", jid);
  }
  for (const auto& [jid, contact] : account.user->contacts)
    if (contact.record.listed && !account.seen_roster.contains(jid))
      wrong(jid, "among the user's contacts, not on the server's roster");
  return found;
}

void SessionShadow::differs(Account& account, const std::string& kind, const std::string& peer, std::string text) {
  world_.count("shadow_differences");
  ++account.record.differences;
  account.unsaved = true;
  if (account.record.differences > static_cast<std::int64_t>(max_differences)) return;
  world_.records.put_difference(account.record.jid, {kind, peer, std::move(text), world_.now});
}

void SessionShadow::agrees(Account& account, const std::string& kind, const std::string& peer) {
  if (account.record.differences > 0) world_.records.remove_difference(account.record.jid, kind, peer);
}

}  // namespace ferry
