// Log-ins at the legacy server on the broker's behalf, and what is kept of those that succeed.
//
// One instance takes questions, logs each person in by the session link and out again at once, and answers when the
// keys are where the plugin reads them. A person's questions are checked one at a time; what cannot be checked now is
// answered "again", and the person's next attempt asks again.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gateway/session/session_link.h"
#include "tools/ferry-login-check/questions.h"

namespace ferry {

class Checks {
 public:
  static constexpr std::size_t max_under_way = 64;
  static constexpr Duration patience = 30 * second;  // for one log-in
  static constexpr Duration gathering = second;      // the auth file is written once for all that come meanwhile

  struct Kept {
    Jid jid;
    Secret password;
  };
  // Stores the keys of all and has the auth file written. Empty: done; otherwise why not.
  using Keep = std::function<std::string(const std::vector<Kept>&)>;
  using Log = std::function<void(const std::string&)>;

  Checks(SessionLink& link, Questions& questions, std::string domain, Keep keep, Log log);

  void ask(Question question, Steady now);
  void hear(const SessionEvent& event, Steady now);
  void on_time(Steady now);
  std::optional<Steady> deadline() const;

 private:
  struct Check {
    Question question;
    Steady since = 0;
    bool answered = false;  // what is left is to log out
  };
  void end(const std::string& jid, std::string_view word, const std::string& text);

  SessionLink& link_;
  Questions& questions_;
  std::string domain_;
  Keep keep_;
  Log log_;
  std::map<std::string, Check> under_way_;  // by bare JID, until the session is gone
  std::vector<Question> granted_;           // to be kept, then answered
  Steady first_granted_ = 0;
};

}  // namespace ferry
