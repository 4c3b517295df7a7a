// ejabberd (and old MongooseIM) at log level debug: "Received XML on stream = <<"…">>", "Send XML on stream = …".
//
//   D(<0.1.2>:ejabberd_receiver:320) : Received XML on stream = "…"                                2.x, its time in the
//   2015-08-31 13:14:47.541 [debug] <0.454.0>@ejabberd_receiver:process_data:349 Received …        =INFO REPORT====
//   line 2018-03-01 08:00:00.001 [debug] <0.562.0>@xmpp_socket:parse:300 (tcp|<0.562.0>) Received … 2021-01-07
//   09:59:37.847187+00:00 [info] <0.562.0> (tls|<0.562.0>) Received … 21:18:29.738 [info]  (tls|<0.1049.0>) Send XML on
//   stream = "…"                                 an Elixir console
// Received is from the client. All other lines (routing dumps over many lines) are no traffic.
#include <unordered_map>

#include "tools/ferry-replay/cursor.h"
#include "tools/ferry-replay/erlang_text.h"
#include "tools/ferry-replay/line_format.h"

namespace ferry::intake {
namespace {

constexpr std::string_view stream_mark = " XML on stream = ";
constexpr std::size_t rare = 1;  // where in it stands a letter that few other lines have
constexpr std::size_t longest_head = 400, remembered_pids = 20'000;

struct EjabberdHeader {
  std::int64_t time = 0;
  std::string_view pid, module, transport;  // transport: "tcp|<0.562.0>"
  bool received = false;
  std::string_view payload;
};

bool is_pid(std::string_view text) {
  return text.size() > 4 && text.front() == '<' && text.back() == '>' &&
         text.substr(1, text.size() - 2).find_first_not_of("0123456789.") == std::string_view::npos;
}

std::size_t mark_in(std::string_view head) {
  for (std::size_t at = head.find(stream_mark[rare]); at != std::string_view::npos;
       at = head.find(stream_mark[rare], at + 1))
    if (at >= rare && head.substr(at - rare).starts_with(stream_mark)) return at - rare;
  return std::string_view::npos;
}

bool take_ejabberd(std::string_view line, const Dates& dates, EjabberdHeader& h) {
  const std::size_t at = mark_in(line.substr(0, longest_head + stream_mark.size()));
  if (at == std::string_view::npos) return false;
  Cursor head{line.substr(0, at)};
  h.payload = line.substr(at + stream_mark.size());
  h.received = head.rest.ends_with("Received");
  if (!h.received && !head.rest.ends_with("Send")) return false;
  head.rest.remove_suffix(h.received ? 8 : 4);
  auto time = take_iso(head.rest, dates);
  if (!time) time = take_clock(head.rest, dates);
  h.time = time.value_or(0);
  if (const std::size_t open = head.rest.find("(<"); !time && open != std::string_view::npos)
    head.rest.remove_prefix(open + 1);  // D(<0.1.2>:ejabberd_receiver:320)
  for (std::size_t i = head.rest.find('<'); i != std::string_view::npos; i = head.rest.find('<', i + 1)) {
    const std::string_view pid = head.rest.substr(i, head.rest.find('>', i) - i + 1);
    if (!is_pid(pid)) continue;
    const std::size_t open = head.rest.substr(0, i).rfind('(');
    if (i > 0 && head.rest[i - 1] == '|' && open != std::string_view::npos) {
      h.transport = head.rest.substr(open + 1, i + pid.size() - open - 1);
    } else if (h.pid.empty()) {
      h.pid = pid;
      const std::string_view rest = head.rest.substr(i + pid.size());
      if (rest.starts_with('@') || rest.starts_with(':')) h.module = rest.substr(1, rest.find(':', 1) - 1);
    }
  }
  return true;
}

// Begins a log entry, of traffic or not?
bool is_log_line(std::string_view line) {
  std::string_view rest = line;
  return line.starts_with('=') || line.starts_with("D(<") || line.starts_with("I(<") || take_iso(rest, Dates()) ||
         (take_clock(rest, Dates()) && rest.starts_with(" ["));
}

// Until 17.03 one process receives and another one sends. Their numbers are neighbours as a rule.
class Pairs {
 public:
  std::string_view key(std::string_view pid, bool receiver) {
    const auto found = keys_.find(std::string(pid));
    if (found != keys_.end()) return found->second;
    if (keys_.size() >= remembered_pids) keys_.clear();
    const auto other = keys_.find(neighbour(pid, receiver ? 1 : -1));
    const std::string made = other == keys_.end() ? std::string(pid) : other->second;
    return keys_.emplace(pid, made).first->second;
  }

 private:
  static std::string neighbour(std::string_view pid, int step) {
    const std::size_t from = pid.find('.') + 1, to = pid.rfind('.');
    long number = 0;
    for (std::size_t i = from; i < to && number < 1'000'000'000; ++i) number = number * 10 + (pid[i] - '0');
    return std::string(pid.substr(0, from)) + std::to_string(number + step) + std::string(pid.substr(to));
  }
  std::unordered_map<std::string, std::string> keys_;
};

class EjabberdFormat final : public LineFormat {
 public:
  using LineFormat::LineFormat;

 private:
  void line(const Line& line) override {
    if (line.begins) {
      if (EjabberdHeader h; take_ejabberd(line.text, import_.dates, h)) return traffic(h, line);
      if (line.text.starts_with('=')) report_time(line.text);
    }
    if (text_.too_long() && !line.begins) {
      passed_ += line.text.size();
      return;
    }
    if (!open_ || (line.begins && is_log_line(line.text))) {
      cut_off();
      ++import_.sink.counts.other_lines;
      return;
    }
    if (text_.bare()) {
      if (!import_.streams.inside(seen_)) {
        open_ = false;
        return;
      }
      if (line.begins) import_.streams.data(seen_, "\n", false);
      import_.streams.data(seen_, line.text, false);
      return;
    }
    text_.more(line.text, line.begins);
    deliver();
  }

  void finish() override { cut_off(); }

  void traffic(const EjabberdHeader& h, const Line& line) {
    cut_off();
    if (!h.transport.empty())
      key_ = h.transport;
    else if (h.module.starts_with("ejabberd_receiver") || h.module.starts_with("ejabberd_c2s"))
      key_ = pairs_.key(h.pid, h.module.starts_with("ejabberd_receiver"));
    else
      key_ = h.pid;
    if (key_.empty()) key_ = "console";
    seen_.key = key_;
    seen_.direction = h.received ? Direction::received : Direction::sent;
    seen_.time = h.time != 0 ? h.time : report_time_;
    seen_.place = line.place;
    open_ = fresh_ = true;
    text_.begin(h.payload);
    deliver();
  }

  void deliver() {
    if (!text_.whole()) return;
    import_.streams.data(seen_, text_.take(), fresh_);
    open_ = text_.bare();
    fresh_ = false;
  }

  // COMPAT(lager): cuts an entry at 4096 bytes.
  void cut_off() {
    if (passed_ != 0) import_.streams.damage(seen_, passed_, "a shorter string was expected");
    passed_ = 0;
    if (open_ && !text_.bare()) {
      import_.streams.data(seen_, text_.take(), fresh_);
      import_.streams.gap(seen_, "the log cut the entry off");
    }
    open_ = false;
  }

  void report_time(std::string_view line) {
    Cursor c{line};
    std::string_view kind;
    if (c.until("==== ", kind)) report_time_ = take_erlang(c.rest, import_.dates).value_or(0);
  }

  Pairs pairs_;
  ErlangText text_;
  std::string key_;
  Seen seen_;
  bool open_ = false, fresh_ = false;  // text_ may go on; none of it was handed on yet
  std::int64_t report_time_ = 0;
  std::uint64_t passed_ = 0;  // of a string that is too long
};

}  // namespace

bool is_ejabberd_line(std::string_view line) {
  EjabberdHeader h;
  return take_ejabberd(line, Dates(), h);
}

std::unique_ptr<Format> make_ejabberd(Import& import) { return std::make_unique<EjabberdFormat>(import); }

}  // namespace ferry::intake
