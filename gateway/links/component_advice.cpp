#include "gateway/links/component_advice.h"

namespace ferry {

bool is_lasting(std::string_view condition) { return !component_advice(condition).empty(); }

std::string component_advice(std::string_view condition) {
  if (condition == "conflict")
    return "another gateway is connected with this domain, or the server still holds our old stream (Prosody: "
           "component_conflict_resolve = \"kick_old\")";
  if (condition == "not-authorized")
    return "component.secret-file does not hold the secret that the server has for this domain";
  if (condition == "host-unknown")
    return "the server has no component of this domain: add it there, or correct component.domain";
  if (condition == "invalid-from") return "the server refused a sender that is not of component.domain";
  if (condition == "invalid-namespace") return "component.port must be the listener for external components";
  return {};
}

}  // namespace ferry
