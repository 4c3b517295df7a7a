// Delivery, what the user's account says elsewhere: messages that another client of the user's sent are shown to the
// devices like their own (XEP-0280).
#include "gateway/brain/account.h"
#include "gateway/brain/delivery.h"
#include "translators/part.h"
#include "translators/values/uid.h"

namespace ferry {

// A gateway's domain; for an account of the legacy server, which may talk to our own domain through that server, the
// account itself; in a room, where nobody need know whose the account is, the occupant.
std::string Delivery::hop_of(const User& user, const Jid& peer) const {
  if (const Room* room = room_of(user, peer.bare_view()))
    return room->record.room.str() + "/" + peer_level(room->nick);  // a hop has no blanks
  return user.account ? user.jid.str() : std::string(world_.component.domainpart());
}

void Delivery::on_copy(User& user, Message m) {
  if (!m.from || !m.to || purpose_of(m) != Purpose::content) return;
  std::erase_if(m.parts, [](const Part& p) {
    return std::holds_alternative<ReceiptRequest>(p.value) || std::holds_alternative<Markable>(p.value);
  });
  std::string device;
  if (m.from->has_resource())
    if (auto level = to_device(m.from->resourcepart())) device = std::move(*level);
  const auto* delay = find<Delay>(m.parts);
  const Instant ts = delay ? parse_instant(delay->stamp).value_or(world_.now) : world_.now;
  refer_to_mqtt(user, *m.to, m.parts);
  MessageRecord row;
  row.id = world_.ids.next(world_.now);
  row.peer = m.from->str();
  row.xmpp_id = m.id;
  row.expires = lives_until();
  m.from = user.jid;
  row.payload = message::to_json(m, {row.id, ts, device, m.id});
  if (no_room(Way::to_mqtt, user, row.payload.size())) return world_.count("messages_refused");
  while (!to_mqtt.add(user, row)) {  // a client of the user's has made up the same id
    row.id = world_.ids.next(world_.now);
    row.payload = message::to_json(m, {row.id, ts, device, m.id});
  }
  world_.count("messages_copied");
}

}  // namespace ferry
