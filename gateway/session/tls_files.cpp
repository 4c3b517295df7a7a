#include "gateway/session/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

#include "config/text.h"

namespace ferry {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using Certificate = std::unique_ptr<X509, void (*)(X509*)>;
using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

std::string not_readable(const std::string& path) {
  return in_quotes(path) + " cannot be read: " + std::strerror(errno);
}

// Nobody is asked for a passphrase: an encrypted key is none that a service can use.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

// Of the first certificate, which is the one that a key belongs to. nullptr: problem says why.
Certificate first_certificate(const std::string& path, std::string& problem) {
  Certificate out(nullptr, X509_free);
  errno = 0;
  const File file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) {
    problem = not_readable(path);
    return out;
  }
  out.reset(PEM_read_X509_AUX(file.get(), nullptr, nullptr, nullptr));
  if (!out) problem = errno == EISDIR ? not_readable(path) : in_quotes(path) + " holds no certificate in PEM";
  ERR_clear_error();
  return out;
}

Key private_key(const std::string& path, std::string& problem) {
  Key out(nullptr, EVP_PKEY_free);
  const File file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) {
    problem = not_readable(path);
    return out;
  }
  bool asked = false;
  out.reset(PEM_read_PrivateKey(file.get(), nullptr, no_passphrase, &asked));
  if (!out)
    problem = in_quotes(path) + (asked ? " has a passphrase, which nobody can be asked for: write the key without one"
                                       : " holds no private key in PEM");
  ERR_clear_error();
  return out;
}

}  // namespace

std::string cafile_problem(const std::string& cafile) {
  std::string problem;
  first_certificate(cafile, problem);
  return problem;
}

bool has_private_key(const std::string& file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("-----BEGIN ") && line.find("PRIVATE KEY-----") != std::string::npos) return true;
  return false;
}

std::string certificate_problem(const std::string& certificate_file, const std::string& key_file) {
  std::string problem;
  const Certificate certificate = first_certificate(certificate_file, problem);
  if (!certificate) return problem;
  const Key key = private_key(key_file, problem);
  if (!key) return problem;
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    problem = in_quotes(key_file) + " is not the key of " + in_quotes(certificate_file);
  ERR_clear_error();
  return problem;
}

}  // namespace ferry
