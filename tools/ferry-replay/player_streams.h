// What a player must remember of client streams: whose each is, and which stanzas it has played already.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "gateway/capture/record.h"
#include "translators/values/xml.h"

namespace ferry::replay {

// One instance is one capture's. Bounded: what was there first is forgotten first.
class ClientStreams {
 public:
  static constexpr std::size_t most_streams = 100'000, most_seen = 65'536;

  void close(const std::string& stream) { jids_.erase(stream); }
  // The full JID of the stream, as the record or an earlier answer to a resource binding says it; empty: unknown.
  const std::string& learn(const Record& record, const Element& element);

  // Has an account been told this already, by another way or again? What has no id is always new.
  bool told_before(const Element& message);

  // The same stanza is captured when its sender's client says it and again for each client that it is delivered to.
  // True: this one was played already. Whatever a client says itself is a new one.
  bool played_before(const Record& record, std::uint64_t digest);
  // Likewise of what the server hands to a component: its sender's client was captured, too.
  bool said_before(std::uint64_t digest) const;

 private:
  struct Seen {
    std::string stream;
    bool said = false;  // by its sender's client
  };
  std::map<std::string, std::string> jids_;  // by stream
  std::unordered_map<std::uint64_t, Seen> seen_;
  std::deque<std::uint64_t> order_;
  std::unordered_set<std::uint64_t> told_;
  std::deque<std::uint64_t> told_order_;
};

// Of what stays the same on a stanza's way through a server: its addresses (the recipient's bare), type, id and text.
std::uint64_t digest_of_stanza(const Element& element);
std::uint64_t digest_of_text(std::string_view a, std::string_view b);

}  // namespace ferry::replay
