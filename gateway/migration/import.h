// One import: sources of any format, one visitor. The formats are seen from the sources, or said.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/migration/intake.h"

namespace ferry {

enum class ImportFormat : std::uint8_t { automatic, openfire_sql, openfire_xml, xep0227, ejabberd_sql, prosody };
std::optional<ImportFormat> import_format(std::string_view name);  // "auto", "openfire-sql" …
std::string import_format_names();                                 // for people

struct ImportJob {
  // Files, folders (Prosody's data, HSQLDB's embedded-db), "-". Dumps are read as one: the tables may be in one file
  // and the rows in another.
  std::vector<std::string> sources;
  ImportFormat format = ImportFormat::automatic;
  ImportOptions options;
  // bytes of all that are known of this source; all 0: not known.
  std::function<void(const std::string& source, std::uint64_t bytes, std::uint64_t all)> progress;
};

// False: something could not be read to its end; the problems of weight source say what.
bool run_import(const ImportJob& job, AccountVisitor& visitor);

}  // namespace ferry
