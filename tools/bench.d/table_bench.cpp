// The mapping table at a thousand, a hundred thousand and a million exact rows: loading, bytes, look-ups.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "config/mapping.h"
#include "tools/bench.d/measure.h"
#include "translators/values/json.h"

namespace ferry::bench {
namespace {

struct Line {
  std::size_t rows = 0;
  double parse_ns = 0, load_ms = 0, bytes_per_row = 0;
  Cost by_jid, by_topic, add;
};

std::size_t resident() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0, rss = 0;
  file >> pages >> rss;
  return rss * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::string jid_of(std::size_t i) {
  std::string digits = std::to_string(i);
  return "user" + std::string(7 - digits.size(), '0') + digits + "@mqtt.corp.example";
}

std::string row_of(std::size_t i) { return "user " + jid_of(i) + " {root}/u/{uid}"; }

Line measure_table(Meter& meter, std::size_t rows, std::size_t batches) {
  Line line;
  line.rows = rows;
  std::vector<Row> parsed;
  parsed.reserve(rows);
  const std::size_t before = resident();
  meter.start();
  for (std::size_t i = 0; i < rows; ++i) parsed.push_back(*parse_row(row_of(i)));
  line.parse_ns = meter.stop().ns / static_cast<double>(rows);
  MappingTable table("im/v1", "ferry");
  meter.start();
  const Problems problems = table.set_rows(std::move(parsed));
  line.load_ms = meter.stop().ns / 1e6;
  parsed = {};
  if (!problems.empty() || table.size() != rows) {
    std::fprintf(stderr, "bench_table: %zu problems, %zu of %zu rows\n", problems.size(), table.size(), rows);
    std::exit(1);
  }
  line.bytes_per_row = static_cast<double>(resident() - before) / static_cast<double>(rows);

  std::mt19937_64 chance(7);
  constexpr std::size_t size = 20'000;
  std::vector<Jid> jids;
  std::vector<std::string> topics;
  const auto prepare = [&](std::size_t n) {  // others in each batch: nothing stays in a cache that would not
    jids.clear();
    topics.clear();
    for (std::size_t i = 0; i < n; ++i) {
      const std::string jid = jid_of(chance() % rows);
      jids.push_back(*Jid::parse(jid));
      topics.push_back("im/v1/u/" + jid + "/out/msg");
    }
  };
  std::size_t found = 0;
  line.by_jid =
      measure(meter, batches, size, prepare, [&](std::size_t i) { found += table.by_jid(jids[i]).has_value(); });
  line.by_topic = measure(meter, batches, size, prepare, [&](std::size_t i) {
    const auto match = table.by_topic(topics[i]);
    found += match.ok() && match->has_value();
  });
  if (found != 2 * (batches + 1) * size) {
    std::fprintf(stderr, "bench_table: %zu look-ups found nothing\n", 2 * (batches + 1) * size - found);
    std::exit(1);
  }
  std::vector<Row> more;
  std::size_t next = rows;
  line.add = measure(
      meter, batches, 500,
      [&](std::size_t n) {
        more.clear();
        for (std::size_t i = 0; i < n; ++i) more.push_back(*parse_row(row_of(next++)));
      },
      [&](std::size_t i) { keep(table.add(std::move(more[i])).ok()); });
  return line;
}

// In a process of its own: memory that an earlier table left free would hide what this one takes.
Line measure_apart(std::size_t rows, std::size_t batches) {
  int ends[2];
  if (::pipe(ends) != 0) std::exit(1);
  const pid_t child = ::fork();
  if (child == 0) {
    Meter meter;
    const Line line = measure_table(meter, rows, batches);
    std::_Exit(::write(ends[1], &line, sizeof line) == sizeof line ? 0 : 1);
  }
  ::close(ends[1]);
  Line line;
  int status = 1;
  const bool complete = ::read(ends[0], &line, sizeof line) == sizeof line;
  ::close(ends[0]);
  ::waitpid(child, &status, 0);
  if (!complete || status != 0) std::exit(1);
  return line;
}

void print(const std::vector<Line>& lines) {
  std::printf("%9s %12s %9s %9s %10s %12s %10s %12s %8s\n", "rows", "parse ns/row", "load ms", "B/row", "by_jid ns",
              "instructions", "by_topic ns", "instructions", "add ns");
  for (const Line& l : lines)
    std::printf("%9zu %12.0f %9.1f %9.0f %10.0f %12.0f %10.0f %12.0f %8.0f\n", l.rows, l.parse_ns, l.load_ms,
                l.bytes_per_row, l.by_jid.ns, l.by_jid.instructions, l.by_topic.ns, l.by_topic.instructions, l.add.ns);
}

void write_json(const std::vector<Line>& lines, const char* path) {
  JsonWriter w;
  w.begin_array();
  for (const Line& l : lines)
    w.begin_object()
        .field("rows", static_cast<std::int64_t>(l.rows))
        .field("parse_ns", l.parse_ns)
        .field("load_ms", l.load_ms)
        .field("bytes_per_row", l.bytes_per_row)
        .field("by_jid_ns", l.by_jid.ns)
        .field("by_jid_instructions", l.by_jid.instructions)
        .field("by_topic_ns", l.by_topic.ns)
        .field("by_topic_instructions", l.by_topic.instructions)
        .field("add_ns", l.add.ns)
        .end_object();
  std::ofstream(path) << w.end_array().take();
}

int run(int argc, char** argv) {
  std::size_t batches = 9;
  const std::vector<std::size_t> sizes = {1'000, 100'000, 1'000'000};
  const char* json = nullptr;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--quick")
      batches = 3;
    else if (option == "--json" && i + 1 < argc)
      json = argv[++i];
    else {
      std::fputs("bench_table [--quick] [--json FILE]\n", option == "--help" ? stdout : stderr);
      return option == "--help" ? 0 : 2;
    }
  }
  std::vector<Line> lines;
  for (const std::size_t rows : sizes) lines.push_back(measure_apart(rows, batches));
  print(lines);
  if (json) write_json(lines, json);
  return 0;
}

}  // namespace
}  // namespace ferry::bench

int main(int argc, char** argv) { return ferry::bench::run(argc, argv); }
