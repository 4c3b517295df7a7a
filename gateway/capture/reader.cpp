#include "gateway/capture/reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "gateway/capture/words.h"
#include "gateway/capture/zstd_file.h"
#include "translators/values/base64.h"
#include "translators/values/json.h"

namespace ferry {
namespace {

// A record from its line; wrong(): what was expected.
class LineParser {
 public:
  explicit LineParser(JsonView line) : line_(line) {}
  const std::string& wrong() const { return wrong_; }

  Record record() {
    Record out;
    const std::string ts = text(line_, "ts"), kind = text(line_, "kind"), dir = text(line_, "dir");
    if (!ts.empty()) out.time = checked(parse_micros(ts), "ts: expected a time as in RFC 3339");
    if (!kind.empty())
      out.kind = checked(stream_kind_of(kind), "kind: expected client, component, server, broker or unknown");
    if (!dir.empty()) out.direction = checked(direction_of(dir), "dir: expected received, sent or unknown");
    out.stream = text(line_, "stream");
    if (out.stream.empty()) expected("stream: expected a name");
    out.local = text(line_, "local");
    out.remote = text(line_, "remote");
    out.jid = text(line_, "jid");
    what(out);
    return out;
  }

 private:
  void expected(std::string text) {
    if (wrong_.empty()) wrong_ = std::move(text);
  }
  template <class T>
  T checked(std::optional<T> value, const char* problem) {
    if (!value) expected(problem);
    return value.value_or(T{});
  }
  // Of a member that may be missing.
  std::string text(JsonView object, std::string_view name) {
    const JsonView value = object[name];
    if (value && !value.is_string()) expected(std::string(name) + ": expected a text");
    return std::string(value.string().value_or(std::string_view{}));
  }
  std::string bytes(JsonView object, std::string_view name, std::string_view name64) {
    if (!object[name64]) return text(object, name);
    return checked(from_base64(text(object, name64)), "payload64, correlation64: expected base64");
  }
  bool flag(JsonView object, std::string_view name) {
    const JsonView value = object[name];
    if (value && !value.boolean()) expected(std::string(name) + ": expected true or false");
    return value.boolean().value_or(false);
  }
  std::uint64_t number(JsonView object, std::string_view name) {
    const JsonView value = object[name];
    const std::int64_t found = value.integer().value_or(value ? -1 : 0);
    if (found < 0) expected(std::string(name) + ": expected a whole number from 0 on");
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, found));
  }

  void what(Record& out) {
    static constexpr std::array names{"stanza", "publish", "open", "close", "damage"};
    int found = 0;
    for (const char* name : names) {
      const JsonView value = line_[name];
      if (!value) continue;
      if (++found == 2) expected("expected one of stanza, publish, open, close, damage, not two");
      const bool is_stanza = name == names[0];
      if (is_stanza ? !value.is_string() : !value.is_object())
        expected(std::string(name) + (is_stanza ? ": expected XML text" : ": expected an object"));
    }
    if (found == 0) expected("expected stanza, publish, open, close or damage");
    if (const auto xml = line_["stanza"].string()) out.what = CapturedStanza{std::string(*xml)};
    if (const JsonView p = line_["publish"]; p.is_object()) out.what = publish(p);
    if (const JsonView o = line_["open"]; o.is_object()) out.what = CapturedOpen{text(o, "from"), text(o, "to")};
    if (const JsonView c = line_["close"]; c.is_object()) out.what = CapturedClose{text(c, "reason")};
    if (const JsonView d = line_["damage"]; d.is_object())
      out.what = CapturedDamage{text(d, "source"), number(d, "offset"), number(d, "line"), number(d, "bytes"),
                                text(d, "text")};
  }

  CapturedPublish publish(JsonView p) {
    CapturedPublish out;
    out.topic = text(p, "topic");
    if (out.topic.empty()) expected("topic: expected the publish's topic name");
    out.payload = bytes(p, "payload", "payload64");
    const std::uint64_t qos = number(p, "qos");
    if (qos > 2) expected("qos: expected 0, 1 or 2");
    out.qos = static_cast<int>(std::min<std::uint64_t>(qos, 2));
    out.retain = flag(p, "retain");
    out.cbor = flag(p, "cbor");
    out.response_topic = text(p, "response");
    out.correlation = bytes(p, "correlation", "correlation64");
    return out;
  }

  JsonView line_;
  std::string wrong_;
};

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

struct CaptureReader::Impl {
  static constexpr std::size_t step = 64 * 1024;

  std::string path;
  ZstdFileReader file;
  std::string wrong, source;
  bool redacted = true;
  bool ended = false, told = false;  // told: that the file is damaged
  std::string buffer;                // from `at` on not taken yet
  std::size_t at = 0;
  std::uint64_t offset = 0, line = 0;  // of the line that was taken last
  std::uint64_t length = 0;            // its bytes, with the newline
  std::int64_t time = 0;

  explicit Impl(const std::string& name) : path(name), file(name) {
    if (!file.wrong().empty()) {
      wrong = file.wrong();
      return;
    }
    std::string_view text;
    Line got = take(text);
    while (got == Line::good && is_blank(text)) got = take(text);
    if (!file.wrong().empty() && got == Line::end) wrong = file.wrong();
    if (!wrong.empty()) return;
    const std::string shown = path == "-" ? "stdin" : path;
    const auto document = JsonDocument::parse(got == Line::good ? text : std::string_view{});
    if (!document || !is_header(document->root())) {
      wrong = shown +
              ": no capture: its first line is not {\"ferry\":\"capture\",…}; ferry-replay import makes a "
              "capture of a log";
      return;
    }
    if (const auto version = document->root()["version"].integer(); !version || *version != capture_version) {
      wrong = shown + ": a capture of version " + (version ? std::to_string(*version) : "?") +
              "; this program reads version " + std::to_string(capture_version);
      return;
    }
    source = std::string(document->root()["source"].string().value_or(std::string_view{}));
    redacted = document->root()["redacted"].boolean().value_or(false);
  }

  static bool is_header(JsonView line) { return line["ferry"].string() == "capture"; }

  enum class Line { good, too_long, end };

  // The next line, without its newline; valid until the next call.
  Line take(std::string_view& text) {
    offset += std::exchange(length, 0);
    std::size_t searched = at;
    bool too_long = false;
    for (;;) {
      const void* found =
          buffer.size() > searched ? std::memchr(buffer.data() + searched, '\n', buffer.size() - searched) : nullptr;
      const bool has_newline = found != nullptr;
      const std::size_t end =
          has_newline ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data()) : buffer.size();
      if (end - at > max_line || too_long) {  // what is here of it goes; nobody needs it
        too_long = true;
        length += end - at;
        at = end;
      }
      if (has_newline || ended) {
        if (!has_newline && end == at && length == 0) return Line::end;
        text = std::string_view(buffer).substr(at, end - at);
        length += end - at + (has_newline ? 1 : 0);
        at = end + (has_newline ? 1 : 0);
        ++line;
        return too_long ? Line::too_long : Line::good;
      }
      more(searched);
    }
  }

  void more(std::size_t& searched) {
    buffer.erase(0, std::exchange(at, 0));
    searched = buffer.size();
    buffer.resize(searched + step);
    const std::size_t got = file.read(buffer.data() + searched, step);
    buffer.resize(searched + got);
    ended = got == 0;
  }

  Record damage(std::string expected) {
    Record out;
    out.time = time;
    out.stream = "-";
    out.what = CapturedDamage{path, offset, line, length, std::move(expected)};
    return out;
  }

  // A line's record; nothing: it is a header. In the middle of a file that is one of captures put together.
  std::optional<Record> parsed(std::string_view text) {
    const auto document = JsonDocument::parse(text);
    if (!document) return damage("not JSON: " + document.error().text);
    if (!document->root().is_object()) return damage("expected a JSON object");
    if (is_header(document->root())) {
      redacted = redacted && document->root()["redacted"].boolean().value_or(false);
      return std::nullopt;
    }
    LineParser parser(document->root());
    Record out = parser.record();
    if (!parser.wrong().empty()) return damage(parser.wrong());
    if (out.time == 0) out.time = time;
    time = out.time;
    return out;
  }

  std::optional<Record> next() {
    if (!wrong.empty()) return std::nullopt;
    for (;;) {
      std::string_view text;
      switch (take(text)) {
        case Line::end:
          if (file.wrong().empty() || std::exchange(told, true)) return std::nullopt;
          return damage(file.wrong());
        case Line::too_long:
          return damage("a line of at most " + std::to_string(max_line) + " bytes");
        case Line::good:
          if (is_blank(text)) break;
          if (auto record = parsed(text)) return record;
      }
    }
  }
};

CaptureReader::CaptureReader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
CaptureReader::~CaptureReader() = default;

std::optional<Record> CaptureReader::next() { return impl_->next(); }
const std::string& CaptureReader::wrong() const { return impl_->wrong; }
bool CaptureReader::redacted() const { return impl_->redacted; }
const std::string& CaptureReader::source() const { return impl_->source; }
std::uint64_t CaptureReader::line() const { return impl_->line; }
std::uint64_t CaptureReader::bytes_read() const { return impl_->file.bytes_read(); }
std::uint64_t CaptureReader::bytes_total() const { return impl_->file.bytes_total(); }

}  // namespace ferry
