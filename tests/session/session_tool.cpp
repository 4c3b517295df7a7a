// A session link at the shell, for scenarios/session_test.py: commands in, events out, one JSON object a line.
//
//   session_tool host=… port=… domain=… cafile=… program=…/ferry-session [rate=50] [per-worker=250] [watchdog=3000] …
//
// Each tick it commits what came at once, except after {"do":"hold"}, until {"do":"commit"}.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "gateway/session/session_link.h"
#include "translators/values/json.h"

namespace {

using namespace ferry;

// Lines from standard input.
class Lines final : public Pollable {
 public:
  explicit Lines(Poller& poller) : poller_(poller) {
    ::fcntl(0, F_SETFL, ::fcntl(0, F_GETFL) | O_NONBLOCK);
    poller_.watch(0, this, true, false);
  }
  void on_ready(std::uint32_t) override {
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t n = ::read(0, buffer.data(), buffer.size());
      if (n < 0) return;
      if (n == 0) {
        ended = true;
        return poller_.forget(0);
      }
      waiting_.append(buffer.data(), static_cast<std::size_t>(n));
      for (std::size_t end; (end = waiting_.find('\n')) != std::string::npos; waiting_.erase(0, end + 1))
        lines.push_back(waiting_.substr(0, end));
    }
  }
  std::vector<std::string> lines;
  bool ended = false;

 private:
  Poller& poller_;
  std::string waiting_;
};

void print(JsonWriter& writer) { std::printf("%s\n", writer.take().c_str()); }

std::string_view name_of(SessionStanza::Source source) {
  using enum SessionStanza::Source;
  return source == live ? "live" : source == archive ? "archive" : source == carbon_sent ? "sent" : "received";
}

struct Printer {
  JsonWriter& begin(JsonWriter& w, const char* event, const Jid& jid) const {
    return w.begin_object().field("event", event).field("jid", jid.str());
  }
  void operator()(const SessionUp& e) const {
    JsonWriter w;
    begin(w, "up", e.jid).field("resumed", e.resumed).field("carbons", e.carbons).field("archive", e.archive);
    w.field("blocking", e.blocking).field("versions", e.roster_versions).field("acknowledges", e.acknowledges);
    print(w.end_object());
  }
  void operator()(const SessionCaughtUp& e) const {
    JsonWriter w;
    print(begin(w, "caught-up", e.jid).field("archive_id", e.archive_id).field("complete", e.complete).end_object());
  }
  void operator()(const SessionWaiting& e) const {
    JsonWriter w;
    print(begin(w, "waiting", e.jid).field("from", e.from.str()).end_object());
  }
  void operator()(const SessionDown& e) const {
    JsonWriter w;
    begin(w, "down", e.jid).field("why", std::string(to_string(e.why))).field("reason", e.reason);
    print(w.field("advice", e.advice).end_object());
  }
  void operator()(const SessionStanza& e) const {
    JsonWriter w;
    begin(w, "stanza", e.jid).field("stanza", to_xml(e.stanza)).field("source", std::string(name_of(e.source)));
    w.field("archive_id", e.archive_id);
    if (e.stamp) w.field("stamp", format_instant(*e.stamp));
    print(w.end_object());
  }
  void operator()(const SessionSent& e) const {
    JsonWriter w;
    print(begin(w, "sent", e.jid).field("token", e.token).end_object());
  }
};

struct Tool {
  SessionLink& link;
  bool hold = false, closing = false;
  std::map<Jid, std::string> places = {};  // in their archives, not committed yet

  // As the brain does, but at once: where the next log-in begins to read.
  void heard(const SessionEvent& event) {
    const auto* stanza = std::get_if<SessionStanza>(&event);
    const auto* up = std::get_if<SessionCaughtUp>(&event);
    if (stanza && stanza->in_order && !stanza->archive_id.empty()) places[stanza->jid] = stanza->archive_id;
    if (up && up->complete && !up->archive_id.empty()) places[up->jid] = up->archive_id;
  }
  void commit() {
    for (auto it = places.begin(); it != places.end();) {
      const bool known = link.under_way(it->first) == 0;  // what is under way is looked for there
      if (known) link.set_archive_id(it->first, it->second);
      it = known ? places.erase(it) : std::next(it);
    }
    link.committed();
  }

  void command(const std::string& line) {
    const auto document = JsonDocument::parse(line);
    if (!document) {
      std::fprintf(stderr, "no JSON: %s\n", line.c_str());
      std::exit(2);
    }
    const JsonView c = document->root();
    const auto text = [&](std::string_view key) { return std::string(c[key].string().value_or("")); };
    const std::string what = text("do");
    if (what == "hold" || what == "commit") hold = what == "hold";
    if (what == "close") {
      closing = true;
      link.close(steady_now());
    }
    if (what == "counts") counts();
    const auto jid = Jid::parse(text("jid"));
    if (!jid) return;
    if (what == "want") {
      SessionAccount account{*jid,
                             text("password"),
                             text("certificate"),
                             text("key"),
                             text("resource"),
                             text("presence"),
                             text("roster_version"),
                             text("archive_id"),
                             {}};
      if (c["archive_start"].string()) account.archive_start = parse_instant(text("archive_start"));
      link.want(std::move(account));
    } else if (what == "unwant") {
      link.unwant(*jid);
    } else if (what == "presence") {
      link.set_presence(*jid, text("stanza"));
    } else if (what == "archive-id") {
      link.set_archive_id(*jid, text("archive_id"));
    } else if (what == "send") {
      const std::int64_t token = c["token"].integer().value_or(0);
      const bool taken = link.send(*jid, text("stanza"), token);
      JsonWriter w;
      w.begin_object().field("event", taken ? "taken" : "refused").field("jid", jid->str()).field("token", token);
      print(w.end_object());
    }
  }

  void counts() const {
    const SessionLink::Counts n = link.counts();
    JsonWriter w;
    w.begin_object().field("event", "counts");
    const auto put = [&](const char* name, std::uint64_t value) { w.field(name, static_cast<std::int64_t>(value)); };
    put("wanted", n.wanted);
    put("up", n.up);
    put("refused", n.refused);
    put("workers", n.workers);
    put("died", n.workers_died);
    put("logins", n.logins);
    put("resumed", n.resumed);
    put("in", n.stanzas_in);
    put("out", n.stanzas_out);
    put("stanzas_refused", n.stanzas_refused);
    print(w.end_object());
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    options[argument.substr(0, argument.find('='))] = argument.substr(argument.find('=') + 1);
  }
  const auto number = [&](const char* key, long usual) {
    return options.contains(key) ? std::strtol(options[key].c_str(), nullptr, 10) : usual;
  };
  SessionLink::Settings settings;
  settings.host = options["host"];
  settings.port = static_cast<std::uint16_t>(number("port", 5222));
  settings.domain = options["domain"];
  settings.cafile = options["cafile"];
  settings.program = options["program"];
  settings.direct_tls = number("direct-tls", 0) != 0;
  settings.logins_per_second = static_cast<double>(number("rate", 50));
  settings.sessions_per_worker = static_cast<std::size_t>(number("per-worker", 250));
  settings.watchdog = number("watchdog", 3000);
  settings.away_poll = number("away-poll", 0);
  settings.message_bytes = static_cast<std::size_t>(number("message-bytes", 262'144));
  Poller poller;
  Signals signals(poller);
  Inbox inbox;
  SessionLink link(poller, inbox, settings, 42);
  Lines lines(poller);
  Tool tool{link};
  while (!signals.end() && !lines.ended && !(tool.closing && link.closed())) {
    const auto due = link.deadline();
    poller.wait(due ? std::max<Duration>(0, *due - steady_now()) : 1000);
    for (const std::string& line : std::exchange(lines.lines, {})) tool.command(line);
    link.on_time(steady_now());
    for (const SessionEvent& event : link.take()) {
      std::visit(Printer{}, event);
      tool.heard(event);
    }
    for (const LogLine& line : std::exchange(inbox.log, {})) {
      JsonWriter w;
      print(w.begin_object().field("event", "log").field("text", line.text).end_object());
    }
    if (!tool.hold) tool.commit();
    link.flush(steady_now());
    std::fflush(stdout);
  }
  return 0;
}
