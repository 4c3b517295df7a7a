// Passwords in the clear, on their way through a RowStage.
#pragma once

#include <string_view>

#include "gateway/migration/intake.h"
#include "gateway/migration/sql_reader.h"

namespace ferry {

// What the staged text of a password in the clear is made of, and what becomes of it.
void hide_password(SqlValue& value, bool make_keys);
void take_hidden_password(Intake& intake, const Place& place, std::string_view staged);

}  // namespace ferry
