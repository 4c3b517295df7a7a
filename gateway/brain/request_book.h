// Which requests are not answered yet, and what changed something lately: kept by the records, so that a crash leaves
// nobody without an answer, and nothing is done twice that the broker or a client says twice.
//
// A request has a row from its acceptance until the broker has taken its answer. The row of one that changed something
// then stays: a repeat (the same user, device, id and payload) gets the answer of the first time and is not carried
// out, or an older change would undo a later one. Brokers that come back without their latest state repeat what they
// had delivered, and clients what they have no answer to. Another payload under the same id ends that, and so does
// repeat_time as long as the broker's link has not ended since: clients that count their ids from 1 at each start mean
// something new by them. One instance keeps it for all users.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "gateway/brain/world.h"

namespace ferry {

class RequestBook {
 public:
  static constexpr std::size_t max_rows = 65'536;      // all users together; what is remembered makes room for the new
  static constexpr std::size_t max_of_user = 512;      // remembered; the oldest are forgotten
  static constexpr std::size_t max_bytes = 16U << 20;  // of the texts of all rows
  static constexpr std::size_t max_answer = 2'048;     // bytes; a longer one is not kept
  static constexpr Duration life = 3'600 * second;     // of what is remembered; not while the broker is away
  static constexpr Duration repeat_time = 600 * second;
  static constexpr Duration settled_time = 600 * second;  // the broker has repeated by then what it repeats

  struct Row {
    RequestRecord record;
    std::string request;  // its name
    bool ours = false;    // asked of this process: an answer will come
  };

  explicit RequestBook(World& world) : world_(world) {}

  void start();  // reads the records
  void broker_up() { link_since_ = world_.now; }

  Row* find(std::int64_t number);
  Row* same_id(UserKey user, std::uint64_t key);
  bool is_repeat(const Row& row, std::uint64_t digest) const;
  Row* add(RequestRecord record, std::string_view request);  // not in the records yet; nullptr: there is no room
  // Every change goes through here. It is in the records after keep() only.
  void edit(Row& row, const std::function<void(RequestRecord&)>& change);
  void keep(const Row& row);  // in the records, as it is now
  void taken(Row& row);       // by the broker: remembered, or removed
  void remove(Row& row);
  void forget(UserKey user);  // who is removed, with all that is theirs
  void on_time();

  const std::map<std::int64_t, Row>& rows() const { return rows_; }

 private:
  using Key = std::pair<UserKey, std::uint64_t>;
  static std::size_t bytes_of(const Row& row);
  bool remembered(const Row& row) const { return row.record.state == RequestState::taken; }
  bool make_room(std::size_t bytes);
  void limit(UserKey user);

  World& world_;
  std::map<std::int64_t, Row> rows_;                // by number
  std::map<Key, std::int64_t> by_key_;              // of those with a key, the latest
  std::unordered_map<UserKey, std::size_t> count_;  // rows of each
  std::size_t bytes_ = 0;
  std::int64_t last_ = 0;
  std::optional<Instant> link_since_;  // the broker's, this time
};

}  // namespace ferry
