// ferryctl's own command line, taken apart: the options of the gateway (config/options.h) go on to load().
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferry {

struct CtlLine {
  std::vector<std::string> words;    // the command and what it is given, flags taken out
  std::vector<std::string> options;  // --section.key=VALUE
  std::string config;                // --config; empty: not given
  std::vector<std::string> probes;   // --probe
  bool json = false, help = false, version = false, all = false, replace = false;
  std::string wrong;  // empty: understood
};

// Flags may stand anywhere; what follows "--" is no flag.
CtlLine read_ctl_line(int argc, const char* const* argv);

}  // namespace ferry
