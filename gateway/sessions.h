// The brain's accounts and the session link: what the one wants done, the other does, and what happened comes back.
//
// One instance is ferryd's. Credentials are looked up when a session is wanted: a certificate of the account's in
// [session] certificates (UID.crt, UID.key), else the password in the vault; without either the brain hears that the
// log-in was refused, and nobody is asked.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/options.h"
#include "gateway/brain/brain.h"
#include "gateway/session/session_link.h"

namespace ferry {

class Sessions {
 public:
  Sessions(Poller& poller, Inbox& inbox, const Options& options, std::uint64_t seed);

  bool take();                             // what came since the last tick; false: nothing
  void decide(Brain& brain, Instant now);  // inside the transaction
  void carry_out(const std::vector<SessionEffect>& effects, Steady now);  // after the commit
  void on_time(Steady now) { link_.on_time(now); }
  std::optional<Steady> deadline() const { return link_.deadline(); }
  bool pending() const { return !events_.empty(); }
  void close(Steady now) { link_.close(now); }
  bool closed() const { return link_.closed(); }

 private:
  void want(const SessionEffect& e);
  void send(const std::string& account, const std::string& text, std::int64_t token);
  void send_kept(const std::string& account);
  std::optional<std::string> password_of(const Jid& jid, std::string& why);

  struct Kept {
    std::string text;
    std::int64_t token;
  };
  const Options& options_;
  Inbox& inbox_;
  SessionLink link_;
  std::vector<SessionEvent> events_;
  std::unordered_map<std::string, std::deque<Kept>> kept_;  // too much is under way; sent in its order later
};

}  // namespace ferry
