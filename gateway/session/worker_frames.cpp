#include "gateway/session/worker_frames.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ferry {
namespace {

constexpr std::uint32_t bit(unsigned n) { return 1U << n; }
std::uint32_t flag(bool value, unsigned n) { return value ? bit(n) : 0; }

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_available(std::string_view presence) {
  const auto said = parse_xml(presence);
  return said && !said->attr("type");
}

std::string_view to_string(SessionDown::Why why) {
  using enum SessionDown::Why;
  switch (why) {
    case lost:
      return "lost";
    case conflict:
      return "conflict";
    case auth_failed:
      return "auth-failed";
    case host_unknown:
      return "host-unknown";
    case tls:
      return "tls";
    case unwanted:
      return "unwanted";
  }
  return "lost";
}

XmlLimits stanza_limits(std::size_t message_bytes) {
  XmlLimits limits;
  limits.bytes = 2 * message_bytes + 64 * 1024;
  limits.elements = std::max<std::size_t>(limits.elements, limits.bytes / 64);
  return limits;
}

Frame simple_frame(FrameKind kind, std::uint32_t session, std::int64_t number, std::string text) {
  Frame frame{kind, session, number, 0, {}};
  if (!text.empty()) frame.texts.push_back(std::move(text));
  return frame;
}

Frame to_frame(const WorkerSettings& settings) {
  return {
      FrameKind::configure,
      0,
      settings.memory,
      flag(settings.direct_tls, 0) | flag(settings.traffic, 1),
      {settings.cafile, std::to_string(settings.message_bytes), std::to_string(settings.handshake_ms),
       std::to_string(settings.stanza_ms), std::to_string(settings.login_ms), std::to_string(settings.away_poll_ms)}};
}

std::optional<WorkerSettings> worker_settings(const Frame& frame) {
  const auto bytes = to_integer(frame.text(1)), handshake = to_integer(frame.text(2)),
             stanza = to_integer(frame.text(3)), login = to_integer(frame.text(4)), away = to_integer(frame.text(5));
  if (frame.kind != FrameKind::configure || frame.texts.size() != 6 || !bytes || *bytes < 0 || !handshake || !stanza ||
      !login || !away)
    return std::nullopt;
  return WorkerSettings{frame.texts[0],
                        (frame.flags & bit(0)) != 0,
                        static_cast<std::size_t>(*bytes),
                        *handshake,
                        *login,
                        *stanza,
                        frame.number,
                        (frame.flags & bit(1)) != 0,
                        *away};
}

Frame to_frame(std::uint32_t session, const WorkerLogin& login) {
  const SessionAccount& a = login.account;
  return {FrameKind::open,
          session,
          a.archive_start.value_or(0),
          flag(a.archive_start.has_value(), 0) | flag(a.offline_first, 1),
          {a.jid.str(), a.password, a.certificate_file, a.key_file, a.resource, a.presence, a.roster_version,
           a.archive_id, login.address, std::to_string(login.port)}};
}

std::optional<WorkerLogin> worker_login(const Frame& frame) {
  if (frame.kind != FrameKind::open || frame.texts.size() != 10) return std::nullopt;
  const auto& t = frame.texts;
  auto jid = Jid::parse(t[0]);
  const auto port = to_integer(t[9]);
  if (!jid || jid->has_resource() || !jid->has_local() || !port || *port < 1 || *port > 65535) return std::nullopt;
  std::optional<Instant> start;
  if (frame.flags & bit(0)) start = frame.number;
  return WorkerLogin{
      SessionAccount{std::move(*jid), t[1], t[2], t[3], t[4], t[5], t[6], t[7], start, (frame.flags & bit(1)) != 0},
      t[8], static_cast<std::uint16_t>(*port)};
}

Frame to_frame(std::uint32_t session, const SessionUp& up) {
  return {FrameKind::up,
          session,
          0,
          flag(up.resumed, 0) | flag(up.carbons, 1) | flag(up.archive, 2) | flag(up.blocking, 3) |
              flag(up.roster_versions, 4) | flag(up.acknowledges, 5) | flag(up.collected, 6),
          {up.jid.str()}};
}

std::optional<SessionUp> session_up(const Frame& frame) {
  auto jid = Jid::parse(frame.text(0));
  if (frame.kind != FrameKind::up || !jid) return std::nullopt;
  const auto has = [&](unsigned n) { return (frame.flags & bit(n)) != 0; };
  return SessionUp{std::move(*jid), has(0), has(1), has(2), has(3), has(4), has(5), has(6)};
}

Frame to_frame(std::uint32_t session, const SessionCaughtUp& event) {
  return {FrameKind::caught_up, session, 0, flag(event.complete, 0), {event.archive_id}};
}

std::optional<SessionCaughtUp> session_caught_up(const Frame& frame, const Jid& bare) {
  if (frame.kind != FrameKind::caught_up) return std::nullopt;
  return SessionCaughtUp{bare, std::string(frame.text(0)), (frame.flags & bit(0)) != 0};
}

Frame to_frame(std::uint32_t session, const WorkerDown& down) {
  return {FrameKind::down,
          session,
          static_cast<std::int64_t>(down.why),
          flag(down.connected, 0),
          {down.reason, down.advice}};
}

std::optional<WorkerDown> worker_down(const Frame& frame) {
  if (frame.kind != FrameKind::down || frame.number < 0 ||
      frame.number > static_cast<std::int64_t>(SessionDown::Why::unwanted))
    return std::nullopt;
  return WorkerDown{static_cast<SessionDown::Why>(frame.number), (frame.flags & bit(0)) != 0,
                    std::string(frame.text(0)), std::string(frame.text(1))};
}

Frame to_frame(std::uint32_t session, const SessionWaiting& event) {
  return {FrameKind::waiting, session, 0, flag(event.group, 0), {event.from.str()}};
}

std::optional<SessionWaiting> session_waiting(const Frame& frame, const Jid& bare) {
  auto from = Jid::parse(frame.text(0));
  if (frame.kind != FrameKind::waiting || !from) return std::nullopt;
  return SessionWaiting{bare, std::move(*from), (frame.flags & bit(0)) != 0};
}

// flags: the source in the low bits, then whether there is a stamp (the third text, in ms), and whether it is in order.
Frame to_frame(std::uint32_t session, std::int64_t count, const SessionStanza& event) {
  Frame frame{FrameKind::stanza,
              session,
              count,
              static_cast<std::uint32_t>(event.source) | flag(event.stamp.has_value(), 4) | flag(event.in_order, 5),
              {to_xml(event.stanza, ns::client), event.archive_id}};
  if (event.stamp) frame.texts.push_back(std::to_string(*event.stamp));
  return frame;
}

Frame traffic_frame(std::uint32_t session, SessionTraffic::What what, std::string text) {
  return {FrameKind::traffic, session, 0, static_cast<std::uint32_t>(what), {std::move(text)}};
}

std::optional<SessionStanza> session_stanza(const Frame& frame, const Jid& bare, const XmlLimits& limits) {
  const std::uint32_t source = frame.flags & 0xfU;
  if (frame.kind != FrameKind::stanza || source > static_cast<std::uint32_t>(SessionStanza::Source::archive))
    return std::nullopt;
  XmlLimits wider = limits;  // escapes and namespaces that the server wrote shorter
  wider.bytes = most_frame_bytes;
  auto element = parse_xml(frame.text(0), wider);
  if (!element) return std::nullopt;
  SessionStanza out{
      bare,         std::move(*element),        static_cast<SessionStanza::Source>(source), std::string(frame.text(1)),
      std::nullopt, (frame.flags & bit(5)) != 0};
  if (frame.flags & bit(4)) out.stamp = to_integer(frame.text(2));
  return out;
}

}  // namespace ferry
