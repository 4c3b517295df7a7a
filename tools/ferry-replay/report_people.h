// Who is in a capture: users, their domains, rosters, watchers, devices, conversations; and how much one of them does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "gateway/capture/record.h"
#include "tools/ferry-replay/report_counts.h"
#include "translators/values/stanza.h"

namespace ferry::report {

struct DomainCount {
  std::int64_t count = 0, users = 0;  // stanzas from there
  bool rooms = false;                 // group chat goes there
  std::int64_t stream_users = 0;      // users that have a client stream in the capture
};

// One stanza, as the counters look at it.
struct Seen {
  const Stanza& stanza;
  std::optional<Jid> from, to;  // of the stanza, else of the stream; people, not rooms
  std::optional<Jid> room;      // whichever of the two is one
  bool first_sight = true;      // not the server's copy of what it received
  bool to_client = false;       // the server's copy for one recipient
  std::int64_t time = 0;
};

class People {
 public:
  explicit People(Budget& sets) : sets_(sets) {}

  void add(const Seen& seen);
  void has_stream(const Jid& user);  // a client stream of theirs was seen

  std::int64_t users() const { return static_cast<std::int64_t>(people_.size()); }
  bool more_users() const { return more_users_; }
  const Distinct& conversations() const { return conversations_; }
  const Tally<DomainCount>& domains() const { return domains_; }

  Spread rosters() const;   // items, of those whose roster was seen
  Spread watchers() const;  // of those whose presence somebody got
  std::int64_t most_devices() const;
  std::int64_t largest_message() const { return largest_message_; }
  void message_size(std::int64_t bytes) { largest_message_ = std::max(largest_message_, bytes); }

  // The most within a second, and within a minute.
  struct Pace {
    Peak second{1'000'000}, minute{60'000'000};
    void add(Digest who, std::int64_t time) {
      second.add(who, time);
      minute.add(who, time);
    }
  };
  const Pace& messages() const { return messages_; }
  const Pace& presences() const { return presences_; }
  const Pace& requests() const { return requests_; }
  const Pace& wishes() const { return wishes_; }
  const Pace& stanzas() const { return stanzas_; }
  const Pace& of_domain() const { return of_domain_; }

 private:
  struct Person {
    std::int32_t roster = -1, watchers = 0, devices = 0;
    bool stream = false;
  };
  Person* person(const Jid& jid);
  void roster(const Seen& seen);

  Budget& sets_;
  std::unordered_map<Digest, Person> people_;
  bool more_users_ = false;
  std::unordered_set<Digest> rooms_;  // domains
  Distinct conversations_, watching_, devices_;
  Tally<DomainCount> domains_;
  Pace messages_, presences_, requests_, wishes_, stanzas_, of_domain_;
  std::int64_t largest_message_ = 0;
};

}  // namespace ferry::report
