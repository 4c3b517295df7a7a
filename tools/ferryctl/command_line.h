// ferryctl's own command line, taken apart: the options of the gateway (config/options.h) go on to load().
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

struct CtlLine {
  std::vector<std::string> words;    // the command and what it is given, flags taken out
  std::vector<std::string> options;  // --section.key=VALUE
  std::string config;                // --config; empty: not given
  bool json = false, help = false, version = false;

  // Flags that only some commands know, by their names with the dashes.
  std::set<std::string, std::less<>> switches;             // "--all"
  std::map<std::string, std::string, std::less<>> values;  // "--user"; of several the last
  std::vector<std::string> probes;                         // --probe, which is given twice
  bool has(std::string_view name) const { return switches.contains(name) || values.contains(name); }
  std::string value(std::string_view name) const;  // empty: not given

  std::string wrong;  // empty: understood
};

// Flags may stand anywhere; what follows "--" is no flag.
CtlLine read_ctl_line(int argc, const char* const* argv);

}  // namespace ferry
