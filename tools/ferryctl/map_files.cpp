// ferryctl map import, map export: one row a line; lines that begin with # are comments. A million rows go in parts.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "config/text.h"
#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

constexpr std::size_t part_rows = 10'000;
constexpr std::size_t part_bytes = 4U << 20;  // JSON may double it; AnyGateway::max_command bounds one command
constexpr std::size_t max_row_bytes = 4096;   // as parse_row
static_assert(2 * (part_bytes + max_row_bytes) < AnyGateway::max_command);

// One instance is one import: lines in, answers counted.
class Import {
 public:
  Import(CtlCall& call, std::string name)
      : call_(call), name_(std::move(name)), terminal_(::isatty(2) == 1 && !call.line.json) {
    json_.begin_object().key("problems").begin_array();
  }

  void line(std::string_view text) {
    ++line_;
    if (line_ == 1 && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    text = trim(text);
    if (text.empty() || text.front() == '#') return;
    if (text.size() > max_row_bytes) return problem(line_, "the row has more than 4096 bytes");
    if (!is_utf8(text)) return problem(line_, "the row is not UTF-8");
    rows_.emplace_back(text);
    lines_.push_back(line_);
    bytes_ += text.size();
    if (rows_.size() >= part_rows || bytes_ >= part_bytes) send(true);
  }

  bool lost() const { return lost_; }

  int finish() {
    send(false);  // also an empty part: it ends the import
    if (terminal_ && progress_) std::fputs("\r\033[K", stderr);
    if (call_.line.json) {
      json_.end_array()
          .field("ok", !lost_)
          .field("added", added_)
          .field("unchanged", unchanged_)
          .field("replaced", replaced_);
      std::fputs((json_.end_object().take() + "\n").c_str(), stdout);
    } else if (!lost_) {
      std::string text = counted(added_, "row", "rows") + " added";
      if (replaced_ > 0) text += ", " + counted(replaced_, "replaced", "replaced");
      if (unchanged_ > 0) text += ", " + counted(unchanged_, "was there already", "were there already");
      if (refused_ > 0) text += ", " + counted(refused_, "line refused", "lines refused");
      say(text);
    }
    return lost_ || refused_ > 0 ? exit_refused : exit_done;
  }

 private:
  void problem(std::int64_t number, std::string text) {
    ++refused_;
    problems_.emplace_back(number, std::move(text));
    if (problems_.size() >= part_rows) report();
  }

  // In the order of lines: some were refused here, the others by the gateway.
  void report() {
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [number, text] : problems_) {
      if (call_.line.json)
        json_.begin_object().field("line", number).field("error", text).end_object();
      else
        complain(name_ + ":" + std::to_string(number) + ": " + text);
    }
    problems_.clear();
  }

  void send(bool more) {
    if (lost_) return;
    JsonWriter json;
    json.begin_object()
        .field("command", "map.import")
        .field("replace", call_.line.has("--replace"))
        .field("more", more);
    json.key("rows").begin_array();
    for (const std::string& row : rows_) json.value(row);
    const auto answer = call_.gateway.ask(json.end_array().end_object().take());
    if (!answer || !answer->ok()) {
      report();
      complain(answer ? answer->error() : answer.error());
      complain("the lines before " + std::to_string(lines_.empty() ? line_ : lines_.front()) +
               " are imported; import the file again, rows that are there already do no harm");
      lost_ = true;
      return;
    }
    const auto count = [&](const char* key) { return (*answer)[key].integer().value_or(0); };
    added_ += count("added");
    unchanged_ += count("unchanged");
    replaced_ += count("replaced");
    (*answer)["problems"].each([&](JsonView p) {
      const auto index = static_cast<std::size_t>(p["line"].integer().value_or(1) - 1);
      problem(index < lines_.size() ? lines_[index] : 0, std::string(p["error"].string().value_or("")));
    });
    report();
    rows_.clear();
    lines_.clear();
    bytes_ = 0;
    if (terminal_ && more) {
      progress_ = true;
      std::fprintf(stderr, "\r\033[K%s read", counted(line_, "line", "lines").c_str());
    }
  }

  CtlCall& call_;
  std::string name_;
  bool terminal_, progress_ = false, lost_ = false;
  std::int64_t line_ = 0, added_ = 0, unchanged_ = 0, replaced_ = 0, refused_ = 0;
  std::vector<std::string> rows_;
  std::vector<std::int64_t> lines_;  // of rows_
  std::size_t bytes_ = 0;
  std::vector<std::pair<std::int64_t, std::string>> problems_;  // of this part
  JsonWriter json_;                                             // with --json: the answer
};

}  // namespace

int map_import(CtlCall& call) {
  const std::string& path = call.words.front();
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "re");
  if (!file) return complain(path + ": " + std::strerror(errno)), exit_usage;
  Import import(call, path == "-" ? "standard input" : path);
  char* line = nullptr;
  std::size_t room = 0;
  ssize_t size = 0;
  while (!import.lost() && (size = ::getline(&line, &room, file)) >= 0) {
    std::string_view text(line, static_cast<std::size_t>(size));
    if (text.ends_with('\n')) text.remove_suffix(1);
    import.line(text);
  }
  std::free(line);  // NOLINT: getline's
  const int error = std::ferror(file) ? errno : 0;
  if (file != stdin) std::fclose(file);
  const int code = import.finish();
  if (error == 0) return code;
  complain(path + ": " + std::strerror(error));
  return exit_refused;
}

int map_export(CtlCall& call) {
  const std::string path = call.words.empty() ? "-" : call.words.front();
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "we");
  if (!file) return complain(path + ": " + std::strerror(errno)), exit_usage;
  std::fputs("# Rows of Ferry's mapping table: KIND JID TOPIC [key=value ...]. ferryctl map import reads them.\n",
             file);
  std::int64_t rows = 0;
  const std::string wrong = each_listed(call.gateway, "map.list", "rows", [&](JsonView row) {
    const bool stored = row["from"].string() == "store";
    if (!stored && !call.line.has("--all")) return;
    const std::string text =
        std::string(stored ? "" : "# configuration: ") + std::string(row["row"].string().value_or(""));
    std::fputs((text + "\n").c_str(), file);
    if (stored) ++rows;
  });
  const bool failed = std::fflush(file) != 0 || std::ferror(file) != 0;
  const int error = errno;
  if (file != stdout && std::fclose(file) != 0 && !failed)
    return complain(path + ": " + std::strerror(errno)), exit_refused;
  if (failed) return complain(path + ": " + std::strerror(error)), exit_refused;
  if (!wrong.empty()) return complain(wrong + "; what was written is not complete"), exit_refused;
  if (path != "-") say(counted(rows, "row", "rows") + " written to " + path);
  return exit_done;
}

}  // namespace ferry
