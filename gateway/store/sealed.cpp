#include "gateway/store/sealed.h"

#include <filesystem>

#include "gateway/store/credentials.h"

namespace ferry {

Result<std::int64_t, std::string> sealed_in(const std::string& store_path) {
  std::error_code unknown;
  if (!std::filesystem::exists(store_path, unknown) && !unknown) return std::int64_t{0};
  const auto credentials = Credentials::open(store_path);
  if (!credentials) return credentials.error().text;
  std::int64_t sealed = 0;
  (*credentials)->each([&](const CredentialRecord& record) { sealed += record.kind == CredentialKind::ask ? 0 : 1; });
  return sealed;
}

Vault::Source vault_source(const std::string& store_path) {
  try {
    const auto sealed = sealed_in(store_path);
    return sealed && *sealed > 0 ? Vault::Source::in_use : Vault::Source::unused;
  } catch (const StoreFailure&) { return Vault::Source::unused; }  // which looks again, and says what is wrong
}

Result<Vault, Problem> open_vault_of(const std::string& store_path, const std::string& key_file) {
  auto vault = Vault::open(key_file);
  return vault ? std::move(vault) : Vault::open(key_file, vault_source(store_path));
}

}  // namespace ferry
