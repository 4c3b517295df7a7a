// The command line. Boost.Program_options stops at its first mistake, so unknown flags are collected by hand.
#include <algorithm>
#include <boost/program_options.hpp>
#include <set>

#include "config/keys.h"
#include "config/text.h"

namespace ferry {
namespace {

namespace po = boost::program_options;

void unknown_flag(const std::string& token, Problems& problems) {
  const std::string name = token.substr(0, token.find('='));
  std::vector<std::string> own = {"config", "check-config", "version", "help", "route"};
  for (const Key& key : keys()) own.push_back(flag_name(key));
  const auto guess = nearest(std::string_view(name).substr(std::min(name.size(), name.find_first_not_of('-'))),
                             std::vector<std::string_view>(own.begin(), own.end()));
  problems.push_back({name, "there is no such flag" + (guess ? "; did you mean --" + std::string(*guess) + "?" : "")});
}

}  // namespace

CommandLine read_command_line(int argc, const char* const* argv, Problems& problems) {
  CommandLine out;
  po::options_description flags;
  auto add = flags.add_options();
  add("config", po::value<std::string>());
  add("check-config", "");
  add("version", "");
  add("help,h", "");
  add("route", po::value<std::string>());
  for (const Key& key : keys()) add(flag_name(key).c_str(), po::value<std::string>());
  try {
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    const auto parsed = po::command_line_parser(arguments).options(flags).style(style).allow_unregistered().run();
    std::set<std::string> seen;
    bool after_unknown = false;
    for (const auto& option : parsed.options) {
      if (option.position_key >= 0 || option.unregistered) {
        const std::string token = option.original_tokens.empty() ? option.string_key : option.original_tokens.front();
        const bool is_flag = !token.empty() && token.front() == '-';
        if (is_flag)
          unknown_flag(token, problems);
        else if (!after_unknown)
          problems.push_back({"command line", "unexpected argument " + in_quotes(token)});
        after_unknown = is_flag && token.find('=') == std::string::npos;  // what follows may be its value
        continue;
      }
      after_unknown = false;
      const std::string& name = option.string_key;
      const std::string value = option.value.empty() ? std::string() : option.value.front();
      if (name == "route") {
        out.flags.push_back({nullptr, value});
        continue;
      }
      if (!seen.insert(name).second) {
        problems.push_back({"--" + name, "it is given twice"});
        continue;
      }
      if (name == "config")
        out.config_file = value;
      else if (name == "check-config")
        out.action = std::max(out.action, Action::check_config);
      else if (name == "version")
        out.action = std::max(out.action, Action::version);
      else if (name == "help")
        out.action = Action::help;
      else
        for (const Key& key : keys())
          if (flag_name(key) == name) out.flags.push_back({&key, value});
    }
  } catch (const po::error& e) { problems.push_back({"command line", e.what()}); }
  return out;
}

}  // namespace ferry
