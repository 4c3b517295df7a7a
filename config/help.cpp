// --help and the example file, both from the table of keys.
#include "config/keys.h"
#include "config/text.h"

namespace ferry {
namespace {

// Words, wrapped to `width` columns; every line begins with `indent`.
std::string wrapped(std::string_view text, const std::string& indent, std::size_t width) {
  std::string out;
  std::string line = indent;
  for (const std::string_view word : words(text)) {
    if (line.size() > indent.size() && line.size() + 1 + word.size() > width) {
      out += line + '\n';
      line = indent;
    }
    if (line.size() > indent.size()) line += ' ';
    line += word;
  }
  return out + line + '\n';
}

std::string note(const Key& key) {
  const std::string range = choices(key);
  const std::string fallback = default_text(key);
  if (fallback == "none") return {};
  return "(" + (range.empty() ? "" : range + "; ") + "default: " + fallback + ")";
}

constexpr std::size_t help_width = 100;
constexpr std::size_t file_width = 100;

}  // namespace

std::string help_text(std::string_view program) {
  const std::string indent(6, ' ');
  std::string out = "usage: " + std::string(program) + " [--config FILE] [flags]\n\n";
  out += wrapped(
      "Carries an instant-messaging community from XMPP to MQTT: XMPP on one side, MQTT on the other, and a "
      "mapping table of JIDs and topics between them.",
      "", help_width);
  out +=
      "\n  --config FILE     read the options from this file\n"
      "  --check-config    print every problem of the options and the mapping table (exit code 2 if any)\n"
      "  --version         print the version\n"
      "  -h, --help        print this\n\n";
  out += wrapped(
      "A key of the file is also a flag (--section.key=VALUE) and an environment variable (FERRY_SECTION_KEY, with _ "
      "for . "
      "and -). A flag wins over the environment, the environment over the file.",
      "", help_width);
  out += "\n  --route=\"KIND JID TOPIC [key=value ...]\"\n";
  out += wrapped(
      "A row of the mapping table; may be repeated. KIND is user, room or feed. FERRY_ROUTE holds one row a line. "
      "(default: " +
          std::string(default_route) + ")",
      indent, help_width);
  for (const Section& section : sections()) {
    out += "\n[" + std::string(section.name) + "] " + std::string(section.help) + "\n";
    for (const Key& key : keys()) {
      if (key.section != section.name) continue;
      out += "  --" + flag_name(key) + "=" + std::string(key.placeholder) + "\n";
      out += wrapped(std::string(key.help) + " " + note(key), indent, help_width);
    }
  }
  return out;
}

std::string example_file() {
  std::string out =
      "# Ferry's options: ferryd --config FILE. Check them with ferryd --config FILE --check-config.\n"
      "# '#' always starts a comment and there is no quoting. What is commented out below is the default.\n"
      "\n"
      "# The mapping table: KIND JID TOPIC [key=value ...]. These lines stand before the first section.\n"
      "#   user  a person who lives on MQTT, below the topic; format=json or format=cbor\n"
      "#   feed  a topic that can be followed as a contact; write=JIDS who may publish to it by a message (default: "
      "nobody),\n"
      "#         follow=JIDS who may follow (default: the hosted domains and the server's)\n"
      "# Topics know {root} {uid} {localpart} {domain}; a JID may have one * in its localpart.\n"
      "route = user   *@mqtt.corp.example               {root}/u/{uid}\n"
      "#route = feed   alarm@mqtt.corp.example           factory/line1/alarm\n";
  for (const Section& section : sections()) {
    out += "\n# " + std::string(section.help) + "\n[" + std::string(section.name) + "]\n";
    for (const Key& key : keys()) {
      if (key.section != section.name) continue;
      out += wrapped(std::string(key.help) + " " + note(key), "# ", file_width);
      const bool set = !key.example.empty();
      const bool no_value = key.rule != Rule::listen && value_text(key, Options()).empty();
      out += (set ? "" : "#") + std::string(key.name) + " =" +
             (set        ? " " + std::string(key.example)
              : no_value ? ""
                         : " " + value_text(key, Options())) +
             "\n";
    }
  }
  return out;
}

}  // namespace ferry
