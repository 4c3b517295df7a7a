// Asks ferry-login-check whether the legacy server lets a person in, without waiting for the answer.
//
// One datagram each way over a Unix socket (SOCK_SEQPACKET), fields separated by NUL:
//   to it    check 1 ID JID PASSWORD
//   from it  ID granted|wrong|again TEXT      granted: the keys stand in the auth file by now
// An answer is kept for `remembered`, under an HMAC of login and password: the password itself is not kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/plugin/bounded_map.h"
#include "translators/values/instant.h"

namespace ferry {

class LoginCheck {
 public:
  static constexpr std::size_t most_waiting = 256;      // questions without an answer
  static constexpr std::size_t most_remembered = 4096;  // answers
  static constexpr Duration patience = 60 * second;     // after which a question may be asked again
  static constexpr Duration remembered = 60 * second;   // an answer
  enum class Answer { none, granted, wrong, unavailable };

  explicit LoginCheck(std::string socket) : socket_(std::move(socket)) {}
  ~LoginCheck();
  LoginCheck(const LoginCheck&) = delete;
  LoginCheck& operator=(const LoginCheck&) = delete;

  bool configured() const { return !socket_.empty(); }
  // What is known by now; asks if nothing is and nothing is under way. `mac` stands for login and password.
  Answer ask(const std::string& mac, std::string_view jid, std::string_view password, Instant now);
  void read(Instant now);                                  // what has been answered
  const std::string& trouble() const { return trouble_; }  // why the last question could not be asked; empty: it could

 private:
  struct Known {
    Answer answer = Answer::none;
    Instant at = 0;
  };
  bool connect();
  void drop();

  std::string socket_, trouble_;
  int fd_ = -1;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, std::pair<std::string, Instant>> waiting_;  // id -> mac, since
  BoundedMap<Known> known_{most_remembered};
};

}  // namespace ferry
