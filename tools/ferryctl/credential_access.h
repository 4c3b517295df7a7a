// What the commands about credentials share: the vault, the store's table, the broker's auth file.
#pragma once

#include <memory>
#include <string>

#include "gateway/store/auth_export.h"
#include "tools/ferryctl/commands.h"

namespace ferry {

Result<Vault, std::string> open_vault(const Options& options);
Result<std::unique_ptr<Credentials>, std::string> open_credentials(const Options& options);
Instant now_of_credentials();

// The mapping table as the gateway has it, rows of the store included.
Result<MappingTable, std::string> read_table(CtlCall& call);

// Writes the file and says so on stdout. asked: for this alone; then it is said who is left out.
int apply_auth_file(CtlCall& call, const std::string& path, bool asked = false);
// The same after a change, where [vault] auth-file names one; otherwise says what is left to do.
int refresh_auth_file(CtlCall& call);
// The same after people were told to move or to come back. Where it fails, that is said, and what was done stays done.
void auth_file_follows(CtlCall& call);

// Can ferryd log in to the legacy server with a certificate of that account? (log_in_means.cpp)
bool has_certificate(const Options& options, const Jid& jid);
// Says who of the accounts that the command named has nothing that a session could log in with.
void say_who_cannot_log_in(CtlCall& call);

}  // namespace ferry
