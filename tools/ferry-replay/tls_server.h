// The server's end of TLS, without any socket: bytes in, bytes out. tls_server.cpp is the one file that knows libssl.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "translators/values/result.h"

namespace ferry::replay {

// One instance is a certificate with its key, for any number of streams.
class TlsServer {
 public:
  // PEM files. Error: which of --cert and --key it is, and what was expected.
  static Result<std::unique_ptr<TlsServer>, std::string> open(const std::string& certificate, const std::string& key);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  bool is_for(const std::string& domain) const;  // would a client that looks for this name take it

 private:
  friend class TlsStream;
  struct Impl;
  explicit TlsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One instance is one connection's TLS. A client's certificate is asked for, and whoever signed it is believed.
class TlsStream {
 public:
  explicit TlsStream(const TlsServer& server);  // which must outlive it
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Bytes of the network; what they say is appended to plain. false: it is over, see wrong().
  bool feed(std::string_view bytes, std::string& plain);
  bool ready() const;                  // the handshake is done
  bool write(std::string_view plain);  // only then
  std::string take();                  // bytes for the network
  const std::string& wrong() const { return wrong_; }
  std::vector<std::string> names() const;  // the id-on-xmppAddr of the client's certificate (RFC 6120, 13.7.1.4)

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string wrong_;
};

}  // namespace ferry::replay
