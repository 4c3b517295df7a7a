// ferryctl password … : a password never stands in the arguments, which everybody on the host can read.
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "config/text.h"
#include "tools/ferryctl/as_owner.h"
#include "tools/ferryctl/credential_access.h"
#include "tools/ferryctl/print.h"

namespace ferry {
namespace {

constexpr std::string_view own_source = "ferryctl";

// As long as one instance lives, the terminal shows nothing of what is typed.
class NoEcho {
 public:
  NoEcho() {
    on_ = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &was_) == 0;
    if (!on_) return;
    std::fputs("password: ", stderr);
    termios quiet = was_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    on_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (!on_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &was_);
    std::fputs("\n", stderr);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  bool on_ = false;
  termios was_{};
};

// The first line, without its end.
Result<Secret, std::string> read_line(int fd) {
  std::array<char, most_password_bytes + 3> buffer{};
  std::size_t have = 0;
  while (have < buffer.size() && std::memchr(buffer.data(), '\n', have) == nullptr) {
    const ssize_t n = ::read(fd, buffer.data() + have, buffer.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return "the password cannot be read: " + std::string(std::strerror(errno));
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  std::string_view text(buffer.data(), have);
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  Secret out(text);
  Secret::wipe(buffer.data(), buffer.size());
  if (out.empty()) return std::string("the password is empty");
  if (out.size() > most_password_bytes)
    return "the password has more than " + std::to_string(most_password_bytes) + " bytes";
  return out;
}

Result<Secret, std::string> read_password(const std::string& file) {
  if (file == "-") {
    const NoEcho quiet;
    return read_line(STDIN_FILENO);
  }
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)  // it is not repeated: it may be the password
    return "no such file can be read: " + std::string(std::strerror(errno)) +
           "; the password is never an argument: name its FILE, - for standard input, or nothing to be asked";
  struct stat info {};
  if (::fstat(fd, &info) == 0 && (info.st_mode & 077) != 0) complain("note: " + file + " is open to group or others");
  auto out = read_line(fd);
  ::close(fd);
  return out;
}

Result<Jid, std::string> owner_of(const std::string& text) {
  auto jid = Jid::parse(text);
  if (!jid) return in_quotes(text) + ": " + jid.error().text;
  if (!jid->has_local() || jid->has_resource()) return in_quotes(text) + " is no person: expected LOCALPART@DOMAIN";
  return *std::move(jid);
}

// Keys that came from the old server know its password, and who types it can err. Those that ferryctl set may be
// replaced: whoever is at home here has no other way to a new password. Empty: it fits, or nobody can tell.
std::string misfit(const std::vector<CredentialRecord>& known, const Vault& vault, const Jid& jid,
                   std::string_view password) {
  const CredentialRecord* other = nullptr;
  for (const CredentialRecord& record : known) {
    if (record.source == own_source || !hash_of(record.kind)) continue;
    const auto keys = vault.open_keys(jid, record.kind, record.sealed);
    if (!keys) continue;
    if (verify(*keys, password)) return {};
    other = &record;
  }
  if (!other) return {};
  return jid.str() + " has keys from " + printable(other->source) + ", of " + format_instant(other->changed) +
         ", and this password does not fit them; nothing was changed. A typing error? If the password was changed at "
         "the old server since: ferryctl password set --replace " +
         jid.str();
}

// Runs `change` for each JID, then has the broker know.
template <class Change>
int change_each(CtlCall& call, const Change& change) {
  const auto credentials = open_credentials(call.options);
  if (!credentials) return complain(credentials.error()), exit_refused;
  int worst = exit_done;
  {
    const AsOwner owner(call.options.store.path);
    for (const std::string& word : call.words) {
      const auto jid = owner_of(word);
      const std::string wrong = jid ? change(**credentials, *jid) : jid.error();
      if (!wrong.empty()) complain(wrong), worst = exit_refused;
    }
  }
  return std::max(worst, refresh_auth_file(call));
}

}  // namespace

int password_set(CtlCall& call) {
  const auto vault = open_vault(call.options);
  if (!vault) return complain(vault.error()), exit_refused;
  const auto jid = owner_of(call.words[0]);
  if (!jid) return complain(jid.error()), exit_usage;
  const auto password = read_password(call.words.size() > 1 ? call.words[1] : "-");
  if (!password) return complain(password.error()), exit_usage;
  const auto credentials = open_credentials(call.options);
  if (!credentials) return complain(credentials.error()), exit_refused;
  {
    const AsOwner owner(call.options.store.path);
    const Instant now = now_of_credentials();
    std::vector<std::pair<CredentialKind, std::string>> sealed;
    for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256}) {
      const auto keys = derive(hash, password->view());
      if (!keys) return complain(keys.error()), exit_refused;
      sealed.emplace_back(kind_of(hash), vault->seal(*jid, *keys));
    }
    if (call.options.vault.keep_passwords)
      sealed.emplace_back(CredentialKind::password, vault->seal_password(*jid, password->view()));
    if (!call.line.has("--replace"))
      if (const std::string wrong = misfit((*credentials)->of(*jid), *vault, *jid, password->view()); !wrong.empty())
        return complain(wrong), exit_refused;
    (*credentials)->begin();
    (*credentials)->remove(*jid);  // keys of other kinds are of the old password
    for (const auto& [kind, blob] : sealed) (*credentials)->put(*jid, kind, blob, own_source, now);
    (*credentials)->commit();
  }
  if (!call.line.json) say("set: " + jid->str());
  if (!call.options.vault.keep_passwords && !call.options.session.host.empty() && !has_certificate(call.options, *jid))
    complain("keys only: a session needs [vault] keep-passwords = true, then set it again");
  return refresh_auth_file(call);
}

int password_ask(CtlCall& call) {
  return change_each(call, [&](Credentials& credentials, const Jid& jid) -> std::string {
    if (!credentials.of(jid).empty()) return jid.str() + " has credentials: ferryctl password remove forgets them";
    credentials.put(jid, CredentialKind::ask, {}, own_source, now_of_credentials());
    if (!call.line.json) say("will be asked at the first log-in to the broker: " + jid.str());
    return {};
  });
}

int password_remove(CtlCall& call) {
  return change_each(call, [&](Credentials& credentials, const Jid& jid) -> std::string {
    if (!credentials.remove(jid)) return jid.str() + " has no credentials";
    if (!call.line.json) say("removed: " + jid.str());
    return {};
  });
}

int password_list(CtlCall& call) {
  const auto credentials = open_credentials(call.options);
  if (!credentials) return complain(credentials.error()), exit_refused;
  const AsOwner owner(call.options.store.path);
  Columns table({"JID", "KIND", "FROM", "SINCE"});
  JsonWriter json;
  json.begin_object().field("ok", true).key("credentials").begin_array();
  const auto add = [&](const CredentialRecord& record) {
    const std::string kind(credential_kind_name(record.kind)), since = format_instant(record.changed);
    if (!call.line.json) return table.add({record.jid, kind, record.source, since});
    json.begin_object().field("jid", record.jid).field("kind", kind);
    json.field("from", record.source).field("since", since).end_object();
  };
  if (call.words.empty()) (*credentials)->each(add);
  int worst = exit_done;
  for (const std::string& word : call.words) {
    const auto jid = owner_of(word);
    if (!jid) complain(jid.error()), worst = exit_usage;
    if (!jid) continue;
    const auto found = (*credentials)->of(*jid);
    for (const CredentialRecord& record : found) add(record);
    if (found.empty()) complain(jid->str() + " has no credentials"), worst = std::max(worst, exit_refused);
  }
  if (call.line.json)
    std::fputs((json.end_array().end_object().take() + "\n").c_str(), stdout);
  else if (table.empty() && call.words.empty())
    complain("there are no credentials");
  table.print();
  return worst;
}

}  // namespace ferry
