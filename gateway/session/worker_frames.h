// The frames of a session worker as values: which text and number of a Frame means what.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/session/frame.h"
#include "gateway/session/session_event.h"

namespace ferry {

// Said once, first, to a new worker.
struct WorkerSettings {
  std::string cafile;
  bool direct_tls = false;
  std::size_t message_bytes = 262'144;
  std::int64_t handshake_ms = 2'000;  // for one TLS handshake, during which every other session of the worker waits
  std::int64_t login_ms = 30'000;     // until the server has let it in: the library has no limit for <auth/>
  std::int64_t stanza_ms = 0;         // … and for one stanza; 0: nobody waits, or as long as it takes
  std::int64_t memory = 0;            // bytes that the worker may take; 0: no limit
  bool traffic = false;               // tell all of it
  std::int64_t away_poll_ms = 0;      // SessionLink::Settings::away_poll
  friend bool operator==(const WorkerSettings&, const WorkerSettings&) = default;
};

// Where to log in with what.
struct WorkerLogin {
  SessionAccount account;
  std::string address;  // numeric: libstrophe's resolver would stop all sessions
  std::uint16_t port = 0;
};

// How a session ended, and what the gateway needs to know to try again.
struct WorkerDown {
  SessionDown::Why why = SessionDown::Why::lost;
  bool connected = false;  // false: there was not even a TCP connection
  std::string reason, advice;
};

Frame to_frame(const WorkerSettings& settings);
Frame to_frame(std::uint32_t session, const WorkerLogin& login);
Frame to_frame(std::uint32_t session, const SessionUp& up);
Frame to_frame(std::uint32_t session, const SessionCaughtUp& event);
Frame to_frame(std::uint32_t session, const WorkerDown& down);
Frame to_frame(std::uint32_t session, const SessionWaiting& event);
Frame to_frame(std::uint32_t session, std::int64_t count, const SessionStanza& event);
Frame simple_frame(FrameKind kind, std::uint32_t session, std::int64_t number = 0, std::string text = {});

// Nothing: the frame is of another kind, or does not say what it must.
std::optional<WorkerSettings> worker_settings(const Frame& frame);
std::optional<WorkerLogin> worker_login(const Frame& frame);
std::optional<SessionUp> session_up(const Frame& frame);
std::optional<SessionCaughtUp> session_caught_up(const Frame& frame, const Jid& bare);
std::optional<WorkerDown> worker_down(const Frame& frame);
std::optional<SessionWaiting> session_waiting(const Frame& frame, const Jid& bare);
Frame traffic_frame(std::uint32_t session, SessionTraffic::What what, std::string text);
std::optional<SessionStanza> session_stanza(const Frame& frame, const Jid& bare, const XmlLimits& limits);

// What one stanza may be, given limits.message-bytes: as on the component link.
XmlLimits stanza_limits(std::size_t message_bytes);

}  // namespace ferry
