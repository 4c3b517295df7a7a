#include "gateway/store/database.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "gateway/store/schema.h"
#include "tests/store/temporary.h"

namespace ferry {
namespace database_test {

std::unique_ptr<Database> memory() {
  auto database = Database::open(":memory:", Database::Create::yes);
  return database ? *std::move(database) : nullptr;
}

StoreTrouble trouble(const std::function<void()>& act) {
  try {
    act();
  } catch (const StoreFailure& failure) {
    EXPECT_NE(failure.error().code, 0);
    EXPECT_STREQ(failure.what(), failure.error().text.c_str());
    return failure.error().trouble;
  }
  ADD_FAILURE() << "no StoreFailure";
  return StoreTrouble::other;
}

TEST(Database, KeepsWhatIsBound) {
  const auto database = memory();
  database->exec("CREATE TABLE t(i, s, b, n)");
  Statement add(*database, "INSERT INTO t VALUES(?1, ?2, ?3, ?4)");
  const std::string odd("a\0b'\xC3\xA9", 6);
  run(add, std::int64_t{-5}, odd, Blob{odd}, OrNull{});
  run(add, std::int64_t{1} << 62, std::string_view{}, Blob{}, OrNull{"x"});
  Statement all(*database, "SELECT i, s, b, n, n IS NULL, s IS NULL, b IS NULL FROM t ORDER BY i");
  Query row(all);
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.integer(0), -5);
  EXPECT_EQ(row.text(1), odd);
  EXPECT_EQ(row.bytes(2), odd);
  EXPECT_EQ(row.text(3), "");
  EXPECT_EQ(row.integer(4), 1);
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.integer(0), std::int64_t{1} << 62);
  EXPECT_EQ(row.text(1), "");
  EXPECT_EQ(row.text(3), "x");
  EXPECT_EQ(row.integer(5) + row.integer(6), 0) << "empty is not NULL";
  EXPECT_FALSE(row.next());
}

TEST(Database, AStatementIsUsedAgainAfterAFailure) {
  const auto database = memory();
  database->exec("CREATE TABLE t(i UNIQUE)");
  Statement add(*database, "INSERT INTO t VALUES(?1)");
  run(add, std::int64_t{1});
  EXPECT_EQ(trouble([&] { run(add, std::int64_t{1}); }), StoreTrouble::other);
  run(add, std::int64_t{2});
  EXPECT_EQ(database->integer("SELECT count(*) FROM t"), 2);
}

TEST(Database, ABadStatementFailsAtEachUse) {
  const auto database = memory();
  Statement bad(*database, "SELECT nothing FROM nowhere");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(trouble([&] { run(bad); }), StoreTrouble::other);
}

TEST(Database, NamesTheTrouble) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.db");
  auto first = Database::open(path, Database::Create::yes);
  ASSERT_TRUE(first);
  (*first)->exec("CREATE TABLE t(b); PRAGMA max_page_count = 10");
  EXPECT_EQ(trouble([&] { (*first)->exec("INSERT INTO t VALUES(zeroblob(1000000))"); }), StoreTrouble::full);

  (*first)->begin();
  auto second = Database::open(path, Database::Create::no);
  ASSERT_TRUE(second);
  (*second)->exec("PRAGMA busy_timeout = 0");
  EXPECT_EQ(trouble([&] { (*second)->begin(); }), StoreTrouble::busy);
  (*first)->rollback();
  (*first)->rollback();  // nothing to do
  (*second)->begin();
  EXPECT_TRUE((*second)->in_transaction());

  std::ofstream(folder.file("text")) << std::string(4096, 'x');
  auto third = Database::open(folder.file("text"), Database::Create::no);
  ASSERT_TRUE(third);
  EXPECT_EQ(trouble([&] { (*third)->user_version(); }), StoreTrouble::corrupt);
}

TEST(Database, SaysWhyItCannotOpen) {
  const TemporaryFolder folder;
  const auto missing_folder = Database::open(folder.file("no/a.db"), Database::Create::yes);
  ASSERT_FALSE(missing_folder);
  EXPECT_NE(missing_folder.error().text.find("No such file or directory"), std::string::npos);
  const auto missing = Database::open(folder.file("a.db"), Database::Create::no);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().text.find("a.db"), std::string::npos);
}

constexpr const char* v1 = "CREATE TABLE a(x); INSERT INTO a VALUES(1), (2)";
constexpr const char* v2 = "CREATE TABLE b(x, y); INSERT INTO b SELECT x, x * 10 FROM a; DROP TABLE a";
constexpr const char* v3 = "ALTER TABLE b ADD COLUMN z DEFAULT 7";
constexpr const char* broken = "CREATE TABLE c(x); INSERT INTO nowhere VALUES(1)";

TEST(Schema, MigratesFromEveryVersion) {
  constexpr const char* chain[] = {v1, v2, v3};
  for (std::size_t from = 0; from <= 3; ++from) {
    const auto database = memory();
    EXPECT_EQ(migrate(*database, std::span(chain).first(from)), "");
    EXPECT_EQ(database->user_version(), static_cast<int>(from));
    EXPECT_EQ(check_version(*database, chain).empty(), from == 3) << "an older store is refused, not changed";
    EXPECT_EQ(migrate(*database, chain), "");
    EXPECT_EQ(database->user_version(), 3);
    EXPECT_EQ(database->integer("SELECT sum(y) + sum(z) FROM b"), 44);
    EXPECT_EQ(migrate(*database, chain), "") << "nothing to do";
  }
}

TEST(Schema, AStoreOfVersionEightGetsRequests) {
  const auto database = memory();
  EXPECT_EQ(migrate(*database, migrations().first(8)), "");
  database->exec("INSERT INTO user(jid) VALUES('bob@mqtt.corp.example')");
  EXPECT_EQ(migrate(*database, migrations()), "");
  EXPECT_EQ(database->integer("SELECT count(*) FROM user"), 1);
  EXPECT_EQ(database->integer("SELECT count(*) FROM request"), 0);
}

TEST(Schema, AMigrationHappensWhollyOrNot) {
  constexpr const char* chain[] = {v1, v2, broken};
  const auto database = memory();
  EXPECT_THROW(migrate(*database, chain), StoreFailure);
  EXPECT_FALSE(database->in_transaction());
  EXPECT_EQ(database->user_version(), 2);
  EXPECT_EQ(database->integer("SELECT count(*) FROM sqlite_master WHERE name = 'c'"), 0);
}

TEST(Schema, ADeviceOfBeforeHasNoConnectionThatIsOver) {
  const auto database = memory();
  ASSERT_EQ(migrate(*database, migrations().first(8)), "");
  database->exec("INSERT INTO device(user, name, epoch, shown) VALUES(1, 'phone', 'e1', 1)");
  ASSERT_EQ(migrate(*database, migrations()), "");
  EXPECT_EQ(database->integer("SELECT count(*) FROM device WHERE epoch = 'e1' AND shown AND ended = 0 AND past = ''"),
            1);
}

TEST(Schema, RefusesANewerStore) {
  constexpr const char* chain[] = {v1, v2, v3};
  const auto database = memory();
  ASSERT_EQ(migrate(*database, chain), "");
  const std::string text = migrate(*database, std::span(chain).first(2));
  EXPECT_NE(text.find("version 3"), std::string::npos) << text;
  EXPECT_NE(text.find("newer ferryd"), std::string::npos) << text;
  EXPECT_EQ(database->user_version(), 3);
}

TEST(Schema, RefusesAnothersDatabase) {
  const auto database = memory();
  database->exec("CREATE TABLE theirs(x)");
  EXPECT_NE(migrate(*database, migrations()), "");
  EXPECT_EQ(database->integer("SELECT count(*) FROM sqlite_master"), 1);
}

}  // namespace database_test
}  // namespace ferry
