// ferry-replay: captured XMPP traffic, read, replayed through the gateway, and judged.
#include <cstdio>
#include <string_view>

#include "tools/ferry-replay/commands.h"

namespace {

struct Command {
  std::string_view name, summary;
  int (*run)(const std::vector<std::string>&);
};

constexpr Command commands[] = {
    {"import", "reads logs, console dumps and pcap files into a capture", ferry::import_command},
    {"run", "plays a capture through the gateway's brain, offline", ferry::run_command},
    {"serve", "plays a capture to a running gateway, as its XMPP server", ferry::serve_command},
    {"report", "says what the bridge would carry and lose of a capture", ferry::report_command},
};

void usage(std::FILE* to) {
  std::fputs("ferry-replay COMMAND [OPTION …]\n\n", to);
  for (const Command& c : commands) std::fprintf(to, "  %-8s %s\n", c.name.data(), c.summary.data());
  std::fputs(
      "\nferry-replay COMMAND --help says more. Exit codes: 0 done, 1 done with differences, losses or damage,\n"
      "2 wrong arguments, 3 could not be done.\n",
      to);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return usage(stderr), 2;
  const std::string_view name = argv[1];
  if (name == "--help" || name == "-h") return usage(stdout), 0;
  if (name == "--version") return std::printf("ferry-replay %s\n", FERRY_VERSION), 0;
  for (const Command& c : commands)
    if (c.name == name) return c.run({argv + 2, argv + argc});
  std::fprintf(stderr, "ferry-replay: no such command: %s\n", argv[1]);
  usage(stderr);
  return 2;
}
