// Any bytes as what an XMPP server says on a component stream, over a real socket on loopback: nothing is taken for a
// stanza before the handshake is answered, up and down alternate, and log lines stay one line of words.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "gateway/links/component_link.h"
#include "tests/fuzz/bytes.h"

namespace {

using namespace ferry;
using fuzz::require;

// What all runs share: a listener, and a file with the secret.
struct Server {
  int listener = -1;
  std::uint16_t port = 0;
  std::string secret_file = "/tmp/ferry-fuzz-XXXXXX";

  Server() {
    const int file = ::mkstemp(secret_file.data());
    require(file >= 0 && ::write(file, "s3cret", 6) == 6);
    ::close(file);
    listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    require(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(listener, 16) == 0);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~Server() { ::unlink(secret_file.c_str()); }
};

void look(Inbox& inbox, bool& up) {
  for (const LinkEvent& event : inbox.events) {
    if (std::holds_alternative<ComponentUp>(event)) {
      require(!up, "up twice");
      up = true;
    } else if (std::holds_alternative<ComponentDown>(event)) {
      require(up, "down without having been up");
      up = false;
    } else {
      require(up, "a stanza before the stream is up");
    }
  }
  for (const LogLine& line : inbox.log) {
    require(line.text.starts_with("event="), "a log line names its event", line.text);
    for (const char c : line.text)
      require(static_cast<unsigned char>(c) >= ' ' && c != 0x7f, "a log line is one line", line.text);
  }
  inbox.events.clear();
  inbox.log.clear();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Server server;
  Poller poller;
  Inbox inbox;
  ComponentLink::Settings settings;
  settings.host = "127.0.0.1";
  settings.port = server.port;
  settings.domain = "mqtt.corp.example";
  settings.secret_file = server.secret_file;
  settings.message_bytes = 2'000;
  bool up = false;
  ComponentLink link(poller, inbox, settings, 1);
  link.start(steady_now());
  const int peer = ::accept4(server.listener, nullptr, nullptr, SOCK_CLOEXEC);
  require(peer >= 0);
  const linger at_once{1, 0};  // no TIME_WAIT: thousands of connections a second are made
  ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  poller.wait(100);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = size == 0 ? 0 : data[size / 2] % (size + 1);
  for (const std::string_view part : {input.substr(0, cut), input.substr(cut)}) {
    if (part.empty() || ::send(peer, part.data(), part.size(), MSG_NOSIGNAL) < 0) continue;
    poller.wait(100);
    link.send("<message to='a@b' from='c@mqtt.corp.example'/>");
    link.flush(steady_now());
    look(inbox, up);
  }
  ::shutdown(peer, SHUT_WR);
  poller.wait(100);
  look(inbox, up);
  ::close(peer);
  return 0;
}
