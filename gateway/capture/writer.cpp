#include "gateway/capture/writer.h"

#include <cstdio>
#include <fstream>
#include <optional>
#include <utility>

#include "gateway/capture/reader.h"
#include "gateway/capture/words.h"
#include "gateway/capture/zstd_file.h"
#include "translators/values/base64.h"
#include "translators/values/json.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

// Of one record after the other. Each field that says nothing is left out. Written by hand, not by a JsonWriter: there
// are as many lines as stanzas.
class LineWriter {
 public:
  // Without the newline; until the next call.
  const std::string& line(const Record& record) {
    write(record);
    if (out_.size() <= CaptureReader::max_line) return out_;
    Record instead = record;
    for (std::string* field : {&instead.stream, &instead.local, &instead.remote, &instead.jid})
      if (constexpr std::size_t longest = 4'096; field->size() > longest) field->resize(longest);
    instead.what = CapturedDamage{
        "", 0, 0, out_.size(), "a record of at most " + std::to_string(CaptureReader::max_line) + " bytes as a line"};
    std::string().swap(out_);  // so much is not wanted again
    write(instead);
    return out_;
  }

 private:
  void write(const Record& record) {
    out_.clear();
    begin();
    if (record.time != 0) time(record.time);
    text("stream", record.stream.empty() ? "-" : record.stream);
    if (record.kind != StreamKind::unknown) text("kind", stream_kind_name(record.kind));
    if (record.direction != Direction::unknown) text("dir", direction_name(record.direction));
    text_if_any("local", record.local);
    text_if_any("remote", record.remote);
    text_if_any("jid", record.jid);
    std::visit([this](const auto& what) { put(what); }, record.what);
    end();
  }

  void begin() { out_ += '{'; }
  void end() { out_ += '}'; }
  void key(std::string_view name) {  // needs no escape
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_.append(name).append(std::string_view("\":"));
  }
  void object(std::string_view name) {
    key(name);
    begin();
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    if (is_utf8(value))
      append_json(out_, value);
    else
      append_json(out_, as_utf8(value));
  }
  void text_if_any(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void bytes(std::string_view name, std::string_view name64, const std::string& value) {
    if (is_utf8(value))
      text(name, value);
    else
      text(name64, to_base64(value));
  }
  void number(std::string_view name, std::uint64_t value) {
    key(name);
    out_ += std::to_string(static_cast<std::int64_t>(value));
  }
  void yes(std::string_view name) {
    key(name);
    out_ += "true";
  }
  // Most records are of the second of the one before: then the fraction alone is written anew.
  void time(std::int64_t micros) {
    constexpr std::int64_t second_us = 1'000'000;
    constexpr std::size_t fraction_at = 20;
    if (micros < 0 || micros / second_us != second_ || time_.size() <= fraction_at) {
      second_ = micros / second_us;
      time_ = format_micros(micros);
    } else {
      std::int64_t rest = micros % second_us;
      for (std::size_t at = fraction_at + 6; at-- > fraction_at; rest /= 10)
        time_[at] = static_cast<char>('0' + rest % 10);
    }
    text_if_any("ts", time_);
  }

  void put(const CapturedStanza& stanza) { text("stanza", stanza.xml); }
  void put(const CapturedPublish& publish) {
    object("publish");
    text("topic", publish.topic);
    bytes("payload", "payload64", publish.payload);
    number("qos", static_cast<std::uint64_t>(publish.qos));
    if (publish.retain) yes("retain");
    if (publish.cbor) yes("cbor");
    text_if_any("response", publish.response_topic);
    if (!publish.correlation.empty()) bytes("correlation", "correlation64", publish.correlation);
    end();
  }
  void put(const CapturedOpen& open) {
    object("open");
    text_if_any("from", open.from);
    text_if_any("to", open.to);
    end();
  }
  void put(const CapturedClose& close) {
    object("close");
    text_if_any("reason", close.reason);
    end();
  }
  void put(const CapturedDamage& damage) {
    object("damage");
    text_if_any("source", damage.source);
    number("offset", damage.offset);
    if (damage.line != 0) number("line", damage.line);
    number("bytes", damage.bytes);
    text_if_any("text", damage.text);
    end();
  }

  std::string out_, time_;
  std::int64_t second_ = 0;  // of time_
};

// NAME becomes NAME.1, that becomes NAME.2 and so on; the last goes.
void move_on(const std::string& path, unsigned keep) {
  const auto numbered = [&](unsigned n) { return n == 0 ? path : path + "." + std::to_string(n); };
  if (keep == 0) std::remove(path.c_str());
  for (unsigned n = keep; n > 0; --n) std::rename(numbered(n - 1).c_str(), numbered(n).c_str());
}

// The last byte of a file; nothing: it is empty, or not there.
std::optional<char> last_byte(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file || file.tellg() <= 0) return std::nullopt;
  file.seekg(-1, std::ios::end);
  char byte = 0;
  if (!file.get(byte)) return std::nullopt;
  return byte;
}

}  // namespace

std::string capture_line(const Record& record) { return LineWriter().line(record); }

std::string capture_header(const std::string& source, bool redacted) {
  JsonWriter w;
  w.begin_object().field("ferry", "capture").field("version", std::int64_t{capture_version});
  w.field("source", as_utf8(source)).field("redacted", redacted).end_object();
  return w.take();
}

struct CaptureWriter::Impl {
  Settings settings;
  std::unique_ptr<ZstdFileWriter> file;
  LineWriter lines;
  std::string wrong;
  std::uint64_t records = 0;
  bool fresh = true;  // nothing but the header is in the file

  void open(bool append) {
    const auto last = append ? last_byte(settings.path) : std::nullopt;
    file = std::make_unique<ZstdFileWriter>(settings.path, append);
    if (last && *last != '\n') file->write("\n");  // whoever wrote it was cut off
    file->write(capture_header(settings.source, settings.redacted) + "\n");
    fresh = true;
    look();
  }

  void look() {
    if (wrong.empty()) wrong = file->wrong();
  }

  void rotate() {
    file->close();
    look();
    if (!wrong.empty()) return;
    file.reset();
    move_on(settings.path, settings.keep);
    open(false);
  }
};

CaptureWriter::CaptureWriter(Settings settings) : impl_(std::make_unique<Impl>()) {
  impl_->settings = std::move(settings);
  const std::string& path = impl_->settings.path;
  const bool append = impl_->settings.append && path != "-";
  const bool compressed = path.size() > 4 && path.compare(path.size() - 4, 4, ".zst") == 0;
  if (append && compressed && last_byte(path)) move_on(path, impl_->settings.keep);
  impl_->open(append && !compressed);
}

CaptureWriter::~CaptureWriter() = default;

void CaptureWriter::write(const Record& record) {
  if (!impl_->wrong.empty()) return;
  const Settings& s = impl_->settings;
  if (s.rotate != 0 && s.path != "-" && !impl_->fresh && impl_->file->size() >= s.rotate) impl_->rotate();
  impl_->file->write(impl_->lines.line(record));
  impl_->file->write("\n");
  impl_->fresh = false;
  ++impl_->records;
  impl_->look();
}

void CaptureWriter::flush() {
  if (impl_->wrong.empty()) impl_->file->flush();
  impl_->look();
}

const std::string& CaptureWriter::wrong() const { return impl_->wrong; }
std::uint64_t CaptureWriter::records() const { return impl_->records; }

}  // namespace ferry
