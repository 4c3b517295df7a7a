// expat's bare parse of a file of stanzas: the floor under importing and playing a capture.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "tools/bench.d/expat_floor.h"
#include "tools/bench.d/measure.h"
#include "translators/values/json.h"

namespace {

constexpr std::size_t piece = 64 * 1024;

int run(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) {
    std::fprintf(stderr, "bench_parse: %s: cannot be read, or is empty\n", path.c_str());
    return 1;
  }
  ferry::bench::Meter meter;
  ferry::bench::Cost best;
  for (int round = 0; round < 3; ++round) {  // the first reads the pages in
    ferry::bench::ExpatFloor floor;
    meter.start();
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      if (!floor.feed(std::string_view(bytes).substr(at, piece))) {
        std::fprintf(stderr, "bench_parse: %s: not well-formed\n", path.c_str());
        return 1;
      }
    const ferry::bench::Cost cost = meter.stop();
    if (round == 0 || cost.ns < best.ns) best = cost;
  }
  ferry::JsonWriter w;
  w.begin_object().field("bytes", static_cast<std::int64_t>(bytes.size())).field("cpu_s", best.ns / 1e9);
  std::printf("%s\n", w.field("instructions", best.instructions).end_object().take().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && argv[1][0] != '-') return run(argv[1]);
  std::fputs("bench_parse FILE   bare stanzas, one after another; prints CPU seconds as JSON\n", stderr);
  return 2;
}
