// names_tool COUNT SEED: prints COUNT lines "uid TAB device" of random JIDs, for scenarios/names_test.py.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/translators/random_names.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: names_tool COUNT SEED\n", stderr);
    return 2;
  }
  ferry::test::RandomNames names(std::strtoull(argv[2], nullptr, 10));
  for (long left = std::strtol(argv[1], nullptr, 10); left > 0; --left) {
    const ferry::Jid jid = names.next();
    const std::string line = *ferry::to_uid(jid) + "\t" + *ferry::to_device(jid.resourcepart()) + "\n";
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
}
