// Packets of pcapng files (draft-ietf-opsawg-pcapng): any number of sections and interfaces. libpcap refuses a file
// whose interfaces differ in link or snapshot length, as of `dumpcap -i lo -i any`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/ferry-replay/import_input.h"

namespace ferry::intake {

// As captured; valid until the next one.
struct PcapngPacket {
  std::int64_t time = 0;  // µs since the epoch; 0: it has none
  int link = -1;          // LINKTYPE_* of its interface
  std::string_view bytes;
  std::size_t whole = 0;
  std::uint64_t offset = 0;
};

// One instance reads one file.
class PcapngFile {
 public:
  explicit PcapngFile(Input& input) : input_(input) {}

  std::optional<PcapngPacket> next();                  // nothing: the end, or what wrong() says
  const std::string& wrong() const { return wrong_; }  // cut off, or not what a pcapng file has

 private:
  struct Interface {
    int link = -1;
    std::uint32_t snap = 0;                // bytes of a packet that are kept; 0: all
    std::uint64_t per_second = 1'000'000;  // units of its times; 0: they say nothing
    std::int64_t from = 0;                 // s that are added to them
  };
  bool fill(char* to, std::size_t size);
  bool block();
  std::uint64_t number(std::size_t at, std::size_t size) const;
  bool interface();
  std::optional<PcapngPacket> packet(std::uint32_t type);

  Input& input_;
  bool big_endian_ = false;
  std::vector<Interface> interfaces_;
  std::uint32_t type_ = 0;
  std::uint64_t body_at_ = 0;  // in the file
  std::string body_;           // of the block, without its lengths
  std::string wrong_;
};

bool is_pcapng(std::string_view beginning);

}  // namespace ferry::intake
