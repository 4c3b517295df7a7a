#include "tools/ferryctl/command_line.h"

#include <optional>

namespace ferry {

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
    const bool wants_value =
        name == "--config" || name == "-c" || name == "--probe" || name.find('.') != std::string::npos;
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
    else if (name == "--all")
      out.all = true;
    else if (name == "--replace")
      out.replace = true;
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
