// Any configuration file: no crash, every problem has a place, and what is accepted prints back to itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/keys.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  Problems problems;
  const Options options = load_text({reinterpret_cast<const char*>(data), size}, "f", problems);
  for (const Problem& problem : problems)
    if (problem.where.empty() || problem.text.empty()) std::abort();
  if (options.broker.root.empty() || options.broker.root.find_first_of("+#$") == 0) std::abort();
  for (const Key& key : keys()) {
    Options copy = options;
    const std::string text = value_text(key, options);
    if (!text.empty() && !assign(key, text, copy).empty()) std::abort();
    if (value_text(key, copy) != text) std::abort();
  }
  return 0;
}
