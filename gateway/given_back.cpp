#include "gateway/given_back.h"

#include <array>
#include <string_view>

#include "translators/values/stanza.h"

namespace ferry {
namespace {

constexpr std::array<std::string_view, 4> attributes{"type", "from", "to", "id"};

}  // namespace

void GivenBack::note(const Element& stanza) {
  const std::string_view type = stanza.attr_or("type");
  const bool message = stanza.name == "message" && type != "error" && stanza.child("body", stanza.ns);
  const bool question = stanza.name == "iq" && (type == "get" || type == "set");
  if (!message && !question) return;
  heads_.append(stanza.name).push_back('\0');
  for (const std::string_view name : attributes) heads_.append(stanza.attr_or(name)).push_back('\0');
}

std::vector<std::string> GivenBack::answers() const {
  std::vector<std::string> all;
  std::string_view rest = heads_;
  const auto next = [&] {
    const std::string_view field = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(field.size() + 1);
    return field;
  };
  while (!rest.empty()) {
    Element head(next());
    for (const std::string_view name : attributes)
      if (const auto value = next(); !value.empty()) head.set(name, value);
    if (const auto reply = error_reply(head, error(Condition::resource_constraint, "not stored; try again later")))
      all.push_back(to_xml(*reply, ns::client));
  }
  return all;
}

}  // namespace ferry
