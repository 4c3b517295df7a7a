// Openfire's group chats: rooms, their settings, who is what in them.
#pragma once

#include "gateway/migration/intake.h"
#include "gateway/migration/row_stage.h"
#include "gateway/migration/shared_groups.h"

namespace ferry {

namespace openfire {  // the places of openfire_tables()
enum Table : std::size_t {
  user,
  user_scram,
  user_flag,
  roster,
  roster_group,
  group,
  group_user,
  group_prop,
  offline,
  vcard,
  private_xml,
  privacy_list,
  property,
  pubsub_item,
  presence,
  muc_service,
  muc_room,
  muc_affiliation,
  muc_member,
  lobs,
  lob_ids,
  room_log,
  archive_from,
  archive_to
};
}

void import_openfire_rooms(RowStage& stage, std::size_t specs, Intake& intake, const SharedGroups& groups,
                           const std::string& domain);

}  // namespace ferry
