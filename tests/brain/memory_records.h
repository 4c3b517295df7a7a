// Records in plain maps: what the brain's tests run over beside the real store, and the proof that the port promises
// nothing that only SQLite can keep. One instance is what one gateway remembers; it outlives the brains of a test.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "gateway/brain/records.h"
#include "tests/brain/memory_accounts.h"

namespace ferry {

class MemoryRecords : public MemoryAccounts {
 public:
  void each_user(const std::function<void(UserRecord)>& visit) override {
    for (const auto& [key, user] : users_) visit(user);
  }
  UserKey add_user(const Jid& jid) override {
    for (const auto& [key, user] : users_)
      if (user.jid == jid) return key;
    const UserKey key = ++last_key_;
    users_.emplace(key, UserRecord{key, jid, {}});
    return key;
  }
  void remove_user(UserKey user) override {
    users_.erase(user);
    std::erase_if(contacts_, [&](const auto& c) { return c.first.first == user; });
    std::erase_if(devices_, [&](const auto& d) { return d.first.first == user; });
    std::erase_if(messages_, [&](const auto& m) { return m.second.row.user == user; });
    std::erase_if(requests_, [&](const auto& r) { return r.second.user == user; });
  }
  void set_profile(UserKey user, std::string_view json) override { users_.at(user).profile = json; }
  void each_contact(const std::function<void(UserKey, ContactRecord)>& visit) override {
    for (const auto& [key, contact] : contacts_) visit(key.first, contact);
  }
  void put_contact(UserKey user, const ContactRecord& contact) override {
    contacts_.insert_or_assign({user, contact.jid.str()}, contact);
  }
  void remove_contact(UserKey user, const Jid& contact) override { contacts_.erase({user, contact.str()}); }
  void each_device(const std::function<void(UserKey, DeviceRecord)>& visit) override {
    for (const auto& [key, device] : devices_) visit(key.first, device);
  }
  void put_device(UserKey user, const DeviceRecord& device) override { devices_[{user, device.name}] = device; }
  void remove_device(UserKey user, std::string_view name) override { devices_.erase({user, std::string(name)}); }

  void each_follower(const std::function<void(Jid feed, Jid follower)>& visit) override {
    for (const auto& [feed, follower] : followers_) visit(feed, follower);
  }
  void put_follower(const Jid& feed, const Jid& follower) override { followers_.emplace(feed, follower); }
  void remove_follower(const Jid& feed, const Jid& follower) override { followers_.erase({feed, follower}); }
  void each_route(const std::function<void(std::string_view text)>& visit) override {
    for (const auto& [jid, text] : routes_) visit(text);
  }
  void put_route(std::string_view jid, std::string_view text) override { routes_[std::string(jid)] = text; }
  void remove_route(std::string_view jid) override { routes_.erase(std::string(jid)); }

  Seq add_message(const MessageRecord& message) override {
    if (find_message(message.user, message.id)) return 0;
    Row& added = messages_[++last_seq_];
    added.row = message;
    added.row.seq = last_seq_;
    added.row.bytes = static_cast<std::int64_t>(message.payload.size());
    return last_seq_;
  }
  std::optional<MessageRecord> find_message(UserKey user, std::string_view id) override {
    if (id.empty()) return std::nullopt;
    for (const auto& [seq, m] : messages_)
      if (m.row.user == user && m.row.id == id) return m.row;
    return std::nullopt;
  }
  std::optional<MessageRecord> message(Seq seq) override {
    const auto it = messages_.find(seq);
    if (it == messages_.end()) return std::nullopt;
    return it->second.row;
  }
  std::string id_of_stanza(UserKey user, std::string_view peer_bare, std::string_view xmpp_id) override {
    if (xmpp_id.empty()) return {};
    for (auto it = messages_.rbegin(); it != messages_.rend(); ++it) {
      const MessageRecord& row = it->second.row;
      if (row.user != user || row.way != Way::to_mqtt || row.xmpp_id != xmpp_id) continue;
      if (row.peer == peer_bare || row.peer.starts_with(std::string(peer_bare) + "/")) return row.id;
    }
    return {};
  }
  bool set_state(Seq seq, MessageState state, std::int64_t mark, bool drop_payload) override {
    const auto it = messages_.find(seq);
    if (it == messages_.end() || it->second.row.state >= state) return false;
    it->second.row.state = state;
    it->second.mark = mark;
    if (drop_payload) this->drop_payload(seq);
    return true;
  }
  bool fail_message(Seq seq, std::string_view reason, Instant expires, bool drop_payload) override {
    if (!set_state(seq, MessageState::failed, messages_[seq].mark, drop_payload)) return false;
    messages_[seq].row.reason = reason;
    messages_[seq].row.expires = expires;
    return true;
  }
  void drop_payload(Seq seq) override {
    messages_[seq].row.payload.clear();
    messages_[seq].row.bytes = 0;
  }
  void remove_message(Seq seq) override { messages_.erase(seq); }
  std::vector<MessageRecord> pending(Way way, Seq after, std::size_t limit) override {
    return select(after, limit,
                  [&](const MessageRecord& m) { return m.way == way && m.state == MessageState::accepted; });
  }
  std::vector<MessageRecord> waiting(UserKey user, Seq after, std::size_t limit) override {
    return select(after, limit, [&](const MessageRecord& m) {
      return m.user == user && m.way == Way::to_mqtt && m.state == MessageState::waiting;
    });
  }
  std::vector<MessageRecord> kept(UserKey user, Seq after, bool confirmed, std::size_t limit) override {
    return select(after, limit, [&](const MessageRecord& m) {
      return m.user == user && !m.id.empty() && !m.payload.empty() && (confirmed || m.state <= MessageState::forwarded);
    });
  }
  void each_queued(const std::function<void(const QueuedRecord&)>& visit) override {
    for (const auto& [seq, m] : messages_)
      if (m.row.state <= MessageState::waiting) visit({m.row.user, m.row.way, m.row.state, 1, m.row.bytes});
  }
  std::vector<MessageRecord> recent(Duration span, std::size_t limit) override {
    std::vector<MessageRecord> rows;
    Instant newest = 0;
    for (auto it = messages_.rbegin(); it != messages_.rend() && rows.size() < limit; ++it) {
      const MessageRecord& row = it->second.row;
      newest = std::max(newest, row.expires);
      const bool old = row.expires < newest - span;
      if (old && row.state != MessageState::failed) break;
      if (!old && row.way == Way::to_xmpp && !row.id.empty()) rows.push_back(row);
    }
    std::reverse(rows.begin(), rows.end());
    return rows;
  }
  std::vector<MessageRecord> sent(Seq from, std::size_t limit) override {
    return select(from - 1, limit, [](const MessageRecord& m) { return m.way == Way::to_xmpp && !m.id.empty(); });
  }
  std::vector<MessageRecord> oldest(Seq after, std::size_t limit) override {
    return heads(select(after, limit, [](const MessageRecord& m) { return !dead(m); }));
  }
  std::vector<MessageRecord> expired(Instant now, Seq after, std::size_t limit, Seq& last) override {
    std::vector<MessageRecord> rows;
    std::size_t examined = 0;
    last = 0;
    for (auto it = messages_.upper_bound(after); it != messages_.end() && examined < limit; ++it, ++examined) {
      last = it->first;
      if (it->second.row.expires <= now) rows.push_back(it->second.row);
    }
    if (examined < limit) last = 0;
    return heads(std::move(rows));
  }
  std::vector<MessageRecord> shelf(Shelf which, UserKey after_user, Seq after, std::size_t limit) override {
    if (which == Shelf::waiting) {
      auto rows = select(0, messages_.size(), [&](const MessageRecord& m) {
        return m.state == MessageState::waiting && std::pair(m.user, m.seq) > std::pair(after_user, after);
      });
      std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.user < b.user; });
      if (rows.size() > limit) rows.resize(limit);
      return heads(std::move(rows));
    }
    const Way way = which == Shelf::to_xmpp ? Way::to_xmpp : Way::to_mqtt;
    return heads(select(after, limit, [&](const MessageRecord& m) {
      return which == Shelf::dead ? dead(m) : m.state == MessageState::accepted && m.way == way;
    }));
  }
  std::int64_t count_dead() override {
    return std::count_if(messages_.begin(), messages_.end(), [](const auto& m) { return dead(m.second.row); });
  }
  void reopen(std::int64_t first, std::int64_t last) override {
    for (auto& [seq, m] : messages_)
      if (m.row.way == Way::to_mqtt && m.row.state == MessageState::forwarded && m.mark >= first && m.mark <= last &&
          !m.row.payload.empty())
        m.row.state = MessageState::accepted;
  }

  void each_request(const std::function<void(const RequestRecord&)>& visit) override {
    for (const auto& [number, request] : requests_) visit(request);
  }
  void put_request(const RequestRecord& request) override { requests_[request.number] = request; }
  void remove_request(UserKey, std::int64_t number) override { requests_.erase(number); }

  bool seen_packet(int packet_id, std::uint64_t digest) override {
    const auto it = packets_.find(packet_id);
    return it != packets_.end() && it->second == digest;
  }
  void put_packet(int packet_id, std::uint64_t digest) override { packets_[packet_id] = digest; }
  std::string meta(std::string_view key) override { return meta_[std::string(key)]; }
  void set_meta(std::string_view key, std::string_view value) override { meta_[std::string(key)] = value; }

 private:
  struct Row {
    MessageRecord row;
    std::int64_t mark = 0;
  };
  static bool dead(const MessageRecord& m) { return m.state == MessageState::failed && m.bytes > 0; }
  static std::vector<MessageRecord> heads(std::vector<MessageRecord> rows) {
    for (MessageRecord& row : rows) row.payload.clear();
    return rows;
  }
  template <class Wanted>
  std::vector<MessageRecord> select(Seq after, std::size_t limit, Wanted wanted) const {
    std::vector<MessageRecord> rows;
    for (auto it = messages_.upper_bound(after); it != messages_.end() && rows.size() < limit; ++it)
      if (wanted(it->second.row)) rows.push_back(it->second.row);
    return rows;
  }

  UserKey last_key_ = 0;
  Seq last_seq_ = 0;
  std::map<UserKey, UserRecord> users_;
  std::map<std::pair<UserKey, std::string>, ContactRecord> contacts_;
  std::map<std::pair<UserKey, std::string>, DeviceRecord> devices_;
  std::set<std::pair<Jid, Jid>> followers_;
  std::map<std::string, std::string> routes_, meta_;
  std::map<Seq, Row> messages_;
  std::map<int, std::uint64_t> packets_;
  std::map<std::int64_t, RequestRecord> requests_;
};

}  // namespace ferry
