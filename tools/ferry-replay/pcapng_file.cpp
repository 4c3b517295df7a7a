#include "tools/ferry-replay/pcapng_file.h"

#include <algorithm>

namespace ferry::intake {
namespace {

constexpr std::uint32_t section_block = 0x0A0D0D0A, interface_block = 1, old_packet_block = 2, simple_packet_block = 3,
                        packet_block = 6;
constexpr std::string_view section_mark = "\x0A\x0D\x0D\x0A", little = "\x4D\x3C\x2B\x1A", big = "\x1A\x2B\x3C\x4D";
constexpr std::uint16_t option_resolution = 9, option_offset = 14;
constexpr std::size_t longest_block = 16 * 1'048'576, most_interfaces = 65'536;

bool has_packet(std::uint32_t type) {
  return type == packet_block || type == simple_packet_block || type == old_packet_block;
}

// Units in a second, as if_tsresol says it: a power of 2 or of 10. 0: more than there can be.
std::uint64_t units(std::uint64_t resolution) {
  const bool of_two = (resolution & 0x80) != 0;
  std::uint64_t out = 1;
  for (resolution &= 0x7F; resolution > 0; --resolution) {
    if (out > UINT64_MAX / 10) return 0;
    out *= of_two ? 2 : 10;
  }
  return out;
}

std::int64_t micros(std::uint64_t ticks, std::uint64_t per_second) {
  constexpr std::uint64_t in_second = 1'000'000, most = 1'000'000'000'000;  // most: products with in_second fit
  if (per_second == 0) return 0;
  const std::uint64_t seconds = ticks / per_second, rest = ticks % per_second;
  if (seconds > most) return 0;
  const std::uint64_t part =
      per_second <= most ? rest * in_second / per_second : rest / std::max<std::uint64_t>(per_second / in_second, 1);
  return static_cast<std::int64_t>(seconds * in_second + part);
}

}  // namespace

bool is_pcapng(std::string_view beginning) { return beginning.starts_with(section_mark); }

bool PcapngFile::fill(char* to, std::size_t size) {
  while (size > 0) {
    const std::size_t n = input_.read(to, size);
    if (n == 0) return false;
    to += n;
    size -= n;
  }
  return true;
}

std::uint64_t PcapngFile::number(std::size_t at, std::size_t size) const {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < size; ++i)
    out = out << 8 | static_cast<unsigned char>(body_[at + (big_endian_ ? i : size - 1 - i)]);
  return out;
}

// Reads the next one. false: the end, or wrong. What is not read here is passed over.
bool PcapngFile::block() {
  const std::uint64_t begin = input_.position();
  const auto bad = [&](std::string_view what) {
    wrong_ = std::string(what) + " at byte " + std::to_string(begin);
    return false;
  };
  body_.resize(8);
  if (!fill(body_.data(), 1)) return false;
  if (!fill(body_.data() + 1, 7)) return bad("a whole block was expected");
  const bool is_section = body_.starts_with(section_mark);
  std::size_t taken = 8;
  if (is_section) {  // says in which order the bytes of all numbers are, its own length included
    body_.resize(12);
    if (!fill(body_.data() + 8, 4)) return bad("a whole block was expected");
    big_endian_ = body_.ends_with(big);
    if (!big_endian_ && !body_.ends_with(little)) return bad("a section's byte-order magic was expected");
    taken = 12;
  }
  type_ = static_cast<std::uint32_t>(number(0, 4));
  const std::uint64_t length = number(4, 4);
  if (length < taken + 4 || length % 4 != 0) return bad("the length of a block was expected");
  const bool wanted = is_section || type_ == interface_block || has_packet(type_);
  if (wanted && length > longest_block) return bad("a block of at most 16 MiB was expected");
  body_at_ = input_.position();
  std::uint64_t left = length - taken;  // with the length once more at its end
  body_.clear();
  while (left > 0) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, 65'536));
    const std::size_t old = wanted ? body_.size() : 0;
    body_.resize(old + piece);
    if (!fill(body_.data() + old, piece)) return bad("a whole block was expected");
    left -= piece;
  }
  if (number(body_.size() - 4, 4) != length) return bad("the same length at both ends of a block was expected");
  body_.resize(body_.size() - 4);
  return true;
}

bool PcapngFile::interface() {
  if (body_.size() < 8 || interfaces_.size() == most_interfaces) return false;
  Interface& made = interfaces_.emplace_back();
  made.link = static_cast<int>(number(0, 2));
  made.snap = static_cast<std::uint32_t>(number(4, 4));
  for (std::size_t at = 8; at + 4 <= body_.size();) {
    const std::uint64_t option = number(at, 2);
    const auto size = static_cast<std::size_t>(number(at + 2, 2));
    at += 4;
    if (option == 0 || at + size > body_.size()) break;
    if (option == option_resolution && size == 1) made.per_second = units(number(at, 1));
    if (option == option_offset && size == 8) made.from = static_cast<std::int64_t>(number(at, 8));
    at += (size + 3) / 4 * 4;
  }
  return true;
}

std::optional<PcapngPacket> PcapngFile::packet(std::uint32_t type) {
  const bool simple = type == simple_packet_block, old = type == old_packet_block;
  const std::size_t head = simple ? 4 : 20;
  if (body_.size() < head) return std::nullopt;
  const std::uint64_t from = simple ? 0 : number(0, old ? 2 : 4);
  if (from >= interfaces_.size()) return std::nullopt;
  const Interface& at = interfaces_[static_cast<std::size_t>(from)];
  PcapngPacket p;
  p.link = at.link;
  p.whole = static_cast<std::size_t>(number(head - 4, 4));
  std::uint64_t kept = simple ? p.whole : number(12, 4);
  if (simple && at.snap != 0) kept = std::min<std::uint64_t>(kept, at.snap);
  if (kept > body_.size() - head) return std::nullopt;
  p.bytes = std::string_view(body_).substr(head, static_cast<std::size_t>(kept));
  p.offset = body_at_ + head;
  if (simple) return p;
  const std::int64_t time = micros(number(4, 4) << 32 | number(8, 4), at.per_second);
  constexpr std::int64_t far = 1'000'000'000'000;  // s
  if (time != 0 || at.from != 0) p.time = time + std::clamp(at.from, -far, far) * 1'000'000;
  return p;
}

std::optional<PcapngPacket> PcapngFile::next() {
  while (wrong_.empty() && block()) {
    if (type_ == section_block) interfaces_.clear();
    const bool is_packet = has_packet(type_);
    if (!is_packet && (type_ != interface_block || interface())) continue;
    if (is_packet)
      if (auto found = packet(type_)) return found;
    wrong_ = std::string(is_packet ? "a packet of a known interface, as long as it says," : "an interface") +
             " was expected at byte " + std::to_string(body_at_ - 8);
  }
  return std::nullopt;
}

}  // namespace ferry::intake
