// Every fuzz target for a little while, in one program and by any compiler: the seeds of tests/fuzz/corpus, then what
// chance makes of them. tools/fuzz searches, by coverage and with sanitizers; this is what each change is held against.
//
//   fuzz_short DIRECTORY SECONDS [SEED [TARGET]]      DIRECTORY: tests/fuzz; SECONDS: in all
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// FUZZ_TARGETS: FUZZ_TARGET(name) for each, by CMake, which renames LLVMFuzzerTestOneInput of each to fuzz_name.
#define FUZZ_TARGET(name) extern "C" int fuzz_##name(const std::uint8_t*, std::size_t);
FUZZ_TARGETS
#undef FUZZ_TARGET

namespace {

using Seconds = std::chrono::duration<double>;
constexpr std::size_t longest = 1'000;  // bytes of an input
constexpr unsigned hangs_after = 60;    // s for one input
constexpr char crash_file[] = "fuzz_short.crash";

struct Target {
  const char* name;
  int (*run)(const std::uint8_t*, std::size_t);
};
#define FUZZ_TARGET(name) Target{#name, fuzz_##name},
constexpr Target targets[] = {FUZZ_TARGETS};
#undef FUZZ_TARGET

const char* running = "";
std::string input;

// Only what a signal handler may call.
void put(int fd, std::string_view text) {
  if (::write(fd, text.data(), text.size()) < 0) ::_exit(1);
}

void on_end(int number) {
  const int file = ::open(crash_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0) put(file, input);
  const char digits[] = {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
  for (const std::string_view text :
       {std::string_view("\n"), std::string_view(running), std::string_view(": signal "), std::string_view(digits, 2),
        std::string_view(" at the input that is in "), std::string_view(crash_file), std::string_view("\n")})
    put(STDERR_FILENO, text);
  ::_exit(1);
}

std::vector<std::string> files(const std::filesystem::path& directory) {
  std::vector<std::string> out;
  if (!std::filesystem::is_directory(directory)) return out;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return out;
}

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random_() % n); }

  // One to six small changes of one seed, or of two.
  std::string of(const std::vector<std::string>& seeds) {
    std::string out = seeds.empty() ? std::string() : seeds[below(seeds.size())];
    for (std::size_t changes = 1 + below(6); changes > 0; --changes) {
      const std::size_t at = below(out.size() + 1), n = 1 + below(8);
      switch (below(7)) {
        case 0:
          if (at < out.size()) out[at] = static_cast<char>(static_cast<unsigned char>(out[at]) ^ (1U << below(8)));
          break;
        case 1:
          if (at < out.size()) out[at] = static_cast<char>(below(256));
          break;
        case 2:
          out.insert(at, n, static_cast<char>(below(256)));
          break;
        case 3:
          out.erase(at, n);
          break;
        case 4:
          out.insert(at, out.substr(below(out.size() + 1), 1 + below(64)));
          break;
        case 5:
          out.erase(at);
          break;
        default:
          if (const std::string& other = seeds.empty() ? out : seeds[below(seeds.size())]; !other.empty()) {
            const std::size_t from = below(other.size());
            out.insert(at, other.substr(from, 1 + below(other.size() - from)));
          }
      }
    }
    if (out.size() > longest) out.resize(longest);
    return out;
  }

 private:
  std::mt19937_64 random_;
};

void run(const Target& target, std::string text) {
  input = std::move(text);
  ::alarm(hangs_after);
  target.run(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int count, char** words) {
  if (count < 3 || count > 5) {
    std::fputs("fuzz_short DIRECTORY SECONDS [SEED [TARGET]]\n", stderr);
    return 2;
  }
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) ::signal(number, on_end);
  const std::filesystem::path root = std::filesystem::path(words[1]) / "corpus";
  const double seconds = std::atof(words[2]);
  const std::uint64_t seed = count > 3 ? std::strtoull(words[3], nullptr, 10) : 1;
  const std::string only = count > 4 ? words[4] : "";
  const auto chosen = [&](const Target& t) { return only.empty() || only == t.name; };
  const auto all = std::count_if(std::begin(targets), std::end(targets), chosen);
  std::printf("seed %llu\n%-14s %8s %10s\n", static_cast<unsigned long long>(seed), "target", "seeds", "runs");
  for (const Target& target : targets) {
    if (!chosen(target)) continue;
    running = target.name;
    const auto seeds = files(root / target.name);
    if (seeds.empty()) {
      std::fprintf(stderr, "%s: no seeds in %s\n", target.name, (root / target.name).c_str());
      return 1;
    }
    for (const std::string& text : seeds) run(target, text);
    Chance chance(seed);
    std::size_t runs = seeds.size();
    const auto began = std::chrono::steady_clock::now();
    while (Seconds(std::chrono::steady_clock::now() - began).count() * static_cast<double>(all) < seconds) {
      run(target, chance.of(seeds));
      ++runs;
    }
    std::printf("%-14s %8zu %10zu\n", target.name, seeds.size(), runs);
    std::fflush(stdout);
  }
  return all > 0 ? 0 : 2;
}
