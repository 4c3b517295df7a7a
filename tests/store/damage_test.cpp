// A store that cannot be used: what people are told, and that nothing worse happens.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "gateway/store/store.h"
#include "tests/store/temporary.h"

namespace ferry {
namespace damage_test {

constexpr std::size_t page = 4096;

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

std::string failure(const std::function<void()>& act, StoreTrouble trouble) {
  try {
    act();
  } catch (const StoreFailure& failure) {
    EXPECT_EQ(failure.error().trouble, trouble) << failure.what();
    return failure.what();
  }
  ADD_FAILURE() << "no StoreFailure";
  return {};
}

void fill(Store& store, int messages) {
  store.begin();
  for (int i = 0; i < messages; ++i) {
    MessageRecord m;
    m.user = store.add_user(*Jid::parse("u" + std::to_string(i % 20) + "@mqtt.corp.example"));
    m.way = i % 3 == 0 ? Way::to_xmpp : Way::to_mqtt;
    m.state = i % 3 == 1 ? MessageState::waiting : MessageState::accepted;
    m.id = "id-" + std::to_string(i);
    m.peer = "alice@corp.example/spark";
    m.payload = std::string(static_cast<std::size_t>(50 + i % 500), 'x');
    store.add_message(m);
  }
  store.commit();
}

class Damage : public testing::Test {
 protected:
  void SetUp() override {
    path_ = folder_.file("a.db");
    auto store = Store::open(path_, Durability::full);
    ASSERT_TRUE(store);
    fill(**store, 600);
    store->reset();
    std::ifstream file(path_, std::ios::binary);
    whole_.assign(std::istreambuf_iterator<char>(file), {});
    ASSERT_GT(whole_.size(), 40 * page);
  }
  // Opens the file with these bytes and reads and writes everything. The first trouble as text; empty: none was met.
  std::string use(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    ::unlink((path_ + "-wal").c_str());
    auto opened = Store::open(path_, Durability::full);
    if (!opened) return opened.error().text;
    Store& store = **opened;
    try {
      store.each_user([](UserRecord) {});
      store.each_queued([](const QueuedRecord&) {});
      for (const Way way : {Way::to_mqtt, Way::to_xmpp}) store.pending(way, 0, 1'000);
      store.waiting(1, 0, 1'000);
      store.oldest(0, 1'000);
      store.kept(1, 0, true, 1'000);
      store.recent(0, 1'000);
      for (Seq seq = 1; seq < 600; seq += 7) store.message(seq);
      for (int i = 0; i < 600; i += 7) store.find_message(1 + i % 20, "id-" + std::to_string(i));
      fill(store, 5);
      store.begin();
      for (Seq seq = 1; seq < 600; seq += 5) store.set_state(seq, MessageState::forwarded, 1, true);
      store.commit();
    } catch (const StoreFailure& failure) {
      store.rollback();
      return failure.what();
    }
    return {};
  }
  TemporaryFolder folder_;
  std::string path_, whole_;
};

TEST_F(Damage, ATruncatedFileIsRefusedWithAdvice) {
  ASSERT_EQ(use(whole_), "");
  for (const std::size_t pages : {1U, 2U, 5U, 20U}) {
    const std::string text = use(whole_.substr(0, pages * page));
    EXPECT_TRUE(says(text, path_) && says(text, "damaged") && says(text, ".recover")) << pages << ": " << text;
  }
  EXPECT_TRUE(says(use(whole_.substr(0, 100)), "damaged"));
}

TEST_F(Damage, GarbageInAnyPageIsAnErrorOrHarmlessAndNeverACrash) {
  std::size_t met = 0;
  for (std::size_t at = 0; at < whole_.size(); at += page) {
    std::string bytes = whole_;
    for (std::size_t i = at; i < at + page && i < bytes.size(); ++i)
      bytes[i] = static_cast<char>((i * 2654435761U) >> 13);
    const std::string text = use(bytes);
    EXPECT_TRUE(text.empty() || says(text, "damaged") || says(text, "a stored JID is none"))
        << at / page << ": " << text;
    met += !text.empty();
  }
  EXPECT_GT(met, whole_.size() / page / 2);
}

TEST_F(Damage, AFullDiskALockAndAReadOnlyFileAreNamed) {
  auto opened = Store::open(path_, Durability::full);
  ASSERT_TRUE(opened);
  auto other = Database::open(path_, Database::Create::no);
  ASSERT_TRUE(other);
  (*other)->exec("PRAGMA max_page_count = 1");  // becomes what there is
  const std::string full =
      failure([&] { (*other)->exec("CREATE TABLE t AS SELECT zeroblob(10000000) b"); }, StoreTrouble::full);
  EXPECT_TRUE(says(full, path_) && says(full, "make room")) << full;

  (*other)->exec("PRAGMA query_only = ON");
  const std::string readonly = failure([&] { (*other)->exec("DELETE FROM message"); }, StoreTrouble::readonly);
  EXPECT_TRUE(says(readonly, path_) && says(readonly, "must belong to")) << readonly;
  (*other)->exec("PRAGMA query_only = OFF");

  (*other)->begin();
  const std::string busy = failure([&] { (*opened)->set_meta("k", "v"); }, StoreTrouble::busy);
  EXPECT_TRUE(says(busy, path_) && says(busy, "another program")) << busy;
  (*other)->rollback();
  (*opened)->set_meta("k", "v");
}

}  // namespace damage_test
}  // namespace ferry
