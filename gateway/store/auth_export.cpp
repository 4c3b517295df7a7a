#include "gateway/store/auth_export.h"

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
                       const std::map<std::string, Jid>& addresses, const AuthFile* before) {
  std::set<std::string> have_their_own;
  if (!addresses.empty()) credentials.each([&](const CredentialRecord& record) { have_their_own.insert(record.jid); });
  const AccessRules rules = access_rules(table, options);
  AuthFileText text(rules, vault);
  AuthExport out;
  std::map<std::string, std::pair<std::string, std::set<ScramHash>>> lost;  // by login: whose, and what
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
    auto& [owner, kinds] = lost[login];
    if (owner != record.jid) kinds.clear();
    owner = record.jid;
    kinds.insert(*hash_of(record.kind));
    if (out.unreadable++ == 0) out.first_unreadable = record.jid + ": " + keys.error();
  });
  for (const auto& [login, of] : lost) {
    if (text.has(login)) continue;
    const auto newest = before ? text.keep(login, of.first, of.second, *before) : std::nullopt;
    (newest ? out.kept : out.shut_out).insert(of.first);
    if (newest && !*newest) out.of_two_keys = true;
  }
  out.people = text.people();
  out.left_out = text.left_out();
  out.text = text.text();
  return out;
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
