#include "tools/ferry-replay/tls_server.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <climits>
#include <stdexcept>
#include <utility>

#include "config/text.h"

namespace ferry::replay {
namespace {

// The oldest error of this thread's queue says most; the others are how it came up.
std::string tls_reason(const char* otherwise) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text ? text : otherwise;
}

// Whom ferryd's certificate is signed by does not matter here: a replay lets everybody in.
int believe(int, X509_STORE_CTX*) { return 1; }

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeStream {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

}  // namespace

struct TlsServer::Impl {
  std::unique_ptr<SSL_CTX, FreeContext> context;
};

TlsServer::TlsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsServer::~TlsServer() = default;

Result<std::unique_ptr<TlsServer>, std::string> TlsServer::open(const std::string& certificate,
                                                                const std::string& key) {
  auto impl = std::make_unique<Impl>();
  impl->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = impl->context.get();
  if (!context) return "TLS: " + tls_reason("out of memory");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, believe);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return "--cert: expected a file with the server's certificate as PEM, and those of CAs between; " +
           in_quotes(certificate) + ": " + tls_reason("it cannot be read");
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
      return "--key: " + in_quotes(key) + " is not the key of the certificate " + in_quotes(certificate);
    return "--key: expected a file with the private key of --cert as PEM, without a passphrase; " + in_quotes(key) +
           ": " + tls_reason("it cannot be read");
  }
  return std::unique_ptr<TlsServer>(new TlsServer(std::move(impl)));
}

bool TlsServer::is_for(const std::string& domain) const {
  X509* const certificate = SSL_CTX_get0_certificate(impl_->context.get());
  return certificate && X509_check_host(certificate, domain.data(), domain.size(), 0, nullptr) == 1;
}

struct TlsStream::Impl {
  std::unique_ptr<SSL, FreeStream> ssl;
  BIO *in = nullptr, *out = nullptr;  // the stream's
};

TlsStream::TlsStream(const TlsServer& server) : impl_(std::make_unique<Impl>()) {
  impl_->ssl.reset(SSL_new(server.impl_->context.get()));
  impl_->in = BIO_new(BIO_s_mem());
  impl_->out = BIO_new(BIO_s_mem());
  if (!impl_->ssl || !impl_->in || !impl_->out) {
    BIO_free(impl_->in);
    BIO_free(impl_->out);
    throw std::bad_alloc();
  }
  SSL_set_bio(impl_->ssl.get(), impl_->in, impl_->out);
  SSL_set_accept_state(impl_->ssl.get());
}

TlsStream::~TlsStream() = default;

bool TlsStream::ready() const { return SSL_is_init_finished(impl_->ssl.get()) == 1; }

bool TlsStream::feed(std::string_view bytes, std::string& plain) {
  SSL* const ssl = impl_->ssl.get();
  ERR_clear_error();
  while (!bytes.empty()) {
    const int n = BIO_write(impl_->in, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX)));
    if (n <= 0) return wrong_ = "out of memory", false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const int n = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));  // the handshake, too
    if (n > 0) {
      plain.append(buffer.data(), static_cast<std::size_t>(n));
      continue;
    }
    const int error = SSL_get_error(ssl, n);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
    wrong_ = error == SSL_ERROR_ZERO_RETURN ? "TLS was ended" : "TLS: " + tls_reason("it broke off");
    return false;
  }
}

bool TlsStream::write(std::string_view plain) {
  ERR_clear_error();
  while (!plain.empty()) {
    const int most = static_cast<int>(std::min<std::size_t>(plain.size(), INT_MAX));
    const int n = SSL_write(impl_->ssl.get(), plain.data(), most);  // a memory BIO takes everything
    if (n <= 0) return wrong_ = "TLS: " + tls_reason("it cannot be written to"), false;
    plain.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string TlsStream::take() {
  std::string out;
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const int n = BIO_read(impl_->out, buffer.data(), static_cast<int>(buffer.size()));
    if (n <= 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

std::vector<std::string> TlsStream::names() const {
  std::vector<std::string> out;
  const std::unique_ptr<X509, FreeCertificate> certificate(SSL_get1_peer_certificate(impl_->ssl.get()));
  if (!certificate) return out;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_OTHERNAME || OBJ_obj2nid(name->d.otherName->type_id) != NID_XmppAddr) continue;
    const ASN1_TYPE* value = name->d.otherName->value;
    if (value->type != V_ASN1_UTF8STRING) continue;
    out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value->value.utf8string)),
                     static_cast<std::size_t>(ASN1_STRING_length(value->value.utf8string)));
  }
  return out;
}

}  // namespace ferry::replay
