#include "gateway/migration/ejabberd_sql.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "config/text.h"
#include "gateway/migration/erlang_term.h"
#include "gateway/migration/hidden_password.h"

namespace ferry {
namespace {

const TableSpec ejabberd_specs[] = {
    {"users", "username", "", {"server_host", "type", "password", "serverkey", "salt", "iterationcount"}},
    {"rosterusers", "username", "", {"server_host", "jid", "nick", "subscription", "ask", "askmessage", "approved"}},
    {"rostergroups", "username", "", {"server_host", "jid", "grp"}},
    {"spool", "username", "seq", {"server_host", "xml"}},
    {"vcard", "username", "", {"server_host", "vcard"}},
    {"private_storage", "username", "", {"server_host", "namespace", "data"}},
    {"privacy_list", "username", "", {"server_host", "name", "id"}},
    {"privacy_list_data",
     "id",
     "ord",
     {"t", "value", "action", "ord", "match_all", "match_iq", "match_message", "match_presence_in",
      "match_presence_out"}},
    {"last", "username", "", {"server_host", "seconds", "state"}},
    {"muc_room", "name", "", {"host", "opts"}},
    {"sr_group", "name", "", {"host"}},
    {"privacy_default_list", "username", "", {"server_host", "name"}},
    {"archive", "username", "", {}, true, "server_host"},
    {"pubsub_node", "host", "", {}, true},
};
enum EjabberdTable : std::size_t {
  e_users,
  e_roster,
  e_roster_groups,
  e_spool,
  e_vcard,
  e_private,
  e_privacy,
  e_privacy_data,
  e_last,
  e_rooms,
  e_shared,
  e_default,
  e_archive,
  e_nodes
};

constexpr std::size_t most_group_rows = 100'000;
constexpr std::string_view marks[] = {"sha256:", "sha512:"};

class EjabberdImport {
 public:
  EjabberdImport(RowStage& stage, std::size_t specs, Intake& intake) : stage_(stage), specs_(specs), intake_(intake) {}

  std::string run() {
    std::vector<StagedRow> same;  // rows of one name: one for each host and kind of password
    stage_.each_all(specs_ + e_users, [&](const StagedRow& row) {
      if (!same.empty() && same.front().key != row.key) accounts(same);
      if (!same.empty() && same.front().key != row.key) same.clear();
      if (same.size() < 1'000) same.push_back(row);
    });
    if (!same.empty()) accounts(same);
    if (stage_.count(specs_ + e_users) == 0)
      people_elsewhere();
    else
      strangers();
    stage_.each_all(specs_ + e_rooms, [&](const StagedRow& row) { room(row); });
    if (const std::int64_t groups = stage_.count(specs_ + e_shared); groups > 0)
      intake_.note({}, "shared rosters",
                   std::to_string(groups) +
                       " groups of ejabberd's mod_shared_roster are not recomputed: their contacts are not among those "
                       "listed here");
    return {};
  }

 private:
  // With LDAP, an external program or Mnesia for the passwords the table users is empty: whoever has a contact list or
  // a card is somebody all the same.
  void people_elsewhere() {
    const std::size_t tables_of_people[] = {specs_ + e_roster, specs_ + e_spool, specs_ + e_vcard, specs_ + e_private};
    stage_.each_stranger(tables_of_people, specs_ + e_users, [&](const StagedRow& nobody) {
      std::set<std::optional<std::string>> hosts;
      for (const std::size_t table : tables_of_people)
        stage_.each(table, nobody.key, [&](const StagedRow& row) { hosts.insert(row.values[0]); });
      std::vector<StagedRow> rows;
      for (const auto& host : hosts) {
        rows.push_back(nobody);
        rows.back().values[0] = host;
      }
      accounts(rows);
    });
  }

  void strangers() {
    std::optional<StagedRow> first;
    const std::int64_t people = stage_.strangers(specs_ + e_roster, specs_ + e_users, first);
    if (first)
      intake_.lost(first->place, "table rosterusers",
                   "rows of " + std::to_string(people) + (people == 1 ? " person" : " people") +
                       " whose account is not in the dump, the first of " + in_quotes(first->key),
                   "they were removed, or LDAP or Mnesia keeps them");
  }

  void accounts(const std::vector<StagedRow>& rows) {
    std::vector<std::string> hosts;
    for (const StagedRow& row : rows)
      if (const std::string host(row.text(0)); std::find(hosts.begin(), hosts.end(), host) == hosts.end())
        hosts.push_back(host);
    for (const std::string& host : hosts) account(rows, host);
  }

  // Rows of the account's table, of this host where the table has hosts.
  void each(std::size_t table, const std::string& user, const std::string& host,
            const std::function<void(const StagedRow&)>& visit) {
    stage_.each(specs_ + table, user, [&](const StagedRow& row) {
      if (!row.has(0) || row.text(0) == host) visit(row);
    });
  }

  void account(const std::vector<StagedRow>& rows, const std::string& host) {
    const std::string user = rows.front().key;
    if (!intake_.begin(rows.front().place, user, host, {})) return;
    for (const StagedRow& row : rows)
      if (row.text(0) == host) credentials(row);
    if (!intake_.has_keys())
      intake_.lost(rows.front().place, "password", "there is none that can be used",
                   "the old server can be asked at the first log-in");
    read_groups(user, host);
    each(e_roster, user, host, [&](const StagedRow& row) { contact(row); });
    each(e_vcard, user, host,
         [&](const StagedRow& row) { intake_.piece(row.place, PieceKind::vcard, "", row.text(1)); });
    each(e_private, user, host,
         [&](const StagedRow& row) { intake_.piece(row.place, PieceKind::private_xml, row.text(1), row.text(2)); });
    std::string chosen;
    each(e_default, user, host, [&](const StagedRow& row) { chosen = row.text(1); });
    each(e_privacy, user, host, [&](const StagedRow& row) { privacy(row, row.text(1) == chosen); });
    each(e_spool, user, host, [&](const StagedRow& row) { intake_.message(row.place, row.text(1), 0, host); });
    each(e_last, user, host, [&](const StagedRow& row) {
      const std::int64_t seconds = row.number(1, 0);
      if (seconds > 0 && seconds < 100'000'000'000)
        intake_.piece(row.place, PieceKind::last, format_instant(seconds * 1'000), "");
    });
    intake_.note_archive(rows.front().place,
                         stage_.counted(specs_ + e_archive, host.empty() ? user : user + "@" + host));
    intake_.note_nodes(rows.front().place, stage_.counted(specs_ + e_nodes, intake_.account()));
    intake_.end();
  }

  void credentials(const StagedRow& row) {
    std::string_view password = row.text(2), server = row.text(3), salt = row.text(4);
    if (password.empty()) return;
    std::int64_t type = row.number(1, 0);
    if (type == 1 || (server.empty() && salt.empty())) return take_hidden_password(intake_, row.place, password);
    std::string_view mechanism = type == 3 ? "SCRAM-SHA-256" : type == 4 ? "SCRAM-SHA-512" : "SCRAM-SHA-1";
    for (const std::string_view mark : marks)
      if (password.starts_with(mark)) {
        mechanism = mark == "sha256:" ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
        for (std::string_view* part : {&password, &server, &salt})
          if (part->starts_with(mark)) part->remove_prefix(mark.size());
      }
    intake_.keys(row.place, mechanism, salt, row.number(5, 0), password, server);
  }

  // Once for the account: its rows are as many as its contacts, or more.
  void read_groups(const std::string& user, const std::string& host) {
    groups_.clear();
    std::size_t rows = 0;
    each(e_roster_groups, user, host, [&](const StagedRow& row) {
      if (++rows <= most_group_rows) groups_[std::string(row.text(1))].emplace_back(row.text(2));
      if (rows == most_group_rows + 1)
        intake_.lost(row.place, "groups of contacts",
                     "this one and those after it: there are more than " + std::to_string(most_group_rows));
    });
  }

  void contact(const StagedRow& row) {
    const std::string_view jid = row.text(1), ask = row.text(4);
    const char sub = row.text(3).empty() ? 'N' : row.text(3).front();
    const char asked = ask.empty() ? 'N' : ask.front();
    if (asked == 'I' || asked == 'B') {
      Element presence("presence");
      if (!row.text(5).empty() && is_xml_text(row.text(5))) presence.add(Element("status")).add_text(row.text(5));
      intake_.request(row.place, jid, std::move(presence));
    }
    if (sub == 'N' && asked == 'I') return;
    RawContact raw{jid,
                   row.text(2),
                   sub == 'B'   ? RosterSubscription::both
                   : sub == 'T' ? RosterSubscription::to
                   : sub == 'F' ? RosterSubscription::from
                                : RosterSubscription::none,
                   asked == 'O' || asked == 'B' || asked == 'S',
                   false,
                   false,
                   {}};
    raw.approved = row.text(6) == "1" || row.text(6) == "t";
    if (const auto own = groups_.find(std::string(jid)); own != groups_.end()) raw.groups = own->second;
    intake_.contact(row.place, std::move(raw));
  }

  void privacy(const StagedRow& list, bool is_default) {
    Element out("list", "jabber:iq:privacy");
    out.set("name", list.text(1));
    stage_.each(specs_ + e_privacy_data, list.text(2), [&](const StagedRow& row) {
      Element item("item", "jabber:iq:privacy");
      const std::string_view type = row.text(0);
      if (type == "j" || type == "g" || type == "s")
        item.set("type", type == "j" ? "jid" : type == "g" ? "group" : "subscription").set("value", row.text(1));
      item.set("action", row.text(2) == "a" ? "allow" : "deny").set("order", row.text(3));
      constexpr std::string_view kinds[] = {"iq", "message", "presence-in", "presence-out"};
      const auto yes = [&](std::size_t column) { return row.text(column) == "1" || row.text(column) == "t"; };
      for (std::size_t i = 0; i < 4 && !yes(4); ++i)
        if (yes(5 + i)) item.add(Element(kinds[i], "jabber:iq:privacy"));
      out.add(std::move(item));
    });
    intake_.privacy_list(list.place, list.text(1), out, is_default);
  }

  void room(const StagedRow& row) {
    const std::string what = "room " + in_quotes(row.key + "@" + std::string(row.text(0)));
    auto jid = Jid::make(row.key, row.text(0));
    if (!jid) return intake_.lost(row.place, what, jid.error().text);
    const auto opts = parse_erlang(row.text(1));
    if (!opts) return intake_.lost(row.place, what, "its options are no Erlang term");
    ImportedRoom out{*jid, text_option(*opts, "title"), text_option(*opts, "description"), subject(*opts), false, {},
                     {}};
    const ErlangTerm* password = opts->option("password_protected");
    out.has_password = password && password->text == "true";
    struct Setting {
      std::string_view option, name;
    };
    constexpr Setting settings[] = {{"persistent", "muc#roomconfig_persistentroom"},
                                    {"public", "muc#roomconfig_publicroom"},
                                    {"moderated", "muc#roomconfig_moderatedroom"},
                                    {"members_only", "muc#roomconfig_membersonly"},
                                    {"allow_user_invites", "muc#roomconfig_allowinvites"},
                                    {"allow_change_subj", "muc#roomconfig_changesubject"},
                                    {"logging", "muc#roomconfig_enablelogging"}};
    for (const Setting& setting : settings)
      if (const ErlangTerm* value = opts->option(setting.option))
        out.config.emplace_back(setting.name, value->text == "true" ? "1" : "0");
    if (const ErlangTerm* anonymous = opts->option("anonymous"))
      out.config.emplace_back("muc#roomconfig_whois", anonymous->text == "false" ? "anyone" : "moderators");
    if (const ErlangTerm* users = opts->option("max_users"))
      out.config.emplace_back("muc#roomconfig_maxusers",
                              users->kind == ErlangTerm::Kind::number ? users->text : "none");
    intake_.note_history(row.place, what, stage_.counted(specs_ + e_archive, jid->str()));
    if (const ErlangTerm* members = opts->option("affiliations")) affiliations(out, *members, row.place);
    intake_.room(row.place, std::move(out));
  }

  static std::string text_option(const ErlangTerm& opts, std::string_view name) {
    const ErlangTerm* value = opts.option(name);
    return value && value->kind == ErlangTerm::Kind::text ? value->text : std::string();
  }

  // A text, or since 20.04 a list of {text, Lang, Text}.
  static std::string subject(const ErlangTerm& opts) {
    const ErlangTerm* value = opts.option("subject");
    if (!value) return {};
    if (value->kind == ErlangTerm::Kind::text) return value->text;
    for (const ErlangTerm& item : value->items)
      if (item.kind == ErlangTerm::Kind::tuple && item.items.size() == 3) return item.items[2].text;
    return {};
  }

  // [{{<<"user">>,<<"host">>,<<>>},{owner,<<>>}}, …] or …,member}
  void affiliations(ImportedRoom& room, const ErlangTerm& list, const Place& place) {
    for (const ErlangTerm& item : list.items) {
      if (item.items.size() != 2 || item.items[0].items.size() < 2) continue;
      const ErlangTerm& value = item.items[1];
      const std::string& affiliation = value.items.empty() ? value.text : value.items[0].text;
      const auto jid = Jid::make(item.items[0].items[0].text, item.items[0].items[1].text);
      if (!jid)
        intake_.lost(place, "member of " + room.jid.str(), jid.error().text);
      else if (affiliation != "none" && room.members.size() < max_room_members)
        room.members.push_back({*jid, affiliation, ""});
    }
  }

  RowStage& stage_;
  std::size_t specs_;
  Intake& intake_;
  std::unordered_map<std::string, std::vector<std::string>> groups_;  // of this account's contacts
};

}  // namespace

std::span<const TableSpec> ejabberd_tables() { return ejabberd_specs; }

void before_staging_ejabberd(SqlRow& row, bool make_keys) {
  if (row.table != "users") return;
  SqlValue* password = nullptr;
  std::string_view type, server, salt;
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    if (row.columns[i] == "password") password = &row.values[i];
    if (row.columns[i] == "type") type = row.values[i].text;
    if (row.columns[i] == "serverkey") server = row.values[i].text;
    if (row.columns[i] == "salt") salt = row.values[i].text;
  }
  if (password && (type == "1" || (server.empty() && salt.empty()))) hide_password(*password, make_keys);
}

bool is_ejabberd(RowStage& stage, std::size_t specs) {
  return stage.count(specs + e_users) > 0 || stage.count(specs + e_roster) > 0;
}

std::string import_ejabberd(RowStage& stage, std::size_t specs, Intake& intake) {
  return EjabberdImport(stage, specs, intake).run();
}

}  // namespace ferry
