// What the parts of the brain share: the people, the table, the records, and the way out.
//
// One World is one brain's state. The parts (roster, presences, delivery, requests, services, feeds) are small machines
// over it; none includes another: what one needs of another goes through World's hooks or through brain.cpp, the
// router.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/mapping.h"
#include "config/options.h"
#include "gateway/brain/effects.h"
#include "gateway/brain/gauges.h"
#include "gateway/brain/limits.h"
#include "gateway/brain/log_limit.h"
#include "gateway/brain/queues.h"
#include "gateway/brain/records.h"
#include "translators/presence.h"
#include "translators/values/ulid.h"
#include "translators/values/xml.h"

namespace ferry {

// Lets std::string-keyed maps be asked with a string_view.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
};
template <class V>
using StringMap = std::unordered_map<std::string, V, StringHash, std::equal_to<>>;

struct Contact {
  ContactRecord record;
  presence::Endpoints resources;  // available ones only, by resourcepart; soft state
  std::set<std::string> stale;    // of these, what nobody has confirmed since the link came back
  std::uint64_t shown = 0;        // digest of the presence payload that the broker has; 0: none, as far as we know
  std::uint64_t shown_item = 0;   // likewise of the roster item
  static constexpr std::uint64_t outdated = 1;  // for both: the broker has something older
  bool unsure = false;                          // a presence of theirs was dropped: their server must be asked
};

struct Device {
  presence::Availability availability;
  std::string epoch;
  bool shown = false;             // as DeviceRecord
  EpochEnd ended = EpochEnd::no;  // likewise
  std::string past;               // likewise
  bool announced = false;         // it spoke since the broker came up
  // What was read back of it while nobody knows whether the broker has lost something; the latest.
  std::optional<presence::DevicePresence> held;
  std::set<std::string> directed;  // JIDs that got its presence without a subscription (RFC 6121 section 4.6)
};

// How a user's own subtree takes messages at the moment.
enum class Inflow : std::uint8_t {
  open,       // publishes go out as they come
  absent,     // nobody subscribed (0x10): messages wait in the records
  replaying,  // the records are being published in order; new messages join at their end
};

// What a device that appears is sent of what the records keep.
enum class Replay : std::uint8_t {
  waiting,      // what nobody was there to take
  unconfirmed,  // also what was published, but no client has confirmed: for a device that is new
  since,        // everything after the id that the device names
};

// Our own people in rooms: the resource of the one occupant that somebody is, whatever devices there are. No device's.
inline constexpr std::string_view room_resource = "ferry-rooms";

struct Account;  // gateway/brain/account.h
struct Member;   // gateway/brain/member.h

struct User {
  UserKey key = 0;
  Account* account = nullptr;  // whose server is the legacy one: everything goes by its session
  Member* member = nullptr;    // as somebody who can be in rooms: the account, or one of our own people who is in some
  Jid jid;                     // bare
  std::optional<Jid> former;   // bare: the account at the legacy server that this address took the place of
  std::string base;            // {root}/u/{uid}
  Format format = Format::json;
  std::map<std::string, Contact, std::less<>> contacts;  // by bare JID: the same order everywhere
  std::map<std::string, Device> devices;                 // by device level
  std::map<std::string, presence::Endpoints> strangers;  // directed presence from non-contacts, by bare JID
  std::map<std::string, Instant> dropped;  // whom the user stopped watching, until when their late presence is ignored
  std::string profile;                     // JSON object, or empty
  Inflow inflow = Inflow::open;
  std::int64_t waiting = 0;         // messages in the records that wait
  Replay replay = Replay::waiting;  // while replaying: which
  Seq replayed = 0;                 // while replaying: up to here it is published
  std::size_t replay_open = 0;      // while replaying: published and not acknowledged
  Seq probe = 0;                    // while absent: the message that tries whether someone has come
  UserRates rates;

  explicit User(Jid j) : jid(std::move(j)) {}
  bool any_available() const;
};

struct World {
  World(const Options& options, MappingTable& table, Records& records, const std::array<std::uint64_t, 2>& seed,
        std::string version);

  const Options& options;
  MappingTable& table;
  Records& records;
  std::string version;
  UlidSource ids;
  Jid component;  // our own domain
  Jid server;     // the legacy server's
  Instant now = 0, started = 0;
  std::size_t unserved = 0;  // people of the records whom no row of the table covers
  bool xmpp_up = false, mqtt_up = false, mqtt5 = true;
  bool stopping = false;  // swept: nobody is shown as present any more, messages still go their way
  std::int64_t mark = 0;  // the counter of gw/mark
  Effects effects;
  Queues queues;                 // what waits in the records
  std::deque<Element> loopback;  // stanzas from one of ours to another of ours: the router takes them next
  std::map<std::string, std::uint64_t, std::less<>> counters;
  Latencies latencies;

  // ---- back-pressure: what waits for the broker and for the XMPP server. The links say so before each tick, and what
  // the tick adds is counted at once.
  struct Waiting {
    std::size_t publishes = 0, publish_bytes = 0, stanza_bytes = 0;
  } waiting;
  static constexpr std::size_t stanza_bytes_high = 4U << 20;   // then stanzas wait in the records
  static constexpr std::size_t stanza_bytes_most = 16U << 20;  // then presence and typing are dropped
  bool congested = false;     // the broker takes less than comes: what can be said later is said later
  bool xmpp_full = false;     // the XMPP server likewise
  bool xmpp_missed = false;   // presence was dropped: everybody must be told anew
  std::set<UserKey> to_show;  // users whose contacts have changed meanwhile
  void on_waiting(const Waiting& now_waiting);
  void judge_waiting();
  bool may_publish() const { return mqtt_up && !congested; }  // what can wait
  bool reading_back = false;  // what the broker has forgotten is not known yet: it goes before new messages
  // After a reconnect the broker hands out what it kept meanwhile: that came late, not fast, and is not held against
  // its senders. Until all of it is here (Sentinel).
  Instant catching_up_until = 0;
  bool catching_up() const { return now < catching_up_until; }
  bool may_refuse(User& user);  // while much waits for the broker, one user's refusals are few

  std::map<std::string, std::int64_t> uncleared;  // topic -> the mark that was published last before it was cleared
  std::int64_t last_mark = 0;                     // that was published
  bool uncleared_changed = false;

  Senders senders;     // XMPP users and domains, by how much they send
  LogLimit log_limit;  // of lines that anybody can cause

  // ---- what one part needs of another; brain.cpp ties them
  struct {
    std::function<void(User&, Element)> send_durably;      // delivery: through the outbox, in order
    std::function<void(User&, const Jid&)> announce_to;    // presences: our devices, to a new watcher
    std::function<void(User&, const Jid&)> withdraw_from;  // presences: unavailable, to a former watcher
    std::function<void(User&, Contact&)> show_presence;    // presences: the user may see it now
    std::function<void(User&, Contact&)> forget_presence;  // presences: the user sees it no longer
    std::function<void(User&, const Jid&)> ask_presence;   // presences: their server says what it is
    // session: of a user with an account
    std::function<std::string(User&, Element)> send_by_session;
    std::function<void(User&, const MessageRecord&, Element)> queue_by_session;
    std::function<bool(User&, Seq)> under_way;
    std::function<void(User&, Seq)> failed_by_session;     // expired, dropped
    std::function<void(User&, Element)> send_for_account;  // delivery: durably
    std::function<void(User&)> tell_presence;
    // By the session of an account whose owner has a new address. nullopt: the sender is none; empty: it did not go.
    std::function<std::optional<std::string>(const Jid& from, Element& stanza)> send_from_former;
    std::function<void(const User& mover, const User& contact)> followed;  // new addresses: took the old one's place
    std::function<void(User&, Replay, std::string_view since)> replay;     // delivery: publish what is kept again
    // waiting notes: a message has come, and nobody may be there; the first device of a user's is available
    std::function<void(const User&, const Jid& from, bool group)> message_came;
    std::function<void(const User&)> somebody_there;
    // resident rooms: is one of our own people in this room, or on the way into it?
    std::function<bool(const User&, std::string_view bare)> is_occupant;
  } hooks;

  // ---- people
  StringMap<std::unique_ptr<User>> users;  // by bare JID
  std::unordered_map<UserKey, User*> users_by_key;
  User* user(std::string_view bare);
  User* user(UserKey key);
  User& add_user(const Jid& bare);        // there must be a row of kind user; stored
  User* adopt(const UserRecord& record);  // from the records; nullptr: no row gives it a subtree any more
  void forget_user(User& user);

  // ---- out
  bool hosted(const Jid& jid) const { return jid.domainpart() == component.domainpart(); }
  // The guard (design section 7): a sender of ours, a recipient, legal characters, a bounded size, no answer to an
  // error. What it refuses is counted and logged and never reaches the stream. Stanzas to our own domain loop back.
  // Returns the text that went out, empty if none did.
  std::string send(Element stanza);
  void answer(const Element& stanza, const StanzaError& error);  // error_reply, if there is one and it may be sent
  void publish(Publish publish);
  // Under the user's base, in the user's format.
  void publish_to(const User& user, std::string_view leaf, std::string json, bool retain = false, int qos = 1);
  void clear(const User& user, std::string_view leaf);  // an empty retained payload deletes
  // What was cleared and the broker has not confirmed: nothing else would say so after a crash. The broker's link keeps
  // these publishes as well, but only as long as the process lives.
  static constexpr std::size_t max_uncleared = 10'000;  // topics
  void read_uncleared();                                // from the records
  void keep_uncleared();                                // there, once a tick
  void clear_kept();                                    // the broker is there
  void confirmed(std::int64_t counter);                 // the broker has all that was published before it
  Publish make_publish(const User& user, std::string_view leaf, std::string json) const;
  // The refusal of one publish of a user, on in/receipt. id empty: it could not be read, topic tells which it was.
  // Answered at a bounded rate (UserRates), then only counted.
  void refuse(User& user, std::string_view id, std::string_view to, std::string_view leaf, const StanzaError& error);
  // One line for one refused stanza: whose, what is wrong with it in a stable word, and its id where it has one.
  void log_refused(std::string_view reason, std::string_view from, std::string_view to, std::string_view id = {});
  void log(LogLine::Level level, std::string text) { effects.log.push_back({level, std::move(text)}); }
  // A line that somebody causes, again and again if they like. whose: a user, or 0: anybody.
  void log_about(UserKey whose, LogLine::Level level, std::string text);
  void log_left_out();  // what log_about() left out, when its time has come
  void count(std::string_view counter, std::uint64_t n = 1);
  // Of a message that was accepted at `then`, a confirmation now.
  void measure(Histogram& histogram, Instant then) const {
    histogram.add(static_cast<double>(std::max<Duration>(0, now - then)) / static_cast<double>(second));
  }
  Gauges gauges() const;  // of what World has
  Duration message_ttl() const { return static_cast<Duration>(options.limits.message_ttl) * second; }
  Instant accepted_at(const MessageRecord& record) const { return record.expires - message_ttl(); }
};

// What the sender of a message is told that came back to a gateway that had carried it (translators/via.h).
StanzaError loop_error();

std::uint64_t digest_of(std::string_view payload);  // never 0
std::string peer_level(std::string_view bare);      // a bare or domain JID as one topic level

}  // namespace ferry
