// The XMPP server's end of a client-to-server stream (RFC 6120), without any socket: bytes in, bytes and stanzas out.
// STARTTLS is required, any password opens any account (this is an instrument), and then a resource is bound.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "translators/values/jid.h"
#include "translators/values/xml_reader.h"

namespace ferry::replay {

// One instance is one connection's stream, through all its restarts.
class ClientStream {
 public:
  static constexpr std::size_t login_bytes = 16 * 1024;  // of one element, until a resource is bound
  static constexpr int login_tries = 3;

  struct Output {
    std::string bytes;       // for the client
    bool start_tls = false;  // TLS begins after these bytes; what else came is ignored. Then secured()
    bool bound = false;      // now: full() is
    std::vector<Element> stanzas;
    std::string over;  // not empty: the connection is to be closed after these bytes, and why
  };

  // id: of the stream, nobody else's.
  ClientStream(std::string domain, std::string id, std::size_t message_bytes);

  Output feed(std::string_view bytes);
  // certified: the addresses in the client's certificate; with any, SASL EXTERNAL is offered.
  void secured(std::vector<std::string> certified);

  bool up() const { return state_ == State::up; }
  const std::optional<Jid>& full() const { return full_; }  // nullopt: not bound yet

  static std::string error(std::string_view condition);  // a stream error, and the end of the stream

 private:
  enum class State { plain, sasl, bind, up, over };
  void header(const StreamHeader& header, Output& out);
  void element(Element element, Output& out);
  void authenticate(const Element& auth, Output& out);
  std::optional<Jid> account_of(const Element& auth) const;
  bool bind(const Element& iq, Output& out);
  void refuse(std::string_view condition, Output& out);
  void restart(State state);

  std::string domain_, id_;
  std::size_t message_bytes_;
  State state_ = State::plain;
  bool open_ = false, restarted_ = false;  // open_: the header has come
  int tries_ = 0, restarts_ = 0;
  std::vector<std::string> certified_;
  std::optional<XmlStreamReader> reader_;
  std::optional<Jid> account_, full_;
};

}  // namespace ferry::replay
