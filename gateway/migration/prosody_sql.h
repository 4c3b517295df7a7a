// Prosody's mod_storage_sql: the tables prosody (one row a key of a store) and prosodyarchive (one row a stanza).
#pragma once

#include <span>

#include "gateway/migration/intake.h"
#include "gateway/migration/row_stage.h"

namespace ferry {

std::span<const TableSpec> prosody_tables();

// Rows as they come, before they are staged: a password becomes keys at once. False: nobody needs the row.
bool before_staging_prosody(SqlRow& row, bool make_keys);

bool is_prosody(RowStage& stage, std::size_t specs);
void import_prosody_sql(RowStage& stage, std::size_t specs, Intake& intake);

}  // namespace ferry
