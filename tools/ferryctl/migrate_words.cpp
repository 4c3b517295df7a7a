#include "tools/ferryctl/migrate_words.h"

#include <charconv>

namespace ferry {

std::optional<std::int64_t> number_flag(const CtlCall& call, const std::string& flag, std::int64_t least,
                                        std::int64_t most, std::int64_t otherwise) {
  const std::string text = call.line.value(flag);
  if (text.empty()) return otherwise;
  std::int64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong == std::errc() && end == text.data() + text.size() && number >= least && number <= most) return number;
  complain(flag + ": expected a number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::string command_for(const CtlCall& call, std::string_view command, const Members& members,
                        const std::vector<std::pair<std::string, std::int64_t>>& numbers) {
  const std::string cohort = call.line.value("--cohort");
  if (cohort.empty() == call.words.empty()) {
    complain("expected either --cohort NAME or JID...");
    return {};
  }
  JsonWriter json;
  json.begin_object().field("command", command);
  for (const auto& [key, value] : members) json.field(key, std::string_view(value));
  for (const auto& [key, value] : numbers) json.field(key, value);
  if (!cohort.empty()) {
    json.field("cohort", cohort);
  } else {
    json.key("jids").begin_array();
    for (const std::string& jid : call.words) json.value(jid);
    json.end_array();
  }
  json.field("go", call.line.has("--apply")).field("keep", call.line.has("--keep"));
  return json.end_object().take();
}

std::string what_of_write(JsonView write) {
  const std::string contact = text_of(write, "contact");
  return text_of(write, "what") +
         (contact.empty() ? "" : "; to undo it, " + contact + " has to " + text_of(write, "has_to"));
}

std::string some_names(JsonView names, std::int64_t all) {
  constexpr std::int64_t most = 20;  // --json has more
  std::string text;
  std::int64_t said = 0;
  names.each([&](JsonView name) {
    if (said == most) return;
    if (said++ > 0) text += ", ";
    text += name.string().value_or("");
  });
  return text + (said < all ? " and " + counted(all - said, "", "") + " more" : "");
}

}  // namespace ferry
