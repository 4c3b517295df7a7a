// What must hold over time, whatever comes in: the rules of tests/brain/invariants.h look at one effect, these
// remember.
//
//   attribution   what follows from an event reaches its parties only, and says who it is from
//   answers       an iq, and a request of a user, is answered once, a request also where the process ended before;
//                 no error answers an error
//   rosters       RFC 6121 appendix A: nobody but the two of them changes what is between them; retained items agree
//   presence      only who may see it gets it
//   receipts      only forward, and never ahead of the records
//   messages      what was taken is in the records until it is delivered, has failed or has expired
//   order         nothing overtakes what is older, for one pair, on one stream; nothing passes what waits
//
// One instance watches one storm, through all its restarts. Each question gives the first broken rule, empty if none.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/mapping.h"
#include "gateway/brain/records.h"
#include "tests/brain/invariants.h"
#include "tests/brain/outside.h"
#include "tests/brain/storm_words.h"
#include "translators/values/uid.h"

namespace ferry {

class Watch {
 public:
  Watch(const Options& options, const MappingTable& table, Records& records, const Outside& outside)
      : options_(options), table_(table), records_(records), outside_(outside) {}

  // Right after one event, before end_of_batch(): everything in `effects` follows from it.
  std::string after_event(const Happening& said, const Effects& effects, Instant now);
  // After end_of_batch(): `effects` are what that added.
  std::string after_tick(const Effects& effects, Instant now);
  // When all of a tick has reached the outside.
  std::string agrees();
  // When all links were up and everything was acknowledged for a while.
  std::string at_rest(Instant now);

  void people_changed() { people_.clear(); }
  void stream_began() { last_on_stream_.clear(); }
  // Who has no answer gets one from the next process, and perhaps again what the broker had not acknowledged.
  void process_ended() {
    for (const auto& [asked, at] : requests_) left_.insert(asked);
    requests_.clear();
    records_.each_request([this](const RequestRecord& r) {
      if (r.state != RequestState::taken) answered_.erase(r.id);
    });
  }
  void requeued() {
    told_.clear();
    last_on_stream_.clear();
  }

 private:
  struct Person {
    UserKey key;
    std::string jid, base;
  };
  struct Half {  // of a contact record: what the rules compare
    bool to, from, ask, request, approved, denied;
    friend bool operator==(const Half&, const Half&) = default;
  };
  using Halves = std::map<std::pair<UserKey, std::string>, Half>;
  struct Kept {
    UserKey user;
    std::string id;
    Instant expires;
  };

  void know_people();
  const Person* of_topic(std::string_view topic) const;
  const Person* of_jid(std::string_view bare) const;
  const Person* of_key(UserKey key) const;
  bool hosted(std::string_view bare) const { return bare.ends_with("@" + options_.component.domain); }
  bool is_feed(std::string_view bare) const;
  std::string attribution(const Happening& said, const Effects& effects);
  std::string stanzas_of(const Happening& said, const Effects& effects);
  std::string rosters(const Happening& said);
  std::string taken(const Happening& said, const Effects& effects, Instant now);
  std::string receipt(const Person& person, const std::string& json);
  std::string publishes(const Effects& effects);
  std::string privacy(const Effects& effects);
  std::string passes_nothing(const Publish& p);
  std::string on_stream(const Effects& effects);
  std::string rooms_agree();
  Halves halves();

  const Options& options_;
  const MappingTable& table_;
  Records& records_;
  const Outside& outside_;
  std::vector<Person> people_;
  std::int64_t known_users_ = -1;
  Halves before_;
  std::set<std::pair<std::string, std::string>> directed_;  // user, whom they showed themselves to
  std::set<std::string> answered_;                          // iqs
  std::map<std::pair<UserKey, std::string>, Instant> requests_;
  std::set<std::pair<UserKey, std::string>> left_;  // unanswered when their process ended
  std::map<std::pair<UserKey, std::string>, MessageState> told_;
  std::map<std::pair<UserKey, std::string>, Seq> last_on_stream_;
  std::vector<Kept> kept_;
  std::vector<Seq> sent_now_;  // in the effects that are looked at
};

}  // namespace ferry
#include "tests/brain/watch_rules.h"
