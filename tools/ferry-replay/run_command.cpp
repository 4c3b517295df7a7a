// `ferry-replay run`: a capture through the gateway's brain, offline.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>

#include "tools/ferry-replay/commands.h"
#include "tools/ferry-replay/golden.h"
#include "tools/ferry-replay/outcome.h"
#include "tools/ferry-replay/setup.h"
#include "tools/ferry-replay/virtual_gateway.h"

namespace ferry {
namespace replay {
namespace {

constexpr std::uint64_t shown_differences = 20;

int run_complain(const std::string& text, int code) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::fprintf(stderr, "ferry-replay run: %s\n", text.substr(at, end - at).c_str());
    at = end + 1;
  }
  return code;
}

std::vector<ReplayFlag> run_flags() {
  std::vector<ReplayFlag> flags = shared_flags();
  flags.insert(flags.begin() + 1,
               {{"--from", "xmpp|mqtt|both",
                 "which way is played: recorded stanzas (the default), recorded publishes, "
                 "or both in the order in which they were recorded"},
                {"--output", "FILE", "where the output goes; - (the default without --golden) is standard output"},
                {"--golden", "FILE",
                 "compares the output with an earlier one and shows what differs, with the stanza that caused it; "
                 "exit code 1 if anything does. Generated ids may be others, each always the same other one"},
                {"--update-golden", "", "writes the file of --golden instead"},
                {"--differences", "N", "how many differences are shown, 20 if not given"},
                {"--max-damage", "N", "more damaged lines than this are exit code 1; any number if not given"}});
  return flags;
}

void run_help(const std::vector<ReplayFlag>& flags) {
  std::printf(
      "ferry-replay run CAPTURE --config FILE [OPTION ...]\n\n"
      "Plays a capture (- is standard input) through the gateway's translators and brain, without any network: the\n"
      "clock is the capture's, the broker acknowledges at once, the XMPP server answers pings at once. The output is\n"
      "what would have left the gateway, one JSON line for each publish and stanza, with its virtual time and the "
      "line\n"
      "of the capture that caused it (\"after\": time passed). The same capture, configuration and seed give the same\n"
      "bytes. The gateway's own housekeeping (gw/..., its pings) is left out; \"session\" says whose session a stanza "
      "of\nan account leaves by.\n\n%s\n%s\n"
      "Rates of requests and of subscriptions are off; all other limits are the configuration's. Memory grows with "
      "the\n"
      "messages of [limits] message-ttl, as the gateway keeps them so long.\n"
      "Exit codes: 0 done, 1 differences or too much damage, 2 wrong arguments, 3 could not be done.\n",
      Arguments::describe(flags).c_str(), std::string(played_text()).c_str());
}

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdout) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// One instance is one run. What leaves is kept until the next line of the capture is played, and then written and
// compared.
class Run {
 public:
  Run(const Arguments& arguments, Setup& setup) : arguments_(arguments), setup_(setup) {}

  int run();

 private:
  std::string open();
  void flush();
  int finish(const CaptureReader& reader, const Player& player, const VirtualGateway& gateway);

  const Arguments& arguments_;
  Setup& setup_;
  File file_;
  std::string written_to_;
  std::unique_ptr<Golden> golden_;
  std::vector<std::string> group_;
  std::uint64_t line_ = 0, publishes_ = 0, stanzas_ = 0;
  std::uint64_t show_ = shown_differences, max_damage_ = INT64_MAX;
  std::string cause_, first_difference_;
  bool write_failed_ = false;
};

std::string Run::open() {
  std::string wrong;
  const auto show = arguments_.number("--differences", show_, 0, 1'000'000, wrong);
  const auto damage = arguments_.number("--max-damage", max_damage_, 0, INT64_MAX, wrong);
  if (!show || !damage) return wrong;
  show_ = *show;
  max_damage_ = *damage;
  const std::string golden = arguments_.value("--golden");
  const bool update = arguments_.has("--update-golden");
  if (update && golden.empty()) return "--update-golden needs --golden FILE";
  if (update && arguments_.has("--output")) return "--update-golden and --output: one of them";
  std::string output = update ? golden : arguments_.value("--output");
  if (output.empty() && golden.empty()) output = "-";
  if (output == "-") {
    file_.reset(stdout);
  } else if (!output.empty()) {
    written_to_ = update ? output + ".new" : output;  // a run that fails leaves the old one
    file_.reset(std::fopen(written_to_.c_str(), "wb"));
    if (!file_) return written_to_ + " cannot be written: " + std::strerror(errno);
  }
  if (golden.empty() || update) return {};
  golden_ = std::make_unique<Golden>(golden, show_, [this](const std::string& text) {
    if (first_difference_.empty()) first_difference_ = text;
    std::fputs((for_people(text) + "\n").c_str(), stderr);
  });
  return golden_->wrong();
}

void Run::flush() {
  if (file_)
    for (std::string& text : group_) {
      const bool written =
          std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size() && std::fputc('\n', file_.get()) != EOF;
      if (!written) write_failed_ = true;
    }
  if (golden_) golden_->compare(line_, cause_, group_);
  group_.clear();
}

int Run::run() {
  if (const std::string wrong = open(); !wrong.empty()) return run_complain(wrong, 2);
  const std::string& capture = arguments_.words().front();
  if (capture == "-" && arguments_.has("--account"))
    return run_complain("CAPTURE: a file, not standard input: with --account it is read twice", 2);
  const Options options = VirtualGateway::adapted(setup_.options);
  auto accounts = find_accounts(capture, setup_, options);
  if (!accounts) return run_complain(accounts.error(), 3);
  CaptureReader reader(capture);
  if (!reader.wrong().empty()) return run_complain(reader.wrong(), 3);
  VirtualGateway gateway(
      options, setup_.table, setup_.seed,
      [this](Departure d) {
        ++(d.is_stanza ? stanzas_ : publishes_);
        group_.push_back(to_line(d));
      },
      *std::move(accounts));
  Player player(setup_.play, options, setup_.table);
  Progress progress("playing");
  std::vector<Played> events;
  while (!write_failed_ && player.next(reader, events)) {
    progress.show(reader.bytes_read(), reader.bytes_total());
    for (const Played& event : events) {
      if (event.line != line_) {
        gateway.advance(event.at);
        flush();
        line_ = event.line;
        cause_ = player.text();
      }
      gateway.play(event);
    }
  }
  gateway.finish();
  flush();
  progress.clear();
  return finish(reader, player, gateway);
}

int Run::finish(const CaptureReader& reader, const Player& player, const VirtualGateway& gateway) {
  if (golden_) golden_->finish();
  if (golden_ && !golden_->wrong().empty()) return run_complain(golden_->wrong(), 3);
  if (!reader.wrong().empty()) return run_complain(reader.wrong(), 3);
  if (file_ && std::fflush(file_.get()) != 0) write_failed_ = true;
  if (write_failed_) return run_complain("the output cannot be written: " + std::string(std::strerror(errno)), 3);
  if (arguments_.has("--update-golden") && std::rename(written_to_.c_str(), arguments_.value("--golden").c_str()) != 0)
    return run_complain(arguments_.value("--golden") + " cannot be written: " + std::strerror(errno), 3);

  std::vector<Check> checks{{"the capture is whole", {}}};
  const Player::Counts& counts = player.counts();
  if (counts.damage > max_damage_)
    checks.back().failure = std::to_string(counts.damage) + " damaged lines; the first: " + player.first_damage();
  std::fputs(describe(counts).c_str(), stderr);
  std::fprintf(stderr, "%10llu  publishes and %llu stanzas left the gateway; %zu people were introduced\n",
               static_cast<unsigned long long>(publishes_), static_cast<unsigned long long>(stanzas_),
               gateway.people());
  if (publishes_ + stanzas_ == 0 && counts.played != 0)
    std::fputs(
        "nothing left: nobody of [component] domain wrote to anybody outside or was written to from there; "
        "--domain-map "
        "plays the recipients of another domain as people on MQTT, --account its users as accounts\n",
        stderr);
  if (counts.damage != 0) std::fprintf(stderr, "the first damage: %s\n", for_people(player.first_damage()).c_str());
  if (gateway.stuck()) std::fputs("the brain asked to be called again and again at one moment: a bug\n", stderr);
  if (golden_) {
    checks.push_back({"the output is that of " + arguments_.value("--golden"), {}});
    if (golden_->other_ids() != 0)
      std::fprintf(stderr, "%10llu  output lines differ in generated ids alone\n",
                   static_cast<unsigned long long>(golden_->other_ids()));
    std::fprintf(stderr, "%10llu  lines of the capture have another result\n",
                 static_cast<unsigned long long>(golden_->differences()));
    if (golden_->differences() != 0)
      checks.back().failure =
          std::to_string(golden_->differences()) + " lines of the capture have another result\n" + first_difference_;
  }
  if (arguments_.has("--junit"))
    if (const std::string wrong = write_junit(arguments_.value("--junit"), "ferry-replay run", checks); !wrong.empty())
      return run_complain(wrong, 3);
  for (const Check& check : checks)
    if (!check.failure.empty()) return 1;
  return 0;
}

}  // namespace
}  // namespace replay

int run_command(const std::vector<std::string>& words) {
  using namespace replay;
  const std::vector<ReplayFlag> flags = run_flags();
  Arguments arguments(flags, 1, 1);
  if (const std::string wrong = arguments.read(words); !wrong.empty())
    return run_complain(wrong + "\nferry-replay run --help says more", 2);
  if (arguments.help()) return run_help(flags), 0;
  const auto setup = read_setup(arguments);
  if (!setup) return run_complain(setup.error(), 2);
  try {
    return Run(arguments, **setup).run();
  } catch (const StoreFailure& failure) {
    return run_complain(std::string("the store in memory failed: ") + failure.what(), 3);
  } catch (const std::bad_alloc&) {
    return run_complain("out of memory; a lower [limits] message-ttl keeps fewer messages", 3);
  }
}

}  // namespace ferry
