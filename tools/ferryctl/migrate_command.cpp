// ferryctl migrate: what moving people needs, as one table. A command that asks no gateway has Access::none.
#include "tools/ferryctl/commands.h"

namespace ferry {
namespace {

constexpr std::size_t any_sources = 1U << 16;

constexpr CtlCommand migrate_table[] = {
    {"migrate", "import", "[--from FORMAT] [--domain DOMAIN] [--dry-run|--apply] SOURCE...|-",
     "read the accounts of another server: passwords (as SCRAM keys), rosters, groups, messages that wait, vCards, "
     "rooms. It only says, per account, what would come, what would not, and why, and changes nothing; --apply: the "
     "same into the gateway's store, as often as you like. FORMAT: openfire-sql, openfire-xml, xep0227, ejabberd-sql, "
     "prosody, or auto (the default: it is seen from the source). - is standard input. --domain: the domain, where the "
     "source does not name it",
     1, any_sources, Access::none, migrate_import, "--from --domain --dry-run --apply"},
    {"migrate", "export", "[--to xep0227] [--from FORMAT] [--domain DOMAIN] [--force] FILE [SOURCE...]",
     "write accounts as XEP-0227 into a new file of mode 0600 (it holds keys): those that were imported, or those of "
     "the sources, without the store",
     1, any_sources, Access::none, migrate_export, "--to --from --domain --force"},
};

}  // namespace

std::span<const CtlCommand> migrate_commands() { return migrate_table; }

}  // namespace ferry
