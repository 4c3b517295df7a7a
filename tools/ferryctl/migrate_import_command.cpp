// ferryctl migrate import, migrate export.
#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"

namespace ferry {

int migrate_import(CtlCall&) { return complain("migrate import is not in this build yet"), exit_refused; }
int migrate_export(CtlCall&) { return complain("migrate export is not in this build yet"), exit_refused; }

}  // namespace ferry
