#include "gateway/store/backup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "gateway/store/store.h"
#include "tests/store/temporary.h"

namespace ferry {
namespace backup_test {

const Backup::Progress nobody = [](std::int64_t, std::int64_t) {};

std::unique_ptr<Store> open(const std::string& path) {
  auto store = Store::open(path, Durability::full);
  EXPECT_TRUE(store) << store.error().text;
  return store ? *std::move(store) : nullptr;
}

std::unique_ptr<Backup> begin(const std::string& path) {
  auto backup = Backup::begin(path);
  EXPECT_TRUE(backup) << backup.error().text;
  return backup ? *std::move(backup) : nullptr;
}

std::string refusal(Backup& backup, const std::string& file) {
  try {
    backup.copy_to(file, false, nobody);
  } catch (const StoreFailure& failure) { return failure.what(); }
  return {};
}

TEST(Backup, IsAStoreOfItsOwn) {
  const TemporaryFolder folder;
  const auto store = open(folder.file("a.db"));
  store->set_meta("k", "v");
  begin(folder.file("a.db"))->copy_to(folder.file("copy.db"), false, nobody);
  struct stat info {};
  ASSERT_EQ(::stat(folder.file("copy.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  for (const char* rest : {"copy.db.part", "copy.db-wal", "copy.db-shm", "copy.db.part-wal", "copy.db.part-journal"})
    EXPECT_FALSE(std::filesystem::exists(folder.file(rest))) << rest;
  EXPECT_EQ(open(folder.file("copy.db"))->meta("k"), "v");
}

TEST(Backup, IsOfOneMomentWhateverIsWrittenMeanwhile) {
  const TemporaryFolder folder;
  const auto store = open(folder.file("a.db"));
  const std::string long_value(100'000, 'x');
  for (int i = 0; i < 400; ++i) store->set_meta("before" + std::to_string(i), long_value);  // 40 MB: several steps
  const auto backup = begin(folder.file("a.db"));
  int steps = 0;
  std::int64_t last = 0;
  backup->copy_to(folder.file("copy.db"), false, [&](std::int64_t done, std::int64_t all) {
    EXPECT_GT(done, last);
    EXPECT_LE(done, all);
    last = done;
    store->begin();  // the gateway goes on, commits and all
    store->set_meta("k", "while it was copied " + std::to_string(++steps));
    store->set_meta("before1", "changed");
    store->commit();
  });
  EXPECT_GT(steps, 3);
  const auto copy = open(folder.file("copy.db"));
  EXPECT_EQ(copy->meta("k"), "");
  EXPECT_EQ(copy->meta("before1"), long_value);
  EXPECT_EQ(copy->meta("before399"), long_value);
  EXPECT_EQ(store->meta("before1"), "changed");
}

TEST(Backup, LeavesWhatIsThereAlone) {
  const TemporaryFolder folder;
  const auto store = open(folder.file("a.db"));
  store->set_meta("k", "v");
  begin(folder.file("a.db"))->copy_to(folder.file("copy.db"), false, nobody);
  store->set_meta("k", "w");
  const auto backup = begin(folder.file("a.db"));
  EXPECT_NE(refusal(*backup, folder.file("copy.db")).find("File exists"), std::string::npos);
  EXPECT_EQ(open(folder.file("copy.db"))->meta("k"), "v");
  EXPECT_NE(refusal(*backup, folder.file("no/copy.db")), "");
  backup->copy_to(folder.file("copy.db"), true, nobody);
  EXPECT_EQ(open(folder.file("copy.db"))->meta("k"), "w");
}

TEST(Backup, IsOfAStoreOfThisVersionOnly) {
  const TemporaryFolder folder;
  EXPECT_FALSE(Backup::begin(folder.file("missing.db")));
  EXPECT_FALSE(std::filesystem::exists(folder.file("missing.db")));
  (*Database::open(folder.file("other.db"), Database::Create::yes))->exec("CREATE TABLE t(x)");
  EXPECT_FALSE(Backup::begin(folder.file("other.db")));
}

}  // namespace backup_test
}  // namespace ferry
