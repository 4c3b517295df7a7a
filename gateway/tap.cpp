#include "gateway/tap.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <type_traits>
#include <utility>

#include "gateway/brain/log_value.h"

namespace ferry {
namespace {

std::int64_t system_micros() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// Outgoing stanzas are in the stream's default namespace; a capture's are read alone.
std::string standing_alone(std::string_view stanza) {
  const std::size_t tag = std::min(stanza.find('>'), stanza.size());
  const std::size_t name = std::min(stanza.find_first_of(" />"), stanza.size());
  std::string out(stanza);
  if (stanza.substr(0, tag).find(" xmlns=") == std::string_view::npos)
    out.insert(name, " xmlns='" + std::string(ns::client) + "'");
  return out;
}

// The link's own words for people, as a capture's reason.
std::string close_reason(std::string_view reason) {
  constexpr std::string_view stream_error = "stream error ";
  if (reason.substr(0, stream_error.size()) == stream_error) {
    const std::string_view condition = reason.substr(stream_error.size());
    return std::string(condition.substr(0, condition.find(':')));
  }
  return reason == "the server closed the stream" ? "end" : "lost";
}

// To open a pipe waits for its reader.
bool would_wait(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && (S_ISFIFO(found.st_mode) || S_ISSOCK(found.st_mode));
}

}  // namespace

Tap::Tap(const Options& o, std::string key, Inbox& inbox)
    : settings_(o.capture),
      inbox_(inbox),
      component_{StreamKind::component, "component",        o.component.host + ":" + std::to_string(o.component.port),
                 o.component.domain,    o.component.domain, o.component.server},
      broker_{StreamKind::broker, "broker", o.broker.host + ":" + std::to_string(o.broker.port), {}, {}, {}},
      session_local_(o.session.host + ":" + std::to_string(o.session.port)) {
  if (settings_.redact != CaptureRedaction::no)
    redaction_.emplace(Redaction::Settings{std::move(key), settings_.redact == CaptureRedaction::keep_bodies,
                                           settings_.redact == CaptureRedaction::keep_jids});
  open_file(steady_now());
}

Tap::~Tap() { close(); }

void Tap::came(const std::vector<LinkEvent>& events) {
  for (const LinkEvent& event : events) take(event);
}

// Directions are the server's and the broker's: what comes to us was sent by them.
void Tap::take(const LinkEvent& event) {
  std::visit(
      [this](const auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, Element>) {
          add(component_, Direction::sent, CapturedStanza{to_xml(e)});
        } else if constexpr (std::is_same_v<E, Refused>) {
          add(component_, Direction::sent, CapturedDamage{"", 0, 0, 0, "a stanza within the limits: " + e.error.text});
        } else if constexpr (std::is_same_v<E, InPublish>) {
          add(broker_, Direction::sent,
              CapturedPublish{e.topic, e.payload, e.qos, e.retain, e.cbor, e.response_topic, e.correlation});
        } else if constexpr (std::is_same_v<E, ComponentUp>) {
          begin(component_);
        } else if constexpr (std::is_same_v<E, ComponentDown>) {
          end(component_, close_reason(e.reason));
        } else if constexpr (std::is_same_v<E, BrokerUp>) {
          begin(broker_);
        } else if constexpr (std::is_same_v<E, BrokerDown>) {
          end(broker_, "lost");
        }
      },
      event);
}

void Tap::goes(const Effects& effects, bool component_is_up) {
  if (component_is_up)
    for (const std::string& stanza : effects.stanzas)
      add(component_, Direction::received, CapturedStanza{standing_alone(stanza)});
  for (const Publish& p : effects.publishes)
    add(broker_, Direction::received, CapturedPublish{p.topic, p.payload, p.qos, p.retain, p.cbor, {}, p.correlation});
}

void Tap::passed(const std::vector<SessionTraffic>& traffic) {
  using What = SessionTraffic::What;
  for (const SessionTraffic& one : traffic) {
    const std::string account = one.jid.bare().str();
    if (one.what == What::opened) {
      Link& link = sessions_[account];
      link = {StreamKind::client, "session", session_local_, one.jid.str(), account, std::string(one.jid.domainpart()),
              sessions_begun_++};
      begin(link);
      continue;
    }
    const auto link = sessions_.find(account);
    if (link == sessions_.end()) continue;
    if (one.what == What::closed) {
      end(link->second, close_reason(one.text));
      sessions_.erase(link);
    } else if (one.what == What::sent) {
      add(link->second, Direction::received, CapturedStanza{standing_alone(one.text)});
    } else {
      add(link->second, Direction::sent, CapturedStanza{one.text});
    }
  }
}

template <class What>
void Tap::add(const Link& link, Direction direction, What what) {
  Record record;
  record.time = system_micros();
  record.stream = link.name + "-" + std::to_string(link.number + (link.open ? 0 : 1));  // what is ready for the next
  record.kind = link.kind;
  record.direction = direction;
  record.local = link.local;
  record.jid = link.jid;
  record.what = std::move(what);
  waiting_.push_back(std::move(record));
}

void Tap::begin(Link& link) {
  ++link.number;
  link.open = true;
  add(link, Direction::received, CapturedOpen{link.from, link.to});
}

void Tap::end(Link& link, std::string reason) {
  if (!link.open) return;
  add(link, Direction::unknown, CapturedClose{std::move(reason)});
  link.open = false;
}

void Tap::open_file(Steady now) {
  file_.reset();
  if (would_wait(settings_.file)) return failed(settings_.file + ": it is a pipe or socket, no file", now);
  CaptureWriter::Settings s{settings_.file, "ferryd", redaction_.has_value(), settings_.rotate};
  s.append = true;
  file_.emplace(std::move(s));
  file_->flush();  // a file that takes nothing says so at once
  if (!file_->wrong().empty()) return failed(file_->wrong(), now);
  try_at_ = 0;
  if (std::exchange(failing_, false))
    inbox_.say(LogLine::Level::info, "event=capture.resumed lost=" + std::to_string(lost_));
}

void Tap::failed(std::string why, Steady now) {
  file_.reset();
  flush_at_ = 0;
  try_at_ = now + try_again_time;
  if (std::exchange(failing_, true)) return;
  inbox_.say(LogLine::Level::warning,
             "event=capture.failed reason=" + log_value(why) + " advice=" +
                 log_value("the gateway works without its recording, and tries again every minute and on SIGHUP"));
}

void Tap::put(Record& record) {
  file_->write(redaction_ ? redaction_->redact(std::move(record)) : record);
  if (file_->wrong().empty())
    ++recorded_;
  else
    ++lost_;
}

void Tap::write(Steady now, bool reopen) {
  if (reopen || (try_at_ != 0 && now >= try_at_)) open_file(now);
  std::vector<Record> records = std::exchange(waiting_, {});
  if (!file_) {
    lost_ += records.size();
    return;
  }
  std::size_t done = 0;
  try {
    for (; done < records.size(); ++done) put(records[done]);
    if (!records.empty() && flush_at_ == 0) flush_at_ = now + flush_time;
    if (flush_at_ != 0 && now >= flush_at_) {
      flush_at_ = 0;
      file_->flush();
    }
    if (!file_->wrong().empty()) failed(file_->wrong(), now);
  } catch (const std::exception& failure) {  // out of memory; no chance to be had
    lost_ += records.size() - done;
    failed(failure.what(), now);
  }
}

void Tap::close() {
  end(component_, "end");
  end(broker_, "end");
  for (auto& [account, link] : sessions_) end(link, "end");
  sessions_.clear();
  write(steady_now(), false);
  file_.reset();
  flush_at_ = try_at_ = 0;
}

std::optional<Steady> Tap::deadline() const {
  if (flush_at_ != 0) return flush_at_;
  return try_at_ != 0 ? std::optional(try_at_) : std::nullopt;
}

}  // namespace ferry
