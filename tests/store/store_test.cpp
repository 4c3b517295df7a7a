// The store as a whole: opening, owning, transactions, copies. What it keeps: people_test, messages_test.
#include "gateway/store/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "gateway/store/schema.h"
#include "tests/store/temporary.h"

namespace ferry {
namespace store_test {

std::unique_ptr<Store> open(const std::string& path, Exclusive exclusive = Exclusive::yes) {
  auto store = Store::open(path, Durability::full, exclusive);
  EXPECT_TRUE(store) << store.error().text;
  return store ? *std::move(store) : nullptr;
}

std::string refusal(const std::string& path, Exclusive exclusive = Exclusive::yes) {
  const auto store = Store::open(path, Durability::full, exclusive);
  return store ? "" : store.error().text;
}

TEST(StoreOpen, IsPrivate) {
  const TemporaryFolder folder;
  const auto store = open(folder.file("a.db"));
  store->set_meta("k", "v");
  for (const char* name : {"a.db", "a.db-wal", "a.db-shm", "a.db.lock"}) {
    struct stat info {};
    ASSERT_EQ(::stat(folder.file(name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600U) << name;
  }
}

TEST(StoreOpen, ASecondOwnerIsRefusedByPid) {
  const TemporaryFolder folder;
  auto first = open(folder.file("a.db"));
  EXPECT_EQ(refusal(folder.file("a.db")),
            "store: a ferryd or ferryctl (pid " + std::to_string(::getpid()) + ") works on this store");
  first->set_meta("k", "v");
  EXPECT_EQ(open(folder.file("a.db"), Exclusive::no)->meta("k"), "v") << "looking is allowed";
  first.reset();
  EXPECT_EQ(open(folder.file("a.db"))->meta("k"), "v");
}

TEST(StoreOpen, RefusesWhatIsNoStore) {
  const TemporaryFolder folder;
  EXPECT_NE(refusal(folder.file("a.db"), Exclusive::no), "") << "looking creates nothing";
  EXPECT_NE(::access(folder.file("a.db").c_str(), F_OK), 0);
  std::ofstream(folder.file("text")) << std::string(8192, 'x');
  EXPECT_NE(refusal(folder.file("text")).find("not a database"), std::string::npos);
  EXPECT_NE(refusal(folder.file("no/a.db")).find("No such file"), std::string::npos);

  open(folder.file("b.db")).reset();
  (*Database::open(folder.file("b.db"), Database::Create::no))->exec("PRAGMA user_version = 99");
  EXPECT_NE(refusal(folder.file("b.db")).find("newer ferryd"), std::string::npos);
}

TEST(StoreTransaction, OpensAtTheFirstWrite) {
  const auto store = open(":memory:");
  store->begin();
  EXPECT_TRUE(store->in_transaction());
  EXPECT_EQ(store->meta("k"), "");
  EXPECT_FALSE(store->wrote_anything_since_begin());
  store->set_meta("k", "v");
  EXPECT_TRUE(store->wrote_anything_since_begin());
  EXPECT_EQ(store->meta("k"), "v");
  store->commit();
  EXPECT_FALSE(store->in_transaction());
  EXPECT_FALSE(store->wrote_anything_since_begin());
  store->begin();
  store->commit();
  store->begin();
  store->set_meta("k", "w");
  store->set_meta("l", "x");
  store->rollback();
  EXPECT_FALSE(store->in_transaction());
  EXPECT_EQ(store->meta("k") + store->meta("l"), "v");
}

TEST(StoreTransaction, OnlyWhatWasCommittedSurvivesAKill) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.db");
  const pid_t child = ::fork();
  if (child == 0) {
    const auto store = open(path);
    store->begin();
    store->set_meta("committed", "yes");
    store->commit();
    store->begin();
    store->set_meta("open", "yes");
    ::_exit(0);  // no destructor runs
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  const auto store = open(path);
  EXPECT_EQ(store->meta("committed"), "yes");
  EXPECT_EQ(store->meta("open"), "");
}

TEST(StoreTransaction, AFailedWriteCanBeRolledBack) {
  const TemporaryFolder folder;
  const auto store = open(folder.file("a.db"));
  auto other = Database::open(folder.file("a.db"), Database::Create::no);
  ASSERT_TRUE(other);
  (*other)->begin();  // somebody's sqlite3 shell
  store->begin();
  try {
    store->set_meta("k", "v");
    FAIL() << "no StoreFailure";
  } catch (const StoreFailure& failure) { EXPECT_EQ(failure.error().trouble, StoreTrouble::busy); }
  store->rollback();
  (*other)->rollback();
  store->begin();
  store->set_meta("k", "w");
  store->commit();
  EXPECT_EQ(store->meta("k"), "w");
}

TEST(StoreMeta, Packets) {
  const auto store = open(":memory:");
  const std::uint64_t digest = 0xFEDCBA9876543210;
  EXPECT_FALSE(store->seen_packet(7, digest));
  store->put_packet(7, digest);
  EXPECT_TRUE(store->seen_packet(7, digest));
  EXPECT_FALSE(store->seen_packet(8, digest));
  store->put_packet(7, 1);
  EXPECT_FALSE(store->seen_packet(7, digest)) << "the packet id was used again";
  EXPECT_TRUE(store->seen_packet(7, 1));
}

}  // namespace store_test
}  // namespace ferry
