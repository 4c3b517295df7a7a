#include "gateway/passwords/scram_server.h"

#include <algorithm>
#include <optional>

#include "gateway/passwords/crypto.h"
#include "translators/values/base64.h"

namespace ferry {
namespace {

crypto::Digest kind_for(ScramHash hash) {
  return hash == ScramHash::sha1     ? crypto::Digest::sha1
         : hash == ScramHash::sha256 ? crypto::Digest::sha256
                                     : crypto::Digest::sha512;
}

// What stands before the next comma; `text` goes on after it. A text without a comma is taken whole.
std::string_view take_attribute(std::string_view& text) {
  const std::size_t comma = text.find(',');
  const std::string_view out = text.substr(0, comma);
  text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  return out;
}

// RFC 5802 section 7, saslname: =2C and =3D, and no other "=". nullopt: not of this form.
std::optional<std::string> unescaped_name(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '=') {
      out += text[at];
      continue;
    }
    const std::string_view code = text.substr(at, 3);
    if (code != "=2C" && code != "=3D") return std::nullopt;
    out += code == "=2C" ? ',' : '=';
    at += 2;
  }
  if (out.empty() || out.find('\0') != std::string::npos) return std::nullopt;
  return out;
}

// "x=value" of an extension.
bool is_extension(std::string_view attribute) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return attribute.size() > 2 && letter(attribute[0]) && attribute[1] == '=';
}

bool are_extensions(std::string_view text) {
  while (!text.empty())
    if (!is_extension(take_attribute(text))) return false;
  return true;
}

bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= most_client_nonce_bytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != ','; });
}

}  // namespace

ScramKeys FakeKeys::keys(ScramHash hash, std::string_view user) const {
  const auto about = [&](std::string_view what) {
    return std::string(what) + '\0' + std::string(mechanism_name(hash)) + '\0' + std::string(user);
  };
  std::string salt;
  for (int block = 0; salt.size() < std::min(salt_bytes, most_salt_bytes); ++block)
    salt += crypto::hmac(crypto::Digest::sha256, secret.view(), about("salt") + static_cast<char>(block)).view();
  salt.resize(std::clamp<std::size_t>(salt_bytes, 1, most_salt_bytes), 's');
  const auto key = [&](std::string_view what) {
    const Secret wide = crypto::hmac(crypto::Digest::sha512, secret.view(), about(what));
    return Secret(wide.view().substr(0, key_bytes(hash)));
  };
  return {hash, std::move(salt), std::clamp(iterations, least_iterations, most_iterations), key("stored"),
          key("server")};
}

ScramServer::ScramServer(ScramHash hash, Find find, std::string nonce)
    : hash_(hash), find_(std::move(find)), nonce_(std::move(nonce)) {}

std::string ScramServer::fresh_nonce() { return to_base64(crypto::random_bytes(24)); }

ScramServer::Step ScramServer::refuse(std::string_view error) {
  state_ = State::over;
  return {Outcome::refused, "e=" + std::string(error), std::string(error)};
}

ScramServer::Step ScramServer::first(std::string_view client_first) {
  if (state_ != State::begun || client_first.size() > most_scram_message_bytes) return refuse("other-error");
  std::string_view rest = client_first;
  const std::string_view binding = take_attribute(rest);
  if (binding.starts_with("p=")) return refuse("channel-binding-not-supported");
  if (binding != "n" && binding != "y") return refuse("other-error");
  const std::string_view authorization = take_attribute(rest);
  gs2_ = std::string(binding) + ',' + std::string(authorization) + ',';
  client_first_bare_ = std::string(rest);

  if (rest.starts_with("m=")) return refuse("extensions-not-supported");
  const std::string_view name = take_attribute(rest), nonce = take_attribute(rest);
  if (!name.starts_with("n=") || !nonce.starts_with("r=")) return refuse("other-error");
  const auto user = unescaped_name(name.substr(2));
  if (!user) return refuse("invalid-username-encoding");
  if (!is_nonce(nonce.substr(2)) || !are_extensions(rest)) return refuse("other-error");
  user_ = saslprep(*user).view();
  if (!authorization.empty()) {
    if (!authorization.starts_with("a=")) return refuse("other-error");
    const auto as = unescaped_name(authorization.substr(2));
    if (!as || (*as != *user && *as != user_)) return refuse("other-error");
  }

  found_ = find_(user_);
  nonce_ = std::string(nonce.substr(2)) + nonce_;
  server_first_ = "r=" + nonce_ + ",s=" + to_base64(found_.keys.salt) + ",i=" + std::to_string(found_.keys.iterations);
  state_ = State::challenged;
  return {Outcome::challenge, server_first_, {}};
}

ScramServer::Step ScramServer::final(std::string_view client_final) {
  if (state_ != State::challenged || client_final.size() > most_scram_message_bytes) return refuse("other-error");
  const std::size_t proof_begin = client_final.rfind(",p=");
  if (proof_begin == std::string_view::npos) return refuse("other-error");
  const std::string_view without_proof = client_final.substr(0, proof_begin);
  const auto proof = from_base64(client_final.substr(proof_begin + 3));
  std::string_view rest = without_proof;
  const std::string_view binding = take_attribute(rest), nonce = take_attribute(rest);
  if (!proof || !binding.starts_with("c=") || !nonce.starts_with("r=")) return refuse("invalid-encoding");
  if (from_base64(binding.substr(2)) != gs2_) return refuse("channel-bindings-dont-match");
  if (nonce.substr(2) != nonce_) return refuse("other-error");
  if (rest.starts_with("m=")) return refuse("extensions-not-supported");
  if (!are_extensions(rest)) return refuse("other-error");

  const crypto::Digest kind = kind_for(hash_);
  const std::string message = client_first_bare_ + ',' + server_first_ + ',' + std::string(without_proof);
  const ScramKeys& keys = found_.keys;
  std::string client_key(crypto::hmac(kind, keys.stored_key.view(), message).view());
  bool right = proof->size() == client_key.size() && found_.real && problem_of(keys).empty() && keys.hash == hash_;
  for (std::size_t i = 0; i < std::min(client_key.size(), proof->size()); ++i)
    client_key[i] = static_cast<char>(client_key[i] ^ (*proof)[i]);
  const bool fits = crypto::equal(crypto::digest(kind, client_key).view(), keys.stored_key.view());
  Secret::wipe(client_key);
  right = static_cast<int>(right) & static_cast<int>(fits);
  if (!right) return refuse("invalid-proof");
  state_ = State::over;
  return {Outcome::accepted, "v=" + to_base64(crypto::hmac(kind, keys.server_key.view(), message).view()), {}};
}

}  // namespace ferry
