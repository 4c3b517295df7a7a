// The brain: everything that the gateway decides, without any I/O. Events and `now` in, effects out.
//
// One instance is one running gateway: the home of the MQTT users of one component domain. It never sees a socket, a
// clock or a library type. Within one tick: any number of on_…() calls, then take_effects() once. The order is the
// tick's (read, decide, commit, write): the caller opens the transaction of `records` before the first call, commits it
// after the last, and only then carries the effects out.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "config/mapping.h"
#include "config/options.h"
#include "gateway/brain/effects.h"
#include "gateway/brain/gauges.h"
#include "gateway/brain/records.h"
#include "translators/values/json.h"
#include "translators/values/xml_reader.h"

namespace ferry {

class Brain {
 public:
  // Everything given must outlive the brain. seed: 16 bytes of chance (fixed in a virtual run). version: for people.
  Brain(const Options& options, MappingTable& table, Records& records, std::array<std::uint64_t, 2> seed,
        std::string version);
  ~Brain();

  // Reads what the records have. Before anything else.
  void start(Instant now);

  // ---- the component link
  void on_component_up(Instant now);
  void on_component_down(Instant now);
  void on_stanza(Element stanza, Instant now);
  void on_refused(Refused refused, Instant now);  // a stanza over a limit: only its sender hears of it

  // ---- the broker link
  struct BrokerUp {
    bool session_present = false;  // the broker still knows our session
    bool mqtt5 = true;
  };
  void on_broker_up(const BrokerUp& up, Instant now);
  void on_broker_down(Instant now);
  void on_publish(const InPublish& publish, Instant now);
  // PUBACK of a publish with a token. reason: the MQTT 5 reason code (0 in 3.1.1; 0x10 = nobody subscribed; >= 0x80
  // refused).
  void on_published(std::int64_t token, int reason, Instant now);

  // ---- the session link: accounts of the legacy server, each by its own session
  struct SessionUp {
    Jid jid;               // full
    bool resumed = false;  // the server has forgotten nothing
    bool carbons = false, archive = false, blocking = false;
    bool collected = false;  // what the server had kept for who is offline has come
  };
  struct SessionDown {
    Jid jid;                   // bare
    bool credentials = false;  // refused: not tried again until something changes
    std::string reason;        // for people
  };
  enum class SessionSource : std::uint8_t { live, carbon_received, carbon_sent, archive };
  struct SessionStanza {
    Jid jid;  // bare: whose session
    Element stanza;
    SessionSource source = SessionSource::live;
    std::string archive_id;        // of the account's archive; empty: none
    std::optional<Instant> stamp;  // archive: when the server got it
    bool in_order = false;         // nothing that the archive has before it is still to come
  };
  void on_session_up(const SessionUp& up, Instant now);
  // archive_id: of the last entry that came. complete: nothing after it is missing.
  void on_session_caught_up(const Jid& bare, std::string_view archive_id, bool complete, Instant now);
  void on_session_down(const SessionDown& down, Instant now);
  void on_session_stanza(SessionStanza stanza, Instant now);
  // Nobody is there, and the server keeps a message of `from`.
  void on_session_waiting(const Jid& bare, const Jid& from, bool group, Instant now);
  void on_session_sent(const Jid& bare, std::int64_t token, Instant now);

  // What waits in the links for the broker and the XMPP server. Before the events of a tick; no transaction is needed.
  struct Waiting {
    std::size_t publishes = 0, publish_bytes = 0, stanza_bytes = 0;
  };
  void on_waiting(const Waiting& waiting);

  // ---- time and end
  void on_time(Instant now);  // at next_deadline() or later; harmless earlier
  std::optional<Instant> next_deadline() const;
  void end_of_batch(Instant now);  // after the last event of a tick, before take_effects()
  void shut_down(Instant now);     // the sweep: everyone shown becomes unavailable

  Effects take_effects();

  // ---- the administrator: one command, one answer, both JSON objects (tools/ferryctl). Also without links.
  std::string on_command(JsonView command, Instant now);

  // The mapping table was changed from outside (SIGHUP): subtrees and topic filters may be others now.
  void on_table_changed(Instant now);

  // Counters by name, for the metrics and tests.
  std::vector<std::pair<std::string, std::uint64_t>> counters() const;
  Gauges gauges() const;  // looks at every user
  std::size_t sessions_wanted() const;
  const Latencies& latencies() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Where accounts need sessions and the configuration has none.
inline constexpr std::string_view no_session_reason = "no session can come up: [session] host is not set";
inline constexpr std::string_view no_session_advice =
    "set [session] host and cafile, as in the README's chapter about moving people, and restart ferryd; or ferryctl "
    "migrate back";

// What ferryd sets as its Will, and publishes itself: {root}/gw/status.
std::string gateway_status_topic(const Options& options);
std::string gateway_status_payload(bool online, std::string_view version, Instant since);

// The topic filters of the gateway itself: gw/mark, the broker's uptime.
std::vector<Subscribe> own_subscriptions(const Options& options);

}  // namespace ferry
