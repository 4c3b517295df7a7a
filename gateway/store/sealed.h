// What a store has sealed: whose vault is gone must not be told to make a new one, which opens nothing of it.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/passwords/vault.h"

namespace ferry {

// How many credentials are sealed there. No store: none. Error: there is one, and it cannot be opened. Throws
// StoreFailure.
Result<std::int64_t, std::string> sealed_in(const std::string& store_path);

// For Vault::open(), where it found no vault. Throws nothing.
Vault::Source vault_source(const std::string& store_path);

// Both.
Result<Vault, Problem> open_vault_of(const std::string& store_path, const std::string& key_file);

}  // namespace ferry
