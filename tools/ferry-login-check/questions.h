// The broker's questions: the other end of gateway/plugin/login_check.h, which describes the protocol.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/links/poller.h"
#include "gateway/passwords/secret.h"
#include "translators/values/jid.h"

namespace ferry {

struct Question {
  std::uint64_t client = 0;
  std::string id;
  Jid jid;
  Secret password;
};

// One instance is one listening socket, of mode 0660: who can write to it can try passwords. Its group becomes
// mosquitto's, where there is one and this user may give it away: root, and who is of that group.
class Questions final : public Pollable {
 public:
  static constexpr std::size_t max_clients = 8;

  static Result<std::unique_ptr<Questions>, std::string> listen(Poller& poller, const std::string& path);
  ~Questions();
  const std::string& note() const { return note_; }  // not empty: why the broker may not be able to open the socket
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;

  void on_ready(std::uint32_t) override;  // a new client
  std::vector<Question> take();
  void answer(std::uint64_t client, const std::string& id, std::string_view word, std::string_view text);

 private:
  struct Client final : Pollable {
    Client(Questions& questions, std::uint64_t number, int fd) : owner(questions), id(number), socket(fd) {}
    void on_ready(std::uint32_t) override { owner.read(*this); }
    Questions& owner;
    std::uint64_t id;
    int socket;
    bool closed = false;
  };
  Questions(Poller& poller, std::string path, int fd);
  void read(Client& client);
  void close(Client& client);

  Poller& poller_;
  std::string path_, note_;
  int fd_;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::vector<Question> asked_;
};

}  // namespace ferry
