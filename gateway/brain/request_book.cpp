#include "gateway/brain/request_book.h"

namespace ferry {

std::size_t RequestBook::bytes_of(const Row& row) {
  const RequestRecord& r = row.record;
  return r.device.size() + r.correlation.size() + r.id.size() + r.answer.size();
}

void RequestBook::start() {
  world_.records.each_request([this](const RequestRecord& record) {
    Row row{record, {}, false};
    bytes_ += bytes_of(row);
    ++count_[record.user];
    last_ = record.number;
    if (record.key != 0) by_key_[{record.user, record.key}] = record.number;
    rows_.emplace(record.number, std::move(row));
  });
}

RequestBook::Row* RequestBook::find(std::int64_t number) {
  const auto it = rows_.find(number);
  return it == rows_.end() ? nullptr : &it->second;
}

RequestBook::Row* RequestBook::same_id(UserKey user, std::uint64_t key) {
  const auto it = by_key_.find({user, key});
  return it == by_key_.end() ? nullptr : find(it->second);
}

bool RequestBook::is_repeat(const Row& row, std::uint64_t digest) const {
  if (row.record.digest != digest) return false;
  if (!remembered(row)) return true;
  return !link_since_ || row.record.at < *link_since_ || world_.now < row.record.at + repeat_time;
}

// Only what is remembered makes room: who has no answer yet is to get one.
bool RequestBook::make_room(std::size_t bytes) {
  for (auto it = rows_.begin(); rows_.size() >= max_rows || bytes_ + bytes > max_bytes;) {
    while (it != rows_.end() && !remembered(it->second)) ++it;
    if (it == rows_.end()) return false;
    remove((it++)->second);
  }
  return true;
}

RequestBook::Row* RequestBook::add(RequestRecord record, std::string_view request) {
  Row row{std::move(record), std::string(request), true};
  if (!make_room(bytes_of(row))) {
    world_.count("requests_unkept");
    return nullptr;
  }
  const std::int64_t number = row.record.number = ++last_;
  bytes_ += bytes_of(row);
  ++count_[row.record.user];
  if (row.record.key != 0) by_key_[{row.record.user, row.record.key}] = number;
  return &rows_.emplace(number, std::move(row)).first->second;
}

void RequestBook::edit(Row& row, const std::function<void(RequestRecord&)>& change) {
  bytes_ -= bytes_of(row);
  change(row.record);
  bytes_ += bytes_of(row);
}

void RequestBook::keep(const Row& row) { world_.records.put_request(row.record); }

void RequestBook::taken(Row& row) {
  const RequestRecord& r = row.record;
  const Row* latest = r.key != 0 ? same_id(r.user, r.key) : nullptr;
  if (!r.final || latest != &row) return remove(row);  // nothing can repeat it
  edit(row, [](RequestRecord& taken) {
    taken.state = RequestState::taken;
    taken.device = taken.correlation = taken.id = {};
  });
  row.request.clear();
  keep(row);
  limit(r.user);
}

void RequestBook::limit(UserKey user) {
  if (count_[user] <= max_of_user) return;
  std::size_t remembers = 0;
  Row* oldest = nullptr;
  for (auto it = by_key_.lower_bound({user, 0}); it != by_key_.end() && it->first.first == user; ++it) {
    Row* row = find(it->second);
    if (!row || !remembered(*row)) continue;
    ++remembers;
    if (!oldest || row->record.number < oldest->record.number) oldest = row;
  }
  if (remembers > max_of_user) remove(*oldest);
}

void RequestBook::remove(Row& row) {
  const RequestRecord& r = row.record;
  world_.records.remove_request(r.user, r.number);
  bytes_ -= bytes_of(row);
  if (const auto it = count_.find(r.user); it != count_.end() && --it->second == 0) count_.erase(it);
  if (const auto it = by_key_.find({r.user, r.key}); it != by_key_.end() && it->second == r.number) by_key_.erase(it);
  rows_.erase(std::int64_t{r.number});
}

void RequestBook::forget(UserKey user) {
  if (!count_.contains(user)) return;
  for (auto it = rows_.begin(); it != rows_.end();)
    if (auto next = std::next(it); it->second.record.user == user) {
      remove(it->second);
      it = next;
    } else {
      it = next;
    }
}

// What is this old and has no answer still, never gets one: the broker would take none.
void RequestBook::on_time() {
  constexpr std::size_t at_once = 256;
  if (!world_.mqtt_up || !link_since_ || world_.now < *link_since_ + settled_time) return;
  for (std::size_t n = 0; n < at_once && !rows_.empty(); ++n) {
    Row& oldest = rows_.begin()->second;
    if (world_.now < oldest.record.at + life) return;
    remove(oldest);
  }
}

}  // namespace ferry
