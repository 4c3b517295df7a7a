// The records of the brain in one SQLite file (design section 10).
//
// One instance is one open store and its owner. The tick's transaction: begin(), any calls, commit(). The transaction
// opens at the first write, so a tick that wrote nothing costs nothing. Writes outside of begin() and commit() are each
// a transaction of their own (ferryctl, start-up). Every call may throw StoreFailure (database.h): roll back then.
//
// While one of the each_…() calls visits, the visitor may read and write other kinds of record, not the visited kind.
#pragma once

#include <memory>
#include <string>

#include "config/options.h"
#include "gateway/brain/records.h"
#include "gateway/store/database.h"
#include "gateway/store/file_lock.h"
#include "gateway/store/statements.h"

namespace ferry {

enum class Exclusive { no, yes };

class Store : public Records {
 public:
  // path: the file, created (mode 0600) if missing; its folder must exist. ":memory:" for tests.
  // Exclusive::yes: the store becomes this process's (FileLock on PATH.lock) and is brought to this version.
  // Exclusive::no: to look at a store that a ferryd may own: it must exist and be of this version already.
  static Result<std::unique_ptr<Store>, StoreError> open(const std::string& path, Durability durability,
                                                         Exclusive exclusive = Exclusive::yes);
  ~Store() override;

  // A real transaction, on the disk whatever the durability: StoreFailure if it cannot be had. Not inside begin().
  void prove_writable(Instant now);

  void begin();
  // StoreFailure: nothing is committed; roll back. With full durability everything is on the disk afterwards, but for
  // commits that only say how far messages have got (set_state, remove_message, put_device, put_packet), or what is
  // asked and answered (put_request, remove_request): those survive the end of the process at once, and a power cut
  // from the next full commit on. Without them a message goes out again, with its id, or a request is not answered and
  // asked again, which is what is promised for a power cut anyway; waiting for the disk each time would halve the rate.
  void commit();
  void rollback();  // nothing that was written since begin() has been; does not throw
  bool in_transaction() const { return in_tick_; }
  bool wrote_anything_since_begin() const { return in_tick_ && database_->in_transaction(); }

  void each_user(const std::function<void(UserRecord)>& visit) override;
  UserKey add_user(const Jid& jid) override;  // who is there already keeps the key
  void remove_user(UserKey user) override;
  void set_profile(UserKey user, std::string_view json) override;
  void each_contact(const std::function<void(UserKey, ContactRecord)>& visit) override;
  void put_contact(UserKey user, const ContactRecord& contact) override;
  void remove_contact(UserKey user, const Jid& contact) override;
  void each_device(const std::function<void(UserKey, DeviceRecord)>& visit) override;
  void put_device(UserKey user, const DeviceRecord& device) override;
  void remove_device(UserKey user, std::string_view name) override;

  void each_follower(const std::function<void(Jid feed, Jid follower)>& visit) override;
  void put_follower(const Jid& feed, const Jid& follower) override;
  void remove_follower(const Jid& feed, const Jid& follower) override;
  void each_route(const std::function<void(std::string_view text)>& visit) override;
  void put_route(std::string_view jid, std::string_view text) override;
  void remove_route(std::string_view jid) override;

  Seq add_message(const MessageRecord& message) override;
  std::optional<MessageRecord> find_message(UserKey user, std::string_view id) override;
  std::optional<MessageRecord> message(Seq seq) override;
  // Looks at the user's latest 1000 rows to MQTT among the latest two million of everybody.
  std::string id_of_stanza(UserKey user, std::string_view peer_bare, std::string_view xmpp_id) override;
  bool set_state(Seq seq, MessageState state, std::int64_t mark, bool drop_payload) override;
  bool fail_message(Seq seq, std::string_view reason, Instant expires, bool drop_payload) override;
  void drop_payload(Seq seq) override;
  void remove_message(Seq seq) override;
  std::vector<MessageRecord> pending(Way way, Seq after, std::size_t limit) override;
  std::vector<MessageRecord> waiting(UserKey user, Seq after, std::size_t limit) override;
  // Only messages (with an id). Not confirmed: accepted, waiting or forwarded; confirmed: every state.
  std::vector<MessageRecord> kept(UserKey user, Seq after, bool confirmed, std::size_t limit) override;
  void each_queued(const std::function<void(const QueuedRecord&)>& visit) override;  // from the indexes alone
  // Only messages (with an id), the latest `limit` of those among the latest 200,000 rows of everybody.
  std::vector<MessageRecord> recent(Duration span, std::size_t limit) override;
  std::vector<MessageRecord> sent(Seq from, std::size_t limit) override;
  std::vector<MessageRecord> oldest(Seq after, std::size_t limit) override;
  std::vector<MessageRecord> shelf(Shelf which, UserKey after_user, Seq after, std::size_t limit) override;
  std::int64_t count_dead() override;
  // Examines the next `limit` rows. last: where to go on; 0: the end was reached, so the next walk starts over.
  std::vector<MessageRecord> expired(Instant now, Seq after, std::size_t limit, Seq& last) override;
  void reopen(std::int64_t first,
              std::int64_t last) override;  // reads the whole table: after a loss of the broker only

  void each_account(const std::function<void(AccountRecord)>& visit) override;
  void put_account(const AccountRecord& account) override;
  void remove_account(const Jid& account) override;
  std::int64_t add_write(const Jid& account, const WriteRecord& write) override;
  void set_write(const Jid& account, std::int64_t number, WriteState state) override;
  std::optional<WriteRecord> last_write(const Jid& account, std::int64_t before) override;
  std::vector<WriteRecord> writes(const Jid& account, std::int64_t after, std::size_t limit) override;
  bool was_seen(const Jid& account, std::uint64_t digest) override;
  void put_seen(const Jid& account, std::uint64_t digest, Instant expires) override;
  void forget_seen(Instant now) override;
  void put_difference(const Jid& account, const DifferenceRecord& difference) override;
  void remove_difference(const Jid& account, std::string_view kind, std::string_view peer) override;
  std::vector<DifferenceRecord> differences(const Jid& account, std::size_t limit) override;
  void each_room(const std::function<void(const Jid& account, RoomRecord room)>& visit) override;
  void put_room(const Jid& account, const RoomRecord& room) override;
  void remove_room(const Jid& account, const Jid& room) override;
  void remove_rooms(const Jid& account) override;

  void each_request(const std::function<void(const RequestRecord&)>& visit) override;
  void put_request(const RequestRecord& request) override;
  void remove_request(UserKey user, std::int64_t number) override;

  bool seen_packet(int packet_id, std::uint64_t digest) override;  // the packet's latest digest is this one
  void put_packet(int packet_id, std::uint64_t digest) override;
  std::string meta(std::string_view key) override;
  void set_meta(std::string_view key, std::string_view value) override;

 private:
  Store(FileLock lock, std::unique_ptr<Database> database);
  enum class Weight { full, light };
  void write(Weight weight = Weight::full) {  // before every write; light: see commit()
    heavy_ |= weight == Weight::full;
    if (in_tick_ && !database_->in_transaction()) database_->begin();
  }
  Seq next_seq();
  void read_reserved_seq();

  FileLock lock_;
  std::unique_ptr<Database> database_;
  PeopleStatements people_;
  RouteStatements routes_;
  MessageStatements messages_;
  OutboxStatements outbox_;
  RequestStatements requests_;
  MetaStatements meta_;
  AccountStatements accounts_;
  Statement commit_;
  bool in_tick_ = false;
  bool heavy_ = false;  // this transaction has something that must be on the disk before it is acknowledged
  bool sync_ = false;   // full durability
  // Seqs below reserved_seq_ (kept in meta) may be given without another write. A rollback or a crash leaves a gap.
  Seq next_seq_ = 1, reserved_seq_ = 1;
};

}  // namespace ferry
