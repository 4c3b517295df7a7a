// What the administrator decided: one plain struct, complete and valid after load() without errors.
//
// A value comes from a flag (--section.key), else from the environment (FERRY_SECTION_KEY), else from the file
// (--config), else it is the default below. One table (config/keys.cpp) drives all four, --help and the example file.
// File format: "route = ..." lines, then [section] lines with "key = value" below; '#' always starts a comment and
// there is no quoting. Secrets are never in here, only the names of their files: see read_secret().
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"
#include "translators/values/result.h"

namespace ferry {

struct Row;

enum class Durability { full, normal };  // full: every commit is on disk; normal: a power cut may lose the last commits
enum class LogLevel { error, warning, info, debug };
enum class CaptureRedaction { yes, keep_bodies, keep_jids, no };  // what a capture holds instead of names and texts
enum class Action { run, check_config, version, help };

// A "route =" line as written (see config/mapping.h), with the place it came from.
struct RouteLine {
  std::string text;
  int line = 0;       // in the file; 0: default, flag or environment
  std::string where;  // for problems: "ferry.conf:3", "--route", "FERRY_ROUTE", "default"
};

struct Options {
  struct Component {   // XEP-0114
    std::string host;  // empty: no XMPP link
    std::uint16_t port = 5347;
    std::string domain;  // required: the domainpart of the hosted users, normalised
    std::string server;  // the legacy server's own domain; default: domain without its first label
    std::string secret_file;
    std::uint32_t keepalive = 60;  // s without anything sent, after which a blank is; 0: never
  } component;

  struct Broker {
    std::string host;  // required
    std::uint16_t port = 1883;
    std::string username;
    std::string password_file;
    std::string cafile;                   // set: TLS, verified against this file
    std::string root = "im/v1";           // topic prefix of everything that is Ferry's
    int protocol = 5;                     // 5: MQTT 5, falling back to 3.1.1 if the broker refuses it; 4: always 3.1.1
    std::uint32_t max_in_flight = 1000;   // unacknowledged publishes
    std::uint32_t queue_entries = 8'192;  // publishes waiting for the broker; beyond, receipts and rosters wait, too
    std::uint64_t queue_bytes = 8U << 20;
    bool allow_anonymous = false;  // true: accept a broker that lets clients in without a password (tests)
  } broker;

  struct Store {
    std::string path = "/var/lib/ferry/ferry.db";
    Durability durability = Durability::full;
    std::uint64_t least_free = 64U << 20;  // bytes free on its file system, below which /readyz says no; 0: never
  } store;

  struct Http {
    std::string listen = "127.0.0.1:8780";  // host:port; empty ("off" in the file): no HTTP
  } http;

  struct Users {
    bool autocreate = true;
  } users;

  struct Control {
    std::string socket;  // ferryctl's Unix socket; default: store path + ".sock"
  } control;

  struct Limits {                               // beyond a limit: an error to the sender and a counter, never silence
    std::uint32_t message_bytes = 262144;       // one publish payload or stanza, either direction
    std::uint32_t message_ttl = 7 * 24 * 3600;  // seconds that an undelivered message is kept
    std::uint64_t outbox_rows = 1'000'000;      // messages waiting for one link, all users together
    std::uint64_t outbox_bytes = 1ULL << 30;    // and their payloads
    std::uint32_t user_outbox_rows = 10'000;    // one user's share of each outbox: to MQTT, or from there
    std::uint64_t user_outbox_bytes = 64 << 20;
    std::uint32_t dead_letters = 10'000;     // failed messages kept with their payload
    std::uint32_t user_rate = 50;            // publishes a second, one user, sustained
    std::uint32_t user_burst = 200;          // publishes at once, one user
    std::uint32_t presence_rate = 5;         // presences a second of one user's devices; the latest always counts
    std::uint32_t presence_burst = 20;       // and at once. Typing likewise, by itself
    std::uint32_t request_rate = 20;         // requests a second, one user, sustained
    std::uint32_t request_burst = 100;       // and at once
    std::uint32_t subscription_rate = 5;     // changes of roster or subscriptions a second, one user or XMPP sender
    std::uint32_t subscription_burst = 200;  // and at once
    std::uint32_t peer_rate = 100;           // stanzas a second of one XMPP user to all of ours
    std::uint32_t peer_burst = 500;          // and at once
    std::uint32_t domain_rate = 2'000;       // stanzas a second of one foreign domain
    std::uint32_t domain_burst = 10'000;     // and at once
    std::uint32_t user_devices = 32;         // devices of one user
    std::uint32_t roster_items = 10'000;     // contacts of one user
    std::uint32_t feed_rate = 50;            // publishes a second that one feed carries, sustained; 0: no limit
    std::uint32_t feed_burst = 200;          // and at once
    std::uint32_t feed_followers = 10'000;   // followers of one feed
  } limits;

  struct Process {
    std::string user;  // ferryd started as root becomes this one; empty: it stays who it is
  } process;

  struct Log {
    LogLevel level = LogLevel::info;
    bool messages = false;  // a line for each step of each message
  } log;

  struct Capture {
    std::string file;                   // everything that the links carry, as a capture; empty: nothing is recorded
    std::uint64_t rotate = 256U << 20;  // bytes; a full file becomes FILE.1, the older ones FILE.2 to FILE.4
    CaptureRedaction redact = CaptureRedaction::yes;
  } capture;

  std::vector<RouteLine> routes;  // never empty after load(): the default is "user *@DOMAIN {root}/u/{uid}"
  std::string config_file;        // empty: none was given
  Action action = Action::run;    // what the command line asks for

  struct Session {     // accounts of the legacy server, each by its own log-in (c2s)
    std::string host;  // empty: no account can move
    std::uint16_t port = 5222;
    bool direct_tls = false;   // TLS from the first byte (XEP-0368), not STARTTLS
    std::string cafile;        // required with host
    std::string certificates;  // folder with UID.crt and UID.key for SASL EXTERNAL; empty: passwords of the vault
    std::string worker;        // the program ferry-session; empty: beside ferryd
    std::uint32_t logins_per_second = 50;  // a lost worker's 250 accounts are back within 10 s
    std::uint32_t away_poll = 60;  // s, while nobody is there: how often the archive is asked what waits; 0: never
  } session;

  struct Vault {                  // people's credentials
    std::string key_file;         // empty: none are kept
    std::string auth_file;        // what the plugin ferry_auth.so decides by; empty: there is no plugin
    bool keep_passwords = false;  // true: passwords too, not only the keys that verify them
  } vault;
};

// Looks a variable of the environment up; nullopt: not set. (A function, so that load() reads no global state.)
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment process_environment();

// Names of the environment that no key has and that are near one: not read, but for a typing error's sake, as notes.
Problems strange_environment(const std::vector<std::string>& names);
std::vector<std::string> environment_names();  // the process's

// Reads everything and appends every problem: unknown sections and keys (with the nearest known one), syntax, types,
// ranges, duplicates, missing required keys, secret files (missing, empty, readable by others), the root, routes line
// by line. For Action::version and help nothing is read and nothing can be wrong but the command line. What is wrong
// keeps its default. Whether the routes fit each other is MappingTable::check(), which load() does not run.
Options load(int argc, const char* const* argv, const Environment& env, Problems& problems);

// The same for the text of a file alone (no files are opened): for tests and fuzzing. `name` goes into the problems.
Options load_text(std::string_view text, const std::string& name, Problems& problems);

// The content of a secret file without one trailing newline (LF or CRLF). Error: why not, without the content.
// It is an error that the file is empty, over 4096 bytes, or open to group or others (mode & 077).
Result<std::string, Problem> read_secret(const std::string& path);

// The rows of the route lines (config/mapping.h); lines that are wrong, which load() has reported, are left out.
std::vector<Row> route_rows(const Options& options);

std::string help_text(std::string_view program);  // --help: grouped, wrapped at 100 columns
std::string example_file();                       // config/ferry.conf.example is this text

std::string_view log_level_name(LogLevel level);

}  // namespace ferry
