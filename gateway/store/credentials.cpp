#include "gateway/store/credentials.h"

#include "gateway/store/schema.h"

namespace ferry {
namespace {

CredentialRecord record_of(const Query& row) {
  const auto kind = credential_kind(row.text(1));
  if (!kind)
    throw StoreFailure(
        {0, StoreTrouble::corrupt, "store: a stored credential is of no kind: " + std::string(row.text(1))});
  return {std::string(row.text(0)), *kind, std::string(row.bytes(2)), std::string(row.text(3)), row.integer(4)};
}

}  // namespace

Result<std::unique_ptr<Credentials>, StoreError> Credentials::open(const std::string& store_path) {
  auto database = Database::open(store_path, Database::Create::no);
  if (!database) return database.error();
  try {
    if (std::string why_not = check_version(**database, migrations()); !why_not.empty())
      return StoreError{0, StoreTrouble::other, std::move(why_not)};
    // What is replaced leaves no trace; a commit is on the disk when it returns.
    (*database)->exec("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF");
    return std::unique_ptr<Credentials>(new Credentials(*std::move(database)));
  } catch (const StoreFailure& failure) { return failure.error(); }
}

Credentials::Credentials(std::unique_ptr<Database> database)
    : database_(std::move(database)),
      put_(*database_,
           "INSERT OR REPLACE INTO credential(jid, kind, sealed, source, changed) VALUES(?1, ?2, ?3, ?4, ?5)"),
      remove_(*database_, "DELETE FROM credential WHERE jid = ?1"),
      remove_kind_(*database_, "DELETE FROM credential WHERE jid = ?1 AND kind = ?2"),
      of_(*database_, "SELECT jid, kind, sealed, source, changed FROM credential WHERE jid = ?1 ORDER BY kind"),
      each_(*database_, "SELECT jid, kind, sealed, source, changed FROM credential ORDER BY jid, kind") {}

void Credentials::put(const Jid& owner, CredentialKind kind, std::string_view sealed, std::string_view source,
                      Instant now) {
  if (kind != CredentialKind::ask) run(remove_kind_, owner.bare_view(), credential_kind_name(CredentialKind::ask));
  run(put_, owner.bare_view(), credential_kind_name(kind), Blob{sealed}, source, now);
}

bool Credentials::remove(const Jid& owner) {
  run(remove_, owner.bare_view());
  return database_->changes() > 0;
}

bool Credentials::remove(const Jid& owner, CredentialKind kind) {
  run(remove_kind_, owner.bare_view(), credential_kind_name(kind));
  return database_->changes() > 0;
}

std::vector<CredentialRecord> Credentials::of(const Jid& owner) {
  std::vector<CredentialRecord> out;
  Query row(of_, owner.bare_view());
  while (row.next()) out.push_back(record_of(row));
  return out;
}

void Credentials::each(const std::function<void(const CredentialRecord&)>& visit) {
  Query row(each_);
  while (row.next()) visit(record_of(row));
}

std::int64_t Credentials::count() { return database_->integer("SELECT count(DISTINCT jid) FROM credential"); }

}  // namespace ferry
