// Delivery, what is said in rooms that an account's owner is in (session_rooms.h). Nobody there waits for an answer: an
// error that comes back from somebody in a room puts them out of it.
#include "gateway/brain/account.h"
#include "gateway/brain/delivery.h"
#include "translators/part.h"
#include "translators/via.h"

namespace ferry {

void Delivery::on_room_message(User& user, Message m, const std::string& stanza_id, std::string id) {
  drop_forgeries(m, user);
  std::erase_if(m.parts, [](const Part& p) {  // no receipts in rooms: XEP-0184 section 5.3
    return std::holds_alternative<ReceiptRequest>(p.value) || std::holds_alternative<Markable>(p.value) ||
           std::holds_alternative<Received>(p.value) || std::holds_alternative<Marker>(p.value) ||
           std::holds_alternative<ChatState>(p.value);
  });
  const std::string hop = hop_of(user, *m.from);
  if (!via::may_pass(m.parts, hop)) return world_.count("loops_stopped");
  via::add_hop(m.parts, hop);
  m.to = user.jid;
  refer_to_mqtt(user, *m.from, m.parts);
  MessageRecord row;
  row.xmpp_id = stanza_id.empty() ? m.id : stanza_id;  // what others in the room call it (XEP-0444, XEP-0461)
  row.id = std::move(id);
  take(user, m, std::move(row));
}

}  // namespace ferry
