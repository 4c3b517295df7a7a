// What must be remembered of accounts that stay on the legacy server while their owners move (design section 9), as a
// port: part of Records (records.h), with the same promises. An account is known by its bare JID.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "translators/values/instant.h"
#include "translators/values/jid.h"

namespace ferry {

// How far an account has moved. Stored by number: they never change their meaning.
enum class AccountState : std::uint8_t {
  legacy = 0,   // as it always was: the gateway does nothing
  shadow = 1,   // a silent session; everything is translated and compared, nothing delivered
  dual = 2,     // XMPP clients and MQTT devices side by side
  moved = 3,    // MQTT is primary
  retired = 4,  // the session has ended for good
  back = 5,     // everything that was written is being undone; then legacy
};
std::string_view account_state_name(AccountState state);
std::optional<AccountState> account_state(std::string_view name);

struct AccountRecord {
  Jid jid;  // bare
  AccountState state = AccountState::legacy, target = AccountState::legacy;
  std::int64_t generation = 0;  // one more with each transition
  Instant since = 0;            // of the state
  Instant began = 0;            // to be on its way: where the archive is read from without `archive`
  bool keep = false;            // back: what the person has changed stays
  bool route_added = false;     // the row of the mapping table is the migration's own
  bool collected = false;       // what the server had kept for who is offline has been asked for
  bool copied = false;          // the new address has the contacts
  bool stated = false;          // the old account says where its owner is, or its server will not have it
  bool back_by_name = false;    // taken back alone: no start of the cohort's means them, until they are named again
  std::string cohort = {};
  std::string archive = {};  // the server archive's id of the last message taken from it
  std::string trouble = {};  // why it does not get on
  std::int64_t messages = 0, errors = 0, differences = 0;
  std::optional<Jid> address = {};  // bare: the person's new one, at the gateway's own domain. None: the JID is kept
};

// One write to the old server, and what undoes it.
enum class WriteState : std::uint8_t { planned = 0, done = 1, undone = 2, lasting = 3 };  // lasting: cannot be undone
struct WriteRecord {
  std::int64_t number = 0;
  WriteState state = WriteState::planned;
  bool by_person = false;        // asked for on out/req; otherwise the migration's own
  std::string forward, inverse;  // stanzas, one after the other
  Instant at = 0;
};

// What the account's owner would have seen otherwise than the server has it.
struct DifferenceRecord {
  std::string kind, peer, text;  // one of each kind and peer
  Instant at = 0;
};

// What an account's owner wants of a room (XEP-0045). Stored by number: they never change their meaning.
enum class RoomWish : std::uint8_t {
  joined = 0,   // to be in it
  left = 1,     // not to be in it, whatever the bookmarks say
  put_out = 2,  // was in it until the room put them out: as left, until they ask for it
  invited = 3,  // somebody asks them in
  gone = 4,     // no longer theirs: what is shown of it is to be cleared
  known = 5,    // a bookmark, not to be joined by itself. Never stored
};
struct RoomRecord {
  Jid room;  // bare
  RoomWish wish = RoomWish::joined;
  bool bookmarked = false;         // on the list at the server, to be joined by itself
  bool asked = false;              // by a request: nick and password are the owner's word
  std::string nick, name;          // nick empty: the account's localpart
  std::string password = {};       // of a request or an invitation, not of a bookmark: its server has that one
  std::string by = {}, text = {};  // invited: who, and what they wrote. put_out: the condition, and the room's reason
  Instant last = 0;                // when its latest message came, about; 0: it was never joined
};

class AccountRecords {
 public:
  virtual ~AccountRecords() = default;

  virtual void each_account(const std::function<void(AccountRecord)>& visit) = 0;
  virtual void put_account(const AccountRecord& account) = 0;
  virtual void remove_account(const Jid& account) = 0;  // with all that is its

  virtual std::int64_t add_write(const Jid& account, const WriteRecord& write) = 0;  // number is ignored, and returned
  virtual void set_write(const Jid& account, std::int64_t number, WriteState state) = 0;
  // The latest before this number that is planned or done.
  virtual std::optional<WriteRecord> last_write(const Jid& account, std::int64_t before) = 0;
  virtual std::vector<WriteRecord> writes(const Jid& account, std::int64_t after, std::size_t limit) = 0;

  // Messages that were taken, by a digest of what tells them apart.
  virtual bool was_seen(const Jid& account, std::uint64_t digest) = 0;
  virtual void put_seen(const Jid& account, std::uint64_t digest, Instant expires) = 0;
  virtual void forget_seen(Instant now) = 0;  // what has expired

  virtual void put_difference(const Jid& account, const DifferenceRecord& difference) = 0;
  virtual void remove_difference(const Jid& account, std::string_view kind, std::string_view peer) = 0;
  virtual std::vector<DifferenceRecord> differences(const Jid& account, std::size_t limit) = 0;

  // Also of people of our own domain.
  virtual void each_room(const std::function<void(const Jid& account, RoomRecord room)>& visit) = 0;
  virtual void put_room(const Jid& account, const RoomRecord& room) = 0;
  virtual void remove_room(const Jid& account, const Jid& room) = 0;
  virtual void remove_rooms(const Jid& account) = 0;  // all of them, and what was seen
};

}  // namespace ferry
