// What was imported, read back.
#include <unordered_map>

#include "gateway/migration/imported.h"
#include "gateway/migration/shared_groups.h"
#include "translators/values/json.h"

namespace ferry {
namespace {

std::vector<std::string> texts_of(std::string_view json) {
  std::vector<std::string> out;
  if (json.empty()) return out;
  const auto document = JsonDocument::parse(json);
  if (document)
    document->root().each([&](JsonView text) { out.emplace_back(text.string().value_or(std::string_view{})); });
  return out;
}

RosterSubscription subscription_named(std::string_view text) {
  for (const auto known : {RosterSubscription::to, RosterSubscription::from, RosterSubscription::both})
    if (subscription_name(known) == text) return known;
  return RosterSubscription::none;
}

std::optional<PieceKind> piece_named(std::string_view name) {
  for (const auto kind : {PieceKind::vcard, PieceKind::private_xml, PieceKind::privacy_list, PieceKind::blocked,
                          PieceKind::node, PieceKind::node_config, PieceKind::last})
    if (piece_name(kind) == name) return kind;
  return std::nullopt;
}

class ImportedReader {
 public:
  ImportedReader(Database& database, AccountVisitor& visitor, const KeysOf& keys_of)
      : database_(database), visitor_(visitor), keys_of_(keys_of) {}

  void groups() {
    Statement groups(database_, "SELECT name, display, description, seen, seen_by FROM imported_group ORDER BY name");
    Statement members(database_, "SELECT jid FROM imported_group_member WHERE name = ?1 ORDER BY jid");
    Query rows(groups);
    while (rows.next()) {
      SharedGroup group;
      group.name = rows.text(0);
      group.display = rows.text(1);
      group.description = rows.text(2);
      group.seen = rows.text(3) == "everybody" ? SharedGroup::Seen::everybody
                   : rows.text(3) == "group"   ? SharedGroup::Seen::only_group
                                               : SharedGroup::Seen::nobody;
      group.seen_by = texts_of(rows.text(4));
      Query member(members, group.name);
      while (member.next())
        if (auto jid = Jid::parse(member.text(0))) group.members.push_back(*jid);
      groups_.add(group);
      visitor_.group(group);
    }
  }

  void accounts(const std::optional<Jid>& only) {
    Statement all(database_,
                  "SELECT key, jid, name, email, disabled, created, source FROM imported_account "
                  "WHERE ?1 = '' OR jid = ?1 ORDER BY substr(jid, instr(jid, '@') + 1), jid");
    const std::string which = only ? only->str() : std::string();
    Query rows(all, which);
    while (rows.next()) {
      const auto jid = Jid::parse(rows.text(1));
      if (!jid) continue;
      visitor_.begin_account({*jid, std::string(rows.text(2)), std::string(rows.text(3)), rows.integer(4) != 0,
                              rows.integer(5), std::string(rows.text(6))});
      if (keys_of_)
        for (const ScramKeys& keys : keys_of_(*jid)) visitor_.keys(keys);
      contacts(rows.integer(0), jid->str());
      pieces(rows.integer(0));
      visitor_.end_account();
    }
  }

  void rooms() {
    Statement rooms(database_,
                    "SELECT jid, name, description, subject, has_password, config FROM imported_room ORDER BY jid");
    Statement members(database_,
                      "SELECT jid, affiliation, nick FROM imported_room_member WHERE room = ?1 ORDER BY jid");
    Query rows(rooms);
    while (rows.next()) {
      const auto jid = Jid::parse(rows.text(0));
      if (!jid) continue;
      ImportedRoom room{*jid,
                        std::string(rows.text(1)),
                        std::string(rows.text(2)),
                        std::string(rows.text(3)),
                        rows.integer(4) != 0,
                        {},
                        {}};
      if (const auto config = JsonDocument::parse(rows.text(5)))
        config->root().members([&](std::string_view name, JsonView value) {
          room.config.emplace_back(name, value.string().value_or(std::string_view{}));
        });
      Query member(members, jid->str());
      while (member.next())
        if (auto who = Jid::parse(member.text(0)))
          room.members.push_back({*who, std::string(member.text(1)), std::string(member.text(2))});
      visitor_.room(room);
    }
  }

 private:
  void contacts(std::int64_t account, const std::string& owner) {
    std::unordered_map<std::string, SharedGroups::Contact> shared;
    if (visitor_.wants_shared_contacts())
      groups_.each_contact(owner, [&](const SharedGroups::Contact& c) { shared.emplace(std::string(c.jid), c); });
    Statement all(database_,
                  "SELECT jid, subscription, ask, approved, name, group_names FROM imported_contact "
                  "WHERE account = ?1 ORDER BY jid");
    Query rows(all, account);
    while (rows.next()) {
      const auto jid = Jid::parse(rows.text(0));
      if (!jid) continue;
      RosterEntry entry{*jid,
                        std::string(rows.text(4)),
                        subscription_named(rows.text(1)),
                        rows.integer(2) != 0,
                        rows.integer(3) != 0,
                        false,
                        texts_of(rows.text(5))};
      if (const auto both = shared.find(jid->str()); both != shared.end()) {
        const SharedGroups::Contact& contact = both->second;
        entry.groups.insert(entry.groups.end(), contact.groups.begin(), contact.groups.end());
        const bool seen = contact.mutual || entry.subscription == RosterSubscription::from ||
                          entry.subscription == RosterSubscription::both;
        entry.subscription = seen ? RosterSubscription::both : RosterSubscription::to;
        entry.ask = false;
        shared.erase(both);
      }
      visitor_.contact(entry);
    }
    for (const auto& [text, contact] : shared)
      if (const auto jid = Jid::parse(text))
        visitor_.contact({*jid, "", contact.mutual ? RosterSubscription::both : RosterSubscription::to, false, false,
                          true, contact.groups});
    Statement requests(database_, "SELECT jid, xml FROM imported_request WHERE account = ?1 ORDER BY jid");
    Query request(requests, account);
    while (request.next())
      if (const auto jid = Jid::parse(request.text(0))) visitor_.request({*jid, std::string(request.text(1))});
  }

  void pieces(std::int64_t account) {
    Statement all(database_, "SELECT kind, at, name, xml FROM imported_piece WHERE account = ?1 ORDER BY kind, place");
    Query rows(all, account);
    while (rows.next()) {
      if (rows.text(0) == "message")
        visitor_.message({rows.integer(1), std::string(rows.text(3))});
      else if (const auto kind = piece_named(rows.text(0)))
        visitor_.piece({*kind, std::string(rows.text(2)), std::string(rows.text(3))});
    }
  }

  Database& database_;
  AccountVisitor& visitor_;
  const KeysOf& keys_of_;
  SharedGroups groups_;
};

}  // namespace

void visit_imported(Database& database, AccountVisitor& visitor, const KeysOf& keys_of,
                    const std::optional<Jid>& only) {
  ImportedReader reader(database, visitor, keys_of);
  reader.groups();
  reader.accounts(only);
  if (!only) reader.rooms();
}

std::vector<std::string> imported_jids(Database& database, const std::string& group) {
  Statement some(database,
                 "SELECT jid FROM imported_account WHERE disabled = 0 AND (?1 = '' OR jid IN "
                 "(SELECT jid FROM imported_group_member WHERE name = ?1)) ORDER BY jid");
  std::vector<std::string> out;
  Query rows(some, group);
  while (rows.next()) out.emplace_back(rows.text(0));
  return out;
}

}  // namespace ferry
