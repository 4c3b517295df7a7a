// ejabberd's tables out of a RowStage, account by account: the old schema (one host) and the new one (server_host),
// with and without users.type, of any of its databases.
#pragma once

#include <span>

#include "gateway/migration/intake.h"
#include "gateway/migration/row_stage.h"

namespace ferry {

std::span<const TableSpec> ejabberd_tables();
void before_staging_ejabberd(SqlRow& row, bool make_keys);
bool is_ejabberd(RowStage& stage, std::size_t specs);
std::string import_ejabberd(RowStage& stage, std::size_t specs, Intake& intake);

}  // namespace ferry
