// Accounts in plain maps, for MemoryRecords.
#pragma once

#include <map>
#include <utility>

#include "gateway/brain/records.h"

namespace ferry {

class MemoryAccounts : public Records {
 public:
  void each_account(const std::function<void(AccountRecord)>& visit) override {
    for (const auto& [jid, account] : accounts_) visit(account);
  }
  void put_account(const AccountRecord& account) override { accounts_.insert_or_assign(account.jid.str(), account); }
  void remove_account(const Jid& account) override {
    accounts_.erase(account.str());
    writes_.erase(account.str());
    seen_.erase(account.str());
    differences_.erase(account.str());
    rooms_.erase(account.str());
  }
  std::int64_t add_write(const Jid& account, const WriteRecord& write) override {
    auto& all = writes_[account.str()];
    const std::int64_t number = all.empty() ? 1 : all.rbegin()->first + 1;
    all.emplace(number, write).first->second.number = number;
    return number;
  }
  void set_write(const Jid& account, std::int64_t number, WriteState state) override {
    writes_[account.str()].at(number).state = state;
  }
  std::optional<WriteRecord> last_write(const Jid& account, std::int64_t before) override {
    auto& all = writes_[account.str()];
    for (auto it = all.rbegin(); it != all.rend(); ++it)
      if (it->first < before && it->second.state < WriteState::undone) return it->second;
    return std::nullopt;
  }
  std::vector<WriteRecord> writes(const Jid& account, std::int64_t after, std::size_t limit) override {
    std::vector<WriteRecord> found;
    for (const auto& [number, write] : writes_[account.str()])
      if (number > after && found.size() < limit) found.push_back(write);
    return found;
  }
  bool was_seen(const Jid& account, std::uint64_t digest) override { return seen_[account.str()].contains(digest); }
  void put_seen(const Jid& account, std::uint64_t digest, Instant expires) override {
    seen_[account.str()][digest] = expires;
  }
  void forget_seen(Instant now) override {
    for (auto& [jid, seen] : seen_) std::erase_if(seen, [&](const auto& s) { return s.second <= now; });
  }
  void put_difference(const Jid& account, const DifferenceRecord& d) override {
    differences_[account.str()].insert_or_assign({d.kind, d.peer}, d);
  }
  void remove_difference(const Jid& account, std::string_view kind, std::string_view peer) override {
    differences_[account.str()].erase({std::string(kind), std::string(peer)});
  }
  std::vector<DifferenceRecord> differences(const Jid& account, std::size_t limit) override {
    std::vector<DifferenceRecord> found;
    for (const auto& [key, d] : differences_[account.str()])
      if (found.size() < limit) found.push_back(d);
    return found;
  }
  void each_room(const std::function<void(const Jid& account, RoomRecord room)>& visit) override {
    for (const auto& [account, rooms] : rooms_)
      for (const auto& [jid, room] : rooms) visit(*Jid::parse(account), room);
  }
  void put_room(const Jid& account, const RoomRecord& room) override {
    rooms_[account.str()].insert_or_assign(room.room.str(), room);
  }
  void remove_room(const Jid& account, const Jid& room) override { rooms_[account.str()].erase(room.str()); }
  void remove_rooms(const Jid& account) override {
    rooms_.erase(account.str());
    seen_.erase(account.str());
  }

 private:
  std::map<std::string, std::map<std::string, RoomRecord>> rooms_;
  std::map<std::string, AccountRecord> accounts_;
  std::map<std::string, std::map<std::int64_t, WriteRecord>> writes_;
  std::map<std::string, std::map<std::uint64_t, Instant>> seen_;
  std::map<std::string, std::map<std::pair<std::string, std::string>, DifferenceRecord>> differences_;
};

}  // namespace ferry
