// What the session link hands to the tick, and what it is told about an account. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "translators/values/instant.h"
#include "translators/values/jid.h"
#include "translators/values/xml.h"

namespace ferry {

// One account of the legacy server that Ferry is logged in to, as one more resource of its owner's.
struct SessionAccount {
  Jid jid;  // bare
  // One of the two. A password travels through a socket pair to the worker: never in argv, environment or log.
  std::string password;
  std::string certificate_file, key_file;  // PEM; SASL EXTERNAL (XEP-0178)
  // The same at every log-in of this account, and nobody else's: what the server still holds of a lost session is then
  // replaced by the new one instead of standing beside it for minutes.
  std::string resource;
  // What to begin with, a stanza, XML. Unavailable: nobody is there, and it is not sent. Empty: whether somebody is
  // does not matter yet.
  std::string presence;
  std::string roster_version;  // of the roster that is stored (RFC 6121, 2.6); empty: the whole roster comes
  // Where catch-up begins after a log-in that is not a resumption: after this entry of the account's archive; where the
  // server does not know it (any more), or it is empty, at that time. Neither: no catch-up.
  std::string archive_id;
  std::optional<Instant> archive_start;
  // Presence goes first, and the archive is asked after what the server has kept for who is offline: Prosody gives a
  // session that has asked the archive nothing of it.
  bool offline_first = false;

  friend bool operator==(const SessionAccount&, const SessionAccount&) = default;
};

// Logged in, or resumed (XEP-0198): then the server has forgotten nothing, and every send() that is not yet
// acknowledged is still under way. Not resumed: each of them that has no SessionSent may be lost, send it again.
struct SessionUp {
  Jid jid;  // full: with the resourcepart that the server gave
  bool resumed = false;
  bool carbons = false;   // XEP-0280 is on
  bool archive = false;   // XEP-0313: the server has one
  bool blocking = false;  // XEP-0191: the list comes as a SessionStanza
  bool roster_versions = false;
  bool acknowledges = false;  // XEP-0198; without it SessionSent means only: written to the socket
  bool collected = false;     // offline_first, and somebody was available: what was kept has come
};
// After SessionUp without `resumed`: everything missed has been given as SessionStanza; live ones may stand between.
struct SessionCaughtUp {
  Jid jid;                 // bare
  std::string archive_id;  // the last entry seen; empty: the archive is, so next time all of it: archive_start 0
  bool complete = true;    // false: the server refused or did not answer, or the limit of pages was reached
};

struct SessionDown {
  enum class Why {
    lost,          // the connection, the worker or the server is gone; tried again by itself
    conflict,      // somebody else logged in with this resource; tried again after a minute
    auth_failed,   // wrong or missing password or certificate: not tried again until want() brings something new
    host_unknown,  // the server does not serve this domain; like auth_failed
    tls,           // no TLS, a certificate that is not to be believed, a file of ours that is none; tried again
    unwanted       // unwant() is done
  };
  Jid jid;  // bare
  Why why = Why::lost;
  std::string reason, advice;  // for people
};
std::string_view to_string(SessionDown::Why why);
bool is_available(std::string_view presence);  // a presence stanza, XML; empty: no

// A stanza to this account, or one that another resource of its owner sent (carbon_sent, or an archived one whose
// `from` is the account). Carbons and archive entries are unwrapped and were checked to come from the account itself.
// Archive entries that came before are not given again, in one log-in; `archive_id` and whom they are from tell them
// for ever.
//
// Roster and block list: the answers to the log-in's requests have the ids below; pushes are iq sets, already answered.
// Pings are answered too. Every other iq get or set needs an answer by send().
struct SessionStanza {
  enum class Source { live, carbon_received, carbon_sent, archive };
  static constexpr std::string_view roster_id = "ferry-roster", blocklist_id = "ferry-blocklist";
  Jid jid;  // bare: whose session
  Element stanza;
  Source source = Source::live;
  std::string archive_id;        // of the account's archive (XEP-0359, by the account), empty: none
  std::optional<Instant> stamp;  // archive: when the server got it
  bool in_order = false;         // all that the archive has before it has been given: catch-up may begin after it
};

// Nobody is there, and the server keeps a message for the account that this session has not been given.
struct SessionWaiting {
  Jid jid;             // bare
  Jid from;            // of the latest, as the server has it
  bool group = false;  // of type groupchat
};

// The server has taken responsibility for it (XEP-0198).
struct SessionSent {
  Jid jid;  // bare
  std::int64_t token = 0;
};

// What went over a session's connection once it was logged in, as it was there, and its beginning and end: for a
// recording, and for nothing else.
struct SessionTraffic {
  enum class What { opened, received, sent, closed };  // seen from us
  Jid jid;                                             // full
  What what = What::received;
  std::string text;  // the stanza, XML; closed: why
};

using SessionEvent = std::variant<SessionUp, SessionCaughtUp, SessionDown, SessionStanza, SessionSent, SessionWaiting>;

}  // namespace ferry
