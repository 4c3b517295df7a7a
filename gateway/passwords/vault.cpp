#include "gateway/passwords/vault.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "config/options.h"
#include "config/text.h"
#include "gateway/passwords/crypto.h"
#include "translators/values/base64.h"

namespace ferry {
namespace {

constexpr char sealed_version = '\x01';
constexpr std::size_t id_size = 4;
constexpr std::size_t head_size = 1 + id_size + crypto::nonce_size;

struct KindName {
  CredentialKind kind;
  std::string_view name;
};
constexpr KindName kind_names[] = {{CredentialKind::scram_sha1, "SCRAM-SHA-1"},
                                   {CredentialKind::scram_sha256, "SCRAM-SHA-256"},
                                   {CredentialKind::scram_sha512, "SCRAM-SHA-512"},
                                   {CredentialKind::password, "password"},
                                   {CredentialKind::ask, "ask"}};

// Neither a JID nor a kind contains NUL: each owner and kind has a text of its own.
std::string bound_to(std::string_view owner, std::string_view kind) {
  return std::string("ferry credential 1").append(1, '\0').append(kind).append(1, '\0').append(owner);
}

std::string_view advice_for(Vault::Source source) {
  switch (source) {
    case Vault::Source::in_use:
      return "put its copy back: the store's credentials are sealed with it, and no new key opens them";
    case Vault::Source::broker:
      return "make it with: ferryctl vault broker-key FILE";
    case Vault::Source::unused:
      break;
  }
  return "make it with: ferryctl vault init";
}

}  // namespace

std::string_view credential_kind_name(CredentialKind kind) {
  for (const KindName& k : kind_names)
    if (k.kind == kind) return k.name;
  return {};
}

std::optional<CredentialKind> credential_kind(std::string_view name) {
  for (const KindName& k : kind_names)
    if (k.name == name) return k.kind;
  return std::nullopt;
}

CredentialKind kind_of(ScramHash hash) {
  return hash == ScramHash::sha1     ? CredentialKind::scram_sha1
         : hash == ScramHash::sha256 ? CredentialKind::scram_sha256
                                     : CredentialKind::scram_sha512;
}

std::optional<ScramHash> hash_of(CredentialKind kind) { return scram_hash(credential_kind_name(kind)); }

Result<Vault, Problem> Vault::open(const std::string& key_file, Source source) {
  auto text = read_secret(key_file);
  if (!text) {
    Problem problem = text.error();
    if (const std::string again = in_quotes(key_file) + " "; problem.text.starts_with(again))
      problem.text.erase(0, again.size());  // it names the file as the place already
    if (struct stat info{}; ::stat(key_file.c_str(), &info) != 0 && errno == ENOENT)
      problem.text.append("; ").append(advice_for(source));
    return problem;
  }
  auto vault = parse(*text, key_file, source);
  Secret::wipe(*text);
  return vault;
}

Result<Vault, Problem> Vault::parse(std::string_view text, const std::string& name, Source source) {
  const std::string then = std::string("; ").append(advice_for(source));
  std::vector<Key> keys;
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    const auto wrong = [&](std::string what) { return Problem{name + ":" + std::to_string(number), std::move(what)}; };
    line = line.substr(0, line.find('#'));
    const std::vector<std::string_view> parts = words(line);
    if (parts.empty()) continue;
    auto id = from_hex(parts[0]);
    if (parts.size() != 2 || !id || id->size() != id_size)
      return wrong("expected \"ID KEY\", 8 and 64 hexadecimal digits" + then);
    auto bytes = from_hex(parts[1]);
    if (!bytes || bytes->size() != crypto::key_size) return wrong("the key has not 64 hexadecimal digits");
    for (const Key& key : keys)
      if (key.id == *id) return wrong("this id stands above already");
    if (keys.size() == most_vault_keys) return wrong("more than " + std::to_string(most_vault_keys) + " keys");
    keys.push_back({*std::move(id), Secret(*bytes)});
    Secret::wipe(*bytes);
  }
  if (keys.empty()) return Problem{name, "there is no key in it" + then};
  return Vault(std::move(keys), source);
}

Secret Vault::new_key_file(std::string_view before) {
  std::string text =
      "# Ferry's vault (ferryctl vault init). Who has this file can read the credentials in the store.\n"
      "# The first key seals, all open. Without it, what is sealed is lost: keep a copy.\n";
  text += to_hex(crypto::random_bytes(id_size)) + ' ' + to_hex(crypto::random_bytes(crypto::key_size)) + '\n';
  for (const std::string_view line : split(before, '\n'))
    if (const auto parts = words(line.substr(0, line.find('#'))); parts.size() == 2)
      text += std::string(parts[0]) + ' ' + std::string(parts[1]) + '\n';
  Secret out(text);
  Secret::wipe(text);
  return out;
}

Vault Vault::derived(std::string_view purpose) const {
  std::vector<Key> keys;
  for (const Key& key : keys_) keys.push_back({key.id, crypto::subkey(key.bytes.view(), purpose)});
  return {std::move(keys), source_};
}

std::string Vault::key_id_of(std::string_view sealed) {
  return sealed.size() < head_size ? std::string() : std::string(sealed.substr(1, id_size));
}

Vault Vault::after_loss(const Vault& older, const std::set<std::string>& in_use) const {
  const auto has = [this](const Key& key) {
    return std::any_of(keys_.begin(), keys_.end(), [&](const Key& own) { return own.id == key.id; });
  };
  std::vector<Key> keys;
  for (const Key& key : keys_) keys.push_back({key.id, Secret(key.bytes.view())});
  const bool lost = std::none_of(older.keys_.begin(), older.keys_.end(), has);
  for (const Key& key : older.keys_)
    if ((lost || (in_use.contains(key.id) && !has(key))) && keys.size() < most_vault_keys)
      keys.push_back({key.id, Secret(key.bytes.view())});
  return {std::move(keys), source_};
}

Secret Vault::key_file_text() const {
  std::string text;
  for (const Key& key : keys_) text += to_hex(key.id) + ' ' + to_hex(key.bytes.view()) + '\n';
  Secret out(text);
  Secret::wipe(text);
  return out;
}

Secret Vault::derived_secret(std::string_view purpose) const {
  return crypto::subkey(keys_.front().bytes.view(), purpose);
}

std::string Vault::seal_text(std::string_view owner, std::string_view kind, std::string_view text) const {
  const std::string nonce = crypto::random_bytes(crypto::nonce_size);
  return std::string(1, sealed_version) + keys_.front().id + nonce +
         crypto::encrypt(keys_.front().bytes.view(), nonce, bound_to(owner, kind), text);
}

Result<Secret, std::string> Vault::open_text(std::string_view owner, std::string_view kind,
                                             std::string_view sealed) const {
  if (sealed.size() < head_size + crypto::tag_size) return std::string("the sealed credential is cut off");
  if (sealed[0] != sealed_version) return std::string("the sealed credential is of a newer Ferry, or damaged");
  const std::string_view id = sealed.substr(1, id_size);
  for (const Key& key : keys_) {
    if (key.id != id) continue;
    auto text = crypto::decrypt(key.bytes.view(), sealed.substr(1 + id_size, crypto::nonce_size), bound_to(owner, kind),
                                sealed.substr(head_size));
    if (!text) return std::string("the sealed credential was altered, or is another user's or of another kind");
    return *std::move(text);
  }
  return "the credential was sealed with the key " + to_hex(id) + ", which the key file does not have" +
         (source_ == Source::broker ? "" : "; put the line of that key, from the copy of its file, below the others");
}

std::string Vault::seal(const Jid& owner, const ScramKeys& keys) const {
  return seal_text(owner.bare_view(), mechanism_name(keys.hash), scram_keys_text(keys).view());
}

std::string Vault::seal_password(const Jid& owner, std::string_view password) const {
  return seal_text(owner.bare_view(), credential_kind_name(CredentialKind::password), password);
}

Result<ScramKeys, std::string> Vault::open_keys(const Jid& owner, CredentialKind kind, std::string_view sealed) const {
  const auto hash = hash_of(kind);
  if (!hash) return std::string("no keys are of the kind ").append(credential_kind_name(kind));
  const auto text = open_text(owner.bare_view(), credential_kind_name(kind), sealed);
  if (!text) return text.error();
  return scram_keys_of(*hash, text->view());
}

Result<Secret, std::string> Vault::open_password(const Jid& owner, std::string_view sealed) const {
  return open_text(owner.bare_view(), credential_kind_name(CredentialKind::password), sealed);
}

bool Vault::sealed_with_newest(std::string_view sealed) const {
  return sealed.size() > head_size && sealed[0] == sealed_version && sealed.substr(1, id_size) == keys_.front().id;
}

Secret scram_keys_text(const ScramKeys& keys) {
  std::string text = std::to_string(keys.iterations) + ',' + to_base64(keys.salt) + ',' +
                     to_base64(keys.stored_key.view()) + ',' + to_base64(keys.server_key.view());
  Secret out(text);
  Secret::wipe(text);
  return out;
}

Result<ScramKeys, std::string> scram_keys_of(ScramHash hash, std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ',');
  if (parts.size() != 4) return std::string("expected iterations,salt,stored key,server key");
  std::uint32_t iterations = 0;
  const char* end = parts[0].data() + parts[0].size();
  if (const auto [at, bad] = std::from_chars(parts[0].data(), end, iterations); bad != std::errc() || at != end)
    return std::string("the iterations are no number");
  auto salt = from_base64(parts[1]), stored = from_base64(parts[2]), server = from_base64(parts[3]);
  if (!salt || !stored || !server) return std::string("salt or keys are not base64");
  ScramKeys keys{hash, *std::move(salt), iterations, Secret(*stored), Secret(*server)};
  Secret::wipe(*stored);
  Secret::wipe(*server);
  if (std::string wrong = problem_of(keys); !wrong.empty()) return wrong;
  return keys;
}

}  // namespace ferry
