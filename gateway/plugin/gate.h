// Who may enter the broker and what they may do there, without a word about Mosquitto (mosquitto_plugin.cpp speaks to
// it). It runs inside the broker's loop: nothing here waits for anybody.
//
// A person is who stands in the auth file (gateway/passwords/auth_file.h). Everybody else (the gateway, technical
// users) is deferred: to Mosquitto's password_file and acl_file. A log-in of a person needs the password, by itself or
// by SCRAM, and a client id "LOGIN:DEVICE"; nobody else gets a client id of a person's.
//
// What a wrong password, an unknown name and a reached limit have in common: the answer, and what it costs. A person
// who is to be asked for at the legacy server (`ask`) is sent away without an answer (Verdict::again) while LoginCheck
// asks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/passwords/auth_file.h"
#include "gateway/passwords/scram_server.h"
#include "gateway/plugin/bounded_map.h"
#include "gateway/plugin/failure_limit.h"
#include "gateway/plugin/login_check.h"
#include "translators/values/instant.h"

namespace ferry {

// Failed log-ins. What an attacker gets: 20 guesses at a user, then 10 a minute; 100 from one address, then 1 a second.
// Who logged in with the same password before is let in whatever others tried in the name; the same wrong password
// again (a device that was not told of the new one) is no guess, and costs and counts nothing.
struct GateLimits {
  double user_failures = 20, address_failures = 100;
  Duration user_pause = 6 * second, address_pause = second;
  std::size_t counted = 20'000;     // users, and addresses, that are counted
  std::size_t verified = 20'000;    // passwords, right and wrong, whose check is remembered, as HMACs
  Duration reread = 10 * second;    // before files that were damaged are read again
  std::size_t exchanges = 2'000;    // SCRAM log-ins under way
  Duration exchange = 30 * second;  // how long one may take
  std::size_t looks = 2'000;        // a second, for people who left the file
  std::size_t log_lines = 20;       // of each kind, refusals and troubles, logged a second
};

struct GateOptions {
  std::string auth_file, key_file;
  std::string login_check;      // socket of ferry-login-check; empty: people who are to be asked for cannot log in
  bool bind_client_ids = true;  // false: a person's client id may be any that is nobody else's
  GateLimits limits = {};
};

enum class Verdict { granted, denied, deferred, again };
enum class Gravity { error, warning, notice };

// Of one connection; views live for the call.
struct Attempt {
  std::string_view login, client_id, address;
};

class Gate {
 public:
  using Log = std::function<void(Gravity, const std::string&)>;
  // Error: why not, for people.
  static Result<std::unique_ptr<Gate>, std::string> open(GateOptions options, Log log);

  Verdict password(const Attempt& attempt, std::string_view password, Instant now);

  // Enhanced authentication. `client` is the connection. granted: `login` is who it is; deferred: no such method.
  struct Exchange {
    Verdict verdict = Verdict::denied;
    bool more = false;  // send, and wait for the client's next
    std::string send, login;
  };
  Exchange begin(const void* client, const Attempt& attempt, std::string_view method, std::string_view data,
                 Instant now);
  Exchange go_on(const void* client, std::string_view data, Instant now);
  void forget(const void* client) { exchanges_.erase(client); }

  Verdict may(std::string_view login, Reach reach, std::string_view topic);

  // People who were let in and can log in no more, since the last call: their connections are to be closed. The topics
  // alone would not do: a rule for a whole domain is also theirs, and MQTT 3.1.1 cannot tell a client that it was
  // refused.
  std::vector<std::string> take_left() { return std::exchange(left_, {}); }

  void tick(Instant now);  // about once a second
  void reload();           // the files, whether they have changed or not

 private:
  struct UnderWay {
    std::unique_ptr<ScramServer> server;
    std::string login, client_id, address;  // login: of CONNECT, may be empty
    Instant since = 0;
    bool first_seen = false;
  };
  Gate(GateOptions options, Log log, AuthFile file, Vault vault);
  void look_again(Instant now);
  void look_for_who_left();
  bool read_files();  // false: what was there stays in use, and the log says why
  std::optional<ScramKeys> keys_of(std::string_view login, const AuthPerson& person, std::optional<ScramHash> hash,
                                   Instant now);
  FakeKeys fake() const;
  bool limited(const Attempt& attempt, Instant now);
  void failed(const Attempt& attempt, Instant now, std::string_view why);
  bool is_own_client_id(std::string_view login, std::string_view client_id) const;
  bool is_anothers_client_id(std::string_view login, std::string_view client_id) const;
  Verdict unknown(const Attempt& attempt, std::string_view password, Instant now);
  Verdict ask(const Attempt& attempt, const AuthPerson& person, std::string_view password, Instant now);
  std::string mac_of(std::string_view login, std::string_view text) const;
  Exchange step(const void* client, UnderWay& way, std::string_view data, Instant now);
  void say(Gravity gravity, const std::string& text, Instant now);

  GateOptions options_;
  Log log_;
  AuthFile file_;
  Vault vault_;
  Secret process_key_, fake_secret_;
  FailureLimit user_failures_, address_failures_;
  BoundedMap<std::string> verified_;  // HMAC of login and password -> of the keys that it fits
  BoundedMap<std::string> refuted_;   // the same -> of the keys that it does not fit, or "nobody's"
  std::unordered_map<const void*, UnderWay> exchanges_;
  LoginCheck check_;
  std::set<std::string, std::less<>> let_in_;  // since the start, and still in the file when they were last looked at
  std::optional<std::string> looked_at_;       // the latest of them; nothing: all were, since the file is in use
  std::vector<std::string> left_;
  struct Lines {
    Instant second = 0;
    std::size_t said = 0;  // in it
  } refusals_, troubles_;
  Instant ticked_ = 0, unreadable_ = 0;
};

}  // namespace ferry
