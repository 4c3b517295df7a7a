#include <sys/stat.h>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>

#include "gateway/capture/redaction.h"
#include "gateway/capture/writer.h"
#include "gateway/capture/zstd_file.h"
#include "tools/ferry-replay/commands.h"
#include "tools/ferry-replay/import_format.h"
#include "tools/ferry-replay/import_options.h"
#include "tools/ferry-replay/import_progress.h"

namespace ferry {
namespace intake {
namespace {

constexpr std::size_t shortest_key = 16, longest_key_file = 65'536;

int failed(int code, const std::string& text) {
  std::fprintf(stderr, "ferry-replay import: %s\n", text.c_str());
  return code;
}

// Empty: wrong says why.
std::string redaction_key(const Options& o, std::string& wrong) {
  std::string key;
  if (o.key_file.empty()) {
    std::random_device chance;
    while (key.size() < 2 * shortest_key) key += std::to_string(chance());
    return key;
  }
  std::ifstream file(o.key_file, std::ios::binary);
  key.resize(longest_key_file);
  file.read(key.data(), static_cast<std::streamsize>(key.size()));
  key.resize(static_cast<std::size_t>(file.gcount()));
  if (key.size() >= shortest_key) return key;
  wrong = "--key-file: " + o.key_file + " cannot be read, or has less than 16 bytes";
  return {};
}

// Times without a year are of the file's last one.
Dates dates_of(const std::string& path, const Options& o) {
  struct stat about {};
  std::time_t when = std::time(nullptr);
  if (path != "-" && ::stat(path.c_str(), &about) == 0) when = about.st_mtime;
  when += o.zone / 1'000'000;
  std::tm day{};
  ::gmtime_r(&when, &day);
  Dates d = o.date.value_or(Dates{day.tm_year + 1900, day.tm_mon + 1, day.tm_mday});
  d.zone = o.zone;
  return d;
}

// Stanzas are in it, so that it looks like loose XML.
bool is_capture(std::string_view beginning) { return beginning.starts_with("{\"ferry\":\"capture\""); }

// Why no format fits, and what to do about it.
std::string_view unknown(std::string_view beginning) {
  if (beginning.empty()) return "it is empty";
  if (beginning.starts_with("\x1F\x8B")) return "it is compressed with gzip: zcat it into ferry-replay import -";
  if (beginning.starts_with("\xFD"
                            "7zXZ"))
    return "it is compressed with xz: xzcat it into ferry-replay import -";
  if (beginning.starts_with("BZh")) return "it is compressed with bzip2: bzcat it into ferry-replay import -";
  if (beginning.starts_with("PK\x03\x04")) return "it is a ZIP file: unpack it";
  if (is_capture(beginning)) return "it is a capture already: report, run and serve read it";
  return "no known format begins like this; --list-formats says which there are, --format names one";
}

// One instance is one run of the command.
class ImportCommand {
 public:
  explicit ImportCommand(const Options& options)
      : o_(options),
        sink_([this](Record&& r, const Element* read) { write(std::move(r), read); }),
        streams_(sink_),
        progress_(sink_, o_.quiet) {}

  int run() {
    if (o_.redact) {
      std::string wrong;
      Redaction::Settings settings{redaction_key(o_, wrong), o_.keep_bodies, o_.keep_jids};
      if (!wrong.empty()) return failed(2, wrong);
      redaction_.emplace(std::move(settings));
    }
    for (const std::string& file : o_.files)
      if (const std::string wrong = one(file); !wrong.empty()) {
        progress_.clear();
        return failed(3, wrong);
      }
    streams_.forget();
    writer_->flush();
    progress_.clear();
    if (!writer_->wrong().empty()) return failed(3, writer_->wrong());
    if (const std::string wrong = nothing(); !wrong.empty()) return failed(3, wrong);
    if (!o_.quiet) print_summary(sink_, o_.redact);
    return sink_.counts.damages > o_.max_damage ? 1 : 0;
  }

 private:
  void write(Record&& record, const Element* read) {
    if (redaction_) redaction_->redact_in_place(record, read);
    writer_->write(record);
  }

  // A --format that is none of the files' gives an empty capture, which nobody shall take for a quiet day.
  std::string nothing() const {
    const Sink::Counts& c = sink_.counts;
    const FormatKind* const named = format_named(o_.format);
    if (!named || !named->line || c.stanzas + c.publishes + c.opens + c.closes + c.damages != 0) return {};
    std::string said = o_.files.back() + ": nothing of format " + o_.format + " is in it";
    if (looks_ && looks_ != named) said += "; it begins like " + std::string(looks_->name);
    return said + "; without --format it is told from the beginning of each file";
  }

  // Why it could not be done; empty: done.
  std::string one(const std::string& path) {
    ZstdFileReader file(path);
    if (!file.wrong().empty()) return file.wrong();
    Input input([&](char* to, std::size_t size) {
      progress_.show(path, file.bytes_read(), file.bytes_total());
      return writer_ && !writer_->wrong().empty() ? std::size_t{0} : file.read(to, size);
    });
    const FormatKind* kind = !o_.format.empty()              ? format_named(o_.format)
                             : is_capture(input.beginning()) ? nullptr
                                                             : format_of(input.beginning());
    if (!kind && !file.wrong().empty()) return file.wrong();
    if (!kind) return path + ": " + std::string(unknown(input.beginning()));
    if (!o_.format.empty() && kind->line) looks_ = format_of(input.beginning());
    if (!writer_) writer_.emplace(CaptureWriter::Settings{o_.output, std::string(kind->name), o_.redact});
    if (!writer_->wrong().empty()) return writer_->wrong();
    if (!o_.rotated) streams_.forget();
    sink_.begin(path);
    Import import{sink_, streams_, dates_of(path, o_)};
    const auto format = kind->make(import);
    format->read(input);
    if (!format->wrong().empty()) return path + ": " + format->wrong();
    if (!file.wrong().empty()) sink_.damage({}, 0, {input.position(), 0}, 0, file.wrong());
    return {};
  }

  const Options& o_;
  const FormatKind* looks_ = nullptr;  // like what the last file begins, where a format was named
  std::optional<Redaction> redaction_;
  std::optional<CaptureWriter> writer_;
  Sink sink_;
  Streams streams_;
  Progress progress_;
};

}  // namespace
}  // namespace intake

int import_command(const std::vector<std::string>& arguments) {
  const intake::Options options = intake::read_options(arguments);
  if (options.help) return std::fputs(intake::import_help, stdout), 0;
  if (!options.wrong.empty()) { return intake::failed(2, options.wrong + "\nferry-replay import --help says more"); }
  if (options.list) {
    for (const intake::FormatKind& kind : intake::formats())
      std::printf("%-18s%s\n", std::string(kind.name).c_str(), std::string(kind.what).c_str());
    return 0;
  }
  return intake::ImportCommand(options).run();
}

}  // namespace ferry
