// What Prosody keeps, wherever it keeps it: stores by host, name and store, each a table of Lua's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/migration/intake.h"
#include "gateway/migration/lua_table.h"

namespace ferry {

// The stores of one name of a host: of a user, or of a room.
class ProsodyStore {
 public:
  virtual ~ProsodyStore() = default;
  const std::string& host() const { return host_; }
  const std::string& name() const { return name_; }
  virtual bool has(std::string_view store) = 0;
  // Nothing: there is none, or a damaged one, which is said. place: where it is; valid until the next call.
  virtual std::optional<LuaValue> table(std::string_view store, Place& place) = 0;
  virtual Place somewhere() = 0;  // of somebody who has no account
  virtual void messages(Intake& intake) = 0;
  virtual void password(Intake& intake, const Place& place, std::string_view text) = 0;  // of a table "accounts"
  virtual bool has_card_node() = 0;                           // a vCard that is kept as a node of PEP
  virtual std::int64_t nodes() = 0;                           // of PEP: how many, but for such a card
  virtual std::int64_t archived(std::string_view store) = 0;  // how many messages; -1: some

 protected:
  std::string host_, name_;
};

// Stores without which nobody is: whoever has one of them is a user, also where LDAP knows the passwords.
inline constexpr std::string_view prosody_people_stores[] = {"accounts",  "roster",  "vcard",  "private",
                                                             "blocklist", "privacy", "offline"};

void import_prosody_account(ProsodyStore& store, Intake& intake);
void import_prosody_room(ProsodyStore& store, Intake& intake);
std::optional<Element> prosody_stanza(const LuaValue& table, std::string_view ns);  // nothing: it is none

}  // namespace ferry
