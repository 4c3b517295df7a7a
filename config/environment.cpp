// The environment: FERRY_SECTION_KEY, FERRY_ROUTE, and what is near one of them.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "config/keys.h"
#include "config/text.h"

namespace ferry {
namespace {

constexpr std::string_view prefix = "FERRY_";

// Not keys: of ferryctl, and of the tests.
bool is_another(std::string_view rest) {
  constexpr std::array<std::string_view, 3> others{"CONFIG", "BIN", "KEEP_LOGS"};
  return rest.starts_with("TEST_") || std::find(others.begin(), others.end(), rest) != others.end();
}

}  // namespace

void read_environment(const Environment& env, Loading& loading) {
  if (!env) return;
  for (const Key& key : keys()) {
    const std::string name = environment_name(key);
    if (const auto value = env(name)) loading.set(key, trim(*value), name);
  }
  const auto routes = env("FERRY_ROUTE");
  if (!routes) return;
  loading.options.routes.clear();
  for (const std::string_view line : split(*routes, '\n'))
    if (!trim(line).empty()) loading.add_route(trim(line), 0, "FERRY_ROUTE");
}

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

std::vector<std::string> environment_names() {
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

Problems strange_environment(const std::vector<std::string>& names) {
  std::vector<std::string> known = {"ROUTE"};
  for (const Key& key : keys()) known.push_back(environment_name(key).substr(prefix.size()));
  Problems problems;
  for (const std::string& name : names) {
    if (!name.starts_with(prefix)) continue;
    const std::string_view rest = std::string_view(name).substr(prefix.size());
    if (is_another(rest) || std::find(known.begin(), known.end(), rest) != known.end()) continue;
    if (const auto guess = nearest(rest, std::vector<std::string_view>(known.begin(), known.end())))
      problems.push_back(
          {name,
           "no key has this name, it is not read; did you mean " + std::string(prefix) + std::string(*guess) + "?",
           true});
  }
  return problems;
}

}  // namespace ferry
