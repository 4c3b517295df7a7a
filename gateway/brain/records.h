// What the brain must remember across a restart, as a port: the store implements it over SQLite (gateway/store/).
//
// Every call happens inside the tick's transaction: what is written here is on disk before anything that follows from
// it leaves the gateway, and reads see the tick's own writes. The brain knows no other way to remember.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/brain/account_records.h"
#include "translators/payloads.h"
#include "translators/values/instant.h"
#include "translators/values/jid.h"

namespace ferry {

using UserKey = std::int64_t;  // 0: nobody
using Seq = std::int64_t;      // order of acceptance, over everything; never used twice

struct UserRecord {
  UserKey key = 0;
  Jid jid;              // bare
  std::string profile;  // JSON object, or empty
};

// One contact of one user: RFC 6121 section 2.1.2 and appendix A, plus what the user decided.
struct ContactRecord {
  Jid jid;  // bare
  std::string name;
  std::vector<std::string> groups;
  bool listed = false;            // on the roster; a mere request is not
  bool to = false, from = false;  // the two halves of the subscription
  bool ask = false;               // pending out: we asked
  bool request = false;           // pending in: they asked
  bool approved = false;          // pre-approval: they may when they ask
  bool denied = false;            // they asked, the user said no: it stays no until the user says otherwise
  std::string request_text;       // what they wrote with it
};

// Whether the latest connection of a device is over. Stored: the numbers never change their meaning.
enum class EpochEnd : std::uint8_t {
  no = 0,
  said = 1,        // by the device, or by its Will
  with_broker = 2  // the broker was restarted, or lost what was said, and the device has not come since
};

struct DeviceRecord {
  std::string name;    // as a topic level
  std::string epoch;   // of its latest connection
  bool shown = false;  // its watchers were told that it is available
  EpochEnd ended = EpochEnd::no;
  std::string past = {};  // what past_epochs.h keeps of earlier connections
};

enum class Way : std::uint8_t { to_mqtt = 0, to_xmpp = 1 };

// One row of ledger and outbox. A message keeps its row until it expires; a bare stanza (a subscription, a receipt: id
// empty) only until the other side has it.
struct MessageRecord {
  Seq seq = 0;
  UserKey user = 0;
  Way way = Way::to_mqtt;
  MessageState state = MessageState::accepted;
  bool want_delivered = false, want_displayed = false;
  std::string id;       // as the MQTT client knows it; empty: a bare stanza
  std::string peer;     // the other side's JID, full where known
  std::string xmpp_id;  // to_mqtt: the stanza's own id
  Instant expires = 0;
  std::string payload;  // a message: the in/msg JSON; a bare stanza: its XML
  std::string reason;   // failed: why (dead_letters.h)
  // Of the payload that the records have, also where it was not read. Not for add_message().
  std::int64_t bytes = 0;
};

// Rows of one kind, for an administrator to look through. waiting is in the order of user and seq, the others of seq.
enum class Shelf : std::uint8_t { dead, to_xmpp, to_mqtt, waiting };

// A number of rows that wait to be taken: state accepted or waiting.
struct QueuedRecord {
  UserKey user = 0;
  Way way = Way::to_mqtt;
  MessageState state = MessageState::accepted;
  std::int64_t rows = 0, bytes = 0;
};

enum class RequestState : std::uint8_t {
  open = 0,      // not answered
  answered = 1,  // the broker may not have the answer
  taken = 2,     // it has
};

// A request until the broker has its answer, and one that changed something for a while longer (request_book.h).
struct RequestRecord {
  UserKey user = 0;
  std::int64_t number = 0;   // in the order of acceptance
  std::uint64_t key = 0;     // digest of the device and the id; 0: it has no id, nothing can repeat it
  std::uint64_t digest = 0;  // of the payload
  Instant at = 0;
  RequestState state = RequestState::open;
  bool final = false;  // a repeat gets the answer
  std::string device, correlation, id;
  std::string answer;  // JSON; empty: none yet, or too long to be kept
};

class Records : public AccountRecords {
 public:
  // People
  virtual void each_user(const std::function<void(UserRecord)>& visit) = 0;
  virtual UserKey add_user(const Jid& jid) = 0;
  virtual void remove_user(UserKey user) = 0;  // with all that is theirs
  virtual void set_profile(UserKey user, std::string_view json) = 0;
  virtual void each_contact(const std::function<void(UserKey, ContactRecord)>& visit) = 0;
  virtual void put_contact(UserKey user, const ContactRecord& contact) = 0;
  virtual void remove_contact(UserKey user, const Jid& contact) = 0;
  virtual void each_device(const std::function<void(UserKey, DeviceRecord)>& visit) = 0;
  virtual void put_device(UserKey user, const DeviceRecord& device) = 0;
  virtual void remove_device(UserKey user, std::string_view name) = 0;

  // Feeds
  virtual void each_follower(const std::function<void(Jid feed, Jid follower)>& visit) = 0;
  virtual void put_follower(const Jid& feed, const Jid& follower) = 0;
  virtual void remove_follower(const Jid& feed, const Jid& follower) = 0;

  // Rows of the mapping table that were added by hand: format_row() text by the row's JID
  virtual void each_route(const std::function<void(std::string_view text)>& visit) = 0;
  virtual void put_route(std::string_view jid, std::string_view text) = 0;
  virtual void remove_route(std::string_view jid) = 0;

  // Ledger and outbox. Queries give rows in the order of seq.
  // message.seq is ignored; 0: the user has a message of this id already, nothing was written.
  virtual Seq add_message(const MessageRecord& message) = 0;
  virtual std::optional<MessageRecord> find_message(UserKey user, std::string_view id) = 0;
  virtual std::optional<MessageRecord> message(Seq seq) = 0;
  // The gateway's id of the user's latest message from this bare JID that had this stanza id.
  virtual std::string id_of_stanza(UserKey user, std::string_view peer_bare, std::string_view xmpp_id) = 0;
  // States only go forward: false, and nothing written, if the message is there or further already.
  virtual bool set_state(Seq seq, MessageState state, std::int64_t mark, bool drop_payload) = 0;
  // The message has failed: false, and nothing written, if it had before. Where its payload stays, it is a dead letter.
  virtual bool fail_message(Seq seq, std::string_view reason, Instant expires, bool drop_payload) = 0;
  virtual void drop_payload(Seq seq) = 0;
  virtual void remove_message(Seq seq) = 0;
  virtual std::vector<MessageRecord> pending(Way way, Seq after, std::size_t limit) = 0;       // state accepted
  virtual std::vector<MessageRecord> waiting(UserKey user, Seq after, std::size_t limit) = 0;  // to MQTT, state waiting
  // The user's messages both ways that still have their payload; confirmed: those with a receipt too.
  virtual std::vector<MessageRecord> kept(UserKey user, Seq after, bool confirmed, std::size_t limit) = 0;
  // All that waits; a user may come more than once.
  virtual void each_queued(const std::function<void(const QueuedRecord&)>& visit) = 0;
  // The latest messages to XMPP, whatever state; what would expire earlier than the latest by more than span is left
  // out.
  virtual std::vector<MessageRecord> recent(Duration span, std::size_t limit) = 0;
  virtual std::vector<MessageRecord> sent(Seq from, std::size_t limit) = 0;  // messages to XMPP, this one and later

  // Without payloads:
  virtual std::vector<MessageRecord> oldest(Seq after, std::size_t limit) = 0;  // all but the dead letters
  virtual std::vector<MessageRecord> expired(Instant now, Seq after, std::size_t limit, Seq& last) = 0;
  // After this row; after_user matters for Shelf::waiting only.
  virtual std::vector<MessageRecord> shelf(Shelf which, UserKey after_user, Seq after, std::size_t limit) = 0;
  virtual std::int64_t count_dead() = 0;
  // What was forwarded to MQTT under these marks, first to last, is accepted again.
  virtual void reopen(std::int64_t first, std::int64_t last) = 0;

  // Requests, by user and number. each_request() gives them in the order of number.
  virtual void each_request(const std::function<void(const RequestRecord&)>& visit) = 0;
  virtual void put_request(const RequestRecord& request) = 0;
  virtual void remove_request(UserKey user, std::int64_t number) = 0;

  // Publishes without an id, by packet id: what the broker sends again after a crash is recognised by it.
  virtual bool seen_packet(int packet_id, std::uint64_t digest) = 0;
  virtual void put_packet(int packet_id, std::uint64_t digest) = 0;

  virtual std::string meta(std::string_view key) = 0;
  virtual void set_meta(std::string_view key, std::string_view value) = 0;
};

}  // namespace ferry
