#include "tools/ferryctl/command_line.h"

#include <algorithm>
#include <array>
#include <optional>

namespace ferry {
namespace {

// Flags of single commands; which ones know them says the table of commands (main.cpp).
constexpr std::array<std::string_view, 15> switches{"--imported", "--all",     "--replace", "--force",       "--dead",
                                                    "--pending",  "--waiting", "--dry-run", "--prune",       "--rotate",
                                                    "--apply",    "--keep",    "--watch",   "--new-address", "--lost"};
constexpr std::array<std::string_view, 20> valued{
    "--group",  "--user",        "--peer",      "--limit", "--format",  "--acl-file", "--pid-file",
    "--dynsec", "--bind-device", "--auth-file", "--from",  "--to",      "--domain",   "--cohort",
    "--list",   "--percent",     "--rate",      "--least", "--rosters", "--size"};

bool is_one_of(const auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string CtlLine::value(std::string_view name) const {
  const auto i = values.find(name);
  return i == values.end() ? std::string() : i->second;
}

CtlLine read_ctl_line(int argc, const char* const* argv) {
  CtlLine out;
  const std::vector<std::string> all(argv + (argc > 0 ? 1 : 0), argv + argc);
  bool flags = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string& word = all[i];
    if (!flags || word.size() < 2 || word.front() != '-') {  // "-" is standard input or output
      out.words.push_back(word);
      continue;
    }
    if (word == "--") {
      flags = false;
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    std::optional<std::string> value;
    if (equals != std::string::npos) value = word.substr(equals + 1);
    const bool wants_value = name == "--config" || name == "-c" || name == "--probe" || is_one_of(valued, name) ||
                             name.find('.') != std::string::npos;
    if (wants_value && !value) {
      if (i + 1 == all.size()) {
        out.wrong = name + " needs a value: " + name + "=VALUE";
        return out;
      }
      value = all[++i];
    }
    if (!wants_value && value) {
      out.wrong = name + (name.starts_with("--") ? " takes no value" : " is no flag of ferryctl");
      return out;
    }
    if (name == "--config" || name == "-c")
      out.config = *value;
    else if (name == "--probe")
      out.probes.push_back(*value);
    else if (name == "--json")
      out.json = true;
    else if (name == "--help" || name == "-h")
      out.help = true;
    else if (name == "--version")
      out.version = true;
    else if (is_one_of(switches, name))
      out.switches.insert(name);
    else if (is_one_of(valued, name))
      out.values[name] = *value;
    else if (wants_value && name.starts_with("--"))
      out.options.push_back(name + "=" + *value);
    else {
      out.wrong = "there is no flag " + name;
      return out;
    }
  }
  return out;
}

}  // namespace ferry
