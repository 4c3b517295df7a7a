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
     "source does not name it. Only accounts of that domain come, or without --domain of component.server",
     1, any_sources, Access::none, migrate_import, "--from --domain --dry-run --apply"},
    {"migrate", "export", "[--to xep0227] [--from FORMAT] [--domain DOMAIN] [--force] FILE [SOURCE...]",
     "write accounts as XEP-0227 into a new file of mode 0600 (it holds keys): those that were imported, or those of "
     "the sources, without the store",
     1, any_sources, Access::none, migrate_export, "--to --from --domain --force"},
    {"migrate", "plan",
     "--cohort NAME [--list FILE|-] [--group NAME|--imported] [--percent N] [--new-address] [--apply] [JID...]",
     "put accounts of the legacy server into a cohort: those named, those of a file (one a line, # begins a comment), "
     "those that were imported, all or of one shared group; or N percent of these, the same each time. They keep their "
     "JID; --new-address: each gets the same name at the gateway's own domain instead, and a line \"JID NEW-JID\" of "
     "the file names another one. Nothing happens to anybody yet. Without --apply it only says what "
     "would be, here and below",
     0, any_sources, Access::change, migrate_plan,
     "--cohort --list --group --imported --percent --new-address --apply"},
    {"migrate", "clusters", "[--rosters FILE] [--size N]",
     "suggest cohorts of at most N (50) accounts that have each other as contacts, so that people who talk move "
     "together: from the rosters that shadow has read, and a file of lines \"JID CONTACT\"",
     0, 0, Access::look, migrate_clusters, "--rosters --size"},
    {"migrate", "start", "--cohort NAME|JID... [--to shadow|dual|moved|retired] [--rate N] [--apply]",
     "let accounts go on to a state (dual), N (10) a second. shadow: a silent session, everything is translated and "
     "compared, nobody sees anything; dual: XMPP clients and MQTT devices side by side; moved: the same, MQTT is "
     "primary; retired: the session ends, nothing is deleted. ferryd does it; this only says so. JID...: these alone, "
     "even while their cohort stands still; its others are left as they are. A cohort's start leaves out, and names, "
     "who was taken back by name",
     0, any_sources, Access::change, migrate_start, "--cohort --to --rate --apply"},
    {"migrate", "pause", "[COHORT]", "let a cohort, or all, stand still where they are; start goes on", 0, 1,
     Access::change, migrate_pause},
    {"migrate", "stop-on", "COHORT PERCENT [--least N]",
     "pause a cohort by itself where more than this part of its transitions fails, of at least N (20)", 2, 2,
     Access::change, migrate_stop_on, "--least"},
    {"migrate", "back", "--cohort NAME|JID... [--keep] [--apply]",
     "bring accounts back to how they were: every change that went through the gateway is undone on the old server, "
     "from the latest to the first, then the person leaves the broker. --keep: what people changed themselves in the "
     "MQTT client stays. What a contact has decided since cannot be undone for them. "
     "JID...: their cohort goes on without them, until they are planned again or started by name",
     0, any_sources, Access::change, migrate_back, "--cohort --keep --apply"},
    {"migrate", "status", "[COHORT] [--watch]",
     "how far the cohorts are; of one, each account. ERRORS: how often somebody has not got on since they were last "
     "started, over or not; TROUBLE: who does not get on now. --watch: again and again",
     0, 1, Access::look, migrate_status, "--watch"},
    {"migrate", "show", "JID", "one account: its state, what was written to the old server, what differs", 1, 1,
     Access::look, migrate_show},
    {"migrate", "verify", "--cohort NAME|JID...",
     "compare what MQTT shows of rosters and subscriptions with what the old server says now, exit code 1 if they "
     "differ or somebody's session is not up; and name the fields of cards and the rooms that are not carried",
     0, any_sources, Access::look, migrate_verify, "--cohort"},
    {"migrate", "report", "[--force] FILE",
     "write one HTML file of mode 0600: progress, errors, who would see what else, traffic", 1, 1, Access::look,
     migrate_report, "--force"},
};

}  // namespace

std::span<const CtlCommand> migrate_commands() { return migrate_table; }

}  // namespace ferry
