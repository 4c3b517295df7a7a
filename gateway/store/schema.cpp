#include "gateway/store/schema.h"

namespace ferry {
namespace {

// message. What every message costs is measured, and decides:
// - state (2 accepted, 3 waiting, 4 forwarded, 5 delivered, 6 displayed, 7 failed) and mark (plus 2^40) always take as
//   many bytes, so a new state is written in place: neither does the row move nor are the overflow pages of a long
//   payload touched.
// - message_id begins with the id: ids are ULIDs or the like, hence new ones go to the end of the index. The user first
//   would be a page of its own for every message of a batch.
// - message_block finds what is a user's, block by block of 8192 messages (block_bits of statements.h, written out here
//   and in the statements), for the same reason: a whole block's entries lie on a few pages.
// - message_pending and message_waiting hold only what is to be done.
constexpr const char* version_1 = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE user(key INTEGER PRIMARY KEY AUTOINCREMENT, jid TEXT NOT NULL UNIQUE, profile TEXT NOT NULL DEFAULT '');
CREATE TABLE contact(
  user INTEGER NOT NULL, jid TEXT NOT NULL, flags INTEGER NOT NULL, name TEXT NOT NULL, group_names TEXT NOT NULL,
  request_text TEXT NOT NULL, PRIMARY KEY(user, jid)) WITHOUT ROWID;
CREATE TABLE device(
  user INTEGER NOT NULL, name TEXT NOT NULL, epoch TEXT NOT NULL, shown INTEGER NOT NULL,
  PRIMARY KEY(user, name)) WITHOUT ROWID;

CREATE TABLE follower(feed TEXT NOT NULL, jid TEXT NOT NULL, PRIMARY KEY(feed, jid)) WITHOUT ROWID;
CREATE TABLE route(jid TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE packet(id INTEGER PRIMARY KEY, digest INTEGER NOT NULL);

CREATE TABLE message(
  seq INTEGER PRIMARY KEY, user INTEGER NOT NULL, way INTEGER NOT NULL, state INTEGER NOT NULL, flags INTEGER NOT NULL,
  mark INTEGER NOT NULL, expires INTEGER NOT NULL, id TEXT, peer TEXT NOT NULL, xmpp_id TEXT, payload BLOB);
CREATE UNIQUE INDEX message_id ON message(id, user) WHERE id IS NOT NULL;
CREATE INDEX message_block ON message(seq >> 13, user);
CREATE INDEX message_pending ON message(way) WHERE state = 2;
CREATE INDEX message_waiting ON message(user) WHERE state = 3;
)sql";

// What waits is counted, by rows and bytes, from the indexes alone: a start over a million rows reads none of them.
// Dead letters are failed rows that still have their payload.
constexpr const char* version_2 = R"sql(
ALTER TABLE message ADD COLUMN reason TEXT;
DROP INDEX message_pending;
DROP INDEX message_waiting;
CREATE INDEX message_pending ON message(way, seq, user, length(payload)) WHERE state = 2;
CREATE INDEX message_waiting ON message(user, seq, length(payload)) WHERE state = 3;
CREATE INDEX message_dead ON message(seq) WHERE state = 7 AND payload IS NOT NULL;
)sql";

// What people log in with, sealed (gateway/passwords/vault.h). kind: a name of CredentialKind.
constexpr const char* version_3 = R"sql(
CREATE TABLE credential(
  jid TEXT NOT NULL, kind TEXT NOT NULL, sealed BLOB NOT NULL, source TEXT NOT NULL, changed INTEGER NOT NULL,
  PRIMARY KEY(jid, kind)) WITHOUT ROWID;
)sql";

// What ferryctl migrate import read of another server (gateway/migration/imported.h): as it was there, beside what the
// gateway itself keeps. Keys are in the table credential. kind: a name of PieceKind, or "message"; at: when, or 0.
constexpr const char* version_4 = R"sql(
CREATE TABLE imported_account(
  key INTEGER PRIMARY KEY AUTOINCREMENT, jid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT NOT NULL,
  disabled INTEGER NOT NULL, created INTEGER NOT NULL, source TEXT NOT NULL, imported INTEGER NOT NULL);
CREATE TABLE imported_contact(
  account INTEGER NOT NULL, jid TEXT NOT NULL, subscription TEXT NOT NULL, ask INTEGER NOT NULL,
  approved INTEGER NOT NULL, name TEXT NOT NULL, group_names TEXT NOT NULL, PRIMARY KEY(account, jid)) WITHOUT ROWID;
CREATE TABLE imported_request(
  account INTEGER NOT NULL, jid TEXT NOT NULL, xml TEXT NOT NULL, PRIMARY KEY(account, jid)) WITHOUT ROWID;
CREATE TABLE imported_piece(
  account INTEGER NOT NULL, kind TEXT NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL,
  xml TEXT NOT NULL, PRIMARY KEY(account, kind, place));
CREATE TABLE imported_group(
  name TEXT PRIMARY KEY, display TEXT NOT NULL, description TEXT NOT NULL, seen TEXT NOT NULL,
  seen_by TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE imported_group_member(
  name TEXT NOT NULL, jid TEXT NOT NULL, PRIMARY KEY(name, jid)) WITHOUT ROWID;
CREATE TABLE imported_room(
  jid TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, subject TEXT NOT NULL,
  has_password INTEGER NOT NULL, config TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE imported_room_member(
  room TEXT NOT NULL, jid TEXT NOT NULL, affiliation TEXT NOT NULL, nick TEXT NOT NULL,
  PRIMARY KEY(room, jid)) WITHOUT ROWID;
)sql";

// Accounts that stay on the legacy server while their owners move. account_write is the journal of what was written to
// that server, each with what undoes it; account_seen recognises a message that comes a second way.
constexpr const char* version_5 = R"sql(
CREATE TABLE account(
  jid TEXT PRIMARY KEY, state INTEGER NOT NULL, target INTEGER NOT NULL, generation INTEGER NOT NULL,
  since INTEGER NOT NULL, flags INTEGER NOT NULL, cohort TEXT NOT NULL, archive TEXT NOT NULL, trouble TEXT NOT NULL,
  messages INTEGER NOT NULL, errors INTEGER NOT NULL, differences INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE account_write(
  account TEXT NOT NULL, number INTEGER NOT NULL, state INTEGER NOT NULL, by_person INTEGER NOT NULL,
  forward TEXT NOT NULL, inverse TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(account, number)) WITHOUT ROWID;
CREATE TABLE account_seen(
  account TEXT NOT NULL, digest INTEGER NOT NULL, expires INTEGER NOT NULL,
  PRIMARY KEY(account, digest)) WITHOUT ROWID;
CREATE INDEX account_seen_expires ON account_seen(expires);
CREATE TABLE account_difference(
  account TEXT NOT NULL, kind TEXT NOT NULL, peer TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY(account, kind, peer)) WITHOUT ROWID;
)sql";

// Rooms of such accounts. password: of one that a person joined by a request, and of nothing else; it opens the room
// again after a restart, when nobody is there to be asked. Like the messages it stands in the clear, and goes with the
// row.
constexpr const char* version_6 = R"sql(
CREATE TABLE account_room(
  account TEXT NOT NULL, room TEXT NOT NULL, wish INTEGER NOT NULL, flags INTEGER NOT NULL, nick TEXT NOT NULL,
  name TEXT NOT NULL, password TEXT NOT NULL, sender TEXT NOT NULL, reason TEXT NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY(account, room)) WITHOUT ROWID;
)sql";

// The address that an account's owner has got instead of the old one; empty: the JID is kept.
constexpr const char* version_7 = R"sql(
ALTER TABLE account ADD COLUMN address TEXT NOT NULL DEFAULT '';
)sql";

// Since when an account is on its way: where its archive is read from while nothing has come.
constexpr const char* version_8 = R"sql(
ALTER TABLE account ADD COLUMN began INTEGER NOT NULL DEFAULT 0;
UPDATE account SET began = since;
)sql";

// Which connections of a device are over (EpochEnd, past_epochs.h): a broker that comes back older shows them again.
constexpr const char* version_9 = R"sql(
ALTER TABLE device ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN past TEXT NOT NULL DEFAULT '';
)sql";

// What users asked (out/req) until the broker has the answer, and for a while what changed something: RequestRecord.
// The user first, so that one person's go at once; the table is small (request_book.h), and rows mostly live for less
// than a second.
constexpr const char* version_10 = R"sql(
CREATE TABLE request(
  user INTEGER NOT NULL, number INTEGER NOT NULL, id_digest INTEGER NOT NULL, digest INTEGER NOT NULL,
  at INTEGER NOT NULL, state INTEGER NOT NULL, final INTEGER NOT NULL, device TEXT NOT NULL, correlation BLOB NOT NULL,
  id TEXT NOT NULL, answer TEXT NOT NULL, PRIMARY KEY(user, number)) WITHOUT ROWID;
)sql";

constexpr const char* versions[] = {version_1, version_2, version_3, version_4, version_5,
                                    version_6, version_7, version_8, version_9, version_10};

bool is_foreign(Database& database) {
  return database.integer("PRAGMA application_id") != store_application_id &&
         database.integer("SELECT count(*) FROM sqlite_master") != 0;
}

std::string refusal(Database& database, int newest) {
  if (is_foreign(database)) return "store: this is another program's database";
  const int version = database.user_version();
  if (version > newest)
    return "store: this store is of version " + std::to_string(version) +
           ", written by a newer ferryd; this one knows " + std::to_string(newest);
  return {};
}

}  // namespace

std::span<const char* const> migrations() { return versions; }

std::string migrate(Database& database, std::span<const char* const> migrations) {
  const int newest = static_cast<int>(migrations.size());
  if (std::string why_not = refusal(database, newest); !why_not.empty()) return why_not;
  for (int version = database.user_version(); version < newest; ++version) {
    database.begin();
    try {
      if (version == 0) database.exec("PRAGMA application_id = " + std::to_string(store_application_id));
      database.exec(migrations[static_cast<std::size_t>(version)]);
      database.exec("PRAGMA user_version = " + std::to_string(version + 1));
      database.commit();
    } catch (const StoreFailure&) {
      database.rollback();
      throw;
    }
  }
  return {};
}

std::string check_version(Database& database, std::span<const char* const> migrations) {
  const int newest = static_cast<int>(migrations.size());
  if (std::string why_not = refusal(database, newest); !why_not.empty()) return why_not;
  if (const int version = database.user_version(); version < newest)
    return "store: this store is of version " + std::to_string(version) + ", ferryd will bring it to " +
           std::to_string(newest) + " when it starts";
  return {};
}

}  // namespace ferry
