// The arguments of `ferry-replay import`, taken apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/ferry-replay/import_times.h"

namespace ferry::intake {

struct Options {
  std::vector<std::string> files;  // "-": stdin
  std::string format;              // empty: told from each file
  std::string output = "-";
  std::string key_file;
  bool keep_bodies = false, keep_jids = false, redact = true;
  bool rotated = false, quiet = false, help = false, list = false;
  std::uint64_t max_damage = 0;
  std::optional<Dates> date;  // of --date
  std::int64_t zone = 0;      // µs east of UTC

  std::string wrong;  // empty: understood
};

Options read_options(const std::vector<std::string>& arguments);
extern const char* const import_help;

}  // namespace ferry::intake
