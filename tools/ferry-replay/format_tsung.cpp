// Tsung with dumptraffic="true": "Send:1767262800.123456:<0.112.0>:<message …>", "Recv:…"; data may have line breaks.
#include "tools/ferry-replay/cursor.h"
#include "tools/ferry-replay/line_format.h"

namespace ferry::intake {
namespace {

bool take_tsung(std::string_view line, std::int64_t& time, bool& sent, std::string_view& pid,
                std::string_view& payload) {
  Cursor c{line};
  sent = c.take("Send:");
  std::string_view clock;
  if ((!sent && !c.take("Recv:")) || !c.until(":", clock) || !c.until(":", pid)) return false;
  if (!pid.starts_with('<') || clock.find_first_not_of("0123456789.") != std::string_view::npos) return false;
  const std::string_view whole = clock.substr(0, clock.find('.'));
  if (whole.empty() || whole.size() > 11) return false;
  time = 0;
  for (const char digit : whole) time = time * 10 + (digit - '0');
  time *= 1'000'000;
  std::int64_t unit = 100'000;
  for (std::size_t i = whole.size() + 1; i < clock.size() && clock[i] != '.'; ++i, unit /= 10)
    time += unit * (clock[i] - '0');
  payload = c.rest;
  return true;
}

class TsungFormat final : public EntryLog {
 public:
  using EntryLog::EntryLog;

 private:
  Kind header(std::string_view line, Entry& entry) override {
    bool sent = false;
    std::string_view pid;
    if (!take_tsung(line, entry.time, sent, pid, entry.payload)) return Kind::none;
    entry.key = pid;
    entry.direction = sent ? Direction::received : Direction::sent;  // by the client
    entry.kind = StreamKind::client;
    return Kind::data;
  }
};

}  // namespace

bool is_tsung_line(std::string_view line) {
  std::int64_t time = 0;
  bool sent = false;
  std::string_view pid, payload;
  return take_tsung(line, time, sent, pid, payload);
}

std::unique_ptr<Format> make_tsung(Import& import) { return std::make_unique<TsungFormat>(import); }

}  // namespace ferry::intake
