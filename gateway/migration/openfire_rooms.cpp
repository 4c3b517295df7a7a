#include "gateway/migration/openfire_rooms.h"

#include "config/text.h"
#include "gateway/migration/openfire_password.h"

namespace ferry {
namespace {

enum RoomColumn {
  m_id,
  m_name,
  m_natural,
  m_description,
  m_subject,
  m_password,
  m_public,
  m_moderated,
  m_members_only,
  m_invite,
  m_change_subject,
  m_discover,
  m_log,
  m_reserved,
  m_change_nick,
  m_register,
  m_max_users,
  m_roles,
  m_pm
};

struct Flag {
  std::size_t column;
  std::string_view name;
};
constexpr Flag room_flags[] = {{m_public, "muc#roomconfig_publicroom"},
                               {m_moderated, "muc#roomconfig_moderatedroom"},
                               {m_members_only, "muc#roomconfig_membersonly"},
                               {m_invite, "muc#roomconfig_allowinvites"},
                               {m_change_subject, "muc#roomconfig_changesubject"},
                               {m_log, "muc#roomconfig_enablelogging"},
                               {m_reserved, "x-muc#roomconfig_reservednick"},
                               {m_change_nick, "x-muc#roomconfig_canchangenick"},
                               {m_register, "x-muc#roomconfig_registration"}};

std::string broadcast_roles(std::int64_t bits) {
  std::string out;
  if (bits & 4) out += "moderator ";
  if (bits & 2) out += "participant ";
  if (bits & 1) out += "visitor ";
  if (!out.empty()) out.pop_back();
  return out;
}

// Since schema 38 it may be a whole message.
std::string subject_text(std::string_view subject) {
  if (!subject.starts_with('<')) return std::string(subject);
  const auto message = parse_xml(subject, imported_xml_limits());
  if (!message) return std::string(subject);
  const Element* inner = message->child("subject", ns::client);
  return inner ? inner->text() : std::string();
}

std::string_view affiliation_name(std::int64_t number) {
  return number == 10 ? "owner" : number == 20 ? "admin" : number == 30 ? "member" : number == 40 ? "outcast" : "";
}

class OpenfireRooms {
 public:
  OpenfireRooms(RowStage& stage, std::size_t specs, Intake& intake, const SharedGroups& groups,
                const std::string& domain)
      : stage_(stage), specs_(specs), intake_(intake), domain_(domain) {
    for (const SharedGroup& group : groups.all()) digests_[openfire_group_digest(group.name)] = &group;
  }

  void run() {
    stage_.each_all(specs_ + openfire::muc_room, [&](const StagedRow& row) { room(row); });
  }

 private:
  void room(const StagedRow& row) {
    const std::string what = "room " + in_quotes(row.text(m_name));
    const auto service = stage_.first(specs_ + openfire::muc_service, row.key);
    const std::string subdomain = service ? std::string(service->text(0)) : "conference";
    auto jid = Jid::make(row.text(m_name), subdomain + "." + domain_);
    if (!jid) return intake_.lost(row.place, what, jid.error().text, "rename the room on the old server first");
    ImportedRoom out{*jid,
                     std::string(row.text(m_natural)),
                     std::string(row.text(m_description)),
                     subject_text(row.text(m_subject)),
                     !row.text(m_password).empty(),
                     {},
                     {}};
    out.config.emplace_back("muc#roomconfig_persistentroom", "1");
    for (const Flag& flag : room_flags)
      if (row.has(flag.column)) out.config.emplace_back(flag.name, row.number(flag.column, 0) != 0 ? "1" : "0");
    if (row.has(m_discover))
      out.config.emplace_back("muc#roomconfig_whois", row.number(m_discover, 0) != 0 ? "anyone" : "moderators");
    if (row.has(m_max_users))
      out.config.emplace_back("muc#roomconfig_maxusers",
                              row.number(m_max_users, 0) > 0 ? std::string(row.text(m_max_users)) : "none");
    if (row.has(m_roles))
      out.config.emplace_back("muc#roomconfig_presencebroadcast", broadcast_roles(row.number(m_roles, 7)));
    constexpr std::string_view pm[] = {"anyone", "participants", "moderators", "none"};
    const std::int64_t who = row.number(m_pm, 0);
    if (who >= 0 && who <= 3) out.config.emplace_back("muc#roomconfig_allowpm", pm[who]);
    stage_.each(specs_ + openfire::muc_affiliation, row.text(m_id), [&](const StagedRow& member) {
      const std::string_view affiliation = affiliation_name(member.number(1, 0));
      if (affiliation.empty())
        return intake_.lost(member.place, what, "an unknown affiliation, " + in_quotes(member.text(1)));
      add(out, member.place, member.text(0), affiliation, "");
    });
    stage_.each(specs_ + openfire::muc_member, row.text(m_id),
                [&](const StagedRow& member) { add(out, member.place, member.text(0), "member", member.text(1)); });
    intake_.note_history(row.place, what, stage_.counted(specs_ + openfire::room_log, row.text(m_id)));
    intake_.room(row.place, std::move(out));
  }

  void add(ImportedRoom& room, const Place& place, std::string_view text, std::string_view affiliation,
           std::string_view nick) {
    const std::string what = "member " + in_quotes(text) + " of " + room.jid.str();
    if (room.members.size() >= max_room_members) return;
    const auto jid = Jid::parse(text);
    if (!jid) return intake_.lost(place, what, jid.error().text);
    if (jid->has_resource() && jid->resourcepart().size() == 32) {  // a whole group
      const auto group = digests_.find(std::string(jid->resourcepart()));
      if (group == digests_.end()) return intake_.lost(place, what, "it means a group that the dump does not have");
      for (const Jid& member : group->second->members)
        if (room.members.size() < max_room_members) room.members.push_back({member, std::string(affiliation), ""});
      return;
    }
    room.members.push_back({jid->bare(), std::string(affiliation), std::string(nick)});
  }

  RowStage& stage_;
  std::size_t specs_;
  Intake& intake_;
  const std::string& domain_;
  std::map<std::string, const SharedGroup*> digests_;
};

}  // namespace

void import_openfire_rooms(RowStage& stage, std::size_t specs, Intake& intake, const SharedGroups& groups,
                           const std::string& domain) {
  OpenfireRooms(stage, specs, intake, groups, domain).run();
}

}  // namespace ferry
