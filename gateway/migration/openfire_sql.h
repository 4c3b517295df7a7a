// Openfire's tables (schema 21 to 40, and the older ones named jive*) out of a RowStage, account by account.
//
// The schema is what columns there are, never what the version says: real dumps claim versions that they are not of.
#pragma once

#include <span>

#include "gateway/migration/hsqldb_lobs.h"
#include "gateway/migration/intake.h"
#include "gateway/migration/row_stage.h"

namespace ferry {

// In the order of OpenfireTable.
std::span<const TableSpec> openfire_tables();

// Rows as they come, before they are staged: a password in the clear becomes keys at once, the key that opens the
// others stays in memory. False: nobody needs the row.
bool before_staging_openfire(SqlRow& row, bool make_keys, Secret& password_key);

// specs: where openfire_tables() begins in the stage's. Error: why nothing could be made of it.
std::string import_openfire(RowStage& stage, std::size_t specs, Intake& intake, const Secret& password_key,
                            const HsqldbLobs& lobs);
bool is_openfire(RowStage& stage, std::size_t specs);

}  // namespace ferry
