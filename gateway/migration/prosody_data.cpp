#include "gateway/migration/prosody_data.h"

#include <algorithm>
#include <filesystem>

#include "config/text.h"
#include "gateway/migration/lua_table.h"
#include "gateway/migration/row_stage.h"
#include "gateway/migration/xml_import.h"
#include "translators/values/base64.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

// As util.stanza keeps it: { name = "body"; attr = { … }; "text", { … } }.
std::optional<Element> stanza_of(const LuaValue& table, std::string_view parent_ns, std::size_t depth = 0) {
  const std::string_view name = table.text_at("name");
  if (name.empty() || depth > 60) return std::nullopt;
  std::string_view ns = parent_ns;
  const LuaValue* attributes = table.at("attr");
  if (attributes && attributes->at("xmlns")) ns = attributes->text_at("xmlns");
  Element out(name, ns);
  if (attributes)
    for (const auto& [key, value] : attributes->entries) {
      if (key.kind != LuaValue::Kind::text || key.text == "xmlns" || value.kind != LuaValue::Kind::text) continue;
      if (depth == 0 && (key.text == "stamp" || key.text == "stamp_legacy")) continue;  // of the offline store
      const std::size_t at = key.text.find('\1');
      if (at == std::string::npos && key.text == "xml:lang")
        out.set_lang(value.text);
      else if (at == std::string::npos)
        out.set(key.text, value.text);
      else if (key.text.substr(0, at) == ns::xml && key.text.substr(at + 1) == "lang")
        out.set_lang(value.text);
    }
  for (const auto& [key, value] : table.entries) {
    if (key.kind != LuaValue::Kind::number) continue;
    if (value.kind == LuaValue::Kind::text) {
      out.add_text(value.text);
    } else if (value.kind == LuaValue::Kind::table) {
      auto child = stanza_of(value, ns, depth + 1);
      if (!child) return std::nullopt;
      out.add(std::move(*child));
    }
  }
  return out;
}

bool is_good_xml(const Element& element) { return parse_xml(to_xml(element), imported_xml_limits()).ok(); }

class ProsodyHost {
 public:
  ProsodyHost(fs::path folder, Intake& intake) : folder_(std::move(folder)), intake_(intake) {
    host_ = prosody_decoded(folder_.filename().string());
  }

  void run() {
    std::error_code error;
    for (fs::directory_iterator i(folder_, error), end; !error && i != end; i.increment(error)) {
      const std::string store = prosody_decoded(i->path().filename().string());
      if (store == "pep_urn:xmpp:vcard4" || store == "pep_vcard-temp") card_nodes_.push_back(i->path());
    }
    each_file("accounts", ".dat", [&](const fs::path& file) { account(file); });
    if (fs::is_directory(folder_ / "config") && !fs::is_directory(folder_ / "accounts"))
      each_file("config", ".dat", [&](const fs::path& file) { room(file); });
  }

 private:
  // In the order of their names, so that two runs say the same.
  void each_file(std::string_view store, std::string_view ending, const std::function<void(const fs::path&)>& visit) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator i(folder_ / store, error), end; !error && i != end; i.increment(error))
      if (i->path().extension() == ending && i->is_regular_file(error)) files.push_back(i->path().filename());
    std::sort(files.begin(), files.end());
    for (const fs::path& name : files) visit(folder_ / store / name);
  }

  // The one table of a .dat; nothing: no such file, or a damaged one, which is said.
  std::optional<LuaValue> table(const fs::path& file, const std::string& what) {
    std::error_code missing;
    if (!fs::exists(file, missing)) return std::nullopt;
    auto input = Input::open(file.string());
    std::string error;
    if (!input) return intake_.lost({}, what, input.error()), std::nullopt;
    auto value = next_lua_table(**input, error);
    if (!error.empty()) intake_.lost({}, what, error);
    return value;
  }

  std::optional<LuaValue> store(std::string_view store) {
    const fs::path file = folder_ / store / (user_file_ + ".dat");
    stored_name_ = file.string();
    stored_ = {stored_name_, 0};
    return table(file, std::string(store));
  }

  void account(const fs::path& file) {
    user_file_ = file.stem().string();
    const std::string name = file.string();
    place_ = {name, 0};
    const std::string user = prosody_decoded(user_file_);
    const auto keys = table(file, "account " + in_quotes(user));
    if (!keys) return;
    RawAccount raw;
    raw.created = whole_number(keys->text_at("created")).value_or(0);
    raw.created = raw.created > 0 && raw.created < latest_instant / 1'000 ? raw.created * 1'000 : 0;
    const LuaValue* disabled = keys->at("disabled");
    raw.disabled = disabled && disabled->flag;
    if (!intake_.begin(place_, user, host_, raw)) return;
    credentials(*keys);
    roster();
    if (const auto vcard = store("vcard")) piece(PieceKind::vcard, "", *vcard);
    if (const auto xml = store("private"))
      for (const auto& [key, value] : xml->entries)
        if (value.kind == LuaValue::Kind::table) piece(PieceKind::private_xml, "", value);
    if (const auto blocked = store("blocklist"))
      for (const auto& [key, value] : blocked->entries)
        if (key.kind == LuaValue::Kind::text) intake_.piece(stored_, PieceKind::blocked, key.text, "");
    offline();
    bool card = false;  // mod_vcard_legacy
    for (const fs::path& node : card_nodes_)
      for (const char* ending : {".list", ".dat"}) {
        std::error_code missing;
        card = card || fs::exists(node / (user_file_ + ending), missing);
      }
    if (card)
      intake_.lost(place_, "vCard", "it is kept as a PEP node, which is not read",
                   "who keeps the address has it on the old server still");
    if (std::error_code missing; fs::exists(folder_ / "pep" / (user_file_ + ".dat"), missing))
      intake_.note(place_, "pep", "nodes (avatars, newer bookmarks) stay on the old server");
    intake_.end();
  }

  void credentials(const LuaValue& keys) {
    if (const std::string_view password = keys.text_at("password"); !password.empty())
      return intake_.password(place_, password);
    const auto stored = from_hex(keys.text_at("stored_key")), server = from_hex(keys.text_at("server_key"));
    if (!stored || !server || stored->empty())
      return intake_.lost(place_, "password", "the account's file has neither a password nor keys",
                          "the old server can be asked at the first log-in");
    const ScramHash hash = stored->size() == 32   ? ScramHash::sha256
                           : stored->size() == 64 ? ScramHash::sha512
                                                  : ScramHash::sha1;
    // Lua's numbers may have been written as 10000.0
    std::string_view count = keys.text_at("iteration_count");
    if (count.ends_with(".0")) count.remove_suffix(2);
    const std::int64_t iterations = whole_number(count).value_or(0);
    intake_.keys(place_,
                 ScramKeys{hash, std::string(keys.text_at("salt")),
                           iterations > 0 && iterations <= most_iterations ? static_cast<std::uint32_t>(iterations) : 0,
                           Secret(*stored), Secret(*server)});
  }

  void roster() {
    const auto roster = store("roster");
    if (!roster) return;
    const auto pending = [&](const LuaValue& table) {
      for (const auto& [key, value] : table.entries) {
        if (key.kind != LuaValue::Kind::text) continue;
        std::optional<Element> stanza;
        if (value.kind == LuaValue::Kind::table) stanza = stanza_of(value, ns::client);
        intake_.request(stored_, key.text, stanza && is_good_xml(*stanza) ? std::move(*stanza) : Element("presence"));
      }
    };
    for (const auto& [key, value] : roster->entries) {
      if (value.kind != LuaValue::Kind::table) continue;
      if (key.kind == LuaValue::Kind::boolean) {
        if (const LuaValue* requests = value.at("pending")) pending(*requests);
        continue;
      }
      if (key.kind != LuaValue::Kind::text) continue;
      if (key.text == "pending") {  // before 0.10
        pending(value);
        continue;
      }
      const std::string_view sub = value.text_at("subscription");
      RawContact raw{key.text,
                     value.text_at("name"),
                     sub == "both"   ? RosterSubscription::both
                     : sub == "to"   ? RosterSubscription::to
                     : sub == "from" ? RosterSubscription::from
                                     : RosterSubscription::none,
                     value.text_at("ask") == "subscribe",
                     false,
                     false,
                     {}};
      if (const LuaValue* approved = value.at("approved")) raw.approved = approved->flag;
      if (const LuaValue* groups = value.at("groups"))
        for (const auto& [group, yes] : groups->entries)
          if (group.kind == LuaValue::Kind::text) raw.groups.push_back(group.text);
      std::sort(raw.groups.begin(), raw.groups.end());  // Lua's tables have no order
      intake_.contact(stored_, std::move(raw));
    }
  }

  void piece(PieceKind kind, std::string_view name, const LuaValue& value) {
    const auto element = stanza_of(value, "");
    if (!element || !is_good_xml(*element))
      return intake_.lost(stored_, std::string(piece_name(kind)), "no stanza of Prosody's form");
    intake_.piece(stored_, kind, name, *element);
  }

  void offline() {
    const fs::path file = folder_ / "offline" / (user_file_ + ".list");
    std::error_code missing;
    if (!fs::exists(file, missing)) return;
    auto input = Input::open(file.string());
    if (!input) return intake_.lost({}, "messages", input.error());
    std::string error;
    while (const auto item = next_lua_table(**input, error)) {
      auto stanza = stanza_of(*item, ns::client);
      if (!stanza || !is_good_xml(*stanza)) {
        intake_.lost((*input)->place(), "message", "no stanza of Prosody's form");
        continue;
      }
      const LuaValue* attributes = item->at("attr");
      const Instant at = attributes ? parse_instant(attributes->text_at("stamp")).value_or(0) : 0;
      intake_.message((*input)->place(), std::move(*stanza), at, host_);
    }
    if (!error.empty()) intake_.lost({}, "messages", error);
  }

  void room(const fs::path& file) {
    const std::string name = file.string(), node = prosody_decoded(file.stem().string());
    place_ = {name, 0};
    const std::string what = "room " + in_quotes(node + "@" + host_);
    const auto config = table(file, what);
    if (!config) return;
    const auto jid = Jid::make(node, host_);
    if (!jid) return intake_.lost(place_, what, jid.error().text);
    const LuaValue* data = config->at("_data");
    if (!data) return intake_.lost(place_, what, "its file has no _data");
    ImportedRoom out{*jid,
                     std::string(data->text_at("name")),
                     std::string(data->text_at("description")),
                     std::string(data->text_at("subject")),
                     !data->text_at("password").empty(),
                     {},
                     {}};
    const auto flag = [&](std::string_view key, std::string_view setting, bool inverse) {
      if (const LuaValue* value = data->at(key); value && value->kind == LuaValue::Kind::boolean)
        out.config.emplace_back(setting, value->flag != inverse ? "1" : "0");
    };
    flag("persistent", "muc#roomconfig_persistentroom", false);
    flag("hidden", "muc#roomconfig_publicroom", true);
    flag("moderated", "muc#roomconfig_moderatedroom", false);
    flag("members_only", "muc#roomconfig_membersonly", false);
    flag("allow_member_invites", "muc#roomconfig_allowinvites", false);
    flag("changesubject", "muc#roomconfig_changesubject", false);
    if (const std::string_view whois = data->text_at("whois"); !whois.empty())
      out.config.emplace_back("muc#roomconfig_whois", whois);
    if (const LuaValue* members = config->at("_affiliations"))
      for (const auto& [member, affiliation] : members->entries) {
        const auto who = Jid::parse(member.text);
        if (!who)
          intake_.lost(place_, "member " + in_quotes(member.text) + " of " + jid->str(), who.error().text);
        else if (out.members.size() < max_room_members)
          out.members.push_back({who->bare(), affiliation.text, ""});
      }
    intake_.room(place_, std::move(out));
  }

  fs::path folder_;
  Intake& intake_;
  std::string host_, user_file_;
  std::vector<fs::path> card_nodes_;  // stores of PEP that hold cards
  Place place_, stored_;              // the account's file, and the one whose pieces are read
  std::string stored_name_;
};

bool is_host(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(folder / "accounts", error) || fs::is_directory(folder / "config", error);
}

}  // namespace

std::string prosody_decoded(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%' && i + 2 < name.size())
      if (const auto byte = from_hex(name.substr(i + 1, 2))) {
        out += *byte;
        i += 2;
        continue;
      }
    out += name[i];
  }
  return out;
}

std::string prosody_encoded(std::string_view name) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

std::string import_prosody(const std::string& folder, Intake& intake) {
  std::error_code error;
  if (is_host(folder)) {
    ProsodyHost(fs::weakly_canonical(folder, error), intake).run();
    return {};
  }
  std::vector<fs::path> hosts;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error))
    if (i->is_directory(error) && is_host(i->path())) hosts.push_back(i->path());
  if (error) return folder + ": " + error.message();
  std::sort(hosts.begin(), hosts.end());
  // Accounts first, then rooms, whatever the hosts are called.
  std::stable_partition(hosts.begin(), hosts.end(),
                        [](const fs::path& host) { return fs::is_directory(host / "accounts"); });
  for (const fs::path& host : hosts) ProsodyHost(host, intake).run();
  if (!hosts.empty()) return {};
  std::string exports;
  for (fs::directory_iterator i(folder, error), end; !error && i != end && exports.empty(); i.increment(error))
    if (i->path().extension() == ".xml" || i->path().extension() == ".sql") exports = i->path().extension().string();
  return folder + ": no folder of Prosody's data (HOST/accounts), nor Openfire's embedded-db; " +
         (exports.empty() ? "an export is named by its file"
                          : "name the export's file instead, " + folder + "/*" + exports +
                                (exports == ".xml" ? "; of ejabberd's, the one without a host in its name" : ""));
}

}  // namespace ferry
