// The brain's accounts and the session link: what the one wants done, the other does, and what happened comes back.
//
// One instance is ferryd's. Credentials are looked up when a session is wanted: a certificate of the account's in
// [session] certificates (UID.crt, UID.key), else the password in the vault; without either the brain hears that the
// log-in was refused, and nobody is asked. Where a log-in was refused, they are looked up again now and then, and tried
// once they are newer than those that did not do: whoever writes them need not tell ferryd.
#pragma once

#include <deque>
#include <map>
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
  static constexpr Duration look_time = 2 * second;   // between looks for newer credentials
  static constexpr std::size_t looks_at_a_time = 32;  // accounts

  Sessions(Poller& poller, Inbox& inbox, const Options& options, std::uint64_t seed);

  bool take();                             // what came since the last tick; false: nothing
  void decide(Brain& brain, Instant now);  // inside the transaction
  void carry_out(const std::vector<SessionEffect>& effects, Steady now);  // after the commit
  void on_time(Steady now);
  std::optional<Steady> deadline() const;
  bool pending() const { return !events_.empty(); }
  std::vector<SessionTraffic> take_traffic() { return link_.take_traffic(); }  // for a recording
  const SessionLink& link() const { return link_; }
  void close(Steady now) { link_.close(now); }
  bool closed() const { return link_.closed(); }

 private:
  void want(const SessionEffect& e);
  void send(const std::string& account, const std::string& text, std::int64_t token);
  void send_kept(const std::string& account);
  struct Login {
    std::string password, certificate_file, key_file;
    std::int64_t version = 0;  // another one: these are others
  };
  std::optional<Login> login_of(const Jid& jid, std::string& why);
  std::optional<Login> password_of(const Jid& jid, std::string& why);
  void look_again();
  void tell_unreachable(const std::string& account);

  struct Kept {
    std::string text;
    std::int64_t token;
  };
  const Options& options_;
  Inbox& inbox_;
  SessionLink link_;
  std::vector<SessionEvent> events_;
  std::map<std::string, std::int64_t> tried_;   // accounts, and the version of what was tried last; 0: nothing was
  std::map<std::string, std::string> refused_;  // of these, whom the server did not let in; or why nobody asked it
  std::string looked_at_;                       // the latest of refused_
  Steady look_at_ = 0;
  std::string unreachable_;                                 // why the server is not, as the brain knows it
  std::unordered_map<std::string, std::deque<Kept>> kept_;  // too much is under way; sent in its order later
};

}  // namespace ferry
