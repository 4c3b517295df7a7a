#include "gateway/migration/openfire_sql.h"

#include <algorithm>
#include <unordered_map>

#include "config/text.h"
#include "gateway/migration/hidden_password.h"
#include "gateway/migration/hsqldb_lobs.h"
#include "gateway/migration/openfire_password.h"
#include "gateway/migration/openfire_rooms.h"
#include "gateway/migration/shared_groups.h"
#include "gateway/migration/sql_lexer.h"

namespace ferry {
namespace {

using Weight = ImportProblem::Weight;

// With the whole primary key: HSQLDB's log names a row that is gone by nothing else.
const TableSpec tables[] = {
    {"ofuser",
     "username",
     "",
     {"storedkey", "serverkey", "salt", "iterations", "plainpassword", "encryptedpassword", "name", "email",
      "creationdate", "password"}},
    {"ofuserscram", "username", "", {"mechanism", "storedkey", "serverkey", "salt", "iterations"}},
    {"ofuserflag", "username", "", {"name", "starttime", "endtime"}},
    {"ofroster", "username", "rosterid", {"rosterid", "jid", "sub", "ask", "recv", "nick", "stanza"}},
    {"ofrostergroups", "rosterid", "rank", {"groupname", "rank"}},
    {"ofgroup", "groupname", "", {"groupname", "description"}},
    {"ofgroupuser", "groupname", "", {"username", "administrator", "groupname"}},
    {"ofgroupprop", "groupname", "", {"name", "propvalue", "groupname"}},
    {"ofoffline", "username", "creationdate", {"creationdate", "stanza", "messageid"}},
    {"ofvcard", "username", "", {"vcard", "value"}},
    {"ofprivate", "username", "", {"namespace", "privatedata", "value", "name"}},
    {"ofprivacylist", "username", "", {"name", "isdefault", "list"}},
    {"ofproperty", "name", "", {"propvalue", "encrypted"}},
    {"ofpubsubitem", "serviceid", "creationdate", {"nodeid", "id", "payload"}},
    {"ofpresence", "username", "", {"offlinepresence", "offlinedate"}},
    {"ofmucservice", "serviceid", "", {"subdomain"}},
    {"ofmucroom",
     "serviceid",
     "",
     {"roomid", "name", "naturalname", "description", "subject", "roompassword", "publicroom", "moderated",
      "membersonly", "caninvite", "canchangesubject", "candiscoverjid", "logenabled", "usereservednick",
      "canchangenick", "canregister", "maxusers", "rolestobroadcast", "allowpm"}},
    {"ofmucaffiliation", "roomid", "", {"jid", "affiliation"}},
    {"ofmucmember", "roomid", "", {"jid", "nickname"}},
    {"lobs", "lob_id", "block_offset", {"block_addr", "block_count", "block_offset"}},
    {"lob_ids", "lob_id", "", {"lob_length", "lob_type", "lob_usage_count"}},
    {"ofmucconversationlog", "roomid", "", {}, true},
    {"ofmessagearchive", "fromjid", "", {}, true},
    {"ofmessagearchive", "tojid", "", {}, true},
};

enum UserColumn {
  u_stored,
  u_server,
  u_salt,
  u_iterations,
  u_plain,
  u_encrypted,
  u_name,
  u_email,
  u_created,
  u_password
};
enum RosterColumn { r_id, r_jid, r_sub, r_ask, r_recv, r_nick, r_stanza };

constexpr std::string_view user_provider = "provider.user.classname";

std::string property(RowStage& stage, std::size_t specs, std::string_view name) {
  const auto row = stage.first(specs + openfire::property, name);
  return row ? std::string(row->text(0)) : std::string();
}

// The name of a member of a group: a local user, or somebody's JID.
std::optional<Jid> openfire_member(std::string_view name, const std::string& domain) {
  const auto jid = name.find('@') == std::string_view::npos ? Jid::make(name, domain) : Jid::parse(name);
  if (!jid) return std::nullopt;
  return jid->bare();
}

class OpenfireImport {
 public:
  OpenfireImport(RowStage& stage, std::size_t specs, Intake& intake, const Secret& password_key, const HsqldbLobs& lobs)
      : stage_(stage), specs_(specs), intake_(intake), password_key_(password_key), lobs_(lobs) {}

  std::string run() {
    domain_ = property(stage_, specs_, "xmpp.domain");
    if (!intake_.options().domain.empty()) domain_ = intake_.options().domain;
    if (domain_.empty())
      return "the dump does not say of which domain (table ofProperty, xmpp.domain): name it with --domain";
    passwords();
    read_groups();
    stage_.each_all(specs_ + openfire::user, [&](const StagedRow& row) { account(row); });
    if (elsewhere()) {
      const std::size_t tables_of_people[] = {specs_ + openfire::roster, specs_ + openfire::offline,
                                              specs_ + openfire::vcard, specs_ + openfire::private_xml,
                                              specs_ + openfire::privacy_list};
      stage_.each_stranger(tables_of_people, specs_ + openfire::user, [&](const StagedRow& row) { account(row); });
    } else {
      strangers(openfire::roster, "ofRoster");
      strangers(openfire::offline, "ofOffline");
    }
    import_openfire_rooms(stage_, specs_, intake_, groups_, domain_);
    return {};
  }

 private:
  // With LDAP or another database whoever has a contact list or a card is somebody, though ofUser has no row.
  bool elsewhere() {
    const std::string provider = property(stage_, specs_, user_provider);
    return stage_.count(specs_ + openfire::user) == 0 ||
           (!provider.empty() && provider.find("DefaultUserProvider") == std::string::npos);
  }

  // Rows without an account: removed people, mostly.
  void strangers(openfire::Table table, std::string_view name) {
    std::optional<StagedRow> first;
    const std::int64_t people = stage_.strangers(specs_ + table, specs_ + openfire::user, first);
    if (first)
      intake_.lost(first->place, "table " + std::string(name),
                   "rows of " + std::to_string(people) + (people == 1 ? " person" : " people") +
                       " whose account is not in the dump, the first of " + in_quotes(first->key),
                   "they were removed, or LDAP or another database keeps them and the dump does not say so");
  }

  void passwords() {
    const auto row = stage_.first(specs_ + openfire::property, "passwordkey");
    if (!row) {
      key_missing_ = "the dump has no passwordKey (table ofProperty)";
      return;
    }
    if (row->number(1, 0) == 1) {
      key_missing_ = "the dump's passwordKey is itself encrypted, by conf/security.xml of the old server";
      intake_.note(
          row->place, "passwordKey",
          "it is encrypted by conf/security.xml of the old server, so passwords that have no SCRAM keys beside them do "
          "not come",
          "let Openfire decrypt it (admin console, System Properties: passwordKey, Encrypt: no) and dump again");
      return;
    }
    auto made = OpenfirePasswords::make(password_key_.view());
    if (made)
      decrypt_.emplace(std::move(*made));
    else
      key_missing_ = made.error();
  }

  // Names that differ by case alone are two groups, but for MySQL's collation, where one of them cannot be another's
  // row: only then a row's case is not looked at.
  bool others_of_that_name(const StagedRow& group) {
    std::size_t same = 0;
    stage_.each(specs_ + openfire::group, group.key, [&](const StagedRow&) { ++same; });
    return same > 1;
  }

  void read_groups() {
    stage_.each_all(specs_ + openfire::group, [&](const StagedRow& row) {
      const bool others = others_of_that_name(row);
      SharedGroup group;
      group.name = row.text(0);
      group.description = row.text(1);
      stage_.each(specs_ + openfire::group_prop, group.name, [&](const StagedRow& prop) {
        if (others && prop.text(2) != group.name) return;
        const std::string name = lower(prop.text(0));
        const std::string_view value = trim(prop.text(1));
        if (name == "sharedroster.showinroster")
          group.seen = value == "everybody"   ? SharedGroup::Seen::everybody
                       : value == "onlyGroup" ? SharedGroup::Seen::only_group
                                              : SharedGroup::Seen::nobody;
        if (name == "sharedroster.displayname") group.display = value;
        if (name == "sharedroster.grouplist")
          for (const std::string_view other : split(value, ','))
            if (!trim(other).empty()) group.seen_by.emplace_back(trim(other));
      });
      stage_.each(specs_ + openfire::group_user, group.name, [&](const StagedRow& member) {
        if (others && member.text(2) != group.name) return;
        if (group.members.size() >= max_memberships) return;
        if (auto jid = openfire_member(member.text(0), domain_))
          group.members.push_back(std::move(*jid));
        else
          intake_.lost(member.place, "member " + in_quotes(member.text(0)) + " of the group " + in_quotes(group.name),
                       "no JID");
      });
      // Somebody may be a member and an administrator.
      std::sort(group.members.begin(), group.members.end());
      group.members.erase(std::unique(group.members.begin(), group.members.end()), group.members.end());
      if (groups_.add(group))
        intake_.group(group);
      else
        intake_.lost(row.place, "group " + in_quotes(group.name), "there are too many groups, or members of groups");
    });
  }

  bool locked(std::string_view user) {
    bool found = false;
    stage_.each(specs_ + openfire::user_flag, user,
                [&](const StagedRow& row) { found = found || row.text(0) == "lockout"; });
    return found;
  }

  void account(const StagedRow& row) {
    RawAccount raw;
    raw.name = row.text(u_name);
    raw.email = row.text(u_email);
    raw.created = row.number(u_created, 0);
    raw.disabled = locked(row.key);
    if (!intake_.begin(row.place, row.key, domain_, raw)) return;
    if (raw.disabled) intake_.note(row.place, "account", "it is locked out on the old server, and stays so");
    credentials(row);
    roster(row);
    if (auto vcard = stage_.first(specs_ + openfire::vcard, row.key))
      piece(*vcard, PieceKind::vcard, "", vcard->has(0) ? 0 : 1);
    stage_.each(specs_ + openfire::private_xml, row.key,
                [&](const StagedRow& xml) { piece(xml, PieceKind::private_xml, xml.text(0), xml.has(1) ? 1 : 2); });
    nodes();
    stage_.each(specs_ + openfire::privacy_list, row.key, [&](const StagedRow& list) {
      if (const auto text = whole(list, 2, "privacy-list " + in_quotes(list.text(0))))
        intake_.privacy_list(list.place, list.text(0), *text, list.number(1, 0) == 1);
    });
    stage_.each(specs_ + openfire::offline, row.key, [&](const StagedRow& message) {
      if (const auto text = whole(message, 1, "message"))
        intake_.message(message.place, *text, message.number(0, 0), domain_);
    });
    if (auto last = stage_.first(specs_ + openfire::presence, row.key))
      if (const Instant at = sane_instant(last->number(1, 0)); at > 0)
        intake_.piece(last->place, PieceKind::last, format_instant(at), last->text(0));
    intake_.note_archive(row.place, stage_.counted(specs_ + openfire::archive_from, intake_.account()) +
                                        stage_.counted(specs_ + openfire::archive_to, intake_.account()));
    intake_.end();
  }

  void credentials(const StagedRow& row) {
    stage_.each(specs_ + openfire::user_scram, row.key, [&](const StagedRow& keys) {
      intake_.keys(keys.place, keys.text(0), keys.text(3), keys.number(4, 0), keys.text(1), keys.text(2));
    });
    // A salt that is NULL was seen in the wild: such a row is no use, and the password beside it is.
    if (row.has(u_stored) && row.has(u_salt) && !row.text(u_stored).empty())
      intake_.keys(row.place, "SCRAM-SHA-1", row.text(u_salt), row.number(u_iterations, 0), row.text(u_stored),
                   row.text(u_server));
    // Wildfire's first versions called it so.
    const std::string_view plain = row.text(row.text(u_plain).empty() ? u_password : u_plain);
    if (!plain.empty()) {
      take_hidden_password(intake_, row.place, plain);
    } else if (!row.text(u_encrypted).empty()) {
      if (decrypt_) {
        if (auto password = decrypt_->decrypt(row.text(u_encrypted)))
          intake_.password(row.place, password->view());
        else if (!intake_.has_keys())
          intake_.lost(row.place, "password", "the passwordKey of the dump does not open it",
                       "give the account a new one on the old server");
      } else if (!intake_.has_keys()) {
        intake_.lost(row.place, "password", key_missing_,
                     "dump the table ofProperty, too, or give the account a new one");
      }
    }
    if (!intake_.has_keys() && row.text(u_encrypted).empty() && plain.empty())
      intake_.lost(row.place, "password", "the dump has none (LDAP, or another database)",
                   "the old server can be asked at the first log-in");
  }

  void roster(const StagedRow& user) {
    std::unordered_map<std::string, SharedGroups::Contact> shared;
    if (intake_.wants_shared_contacts() && !groups_.empty() &&
        !groups_.each_contact(intake_.account(), [&](const SharedGroups::Contact& contact) {
          shared.emplace(std::string(contact.jid), contact);
        }))
      intake_.lost(user.place, "contacts of shared groups",
                   "there are more than " + std::to_string(max_shared_contacts));
    stage_.each_newest_first(specs_ + openfire::roster, user.key, [&](const StagedRow& row) {
      const std::int64_t sub = row.number(r_sub, 0), ask = row.number(r_ask, -1), recv = row.number(r_recv, -1);
      const std::string what = "contact " + in_quotes(row.text(r_jid));
      if (recv == 1) intake_.request(row.place, row.text(r_jid), row.text(r_stanza));
      if (sub == -1) return intake_.note(row.place, what, "removed, but its row was still there");
      if (sub < 0 || sub > 3) return intake_.lost(row.place, what, "an unknown subscription, " + std::to_string(sub));
      if (sub == 0 && ask == -1 && recv == 1) return;  // only the request; no client sees the row
      RawContact raw{
          row.text(r_jid), row.text(r_nick), static_cast<RosterSubscription>(sub), ask == 0, false, false, {}};
      stage_.each(specs_ + openfire::roster_group, row.text(r_id),
                  [&](const StagedRow& group) { raw.groups.emplace_back(group.text(0)); });
      if (const auto jid = Jid::parse(raw.jid)) {
        if (auto both = shared.find(jid->bare().str()); both != shared.end()) {
          raw.groups.insert(raw.groups.end(), both->second.groups.begin(), both->second.groups.end());
          raw.subscription = both->second.mutual || raw.subscription == RosterSubscription::from ||
                                     raw.subscription == RosterSubscription::both
                                 ? RosterSubscription::both
                                 : RosterSubscription::to;
          raw.ask = false;
          shared.erase(both);
        }
      }
      intake_.contact(row.place, std::move(raw));
    });
    for (const auto& [jid, contact] : shared)
      intake_.contact(user.place, {jid, "", contact.mutual ? RosterSubscription::both : RosterSubscription::to, false,
                                   false, true, contact.groups});
  }

  // COMPAT(HSQLDB 2): what a column CLOB holds stands in another file, and here its number. No XML is a number.
  std::optional<std::string> whole(const StagedRow& row, std::size_t column, const std::string& what) {
    if (!whole_number(row.text(column))) return std::string(row.text(column));
    std::string wrong;
    auto text = lobs_.text(stage_, specs_ + openfire::lobs, specs_ + openfire::lob_ids, row.text(column), wrong);
    if (!text)
      intake_.lost(row.place, what, std::move(wrong),
                   "copy the whole folder of the stopped server, or ask it itself at the moment of the move");
    return text;
  }

  void piece(const StagedRow& row, PieceKind kind, std::string_view name, std::size_t column) {
    if (const auto text =
            whole(row, column, std::string(piece_name(kind)) + (name.empty() ? "" : " " + in_quotes(name))))
      intake_.piece(row.place, kind, name, *text);
  }

  // PEP: the service's name is the owner's bare JID. Since schema 29 private XML is there, too.
  void nodes() {
    const std::string service = intake_.account();
    stage_.each(specs_ + openfire::pubsub_item, service, [&](const StagedRow& row) {
      const std::string_view node = row.text(0), id = row.text(1);
      const auto text = whole(row, 2, "node " + in_quotes(node));
      if (!text) return;
      const std::string_view payload = *text;
      if (node.starts_with("storage:") || id == "current") {
        // What XEP-0049 kept is a node of its namespace with one item.
        if (payload.find(node) != std::string_view::npos && node.starts_with("storage:"))
          return intake_.piece(row.place, PieceKind::private_xml, node, payload);
      }
      auto element = parse_xml(payload, imported_xml_limits());
      if (!element) return intake_.lost(row.place, "node " + in_quotes(node), element.error().text);
      constexpr std::string_view pubsub = "http://jabber.org/protocol/pubsub";
      Element items("items", pubsub), item("item", pubsub);
      items.set("node", node);
      item.set("id", id);
      item.add(std::move(*element));
      items.add(std::move(item));
      intake_.piece(row.place, PieceKind::node, node, items);
    });
  }

  RowStage& stage_;
  std::size_t specs_;
  Intake& intake_;
  const Secret& password_key_;
  const HsqldbLobs& lobs_;
  SharedGroups groups_;
  std::string domain_, key_missing_;
  std::optional<OpenfirePasswords> decrypt_;
};

}  // namespace

std::span<const TableSpec> openfire_tables() { return tables; }

bool is_openfire(RowStage& stage, std::size_t specs) {
  return stage.count(specs + openfire::user) > 0 || stage.count(specs + openfire::roster) > 0;
}

bool before_staging_openfire(SqlRow& row, bool make_keys, Secret& password_key) {
  std::string property_name;
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    SqlValue& value = row.values[i];
    if (row.table == "ofuser" && (row.columns[i] == "plainpassword" || row.columns[i] == "password"))
      hide_password(value, make_keys);
    if (row.table == "ofmucroom" && row.columns[i] == "roompassword" && !value.text.empty()) {
      Secret::wipe(value.text);
      value.text = "?";  // there is one; which does not come
    }
    if (row.table == "ofproperty" && row.columns[i] == "name") property_name = lower(value.text);
  }
  if (row.table != "ofproperty") return true;
  if (property_name == "xmpp.domain" || property_name == user_provider) return true;
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    if (row.columns[i] != "propvalue") continue;
    if (property_name == "passwordkey") password_key = Secret(row.values[i].text);
    Secret::wipe(row.values[i].text);  // others are secrets, too: LDAP's password
    row.values[i].text = "?";
  }
  return property_name == "passwordkey";
}

std::string import_openfire(RowStage& stage, std::size_t specs, Intake& intake, const Secret& password_key,
                            const HsqldbLobs& lobs) {
  return OpenfireImport(stage, specs, intake, password_key, lobs).run();
}

}  // namespace ferry
