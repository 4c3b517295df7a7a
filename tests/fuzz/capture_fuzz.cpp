// Any bytes as a capture, compressed or not: read to its end, and what was read is written and read as the same. The
// same bytes as a stanza and as a publish: redacted, they keep their shape, and a word that was in a text is gone.
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/capture/reader.h"
#include "gateway/capture/redaction.h"
#include "gateway/capture/writer.h"
#include "tests/fuzz/bytes.h"
#include "translators/values/xml.h"

namespace {

using namespace ferry;
using fuzz::require;

// A file in memory.
class Memory {
 public:
  explicit Memory(std::string_view content) : fd_(::memfd_create("capture", MFD_CLOEXEC)) {
    require(fd_ >= 0 && ::write(fd_, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  }
  ~Memory() { ::close(fd_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void read_all(std::string_view content) {
  const Memory file(content);
  CaptureReader reader(file.path());
  std::uint64_t end = 0;
  while (const auto record = reader.next()) {
    require(!record->stream.empty());
    const auto* damage = std::get_if<CapturedDamage>(&record->what);
    if (damage && record->stream == "-" && damage->source == file.path()) {
      require(!damage->text.empty() && damage->offset >= end, damage->text);  // places go on
      end = damage->offset;
    }
    const std::string line = capture_line(*record);
    const Memory again(capture_header("fuzz", false) + "\n" + line);
    CaptureReader second(again.path());
    const auto same = second.next();
    require(same.has_value(), "a line is read back", line);
    if (record->time != 0) require(capture_line(*same) == line, capture_line(*same), line);
    require(!second.next(), "one line is one record", line);
  }
}

void same_shape(const Element& a, const Element& b) {
  require(a.name == b.name && a.ns == b.ns && a.attrs.size() == b.attrs.size() &&
          a.children.size() == b.children.size());
  for (std::size_t i = 0; i < a.attrs.size(); ++i) require(a.attrs[i].name == b.attrs[i].name);
  for (std::size_t i = 0; i < a.children.size(); ++i) {
    const Element *x = a.children[i].element(), *y = b.children[i].element();
    require((x == nullptr) == (y == nullptr));
    if (x) same_shape(*x, *y);
  }
}

void redact(std::string_view text) {
  Redaction one({"a key of a fuzzer, long enough"}), two({"a key of a fuzzer, long enough"});
  Record record;
  record.stream = "s";
  record.what = CapturedStanza{std::string(text)};
  const Record out = one.redact(record);
  require(capture_line(out) == capture_line(two.redact(record)), "the same each time", text);
  const auto before = parse_xml(text);
  const auto* stanza = std::get_if<CapturedStanza>(&out.what);
  if (before) {
    require(stanza, "a stanza stays one", text);
    const auto after = parse_xml(stanza->xml, {8U << 20, 64, 4'096, 64});
    require(after.ok(), "what was XML is XML", stanza->xml);
    same_shape(*before, *after);
  }
  for (const bool cbor : {false, true}) {
    const std::size_t cut = text.size() / 3;
    record.what = CapturedPublish{std::string(text.substr(0, cut)), std::string(text.substr(cut)), 1, false, cbor};
    require(!capture_line(one.redact(record)).empty());
  }
  const Record body = one.redact({0, "s", {}, {}, {}, {}, {}, CapturedStanza{"<m><body>Zwiebelfisch</body></m>"}});
  require(capture_line(body).find("Zwiebelfisch") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_all(text);
  read_all(capture_header("fuzz", true) + "\n" + std::string(text));
  redact(text);
  return 0;
}
