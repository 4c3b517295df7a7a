// Prosody with mod_stanza_debug or mod_rawdebug: "Sep 18 23:29:39 c2s55d8c0ffee00<TAB>debug<TAB>RECV: <message …>".
// (Its plain debug lines, "Received[c2s]: <iq …>", show a stanza's first tag only: nothing to replay.)
#include "tools/ferry-replay/cursor.h"
#include "tools/ferry-replay/line_format.h"

namespace ferry::intake {
namespace {

struct ProsodyHeader {
  std::int64_t time = 0;
  std::string_view source, level, text;
};

// The time may be configured away, or be ISO; a console pads the source with spaces.
bool take_prosody(std::string_view line, const Dates& dates, ProsodyHeader& h) {
  Cursor c{line};
  auto time = take_syslog(c.rest, dates);
  if (!time) time = take_iso(c.rest, dates);
  h.time = time.value_or(0);
  c.spaces();
  const std::size_t end = c.rest.substr(0, 128).find_first_of(" \t");
  if (end == 0 || end == std::string_view::npos) return false;
  h.source = c.rest.substr(0, end);
  c.rest.remove_prefix(end);
  c.spaces();
  if (!c.until("\t", h.level) || h.level.size() > 8) return false;
  h.text = c.rest;
  return time || h.level == "debug";
}

class ProsodyFormat final : public EntryLog {
 public:
  using EntryLog::EntryLog;

 private:
  Kind header(std::string_view line, Entry& entry) override {
    ProsodyHeader h;
    if (!take_prosody(line, import_.dates, h)) return Kind::none;
    Cursor c{h.text};
    const bool received = c.take("RECV: ");
    if (!received && !c.take("SEND: ")) return Kind::other;
    entry.direction = received ? Direction::received : Direction::sent;
    entry.time = h.time;
    entry.key = h.source;
    entry.kind = h.source.starts_with("c2s")   ? StreamKind::client
                 : h.source.starts_with("s2s") ? StreamKind::server
                 : h.source.starts_with("jcp") ? StreamKind::component
                                               : StreamKind::unknown;
    entry.payload = c.rest;
    return Kind::data;
  }
};

}  // namespace

bool is_prosody_line(std::string_view line) {
  ProsodyHeader h;
  return take_prosody(line, Dates(), h) && (h.text.starts_with("RECV: ") || h.text.starts_with("SEND: "));
}

std::unique_ptr<Format> make_prosody(Import& import) { return std::make_unique<ProsodyFormat>(import); }

}  // namespace ferry::intake
