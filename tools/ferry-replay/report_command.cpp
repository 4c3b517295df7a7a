#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

#include "gateway/capture/reader.h"
#include "gateway/capture/redaction.h"
#include "tools/ferry-replay/arguments.h"
#include "tools/ferry-replay/commands.h"
#include "tools/ferry-replay/report_sections.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

constexpr int report_done = 0, report_losses_found = 1, report_arguments = 2, report_impossible = 3;
constexpr std::size_t example_bytes = 600;

const std::vector<ReplayFlag>& report_flags() {
  static const std::vector<ReplayFlag> flags{
      {"--json", "", "The report as JSON, the same figures."},
      {"--html", "FILE", "Write the report as one HTML page as well, with charts; it needs nothing but itself."},
      {"--operations", "", "Only the bytes of ten operations of daily life, as XMPP and as MQTT; of no capture."},
      {"--root", "TOPIC", "The root of the topics that the bytes are counted with; im/v1."},
      {"--strict", "", "Exit with 1 where anything that people would notice is not carried, or anything was damaged."},
      {"--quiet", "", "No progress."},
  };
  return flags;
}

void report_usage(std::FILE* to) {
  std::fprintf(
      to,
      "ferry-replay report [OPTION …] CAPTURE\n\n"
      "Says what the bridge would carry of a capture (a file that ferry-replay import or ferryd wrote, - is\n"
      "standard input), what it would lose and for whom, how many bytes it would take, and what to configure.\n\n"
      "%s\n"
      "Exit codes: 0 done; 1 with --strict: losses or damage; 2 wrong arguments; 3 could not be done.\n",
      Arguments::describe(report_flags()).c_str());
}

std::string cut_example(const std::string& xml) {
  return xml.size() <= example_bytes ? xml : report::shortened(xml, example_bytes) + "…";
}

// 16 bytes of chance: pseudonyms of one report mean nothing in another.
std::string report_key() {
  std::random_device chance;
  std::string key;
  for (int n = 0; n < 4; ++n)
    for (unsigned value = chance(), byte = 0; byte < 4; ++byte) key += static_cast<char>((value >> (8 * byte)) & 0xffU);
  return key;
}

class ReportProgress {
 public:
  ReportProgress(const CaptureReader& reader, bool quiet)
      : reader_(reader), shown_(!quiet && ::isatty(STDERR_FILENO)) {}
  ~ReportProgress() {
    if (shown_ && said_) std::fputs("\r\033[K", stderr);
  }
  void tick(std::int64_t records) {
    if (!shown_ || records % 1'024 != 0) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    said_ = true;
    if (const std::uint64_t all = reader_.bytes_total(); all > 0)
      std::fprintf(stderr, "\r%3llu %%  %lld records",
                   static_cast<unsigned long long>(100 * reader_.bytes_read() / all), static_cast<long long>(records));
    else
      std::fprintf(stderr, "\r%lld records", static_cast<long long>(records));
  }

 private:
  const CaptureReader& reader_;
  bool shown_, said_ = false;
  std::chrono::steady_clock::time_point last_{};
};

bool write_page(const std::string& path, const std::string& page) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << page;
  file.close();
  if (file) return true;
  std::fprintf(stderr, "ferry-replay report: %s: cannot be written\n", path.c_str());
  return false;
}

int put_out(const report::ReportDocument& document, const Arguments& arguments) {
  if (arguments.has("--html") && !write_page(arguments.value("--html"), report::report_html(document)))
    return report_impossible;
  const std::string out = arguments.has("--json") ? report::report_json(document) : report::report_text(document);
  if (std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && std::fflush(stdout) == 0) return report_done;
  std::fputs("ferry-replay report: standard output cannot be written\n", stderr);
  return report_impossible;
}

bool people_lose(const report::Analysis& a) {
  for (const auto& gap : a.gaps.ranked())
    if (gap.value->people && gap.value->verdict == report::Verdict::none) return true;
  return false;
}

}  // namespace

int report_command(const std::vector<std::string>& words) {
  Arguments arguments(report_flags(), 0, 1);
  const std::string wrong = arguments.read(words);
  if (arguments.help()) return report_usage(stdout), report_done;
  const bool operations = arguments.has("--operations");
  const bool understood = wrong.empty() && arguments.words().empty() == operations;
  if (!understood) {
    std::fprintf(stderr, "ferry-replay report: %s\n",
                 !wrong.empty() ? wrong.c_str()
                 : operations   ? "--operations is of no capture"
                                : "expected a capture");
    return report_arguments;
  }
  if (operations) {
    report::ReportDocument document{"Ten operations", "The same ten operations as XMPP and as MQTT, in bytes"};
    document.sections = {report::operations_section()};
    return put_out(document, arguments);
  }
  const std::string path = arguments.words().front();
  CaptureReader reader(path);
  if (!reader.wrong().empty()) {
    std::fprintf(stderr, "ferry-replay report: %s\n", reader.wrong().c_str());
    return report_impossible;
  }
  report::Analysis::Settings settings;
  settings.tree.root = arguments.value("--root", "im/v1");
  Redaction redaction({report_key()});
  settings.shown = [&](const Record& record) {
    const bool as_it_is = reader.redacted();
    const Record shown = as_it_is ? record : redaction.redact(record);
    const auto* stanza = std::get_if<CapturedStanza>(&shown.what);
    return stanza ? cut_example(stanza->xml) : std::string();
  };
  report::Analysis analysis(std::move(settings));
  {
    ReportProgress progress(reader, arguments.has("--quiet"));
    std::int64_t records = 0;
    while (const auto record = reader.next()) {
      analysis.add(*record, reader.line());
      progress.tick(++records);
    }
  }
  const std::string file = path.substr(path.rfind('/') + 1);
  const report::CaptureFacts facts{path == "-"     ? "standard input"
                                   : is_utf8(file) ? file
                                                   : "a capture",
                                   reader.source(), reader.redacted()};
  const int code = put_out(report::readiness_report(analysis, facts), arguments);
  const bool bad = analysis.damaged + analysis.unreadable > 0 || people_lose(analysis);
  return code == report_done && arguments.has("--strict") && bad ? report_losses_found : code;
}

}  // namespace ferry
