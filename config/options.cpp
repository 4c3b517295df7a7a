// load(): flags over environment over file over defaults, then what the keys mean together.
#include "config/options.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/keys.h"
#include "config/mapping.h"
#include "config/text.h"
#include "translators/values/jid.h"

namespace ferry {
namespace {

constexpr std::size_t max_file_bytes = 16U << 20;

std::size_t index_of(const Key& key) { return static_cast<std::size_t>(&key - keys().data()); }

bool read_whole(const std::string& path, std::string& out, Problems& problems) {
  std::error_code no_error;
  if (std::filesystem::is_directory(path, no_error)) {
    problems.push_back({"--config", in_quotes(path) + " is a directory"});
    return false;
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || (in.peek() != std::ifstream::traits_type::eof() && !(text << in.rdbuf()))) {
    problems.push_back({"--config", in_quotes(path) + " cannot be read: " + std::strerror(errno)});
    return false;
  }
  out = text.str();
  if (out.size() <= max_file_bytes) return true;
  problems.push_back({"--config", in_quotes(path) + " has more than 16 MiB"});
  return false;
}

class Together {
 public:
  // whole: all that was given could be read, so that what is not there is missing.
  Together(Loading& loading, const std::string& source, bool whole)
      : loading_(loading), source_(source), whole_(whole) {}

  void check() {
    Options& o = loading_.options;
    if (o.component.domain.empty()) missing("component", "domain");
    if (!o.component.host.empty()) {
      if (o.component.secret_file.empty()) missing("component", "secret-file", " as there is a host");
      if (o.component.server.empty() && !o.component.domain.empty()) default_server();
    }
    if (o.broker.host.empty()) missing("broker", "host");
    if (!o.broker.allow_anonymous) {
      if (o.broker.username.empty()) missing("broker", "username", " unless allow-anonymous = true");
      if (o.broker.password_file.empty()) missing("broker", "password-file", " unless allow-anonymous = true");
    } else if (o.broker.username.empty() && !o.broker.password_file.empty()) {
      missing("broker", "username", " as there is a password-file");
    }
    if (!o.session.host.empty()) {
      if (o.session.cafile.empty()) missing("session", "cafile", " as there is a host");
      if (o.component.server.empty() && !o.component.domain.empty()) default_server();
    }
    if (o.vault.keep_passwords && o.vault.key_file.empty())
      add("vault", "keep-passwords", "it needs a key-file to encrypt them with");
    if (o.component.server == o.component.domain && !o.component.server.empty())
      add("component", "server", "the server's domain and the component's domain are the same");
    const auto& l = o.limits;
    const auto burst = [&](const char* key, std::uint32_t rate, std::uint32_t at_once) {
      const std::string kind = key;
      if (at_once < rate) add("limits", (kind + "-burst").c_str(), "it is less than " + kind + "-rate");
    };
    burst("user", l.user_rate, l.user_burst);
    burst("presence", l.presence_rate, l.presence_burst);
    burst("request", l.request_rate, l.request_burst);
    burst("subscription", l.subscription_rate, l.subscription_burst);
    burst("peer", l.peer_rate, l.peer_burst);
    burst("domain", l.domain_rate, l.domain_burst);
    burst("feed", l.feed_rate, l.feed_burst);
    if (o.control.socket.empty()) o.control.socket = o.store.path + ".sock";
  }

  void check_files() {
    const Options& o = loading_.options;
    const auto secret = [&](std::string_view section, std::string_view name, const std::string& path) {
      if (path.empty()) return;
      if (std::string wrong = secret_problem(path); !wrong.empty()) add(section, name, std::move(wrong));
    };
    secret("component", "secret-file", o.component.secret_file);
    secret("broker", "password-file", o.broker.password_file);
    if (!o.session.cafile.empty() && !std::ifstream(o.session.cafile))
      add("session", "cafile", in_quotes(o.session.cafile) + " cannot be read: " + std::strerror(errno));
    if (!o.broker.cafile.empty() && !std::ifstream(o.broker.cafile))
      add("broker", "cafile", in_quotes(o.broker.cafile) + " cannot be read: " + std::strerror(errno));
  }

 private:
  // "mqtt.corp.example" is served by "corp.example".
  void default_server() {
    Options::Component& c = loading_.options.component;
    const std::size_t dot = c.domain.find('.');
    if (dot == std::string::npos) return missing("component", "server", ": the domain has only one label");
    c.server = c.domain.substr(dot + 1);
  }

  void add(std::string_view section, std::string_view name, std::string text) {
    const std::string& origin = loading_.origin[index_of(*find_key(section, name))];
    loading_.problems.push_back({origin.empty() ? source_ : origin,
                                 "[" + std::string(section) + "] " + std::string(name) + ": " + std::move(text)});
  }

  // Not said where a value was given but was wrong: that has been reported.
  void missing(std::string_view section, std::string_view name, std::string_view why = "") {
    const Key& key = *find_key(section, name);
    if (!whole_ || !loading_.origin[index_of(key)].empty()) return;
    loading_.problems.push_back(
        {source_, "[" + std::string(section) + "] " + std::string(name) + " is required" + std::string(why)});
  }

  Loading& loading_;
  std::string source_;
  bool whole_;
};

void default_routes(Options& options) {
  if (!options.routes.empty() || options.component.domain.empty()) return;
  std::string text(default_route);
  const std::string_view placeholder = "DOMAIN";
  text.replace(text.find(placeholder), placeholder.size(), options.component.domain);
  options.routes.push_back({std::move(text), 0, "default"});
}

}  // namespace

void Loading::set(const Key& key, std::string_view value, const std::string& where) {
  origin[index_of(key)] = where;
  if (std::string wrong = assign(key, value, options); !wrong.empty())
    problems.push_back(
        {where, "[" + std::string(key.section) + "] " + std::string(key.name) + ": " + std::move(wrong)});
}

void Loading::add_route(std::string_view text, int line, const std::string& where) {
  if (const auto row = parse_row(text); !row) problems.push_back({where, "route: " + row.error()});
  options.routes.push_back({std::string(text), line, where});
}

Options load(int argc, const char* const* argv, const Environment& env, Problems& problems) {
  Loading loading(problems);
  const std::size_t before = problems.size();
  const CommandLine line = read_command_line(argc, argv, problems);
  loading.options.action = line.action;
  loading.options.config_file = line.config_file;
  if (line.action == Action::version || line.action == Action::help) return loading.options;

  std::string text;
  bool whole = problems.size() == before;
  if (!line.config_file.empty()) {
    const bool read = read_whole(line.config_file, text, problems);
    if (read) read_file_text(text, line.config_file, loading);
    whole = whole && read;
  }
  read_environment(env, loading);
  bool first_route = true;
  for (const Flag& flag : line.flags) {
    if (flag.key != nullptr) {
      loading.set(*flag.key, trim(flag.value), "--" + flag_name(*flag.key));
      continue;
    }
    if (first_route) loading.options.routes.clear();
    first_route = false;
    loading.add_route(trim(flag.value), 0, "--route");
  }
  const bool nothing =
      std::all_of(loading.origin.begin(), loading.origin.end(), [](const auto& o) { return o.empty(); });
  if (line.config_file.empty() && whole && nothing) {
    problems.push_back({"--config", "there is no configuration; name its file: --config FILE"});
    whole = false;
  }
  Together together(loading, line.config_file.empty() ? "options" : line.config_file, whole);
  together.check();
  together.check_files();
  default_routes(loading.options);
  return loading.options;
}

Options load_text(std::string_view text, const std::string& name, Problems& problems) {
  Loading loading(problems);
  loading.options.config_file = name;
  read_file_text(text, name, loading);
  Together(loading, name, true).check();
  default_routes(loading.options);
  return loading.options;
}

std::vector<Row> route_rows(const Options& options) {
  std::vector<Row> out;
  for (const RouteLine& line : options.routes) {
    auto row = parse_row(line.text);
    if (!row) continue;
    out.push_back(*std::move(row));
    out.back().line = line.line;
  }
  return out;
}

}  // namespace ferry
