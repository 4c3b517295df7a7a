// XML consoles and what is copied from them: a line says what the stanzas below it are.
//
//   <!-- Outgoing Thu Jan  1 12:00:00 2026 (john@example.org) -->      Gajim
//   <!-- received from john@example.org/pc -->                         Prosody's shell, watch:stanzas
//   <!-- TS:2026-01-01T12:00:00-->                                     Psi; no direction: told from the stanza
//   SENT:                                                              Profanity
//   XMPP IN [john@example.org stream:0x1 thread:0x2 2026-01-01T12:00:00]   Dino
#include "tools/ferry-replay/cursor.h"
#include "tools/ferry-replay/line_format.h"

namespace ferry::intake {
namespace {

struct ConsoleHeader {
  Direction direction = Direction::unknown;  // seen from the server
  std::string_view jid;                      // whose console, or whose stream
  std::int64_t time = 0;
};

bool take_gajim(std::string_view line, const Dates& dates, ConsoleHeader& h) {
  Cursor c{line};
  const bool out = c.take("<!-- Outgoing ");
  if (!out && !c.take("<!-- Incoming ")) return false;
  h.direction = out ? Direction::received : Direction::sent;
  h.time = take_asctime(c.rest, dates).value_or(0);
  std::string_view before;
  if (!c.until("(", before) || !c.until(") -->", h.jid)) h.jid = {};
  return true;
}

bool take_watch(std::string_view line, ConsoleHeader& h) {
  Cursor c{line};
  const bool sent = c.take("<!-- sent to ");
  if (!sent && !c.take("<!-- received from ")) return false;
  h.direction = sent ? Direction::sent : Direction::received;
  return c.until(" -->", h.jid);
}

bool take_psi(std::string_view line, const Dates& dates, ConsoleHeader& h) {
  Cursor c{line};
  if (!c.take("<!-- TS:")) return false;
  h.time = take_iso(c.rest, dates).value_or(0);
  return true;
}

bool take_profanity_console(std::string_view line, ConsoleHeader& h) {
  if (line != "SENT:" && line != "RECV:") return false;
  h.direction = line == "SENT:" ? Direction::received : Direction::sent;
  return true;
}

bool take_dino(std::string_view line, const Dates& dates, ConsoleHeader& h) {
  Cursor c{line};
  const bool out = c.take("XMPP OUT [");
  if (!out && !c.take("XMPP IN [")) return false;
  h.direction = out ? Direction::received : Direction::sent;
  std::string_view before;
  if (!c.until(" ", h.jid) || !c.until("thread:", before) || !c.until(" ", before)) return false;
  h.time = take_iso(c.rest, dates).value_or(0);
  return true;
}

class ConsoleFormat final : public LineFormat {
 public:
  explicit ConsoleFormat(Import& import) : LineFormat(import) {
    seen_.key = key_;
    seen_.kind = StreamKind::client;
    seen_.infer = true;
  }

 private:
  void line(const Line& line) override {
    ConsoleHeader h;
    const Dates& dates = import_.dates;
    seen_.place = line.place;
    if (line.begins && (take_gajim(line.text, dates, h) || take_watch(line.text, h) || take_psi(line.text, dates, h) ||
                        take_profanity_console(line.text, h) || take_dino(line.text, dates, h))) {
      seen_.time = h.time;
      seen_.direction = h.direction;
      seen_.infer = h.direction == Direction::unknown;
      key_ = h.jid.empty() ? "console" : h.jid;
      seen_.key = seen_.jid = key_;
      if (h.jid.empty()) seen_.jid = {};
      fresh_ = true;
      return;
    }
    if (line.begins && !fresh_) import_.streams.data(seen_, "\n", false);
    import_.streams.data(seen_, line.text, fresh_);
    fresh_ = false;
  }

  std::string key_ = "console";
  Seen seen_;
  bool fresh_ = false;
};

}  // namespace

bool is_gajim_line(std::string_view line) {
  ConsoleHeader h;
  return take_gajim(line, Dates(), h);
}
bool is_prosody_watch_line(std::string_view line) {
  ConsoleHeader h;
  return take_watch(line, h);
}
bool is_psi_line(std::string_view line) {
  ConsoleHeader h;
  return take_psi(line, Dates(), h);
}
bool is_profanity_console_line(std::string_view line) {
  ConsoleHeader h;
  return take_profanity_console(line, h);
}
bool is_dino_line(std::string_view line) {
  ConsoleHeader h;
  return take_dino(line, Dates(), h);
}

std::unique_ptr<Format> make_console(Import& import) { return std::make_unique<ConsoleFormat>(import); }

}  // namespace ferry::intake
