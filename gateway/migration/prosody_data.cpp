#include "gateway/migration/prosody_data.h"

#include <algorithm>

#include "config/text.h"
#include "gateway/migration/row_stage.h"
#include "gateway/migration/xml_import.h"
#include "translators/values/base64.h"

namespace ferry {
namespace {

// As util.stanza keeps it: { name = "body"; attr = { … }; "text", { … } }.
std::optional<Element> stanza_of(const LuaValue& table, std::string_view parent_ns, std::size_t depth) {
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

class ProsodyImport {
 public:
  ProsodyImport(ProsodyStore& store, Intake& intake) : store_(store), intake_(intake) {}

  void account() {
    const bool known = store_.has("accounts");
    std::optional<LuaValue> keys;
    if (known && !(keys = store_.table("accounts", place_))) return;
    RawAccount raw;
    if (keys) {
      raw.created = whole_number(keys->text_at("created")).value_or(0);
      raw.created = raw.created > 0 && raw.created < latest_instant / 1'000 ? raw.created * 1'000 : 0;
      const LuaValue* disabled = keys->at("disabled");
      raw.disabled = disabled && disabled->flag;
    } else {
      place_ = store_.somewhere();
    }
    if (!intake_.begin(place_, store_.name(), store_.host(), raw)) return;
    if (keys)
      credentials(*keys);
    else
      intake_.lost(place_, "password",
                   "Prosody keeps none: another provider has it (LDAP, PAM), or this is left of a removed account",
                   "the old server can be asked at the first log-in");
    roster();
    if (const auto vcard = store_.table("vcard", stored_)) piece(PieceKind::vcard, "", *vcard);
    if (const auto xml = store_.table("private", stored_))
      for (const auto& [key, value] : xml->entries)
        if (value.kind == LuaValue::Kind::table) piece(PieceKind::private_xml, "", value);
    if (const auto blocked = store_.table("blocklist", stored_))
      for (const auto& [key, value] : blocked->entries)
        if (key.kind == LuaValue::Kind::text) intake_.piece(stored_, PieceKind::blocked, key.text, "");
    if (const auto lists = store_.table("privacy", stored_)) privacy(*lists);
    store_.messages(intake_);
    if (store_.has_card_node())  // mod_vcard_legacy
      intake_.lost(place_, "vCard", "it is kept as a PEP node, which is not read",
                   "who keeps the address has it on the old server still");
    intake_.note_nodes(place_, store_.nodes());
    intake_.note_archive(place_, store_.archived("archive"));
    intake_.end();
  }

  void room() {
    const std::string& node = store_.name();
    const std::string what = "room " + in_quotes(node + "@" + store_.host());
    const auto config = store_.table("config", place_);
    if (!config) return;
    const auto jid = Jid::make(node, store_.host());
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
    intake_.note_history(place_, what, store_.archived("muc_log"));
    intake_.room(place_, std::move(out));
  }

 private:
  void credentials(const LuaValue& keys) {
    if (const std::string_view password = keys.text_at("password"); !password.empty())
      return store_.password(intake_, place_, password);
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
    const auto roster = store_.table("roster", stored_);
    if (!roster) return;
    const auto pending = [&](const LuaValue& table) {
      for (const auto& [key, value] : table.entries) {
        if (key.kind != LuaValue::Kind::text) continue;
        std::optional<Element> stanza;
        if (value.kind == LuaValue::Kind::table) stanza = prosody_stanza(value, ns::client);
        intake_.request(stored_, key.text, stanza ? std::move(*stanza) : Element("presence"));
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
    const auto element = prosody_stanza(value, "");
    if (!element) return intake_.lost(stored_, std::string(piece_name(kind)), "no stanza of Prosody's form");
    intake_.piece(stored_, kind, name, *element);
  }

  // XEP-0016, as mod_privacy_lists keeps it.
  void privacy(const LuaValue& all) {
    const LuaValue* lists = all.at("lists");
    if (!lists) return;
    for (const auto& [key, list] : lists->entries) {
      const std::string_view name = list.text_at("name").empty() ? std::string_view(key.text) : list.text_at("name");
      Element out("list", "jabber:iq:privacy");
      out.set("name", name);
      if (const LuaValue* items = list.at("items"))
        for (const auto& [place, item] : items->entries) out.add(privacy_item(item));
      intake_.privacy_list(stored_, name, out, all.text_at("default") == name);
    }
  }

  static Element privacy_item(const LuaValue& item) {
    Element out("item", "jabber:iq:privacy");
    for (const char* name : {"type", "value", "action", "order"})
      if (const std::string_view text = item.text_at(name); !text.empty()) out.set(name, text);
    for (const char* kind : {"message", "iq", "presence-in", "presence-out"})
      if (const LuaValue* only = item.at(kind); only && only->flag) out.add(Element(kind, "jabber:iq:privacy"));
    return out;
  }

  ProsodyStore& store_;
  Intake& intake_;
  Place place_, stored_;  // of the account, and of what of its pieces is read
};

}  // namespace

std::optional<Element> prosody_stanza(const LuaValue& table, std::string_view ns) {
  auto element = stanza_of(table, ns, 0);
  if (element && !is_good_xml(*element)) return std::nullopt;
  return element;
}

void import_prosody_account(ProsodyStore& store, Intake& intake) { ProsodyImport(store, intake).account(); }
void import_prosody_room(ProsodyStore& store, Intake& intake) { ProsodyImport(store, intake).room(); }

}  // namespace ferry
