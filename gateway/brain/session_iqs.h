// Questions that were asked through accounts' sessions, and who waits for the answers. In memory: a crash or a lost
// session ends a question, and whoever must know asks again. One instance serves all accounts.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "gateway/brain/account.h"
#include "translators/values/stanza.h"

namespace ferry {

class SessionIqs {
 public:
  static constexpr Duration answer_time = 30 * second;
  static constexpr std::size_t max_open = 16'384;  // all accounts together

  // The result, or the error in its words; remote-server-timeout where none came.
  using Then = std::function<void(Account& account, const Result<Element>& answer)>;
  using Find = std::function<Account*(const std::string& bare)>;
  SessionIqs(World& world, Find find) : world_(world), find_(std::move(find)) {}

  // Asked now, or answered with an error now.
  void ask(Account& account, Element iq, Then then);
  bool on_answer(Account& account, const Stanza& iq);  // was it to one of these?
  void session_down(Account& account);
  void on_time();
  std::optional<Instant> next_deadline() const;

 private:
  struct Open {
    std::string account, peer;  // peer: whom it went to; empty: the account itself
    Instant until;
    Then then;
  };
  void end(std::map<std::string, Open>::iterator it, const Result<Element>& answer);

  World& world_;
  Find find_;
  std::map<std::string, Open> open_;  // by id; ids are time-ordered, and so are the deadlines
};

}  // namespace ferry
