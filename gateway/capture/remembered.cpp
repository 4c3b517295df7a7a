#include "gateway/capture/remembered.h"

#include <cstring>

namespace ferry {
namespace {

constexpr std::size_t fewest_slots = 1'024;

struct Sizes {
  std::uint32_t name, value;
};

std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word_at(const char* bytes, std::size_t size) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, size);
  return word;
}

std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

}  // namespace

// Two words at a time, multiplied: after the algorithm of Wang Yi's wyhash.
std::uint64_t Remembered::hash(std::string_view name) const {
  constexpr std::uint64_t one = 0xA0761D6478BD642FU, other = 0xE7037ED1A0B428DBU;
  std::uint64_t state = seed_ ^ folded(name.size() ^ one, other);
  const char* at = name.data();
  std::size_t left = name.size();
  for (; left > 16; left -= 16, at += 16) state = folded(word_at(at, 8) ^ one, word_at(at + 8, 8) ^ state);
  const std::uint64_t low = left >= 8 ? word_at(at, 8) : word_at(at, left);
  const std::uint64_t high = left > 8 ? word_at(at + 8, left - 8) : 0;
  return folded(folded(low ^ one, high ^ state), other ^ seed_);
}

std::optional<std::string_view> Remembered::find(std::string_view name, std::uint64_t hash) const {
  if (slots_.empty()) return std::nullopt;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = tag_of(hash) & mask; slots_[i].end != 0; i = (i + 1) & mask) {
    if (slots_[i].tag != tag_of(hash)) continue;
    Sizes sizes{};
    const char* const entry = bytes_.data() + slots_[i].end;
    std::memcpy(&sizes, entry - sizeof sizes, sizeof sizes);
    if (std::string_view(entry, sizes.name) == name) return std::string_view(entry + sizes.name, sizes.value);
  }
  return std::nullopt;
}

void Remembered::keep(std::string_view name, std::uint64_t hash, std::string_view value) {
  const Sizes sizes{static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())};
  const std::size_t size = sizeof sizes + name.size() + value.size();
  if (name.size() > longest || size > max_bytes) return;
  if (names_ == max_names || bytes_.size() + size > max_bytes) {
    slots_.assign(slots_.size(), {});
    bytes_.clear();
    names_ = 0;
  }
  if (2 * (names_ + 1) > slots_.size()) grow();
  char head[sizeof sizes];
  std::memcpy(head, &sizes, sizeof sizes);
  bytes_.append(head, sizeof head);
  put({tag_of(hash), static_cast<std::uint32_t>(bytes_.size())});
  bytes_.append(name).append(value);
  ++names_;
}

void Remembered::grow() {
  std::vector<Slot> old(slots_.empty() ? fewest_slots : 2 * slots_.size());
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.end != 0) put(slot);
}

void Remembered::put(Slot slot) {
  std::size_t i = slot.tag & (slots_.size() - 1);
  while (slots_[i].end != 0) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = slot;
}

}  // namespace ferry
