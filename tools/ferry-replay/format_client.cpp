// Logs of clients and client libraries, which mark what went out and what came in:
//
//   conn DEBUG SENT: <message …>        xmpp DEBUG RECV: <message …>                            libstrophe
//   2026-01-01T12:00:00.123456+01: 00004711: conn: DBG: SENT: <message …>                       Profanity
//   DEBUG    SEND: <message …>          2026-01-01 12:00:00,123 DEBUG slixmpp…: RECV: <…>       slixmpp
//   DEBUG:slixmpp.xmlstream.xmlstream:SEND: <message …>                                         the same, Python's
//   default SENT (0): <message …>               11:46:10 AM RECV (0): <…>                               Smack,
//   Strophe.js (16:55:30) jabber: Sending (ssl) (user@host/res): <…>    (16:55:30) jabber: Recv (ssl)(453): <…> Pidgin
#include "tools/ferry-replay/cursor.h"
#include "tools/ferry-replay/line_format.h"

namespace ferry::intake {
namespace {

constexpr std::size_t longest_client_head = 200;

struct ClientHeader {
  std::int64_t time = 0;
  std::string_view head;        // before the mark
  std::string_view connection;  // "0" of "SENT (0)"
  std::string_view jid;
  bool sent = false;
  std::string_view payload;
};

// The mark stands alone: not the end of another word.
std::size_t find_mark(std::string_view head, std::string_view mark) {
  const std::size_t at = head.find(mark);
  return at != std::string_view::npos && at > 0 && head[at - 1] != ' ' && head[at - 1] != ':' ? std::string_view::npos
                                                                                              : at;
}

bool take_client(std::string_view line, const Dates& dates, ClientHeader& h) {
  const std::string_view front = line.substr(0, std::min(line.find('<'), longest_client_head));
  for (const std::string_view mark : {"SENT", "SEND", "RECV"}) {
    const std::size_t at = find_mark(front, mark);
    if (at == std::string_view::npos) continue;
    Cursor c{line.substr(at + mark.size())};
    std::string_view inside;
    if (c.take(" (") && !c.until(")", inside)) continue;
    if (!c.take(":")) continue;
    if (inside.find(' ') == std::string_view::npos) h.connection = inside;  // DebugView: "(131 bytes)"
    c.take(" ");
    h.sent = mark != "RECV";
    h.head = front.substr(0, at);
    h.payload = c.rest;
    std::string_view time = h.head;
    auto when = take_iso(time, dates);
    if (!when) when = take_clock(time, dates);
    h.time = when.value_or(0);
    return true;
  }
  return false;
}

// "password removed" stands where Pidgin took a password out.
bool take_pidgin(std::string_view line, const Dates& dates, ClientHeader& h) {
  Cursor c{line};
  if (!c.take("(")) return false;
  const auto time = take_clock(c.rest, dates);
  if (!time || !(c.take(") jabber: ") || c.take(" AM) jabber: ") || c.take(" PM) jabber: "))) return false;
  h.time = *time;
  h.sent = c.take("Sending");
  if (!h.sent && !c.take("Recv")) return false;
  std::string_view inside;
  while (c.take(" (") || c.take("("))
    if (!c.until(")", inside)) return false;
  if (h.sent && inside.find('@') != std::string_view::npos) h.jid = inside;
  if (!c.take(": ") && !c.take(":")) return false;
  h.payload = c.rest;
  return true;
}

class ClientFormat final : public EntryLog {
 public:
  using EntryLog::EntryLog;

 private:
  Kind header(std::string_view line, Entry& entry) override {
    ClientHeader h;
    if (!take_pidgin(line, import_.dates, h) && !take_client(line, import_.dates, h))
      return begins_an_entry(line) ? Kind::other : Kind::none;
    entry.key.assign("client ").append(h.connection);
    entry.direction = h.sent ? Direction::received : Direction::sent;  // by the client
    entry.time = h.time;
    if (!h.jid.empty()) entry.jid = h.jid;
    entry.payload = h.payload;
    return Kind::data;
  }

  bool begins_an_entry(std::string_view line) const {
    std::string_view rest = line;
    for (const std::string_view level : {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
      if (line.starts_with(level) && line.size() > level.size() &&
          (line[level.size()] == ' ' || line[level.size()] == ':'))
        return true;
    return take_iso(rest, import_.dates) || line.starts_with("conn DEBUG ") || line.starts_with("xmpp DEBUG ") ||
           (line.starts_with('(') && (rest.remove_prefix(1), take_clock(rest, import_.dates)));
  }
};

bool is_client_line(std::string_view line, ClientHeader& h) {
  return take_client(line, Dates(), h) && (h.payload.starts_with('<') || h.payload.empty());
}

}  // namespace

bool is_libstrophe_line(std::string_view line) {
  ClientHeader h;
  return is_client_line(line, h) && (h.head.ends_with("conn DEBUG ") || h.head.ends_with("xmpp DEBUG "));
}
bool is_profanity_line(std::string_view line) {
  ClientHeader h;
  return is_client_line(line, h) && h.head.ends_with(": DBG: ");
}
bool is_slixmpp_line(std::string_view line) {
  ClientHeader h;
  return is_client_line(line, h) && h.head.find("DEBUG") != std::string_view::npos && !is_libstrophe_line(line);
}
bool is_smack_line(std::string_view line) {
  ClientHeader h;
  return is_client_line(line, h) && h.head.find("DEBUG") == std::string_view::npos && !is_profanity_line(line) &&
         !h.payload.empty();
}
bool is_pidgin_line(std::string_view line) {
  ClientHeader h;
  return take_pidgin(line, Dates(), h);
}

std::unique_ptr<Format> make_client(Import& import) { return std::make_unique<ClientFormat>(import); }

}  // namespace ferry::intake
