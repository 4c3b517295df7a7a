// out/req: what a user asks of the gateway, one row of a table each; every request is answered once, on
// in/res/{device}.
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
#include "gateway/brain/roster.h"
#include "translators/profile.h"

namespace ferry {

class Requests {
 public:
  static constexpr Duration answer_time = 30 * second;  // for a contact's server to answer an iq
  static constexpr std::size_t max_open = 4'096;        // iqs unanswered, all users together
  static constexpr std::size_t max_congested = 16'384;  // bytes of an answer while the broker is behind

  Requests(World& world, Roster& roster, Presences& presences, Feeds& feeds)
      : world_(world), roster_(roster), presences_(presences), feeds_(feeds) {}

  // Answered now, or when the contact's server has answered. payload: nothing, if it was no JSON.
  void on_request(User& user, const InPublish& publish, JsonView payload);
  bool on_answer(const Stanza& iq);  // a result or error: was it to a request of ours?
  void on_time();
  std::optional<Instant> next_deadline() const;

  struct Asked {  // where the answer goes
    std::string topic, id, correlation, request;
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
  bool over_rate(User& user, const Asked& asked);                                 // and answered so

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
  std::string device_;                // whose request is being handled; empty: nobody said
  std::map<std::string, Open> open_;  // by iq id; ids are time-ordered, and so are the deadlines
};

}  // namespace ferry
