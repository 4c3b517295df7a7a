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

// Of a record; each field that says nothing is left out.
class LineWriter {
 public:
  std::string line(const Record& record) {
    w_.begin_object();
    if (record.time != 0) text("ts", format_micros(record.time));
    w_.field("stream", as_utf8(record.stream.empty() ? "-" : record.stream));
    if (record.kind != StreamKind::unknown) w_.field("kind", stream_kind_name(record.kind));
    if (record.direction != Direction::unknown) w_.field("dir", direction_name(record.direction));
    text("local", record.local);
    text("remote", record.remote);
    text("jid", record.jid);
    std::visit([this](const auto& what) { put(what); }, record.what);
    w_.end_object();
    return w_.take();
  }

 private:
  void text(std::string_view name, const std::string& value) {
    if (!value.empty()) w_.field(name, is_utf8(value) ? value : as_utf8(value));
  }
  void bytes(std::string_view name, std::string_view name64, const std::string& value) {
    if (is_utf8(value))
      w_.field(name, value);
    else
      w_.field(name64, to_base64(value));
  }
  void number(std::string_view name, std::uint64_t value) { w_.field(name, static_cast<std::int64_t>(value)); }

  void put(const CapturedStanza& stanza) { w_.field("stanza", is_utf8(stanza.xml) ? stanza.xml : as_utf8(stanza.xml)); }
  void put(const CapturedPublish& publish) {
    w_.key("publish").begin_object().field("topic", as_utf8(publish.topic));
    bytes("payload", "payload64", publish.payload);
    w_.field("qos", std::int64_t{publish.qos});
    if (publish.retain) w_.field("retain", true);
    if (publish.cbor) w_.field("cbor", true);
    text("response", publish.response_topic);
    if (!publish.correlation.empty()) bytes("correlation", "correlation64", publish.correlation);
    w_.end_object();
  }
  void put(const CapturedOpen& open) {
    w_.key("open").begin_object();
    text("from", open.from);
    text("to", open.to);
    w_.end_object();
  }
  void put(const CapturedClose& close) {
    w_.key("close").begin_object();
    text("reason", close.reason);
    w_.end_object();
  }
  void put(const CapturedDamage& damage) {
    w_.key("damage").begin_object();
    text("source", damage.source);
    number("offset", damage.offset);
    if (damage.line != 0) number("line", damage.line);
    number("bytes", damage.bytes);
    text("text", damage.text);
    w_.end_object();
  }

  JsonWriter w_;
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

std::string capture_line(const Record& record) {
  std::string line = LineWriter().line(record);
  if (line.size() <= CaptureReader::max_line) return line;
  Record instead = record;
  for (std::string* field : {&instead.stream, &instead.local, &instead.remote, &instead.jid})
    if (constexpr std::size_t longest = 4'096; field->size() > longest) field->resize(longest);
  instead.what = CapturedDamage{"", 0, 0, line.size(),
                                "a record of at most " + std::to_string(CaptureReader::max_line) + " bytes as a line"};
  return LineWriter().line(instead);
}

std::string capture_header(const std::string& source, bool redacted) {
  JsonWriter w;
  w.begin_object().field("ferry", "capture").field("version", std::int64_t{capture_version});
  w.field("source", as_utf8(source)).field("redacted", redacted).end_object();
  return w.take();
}

struct CaptureWriter::Impl {
  Settings settings;
  std::unique_ptr<ZstdFileWriter> file;
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
  impl_->file->write(capture_line(record) + "\n");
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
