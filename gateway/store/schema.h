// The tables, and how a store of an older ferryd becomes one of this.
//
// PRAGMA user_version is the number of migrations that a store has had; each runs in a transaction of its own, so that
// a store is always of one version. A migration that was released never changes: append another.
#pragma once

#include <span>
#include <string>

#include "gateway/store/database.h"

namespace ferry {

// PRAGMA application_id of a store: "Ferr".
inline constexpr std::int64_t store_application_id = 0x46657272;

std::span<const char* const> migrations();

// Brings the store to the version migrations.size(). Empty: done. Otherwise a text for people why not: a newer version,
// another program's database. Throws StoreFailure; the migration it happened in has not been then.
std::string migrate(Database& database, std::span<const char* const> migrations);

// The same without a change: an older store is refused too.
std::string check_version(Database& database, std::span<const char* const> migrations);

}  // namespace ferry
