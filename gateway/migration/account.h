// What an account is, whatever server it comes from, and who is told: one account at a time, one piece at a time, so
// that a server of any size is read in constant memory.
//
//   begin_account, keys…, contact…, request…, message…, piece…, end_account; problem at any time;
//   group before the accounts, room after them.
//
// Everything that a visitor gets is checked already (intake.h): addresses are prepared, XML is well-formed and of this
// house's form, keys fit. Passwords do not get here at all: they became keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/passwords/scram_keys.h"
#include "translators/values/instant.h"
#include "translators/values/jid.h"

namespace ferry {

struct AccountHead {
  Jid jid;
  std::string name, email;
  bool disabled = false;  // locked by the old server's administrator: never revived by a move
  Instant created = 0;    // 0: not known
  std::string source;     // "openfire", "ejabberd", "prosody", "xep0227"
};

enum class RosterSubscription : std::uint8_t { none, to, from, both };
std::string_view subscription_name(RosterSubscription subscription);  // as RFC 6121 writes it

struct RosterEntry {
  Jid jid;  // bare
  std::string name;
  RosterSubscription subscription = RosterSubscription::none;
  bool ask = false;  // asked to subscribe, no answer yet
  bool approved = false;
  bool shared = false;  // of a shared group, recomputed; not in the old server's roster table
  std::vector<std::string> groups;
};

struct SubscriptionRequest {  // somebody asked, the account's owner has not answered
  Jid from;
  std::string xml;  // the presence stanza
};

struct StoredMessage {
  Instant at = 0;   // 0: not known
  std::string xml;  // the whole stanza, with its delay
};

enum class PieceKind : std::uint8_t {
  vcard,         // vcard-temp
  private_xml,   // XEP-0049, name: the namespace; bookmarks among them
  privacy_list,  // XEP-0016, name: the list's; active "default" first in the name's stead is not kept
  blocked,       // XEP-0191, name: the JID, no xml
  node,          // PEP, name: the node, xml: <items/> of XEP-0060
  node_config,   // PEP, name: the node, xml: <configure/> of XEP-0060
  last,          // name: when the account was last seen (RFC 3339), xml: its last unavailable presence, or empty
};
std::string_view piece_name(PieceKind kind);

struct AccountPiece {
  PieceKind kind = PieceKind::vcard;
  std::string name, xml;
};

struct RoomMember {
  Jid jid;  // bare; or a domain
  std::string affiliation, nick;
};

struct ImportedRoom {
  Jid jid;
  std::string name, description, subject;  // subject: the text
  bool has_password = false;               // it is not carried
  // Settings under the names of XEP-0045's registry ("muc#roomconfig_membersonly", "1"); unknown ones are problems.
  std::vector<std::pair<std::string, std::string>> config;
  std::vector<RoomMember> members;
};

struct SharedGroup {
  enum class Seen : std::uint8_t { nobody, only_group, everybody };
  std::string name, display, description;  // display: the name in rosters; empty: not shared
  Seen seen = Seen::nobody;
  std::vector<std::string> seen_by;  // other groups that see it
  std::vector<Jid> members;          // administrators too
};

// What did not come, or not as it was. The parts are texts for people; no body, password or key is in any.
struct ImportProblem {
  enum class Weight : std::uint8_t {
    note,     // it comes, but worth knowing
    piece,    // something of an account does not come
    account,  // an account does not come
    source,   // a file, or the rest of it, could not be read
  };
  Weight weight = Weight::note;
  std::string account;                   // "" where it is of none
  std::string place;                     // "dump.sql:120"
  std::string what, reason, suggestion;  // "contact \"www\"", "a name without a domain", "www@corp.example?"
};
std::string_view weight_name(ImportProblem::Weight weight);
std::string problem_text(const ImportProblem& problem);  // "dump.sql:120: contact "www": a name …; www@…?"

class AccountVisitor {
 public:
  virtual ~AccountVisitor() = default;
  virtual void begin_account(const AccountHead& head) = 0;
  virtual void keys(const ScramKeys& keys) = 0;
  virtual void password(std::string_view) {}  // in the clear, besides its keys: who does not keep it does nothing
  virtual void contact(const RosterEntry& entry) = 0;
  virtual void request(const SubscriptionRequest& request) = 0;
  virtual void message(const StoredMessage& message) = 0;
  virtual void piece(const AccountPiece& piece) = 0;
  virtual void end_account() = 0;
  virtual void group(const SharedGroup& group) = 0;
  virtual void room(const ImportedRoom& room) = 0;
  virtual void problem(const ImportProblem& problem) = 0;
  // Contacts of shared groups, all of them for each member: whoever keeps the groups needs not keep these.
  virtual bool wants_shared_contacts() const { return true; }
};

}  // namespace ferry
