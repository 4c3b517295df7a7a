// Openfire's XML Debugger plug-in: what it prints to stdout (nohup.out, the journal) and to logs/xmldebugger.log.
//
//   C2S /10.0.0.5:54321  - RECV - (   12345678): <message …>                                              until 1.7.4
//   2020-12-04T10:11:12.123456Z - C2S /10.0.0.5:54321  - RECV - (   12345678): <message …>                from 1.7.5
//   2026-05-13T10:11:12.000002Z - C2S-STARTTLS /10.0.0.5:54321  - RECV - (rawDebugger): <message …>       from 1.8.0
// In the file each has "2026-05-13 12:11:12,000 INFO  [DebuggerPlugin] - " before it. RECV is from the client.
#include "tools/ferry-replay/cursor.h"
#include "tools/ferry-replay/line_format.h"

namespace ferry::intake {
namespace {

struct Channel {
  std::string_view name;
  StreamKind kind;
};
constexpr Channel channels[] = {{"INT", StreamKind::client},       {"C2S", StreamKind::client},
                                {"SSL", StreamKind::client},       {"S2S", StreamKind::server},
                                {"ExComp", StreamKind::component}, {"CM", StreamKind::unknown}};

struct OpenfireHeader {
  std::string_view time, channel, address, event, session, payload;
  StreamKind kind = StreamKind::unknown;
};

bool take_openfire(std::string_view line, OpenfireHeader& h) {
  Cursor c{line};
  constexpr std::string_view plugin = "[DebuggerPlugin] - ";
  if (const std::size_t at = line.substr(0, 120).find(plugin); at != std::string_view::npos)
    c.rest.remove_prefix(at + plugin.size());
  if (!c.rest.empty() && c.rest.front() >= '0' && c.rest.front() <= '9' && !c.until(" - ", h.time)) return false;
  if (!c.until(" ", h.channel)) return false;
  const std::string_view base = h.channel.substr(0, h.channel.find('-'));
  const std::string_view tls = h.channel.substr(base.size());
  if (!tls.empty() && tls != "-STARTTLS" && tls != "-DIRECTTLS") return false;
  bool known = false;
  for (const Channel& one : channels)
    if (one.name == base) known = true, h.kind = one.kind;
  if (!known || !c.until(" ", h.address)) return false;
  c.spaces();
  if (!c.take("- ") || !c.until(" - (", h.event) || !c.until(")", h.session)) return false;
  h.session.remove_prefix(std::min(h.session.find_first_not_of(' '), h.session.size()));
  if (c.take(": ") || c.take(":")) h.payload = c.rest;
  return h.event == "RECV" || h.event == "SENT" || h.event == "OPEN" || h.event == "CLSD";
}

class OpenfireFormat final : public EntryLog {
 public:
  using EntryLog::EntryLog;

 private:
  Kind header(std::string_view line, Entry& entry) override {
    OpenfireHeader h;
    if (!take_openfire(line, h)) return Kind::none;
    entry.direction = h.event == "SENT" ? Direction::sent : Direction::received;
    entry.kind = h.kind;
    entry.time = take_iso(h.time, import_.dates).value_or(0);
    entry.payload = h.payload;
    entry.remote = h.address.substr(h.address.rfind('/') + 1);
    if (entry.remote.find('?') != std::string::npos) entry.remote.clear();
    if (h.channel == "INT") {
      // What was read from a client once more, interpreted: only worth having where the raw stream is not.
      if (import_.streams.knows(h.session)) {
        ++import_.sink.counts.duplicates;
        return Kind::other;
      }
      entry.key.assign("INT ").append(h.session);
      return Kind::data;
    }
    entry.key.assign(h.channel) += ' ';
    if (h.session != "rawDebugger") {
      entry.key += h.session;
    } else if (!entry.remote.empty()) {
      entry.key += entry.remote;
    } else if (h.event == "CLSD") {
      return Kind::other;  // of a connection whose address is forgotten
    }
    if (h.event == "OPEN") return Kind::open;
    return h.event == "CLSD" ? Kind::close : Kind::data;
  }
};

}  // namespace

bool is_openfire_line(std::string_view line) {
  OpenfireHeader h;
  return take_openfire(line, h);
}

std::unique_ptr<Format> make_openfire(Import& import) { return std::make_unique<OpenfireFormat>(import); }

}  // namespace ferry::intake
