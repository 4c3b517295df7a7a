#include "tools/ferryctl/watch.h"

#include <unistd.h>

#include <chrono>
#include <thread>

#include "tools/ferryctl/print.h"
#include "translators/values/instant.h"

namespace ferry {
namespace {

constexpr auto watch_every = std::chrono::seconds(2);

// Notices whether the gateway went away, which is no reason to end.
class Watched final : public AnyGateway {
 public:
  explicit Watched(AnyGateway& gateway) : gateway_(gateway) {}
  bool running() const override { return gateway_.running(); }
  Result<Answer, std::string> ask(const std::string& command) override {
    auto answer = gateway_.ask(command);
    if (!answer) lost_ = true;
    return answer;
  }
  bool lost() const { return lost_; }

 private:
  AnyGateway& gateway_;
  bool lost_ = false;
};

std::string now() {
  using namespace std::chrono;
  return format_instant(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

int watch(const CtlCommand& command, const Options& options, const CtlLine& line, const std::vector<std::string>& words,
          const Problems& problems) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  std::string absence;  // said once, where what was said stays in sight
  for (bool first = true;; first = false) {
    {
      const auto gateway = open_gateway(options, command.access);
      if (!gateway && first) return complain(gateway.error()), exit_refused;
      if (terminal && !line.json) std::fputs("\x1b[H\x1b[2J", stdout);
      if (!line.json) say(now());
      if (!gateway) {
        complain(gateway.error());
      } else {
        if (const std::string text((*gateway)->absence()); text != absence || terminal) {
          if (!text.empty()) complain(text);
          absence = text;
        }
        Watched watched(**gateway);
        CtlCall call{options, line, words, watched, problems};
        const int code = command.run(call);
        if (code != exit_done && !watched.lost()) return code;
      }
    }
    if (std::fflush(stdout) != 0) return exit_refused;  // nobody reads any more
    std::this_thread::sleep_for(watch_every);
  }
}

}  // namespace ferry
