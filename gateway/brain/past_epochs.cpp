#include "gateway/brain/past_epochs.h"

#include <cstdint>

#include "translators/values/fnv.h"

namespace ferry::past_epochs {
namespace {

constexpr std::size_t digits = 16;

std::string digest(std::string_view epoch) {
  std::uint64_t value = fnv1a(epoch);
  std::string text(digits, '0');
  for (auto it = text.rbegin(); it != text.rend(); ++it, value >>= 4U) *it = "0123456789abcdef"[value & 15U];
  return text;
}

std::size_t find(std::string_view past, std::string_view one) {
  for (std::size_t at = 0; at + digits <= past.size(); at += digits)
    if (past.substr(at, digits) == one) return at;
  return std::string_view::npos;
}

}  // namespace

bool contains(std::string_view past, std::string_view epoch) {
  return !past.empty() && find(past, digest(epoch)) != std::string_view::npos;
}

bool add(std::string& past, std::string_view epoch) {
  if (epoch.empty()) return false;  // a client without epochs
  const std::string one = digest(epoch);
  const std::size_t at = find(past, one);
  if (at == 0) return false;
  if (at != std::string::npos) past.erase(at, digits);
  past.insert(0, one);
  if (past.size() > most * digits) past.resize(most * digits);
  return true;
}

void remove(std::string& past, std::string_view epoch) {
  if (past.empty()) return;
  if (const std::size_t at = find(past, digest(epoch)); at != std::string::npos) past.erase(at, digits);
}

}  // namespace ferry::past_epochs
