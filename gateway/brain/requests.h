// out/req: what a user asks of the gateway, one row of a table each; every request is answered, on in/res/{device},
// and once unless the process or the broker dies while its answer is on the way.
//
//   roster.get roster.add roster.update roster.remove  subscribe unsubscribe approve deny
//   profile.get profile.set  presence.send  feed.last  who     and about rooms (rooms.h)
//
// Where to: the MQTT 5 response topic (only under the requester's own in/res/), else the device that the request names,
// else in/res/-. One instance serves all users.
#pragma once

#include <map>

#include "gateway/brain/feeds.h"
#include "gateway/brain/presences.h"
#include "gateway/brain/request_book.h"
#include "gateway/brain/roster.h"
#include "translators/profile.h"

namespace ferry {

class Requests {
 public:
  static constexpr Duration answer_time = 30 * second;  // for a contact's server to answer an iq
  static constexpr std::size_t max_open = 4'096;        // iqs unanswered, all users together
  static constexpr std::size_t max_congested = 16'384;  // bytes of an answer while the broker is behind

  static constexpr std::size_t max_waiting = 64U << 20;  // bytes that wait for the broker; then answers may be dropped

  Requests(World& world, Roster& roster, Presences& presences, Feeds& feeds)
      : world_(world), roster_(roster), presences_(presences), feeds_(feeds), book_(world) {}

  // Of a Publish: this and all above are answers'; below are the numbers of messages.
  static constexpr std::int64_t first_token = std::int64_t{1} << 62;
  static constexpr Duration tell_after = 5 * second;  // by then the broker has sent again what we had not acknowledged

  void start() { book_.start(), untold_from_ = book_.rows().empty() ? 0 : 1; }
  void broker_up();
  void component_down();                  // what was asked over that stream gets no answer over another one
  void on_published(std::int64_t token);  // PUBACK of an answer: the broker has it, or never will
  void end();                             // of the process: what is not answered now, would not be
  void forget(UserKey user) { book_.forget(user); }

  // Answered now, or when the contact's server has answered. payload: nothing, if it was no JSON.
  void on_request(User& user, const InPublish& publish, JsonView payload);
  void refuse(User& user, const InPublish& publish, JsonView payload, const StanzaError& why);
  bool on_answer(const Stanza& iq);  // a result or error: was it to a request of ours?
  void on_time();
  std::optional<Instant> next_deadline() const;

  struct Asked {  // where the answer goes
    std::string topic, id, correlation, request;
    std::int64_t number = 0;  // in the book; 0: it is not there
  };

  using Answer = Result<std::string>;  // the result object, as JSON
  void answer(const User& user, const Asked& asked, const Answer& answer);
  // Requests of users with an account, which its own server answers; false: none of these.
  std::function<bool(User&, std::string_view name, JsonView, const Asked&)> by_session;
  std::function<bool(User&, std::string_view name, JsonView, const Asked&)> rooms;  // likewise: those about rooms

 private:
  struct Row {
    std::string_view name;
    Answer (Requests::*handle)(User&, JsonView);
    bool changes = false;  // the roster or a subscription
  };
  static const Row rows[];

  Answer roster_get(User& user, JsonView r);
  Answer roster_add(User& user, JsonView r);
  Answer roster_update(User& user, JsonView r);
  Answer roster_remove(User& user, JsonView r);
  Answer subscribe(User& user, JsonView r);
  Answer unsubscribe(User& user, JsonView r);
  Answer approve(User& user, JsonView r);
  Answer deny(User& user, JsonView r);
  Answer profile_set(User& user, JsonView r);
  Answer presence_send(User& user, JsonView r);
  Answer feed_last(User& user, JsonView r);
  Answer who(User& user, JsonView r);
  Answer subscription(User& user, JsonView r, subscription::Type type);
  std::optional<Answer> profile_get(User& user, JsonView r, const Asked& asked);  // nullopt: asked the contact's server
  static std::string answers_of(const User& user);                                // begins their topics
  Asked asked_by(const User& user, const InPublish& publish, JsonView payload);
  bool over_rate(User& user, const Asked& asked);  // and answered so
  void carry_out(User& user, JsonView payload, const Asked& asked);

  // requests_answers.cpp
  bool repeated(User& user, const Asked& asked, std::uint64_t key, std::uint64_t digest);  // and taken care of
  void open(User& user, Asked& asked, std::uint64_t key, std::uint64_t digest);
  void close(User& user, const Asked& asked);  // it was carried out, or is being
  void publish(const User& user, const Asked& asked, std::string json);
  void tell_untold();
  Asked asked_of(const User& user, const RequestBook::Row& row) const;

  struct Open {
    UserKey user;
    Asked asked;
    std::string peer;
    Instant until;
  };

  World& world_;
  Roster& roster_;
  Presences& presences_;
  Feeds& feeds_;
  RequestBook book_;
  std::int64_t handling_ = 0;         // the number of the request that is being carried out
  std::int64_t untold_from_ = 0;      // of an earlier process: what is not answered from this number on; 0: nothing
  std::optional<Instant> tell_at_;    // these
  std::string device_;                // whose request is being handled; empty: nobody said
  std::map<std::string, Open> open_;  // by iq id; ids are time-ordered, and so are the deadlines
};

}  // namespace ferry
