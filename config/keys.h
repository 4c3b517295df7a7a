// The one table of keys: it drives the file, the flags, the environment, --help and the example file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/options.h"

namespace ferry {

// Where a value goes; its type says how it is read and printed.
using Target = std::variant<std::string*, std::uint16_t*, std::uint32_t*, std::uint64_t*, int*, bool*, Durability*,
                            LogLevel*, CaptureRedaction*>;

// What a text must be, beyond text.
enum class Rule { none, host, domain, path, secret, root, protocol, listen };

struct Key {
  std::string_view section, name;  // [broker] password-file
  std::string_view placeholder;    // --broker.port=PORT
  std::string_view help;           // one or two sentences
  Target (*target)(Options&);
  Rule rule = Rule::none;
  std::uint64_t least = 0, most = 0;   // numbers
  std::string_view example = {};       // the example file sets it to this; empty: shown as a comment
  std::string_view default_text = {};  // of a default that depends on other keys
};

struct Section {
  std::string_view name, help;
};

inline constexpr std::string_view default_route = "user *@DOMAIN {root}/u/{uid}";

const std::vector<Section>& sections();
const std::vector<Key>& keys();
const Key* find_key(std::string_view section, std::string_view name);

std::string flag_name(const Key& key);                           // "broker.port"
std::string environment_name(const Key& key);                    // "FERRY_BROKER_PORT"
std::string value_text(const Key& key, const Options& options);  // as it would stand in a file
std::string default_text(const Key& key);                        // "none" if there is none
std::string choices(const Key& key);                             // "1 to 65535", "true or false"; may be empty

// Reads the value into the options. Returns what is wrong with it, or nothing.
std::string assign(const Key& key, std::string_view value, Options& options);

// What load() found out on its way; shared by its parts.
struct Loading {
  Options options;
  std::vector<std::string> origin;  // by key: "ferry.conf:4", "--broker.port"; empty: the default stands
  Problems& problems;

  explicit Loading(Problems& out) : origin(keys().size()), problems(out) {}
  void set(const Key& key, std::string_view value, const std::string& where);
  void add_route(std::string_view text, int line, const std::string& where);  // checks the row by itself
};

// The parts: each appends to problems. Later calls win.
void read_file_text(std::string_view text, const std::string& name, Loading& loading);
void read_environment(const Environment& env, Loading& loading);

struct Flag {
  const Key* key;  // nullptr: --route
  std::string value;
};
struct CommandLine {
  Action action = Action::run;
  std::string config_file;
  std::vector<Flag> flags;
};
CommandLine read_command_line(int argc, const char* const* argv, Problems& problems);  // the only Boost user

std::string secret_problem(const std::string& path);  // empty: the file is fit to hold a secret

}  // namespace ferry
