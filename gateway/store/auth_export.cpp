#include "gateway/store/auth_export.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "config/pattern.h"

namespace ferry {
namespace {

constexpr std::size_t resealed_at_once = 1000;  // in one transaction

// The name that the JID logs in to the broker with; empty: no user row covers it.
std::string login_of(const MappingTable& table, const Jid& jid) {
  const auto match = table.by_jid(jid);
  if (!match || match->row->kind != RowKind::user) return {};
  const auto login = login_name(*match->row, jid);
  return login ? *login : std::string();
}

}  // namespace

AuthExport auth_export(const MappingTable& table, const Options& options, Credentials& credentials, const Vault& vault,
                       const std::map<std::string, Jid>& addresses) {
  std::set<std::string> have_their_own;
  if (!addresses.empty()) credentials.each([&](const CredentialRecord& record) { have_their_own.insert(record.jid); });
  const AccessRules rules = access_rules(table, options);
  AuthFileText text(rules, vault);
  AuthExport out;
  credentials.each([&](const CredentialRecord& record) {
    if (record.kind == CredentialKind::password) return;
    const auto jid = Jid::parse(record.jid);
    const auto other = addresses.find(record.jid);
    const bool moved = other != addresses.end() && !have_their_own.contains(other->second.str());
    const std::string login = jid ? login_of(table, moved ? other->second : *jid) : std::string();
    if (login.empty()) {
      out.without_row.insert(record.jid);
      return;
    }
    if (record.kind == CredentialKind::ask) return text.add_ask(login, record.jid);
    const auto keys = vault.open_keys(*jid, record.kind, record.sealed);
    if (keys) return text.add_keys(login, record.jid, *keys);
    out.shut_out.insert(login);
    if (out.unreadable++ == 0) out.first_unreadable = record.jid + ": " + keys.error();
  });
  std::erase_if(out.shut_out, [&](const std::string& login) { return text.has(login); });
  out.people = text.people();
  out.left_out = text.left_out();
  out.text = text.text();
  return out;
}

std::size_t locked_out(const AuthExport& fresh, const std::string& file) {
  if (fresh.shut_out.empty()) return 0;
  const auto before = AuthFile::open(file);
  if (!before)  // ours to write and not to read: whoever is in it may be shut out
    return ::access(file.c_str(), R_OK) != 0 && errno == EACCES ? fresh.shut_out.size() : 0;
  return static_cast<std::size_t>(
      std::count_if(fresh.shut_out.begin(), fresh.shut_out.end(), [&](const std::string& login) {
        const auto person = before->find(login);
        return person && !person->sealed.empty();
      }));
}

Result<std::size_t, std::string> reseal(Credentials& credentials, const Vault& vault, Instant now) {
  std::vector<CredentialRecord> old;
  std::size_t done = 0;
  for (;;) {
    old.clear();
    credentials.each([&](const CredentialRecord& record) {
      if (old.size() < resealed_at_once && record.kind != CredentialKind::ask &&
          !vault.sealed_with_newest(record.sealed))
        old.push_back(record);
    });
    if (old.empty()) return done;
    credentials.begin();
    for (const CredentialRecord& record : old) {
      const auto jid = Jid::parse(record.jid);
      const std::string_view kind = credential_kind_name(record.kind);
      const auto text = jid ? vault.open_text(jid->bare_view(), kind, record.sealed)
                            : Result<Secret, std::string>(std::string("the store has no JID there"));
      if (!text) {
        credentials.rollback();
        return record.jid + ": " + text.error();
      }
      credentials.put(*jid, record.kind, vault.seal_text(jid->bare_view(), kind, text->view()), record.source, now);
      ++done;
    }
    credentials.commit();
  }
}

}  // namespace ferry
