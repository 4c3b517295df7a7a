#include <gtest/gtest.h>

#include <map>
#include <random>

#include "gateway/store/store.h"
#include "tests/store/opened_store.h"

namespace ferry {
namespace messages_test {

using State = MessageState;

class Messages : public OpenedStore {
 protected:
  Seq add(UserKey user, Way way, std::string id, State state = State::accepted, Instant expires = 1000) {
    MessageRecord m;
    m.user = user;
    m.way = way;
    m.state = state;
    m.id = std::move(id);
    m.peer = "alice@corp.example/spark";
    m.xmpp_id = way == Way::to_mqtt ? "x-" + m.id : "";
    m.expires = expires;
    m.payload = "{}";
    return store_->add_message(m);
  }
  static std::vector<Seq> seqs(const std::vector<MessageRecord>& messages) {
    std::vector<Seq> all;
    for (const MessageRecord& m : messages) all.push_back(m.seq);
    return all;
  }
  using Seqs = std::vector<Seq>;
  std::string queued() {  // "mqtt USER: ROWS/BYTES … xmpp … waiting …"
    std::map<std::string, std::map<UserKey, std::pair<std::int64_t, std::int64_t>>> all;
    store_->each_queued([&](const QueuedRecord& q) {
      auto& sum = all[q.state == State::waiting ? "waiting" : q.way == Way::to_mqtt ? "mqtt" : "xmpp"][q.user];
      sum.first += q.rows;
      sum.second += q.bytes;
    });
    std::string text;
    for (const char* name : {"mqtt", "xmpp", "waiting"}) {
      text += std::string(name) + " ";
      for (const auto& [user, sum] : all[name])
        text += std::to_string(user) + ": " + std::to_string(sum.first) + "/" + std::to_string(sum.second) + " ";
    }
    return text;
  }
};

TEST_F(Messages, ComeBackAsTheyWere) {
  std::mt19937 chance(1);
  for (int i = 0; i < 200; ++i) {
    MessageRecord m;
    m.user = 1 + static_cast<UserKey>(chance() % 3);
    m.way = chance() % 2 == 0 ? Way::to_mqtt : Way::to_xmpp;
    m.state = static_cast<State>(chance() % 6);
    m.want_delivered = chance() % 2 == 0;
    m.want_displayed = chance() % 2 == 0;
    m.id = i % 4 == 0 ? "" : "id-'\xC3\xA9-" + std::to_string(i);
    m.peer = "alice@corp.example" + std::string(chance() % 2 == 0 ? "" : "/spark");
    m.xmpp_id = chance() % 2 == 0 ? "" : "x";
    m.expires = static_cast<Instant>(chance());
    m.payload = std::string(chance() % 20'000, static_cast<char>(chance() % 256));
    m.seq = 77;  // ignored
    const Seq seq = store_->add_message(m);
    const auto by_id = m.id.empty() ? store_->message(seq) : store_->find_message(m.user, m.id);
    for (const auto& found : {store_->message(seq), by_id}) {
      ASSERT_TRUE(found);
      EXPECT_EQ(found->seq, seq);
      EXPECT_EQ(found->user, m.user);
      EXPECT_EQ(found->way, m.way);
      EXPECT_EQ(found->state, m.state);
      EXPECT_EQ(found->want_delivered, m.want_delivered);
      EXPECT_EQ(found->want_displayed, m.want_displayed);
      EXPECT_EQ(found->id, m.id);
      EXPECT_EQ(found->peer, m.peer);
      EXPECT_EQ(found->xmpp_id, m.xmpp_id);
      EXPECT_EQ(found->expires, m.expires);
      EXPECT_EQ(found->payload, m.payload);
    }
  }
}

TEST_F(Messages, AnIdIsTakenOncePerUser) {
  const Seq first = add(1, Way::to_xmpp, "a");
  EXPECT_EQ(add(1, Way::to_xmpp, "a"), 0);
  EXPECT_EQ(add(1, Way::to_mqtt, "a"), 0);
  EXPECT_EQ(store_->find_message(1, "a")->seq, first);
  EXPECT_FALSE(store_->find_message(2, "a"));
  EXPECT_GT(add(2, Way::to_xmpp, "a"), first);
  EXPECT_NE(add(1, Way::to_xmpp, ""), 0);
  EXPECT_NE(add(1, Way::to_xmpp, ""), 0) << "bare stanzas have no id";
  EXPECT_FALSE(store_->find_message(1, ""));
  store_->remove_message(first);
  EXPECT_FALSE(store_->find_message(1, "a"));
  EXPECT_NE(add(1, Way::to_xmpp, "a"), 0);
}

TEST_F(Messages, ASeqIsNeverUsedTwice) {
  Seq last = 0;  // of what was committed: a seq that was rolled back never left the gateway
  int id = 0;
  for (int round = 0; round < 6; ++round) {
    store_->begin();
    Seq latest = last;
    for (int i = 0; i < 5'000; ++i) {  // across the limits of what is reserved at once
      const Seq seq = add(1, Way::to_xmpp, std::to_string(++id));
      ASSERT_GT(seq, latest) << "round " << round;
      latest = seq;
      if (i % 2 == 1) store_->remove_message(seq);  // the last one too
    }
    if (round % 3 == 1) {
      store_->rollback();
    } else {
      store_->commit();
      last = latest;
    }
    if (round % 2 == 0) reopen();
  }
}

TEST_F(Messages, StatesGoForwardOnly) {
  for (int from = 0; from < 6; ++from)
    for (int to = 0; to < 6; ++to) {
      const Seq seq = add(1, Way::to_mqtt, std::to_string(from) + "-" + std::to_string(to), static_cast<State>(from));
      EXPECT_EQ(store_->set_state(seq, static_cast<State>(to), 5, to == 3), to > from) << from << " to " << to;
      const auto now = store_->message(seq);
      EXPECT_EQ(now->state, static_cast<State>(std::max(from, to)));
      EXPECT_EQ(now->payload, to == 3 && to > from ? "" : "{}");
    }
  EXPECT_FALSE(store_->set_state(999'999, State::displayed, 0, false));
}

TEST_F(Messages, PendingAndWaitingArePagedInOrder) {
  Seqs mqtt, xmpp, waiting;
  for (int i = 0; i < 10; ++i) {
    mqtt.push_back(add(1 + i % 2, Way::to_mqtt, "m" + std::to_string(i)));
    xmpp.push_back(add(1, Way::to_xmpp, "x" + std::to_string(i)));
    waiting.push_back(add(1, Way::to_mqtt, "w" + std::to_string(i), State::waiting));
  }
  add(2, Way::to_mqtt, "other", State::waiting);
  EXPECT_EQ(seqs(store_->pending(Way::to_mqtt, 0, 100)), mqtt);
  EXPECT_EQ(seqs(store_->pending(Way::to_xmpp, 0, 100)), xmpp);
  EXPECT_EQ(seqs(store_->pending(Way::to_xmpp, xmpp[3], 2)), (Seqs{xmpp[4], xmpp[5]}));
  EXPECT_EQ(seqs(store_->waiting(1, 0, 100)), waiting);
  EXPECT_EQ(seqs(store_->waiting(1, waiting[8], 5)), (Seqs{waiting[9]}));
  EXPECT_EQ(queued(), "mqtt 1: 5/10 2: 5/10 xmpp 1: 10/20 waiting 1: 10/20 2: 1/2 ");

  store_->set_state(mqtt[0], State::forwarded, 1, false);
  store_->set_state(mqtt[1], State::waiting, 1, false);
  store_->remove_message(waiting[0]);
  EXPECT_EQ(seqs(store_->pending(Way::to_mqtt, 0, 1)), (Seqs{mqtt[2]}));
  EXPECT_EQ(queued(), "mqtt 1: 4/8 2: 4/8 xmpp 1: 10/20 waiting 1: 9/18 2: 2/4 ");
}

TEST_F(Messages, KeptAreThoseWithAPayloadAcrossBlocks) {
  store_->begin();
  Seqs open, all;
  for (int i = 0; i < 30'000; ++i) {
    if (i % 1'000 != 0) {
      add(2, Way::to_xmpp, "o" + std::to_string(i));
      continue;
    }
    const State state = static_cast<State>(i / 1'000 % 6);
    const Seq seq = add(1, i % 2'000 == 0 ? Way::to_mqtt : Way::to_xmpp, "k" + std::to_string(i), state);
    if (i % 7'000 == 0 && store_->set_state(seq, State::displayed, 0, true)) continue;
    all.push_back(seq);
    if (state <= State::forwarded) open.push_back(seq);
  }
  add(1, Way::to_xmpp, "");
  store_->commit();
  ASSERT_GT(all.size(), open.size());
  EXPECT_EQ(seqs(store_->kept(1, 0, true, 1000)), all);
  EXPECT_EQ(seqs(store_->kept(1, 0, false, 1000)), open);
  EXPECT_EQ(seqs(store_->kept(1, all[9], true, 1000)), Seqs(all.begin() + 10, all.end()));
  EXPECT_EQ(seqs(store_->kept(1, 0, true, 13)), Seqs(all.begin(), all.begin() + 13));
  EXPECT_TRUE(store_->kept(1, 0, true, 0).empty());
  EXPECT_TRUE(store_->kept(3, 0, true, 10).empty());
}

TEST_F(Messages, AStanzaIsFoundByItsSendersBareJid) {
  const auto put = [&](UserKey user, Way way, const char* id, const char* peer, const char* xmpp_id) {
    MessageRecord m;
    m.user = user;
    m.way = way;
    m.id = id;
    m.peer = peer;
    m.xmpp_id = xmpp_id;
    store_->add_message(m);
  };
  put(1, Way::to_mqtt, "first", "alice@corp.example/spark", "s1");
  put(1, Way::to_mqtt, "second", "alice@corp.example", "s1");
  put(1, Way::to_mqtt, "longer", "alice@corp.example.org/x", "s1");
  put(1, Way::to_mqtt, "other", "bob@corp.example/x", "s1");
  put(2, Way::to_mqtt, "theirs", "alice@corp.example/spark", "s1");
  put(1, Way::to_xmpp, "sent", "alice@corp.example/spark", "s2");
  EXPECT_EQ(store_->id_of_stanza(1, "alice@corp.example", "s1"), "second") << "the latest";
  EXPECT_EQ(store_->id_of_stanza(1, "bob@corp.example", "s1"), "other");
  EXPECT_EQ(store_->id_of_stanza(2, "alice@corp.example", "s1"), "theirs");
  EXPECT_EQ(store_->id_of_stanza(1, "alice@corp.example", "s2"), "") << "only what came from XMPP";
  EXPECT_EQ(store_->id_of_stanza(1, "alice@corp.example", ""), "");
  for (int i = 0; i < 999; ++i) add(1, Way::to_mqtt, std::to_string(i));
  EXPECT_EQ(store_->id_of_stanza(1, "bob@corp.example", "s1"), "other") << "the 1000th";
  add(1, Way::to_mqtt, "one more");
  EXPECT_EQ(store_->id_of_stanza(1, "bob@corp.example", "s1"), "") << "the search is bounded";
}

TEST_F(Messages, AFailedOneKeepsItsPayloadAndItsReason) {
  const Seq letter = add(1, Way::to_xmpp, "a"), emptied = add(1, Way::to_mqtt, "b"), bare = add(0, Way::to_xmpp, "");
  EXPECT_TRUE(store_->fail_message(letter, "why", 5000, false));
  EXPECT_FALSE(store_->fail_message(letter, "another", 6000, false)) << "it had failed";
  EXPECT_TRUE(store_->fail_message(emptied, "why not", 5000, true));
  EXPECT_TRUE(store_->fail_message(bare, "because", 5000, false));
  EXPECT_FALSE(store_->fail_message(999'999, "why", 5000, false));
  const auto kept = store_->find_message(1, "a");
  EXPECT_EQ(kept->state, State::failed);
  EXPECT_EQ(kept->reason + kept->payload, "why{}");
  EXPECT_EQ(kept->expires, 5000);
  EXPECT_EQ(store_->find_message(1, "b")->reason + store_->find_message(1, "b")->payload, "why not");
  EXPECT_EQ(add(1, Way::to_xmpp, "a"), 0) << "the ledger still knows the id";

  const auto dead = store_->shelf(Shelf::dead, 0, 0, 10);
  EXPECT_EQ(seqs(dead), (Seqs{letter, bare}));
  EXPECT_EQ(dead[0].payload, "") << "not read";
  EXPECT_EQ(dead[0].bytes, 2);
  EXPECT_EQ(dead[0].reason, "why");
  EXPECT_EQ(store_->count_dead(), 2);
  EXPECT_EQ(seqs(store_->shelf(Shelf::dead, 0, letter, 10)), Seqs{bare});
  EXPECT_EQ(seqs(store_->oldest(0, 10)), Seqs{emptied}) << "dead letters have their own time";
  store_->drop_payload(letter);
  EXPECT_EQ(store_->count_dead(), 1);
  EXPECT_EQ(store_->find_message(1, "a")->reason, "why");
}

TEST_F(Messages, ShelvesArePagedWithoutPayloads) {
  std::map<Shelf, Seqs> shelves;
  for (int i = 0; i < 6; ++i)
    for (const UserKey user : {2, 1}) {
      const std::string id = std::to_string(user) + "-" + std::to_string(i);
      shelves[Shelf::to_xmpp].push_back(add(user, Way::to_xmpp, "x" + id));
      shelves[Shelf::to_mqtt].push_back(add(user, Way::to_mqtt, "m" + id));
      add(user, Way::to_mqtt, "w" + id, State::waiting);
    }
  for (const UserKey user : {1, 2})
    for (const Seq seq : seqs(store_->waiting(user, 0, 100))) shelves[Shelf::waiting].push_back(seq);
  for (const auto& [shelf, expected] : shelves) {
    Seqs found;
    UserKey user = 0;
    Seq after = 0;
    for (int page = 0; page < 20; ++page)
      for (const MessageRecord& row : store_->shelf(shelf, user, after, 5)) {
        EXPECT_EQ(row.payload, "");
        EXPECT_EQ(row.bytes, 2);
        found.push_back(after = row.seq);
        user = row.user;
      }
    EXPECT_EQ(found, expected) << static_cast<int>(shelf);
  }
}

TEST_F(Messages, ExpiryWalksThroughEverythingInPages) {
  Seqs old;
  for (int i = 0; i < 10; ++i) {
    const Seq seq = add(1, Way::to_xmpp, std::to_string(i), State::displayed, i % 3 == 0 ? 50 : 51);
    if (i % 3 == 0) old.push_back(seq);
  }
  Seqs found;
  Seq at = 0;
  int pages = 0;
  do {
    Seq last = -1;
    for (const Seq seq : seqs(store_->expired(50, at, 4, last))) found.push_back(seq);
    at = last;
    ++pages;
  } while (at != 0 && pages < 10);
  EXPECT_EQ(found, old);
  EXPECT_EQ(pages, 3);
}

TEST_F(Messages, RecentAreTheLatestToXmpp) {
  Seqs sent;
  for (int i = 0; i < 10; ++i) {
    sent.push_back(add(1, Way::to_xmpp, std::to_string(i), static_cast<State>(i % 6)));
    add(1, Way::to_mqtt, "m" + std::to_string(i));
    add(1, Way::to_xmpp, "");
  }
  EXPECT_EQ(seqs(store_->recent(0, 100)), sent);
  EXPECT_EQ(seqs(store_->recent(0, 4)), Seqs(sent.end() - 4, sent.end()));
  const Seq late = add(1, Way::to_xmpp, "late", State::accepted, 1500);
  EXPECT_EQ(seqs(store_->recent(499, 100)), Seqs{late}) << "what is older by more than the span is not looked at";
  sent.push_back(late);
  EXPECT_EQ(seqs(store_->recent(500, 100)), sent);
}

TEST_F(Messages, ABrokerThatWentBackInTimeGetsThemAgain) {
  const auto forwarded = [&](Way way, const char* id, std::int64_t mark, bool drop) {
    const Seq seq = add(1, way, id);
    store_->set_state(seq, State::forwarded, mark, drop);
    return seq;
  };
  forwarded(Way::to_mqtt, "before", 10, false);
  const Seq lost = forwarded(Way::to_mqtt, "lost", 11, false);
  forwarded(Way::to_mqtt, "without payload", 12, true);
  forwarded(Way::to_xmpp, "other way", 12, false);
  const Seq delivered = forwarded(Way::to_mqtt, "delivered", 12, false);
  store_->set_state(delivered, State::delivered, 12, false);
  const Seq late = forwarded(Way::to_mqtt, "late", 1'000'000'000, false);
  store_->reopen(11, 1'000'000'000);
  EXPECT_EQ(seqs(store_->pending(Way::to_mqtt, 0, 10)), (Seqs{lost, late}));
  EXPECT_TRUE(store_->pending(Way::to_xmpp, 0, 10).empty());
  EXPECT_TRUE(store_->set_state(lost, State::forwarded, 13, false));
}

}  // namespace messages_test
}  // namespace ferry
