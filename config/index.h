// A hash index of numbers by text, where the text is not stored here but computed by the owner: a million rows cost
// 11 to 22 bytes each and direction. Open addressing, linear probing, deletion by shifting back (no tombstones).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace ferry {

class Index {
 public:
  // The first number filed under this text for which same(number) says that it really is its text.
  template <class Same>
  std::optional<std::uint32_t> find(std::string_view text, const Same& same) const {
    if (cells_.empty()) return std::nullopt;
    const std::uint32_t hash = hash_of(text);
    for (std::size_t i = hash & mask(); cells_[i].number != 0; i = (i + 1) & mask())
      if (cells_[i].hash == hash && same(cells_[i].number - 1)) return cells_[i].number - 1;
    return std::nullopt;
  }

  void insert(std::string_view text, std::uint32_t number) {  // number < 2^32 - 1; texts may not be in it yet
    if ((size_ + 1) * 4 > cells_.size() * 3) grow();
    put({hash_of(text), number + 1});
    ++size_;
  }

  void erase(std::string_view text, std::uint32_t number) {
    if (cells_.empty()) return;
    std::size_t hole = hash_of(text) & mask();
    while (cells_[hole].number != number + 1) {
      if (cells_[hole].number == 0) return;
      hole = (hole + 1) & mask();
    }
    for (std::size_t i = (hole + 1) & mask(); cells_[i].number != 0; i = (i + 1) & mask()) {
      const std::size_t home = cells_[i].hash & mask();
      if (((i - home) & mask()) < ((i - hole) & mask())) continue;  // it would stand before its home
      cells_[hole] = cells_[i];
      hole = i;
    }
    cells_[hole] = {};
    --size_;
  }

 private:
  struct Cell {
    std::uint32_t hash = 0;
    std::uint32_t number = 0;  // plus one; 0: empty
  };

  static std::uint32_t hash_of(std::string_view text) {
    const std::uint64_t h = std::hash<std::string_view>{}(text);
    return static_cast<std::uint32_t>(h ^ (h >> 32));
  }
  std::size_t mask() const { return cells_.size() - 1; }

  void put(Cell cell) {
    std::size_t i = cell.hash & mask();
    while (cells_[i].number != 0) i = (i + 1) & mask();
    cells_[i] = cell;
  }

  void grow() {
    std::vector<Cell> old(cells_.empty() ? 16 : cells_.size() * 2);
    old.swap(cells_);
    for (const Cell& cell : old)
      if (cell.number != 0) put(cell);
  }

  std::vector<Cell> cells_;  // a power of two
  std::size_t size_ = 0;
};

}  // namespace ferry
