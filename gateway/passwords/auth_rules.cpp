// Who reads and writes what, decided by the rules of the file.
#include "gateway/passwords/auth_file.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

// Each level "%u" of the base is the login. Empty: no level is this name.
std::string expanded_base(std::string_view base, std::string_view login) {
  if (login.empty() || login.find_first_of("/+#") != std::string_view::npos) return {};
  std::string out;
  for (const std::string_view level : topic_levels(base)) {
    if (!out.empty()) out += '/';
    out += level == "%u" ? login : level;
  }
  return out;
}

// Is everything that the filter can match at or below the literal topic?
bool below(std::string_view topic, std::string_view filter) {
  return filter.starts_with(topic) && (filter.size() == topic.size() || filter[topic.size()] == '/');
}

// Does the rule's filter cover the wanted one? Exactly, for the forms of rules: literal topics, and "LITERAL/#".
bool covers(std::string_view rule, std::string_view filter) {
  if (rule == filter) return true;
  const bool all = rule.ends_with("/#");
  const std::string_view literal = all ? rule.substr(0, rule.size() - 2) : rule;
  return all && literal.find_first_of("+#") == std::string_view::npos && below(literal, filter);
}

bool reaches(std::string_view rule, Reach reach, std::string_view topic) {
  return reach == Reach::subscribe ? covers(rule, topic) : topic_matches(rule, topic);
}

}  // namespace

bool grants(const BrokerRules& rules, std::string_view login, std::string_view base, Reach reach,
            std::string_view topic) {
  if (topic.empty()) return false;
  if (!rules.gateway.empty() && login == rules.gateway)
    for (const auto& [write, filter] : rules.own)
      if ((write || reach != Reach::write) && reaches(filter, reach, topic)) return true;
  if (reach != Reach::write && topic == rules.status) return true;
  const std::string_view below_base = reach == Reach::write ? "/out/#" : "/in/#";
  if (!base.empty() && reaches(std::string(base).append(below_base), reach, topic)) return true;
  for (const std::string& pattern : rules.bases) {
    const std::string own = expanded_base(pattern, login);
    if (!own.empty() && reaches(own + std::string(below_base), reach, topic)) return true;
  }
  return false;
}

}  // namespace ferry
