// Names and what was made of them, side by side in one block of memory: to find one costs two or three cache misses,
// where a table of strings costs twice as many. Nearly every name of a capture has been seen before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

// One instance forgets everything when it holds more than its limits.
class Remembered {
 public:
  static constexpr std::size_t max_names = 65'536, max_bytes = 16 * 1'048'576;  // bytes: of names and values together
  static constexpr std::size_t longest = 256;                                   // a longer name is not kept

  explicit Remembered(std::uint64_t seed) : seed_(seed) {}  // chance, so that nobody can choose names that collide

  std::uint64_t hash(std::string_view name) const;
  // hash: of the name. The value, until keep(); nothing: it is not known.
  std::optional<std::string_view> find(std::string_view name, std::uint64_t hash) const;
  void keep(std::string_view name, std::uint64_t hash, std::string_view value);  // a name that find() does not know

 private:
  struct Slot {
    std::uint32_t tag = 0, end = 0;  // tag: of the hash; end: where the sizes of the entry end in bytes_; 0: free
  };
  void grow();
  void put(Slot slot);

  std::uint64_t seed_;
  std::vector<Slot> slots_;  // a power of two of them, half of them free at least
  std::string bytes_;        // of each entry: the sizes of name and value, name, value
  std::size_t names_ = 0;
};

}  // namespace ferry
