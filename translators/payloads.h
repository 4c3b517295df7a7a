// The small payloads of the topic tree (design section 5): receipts, chat states, roster items, answers, states.
// Each function is one payload, one way. Loses: nothing; these objects are the gateway's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "translators/event.h"
#include "translators/values/json.h"

namespace ferry {

// What became of a message, in order; each state includes the ones before it. `failed` is final.
enum class MessageState { accepted, waiting, forwarded, delivered, displayed, failed };
std::string_view state_name(MessageState state);  // "waiting" is the gateway's own business: it shows as accepted

// One roster item as a client sees it (RFC 6121 section 2.1.2, and requests of section 3).
struct ContactView {
  std::string jid, name;
  std::vector<std::string> groups;
  std::string_view subscription = "none";  // none, to, from, both
  bool ask = false, request = false, approved = false;
  std::string text = {};  // what they wrote with the request
};

struct ReceiptPayload {
  std::string_view id, from;
  MessageState state = MessageState::accepted;
  const StanzaError* reason = nullptr;
  std::string_view topic;  // of a publish that could not be read; id is then "-"
  Instant ts = 0;
};

std::string receipt_json(const ReceiptPayload& receipt);            // in/receipt
std::string act_json(const Jid& from, std::string_view state);      // in/act
std::string waiting_json(const Jid& from, bool group, Instant ts);  // in/waiting
std::string contact_json(const ContactView& contact);               // in/contact/{peer}
void write_contact(const ContactView& contact, JsonWriter& json);
std::string state_json(std::string_view account, bool xmpp_up, std::string_view version);  // in/state
std::string gateway_status_json(bool online, std::string_view version, Instant since);     // gw/status
std::string answer_json(std::string_view id, std::string_view result_object);              // in/res: ok
std::string answer_json(std::string_view id, const StanzaError& error);                    // in/res: refused
void write_error(const StanzaError& error, JsonWriter& json);

// out/receipt and out/act. Errors: bad-request, jid-malformed, by field.
struct OutReceipt {
  std::string id;
  std::optional<Jid> to;
  MessageState state;
};
Result<OutReceipt> read_receipt(JsonView out);
bool is_receipt_of_gateway(JsonView receipt);  // one that receipt_json() made, and no client could mean
struct OutAct {
  Jid to;
  std::string state, device;
};
Result<OutAct> read_act(JsonView out);

// A JID field that must be there.
Result<Jid> jid_field(JsonView object, std::string_view key);

}  // namespace ferry
