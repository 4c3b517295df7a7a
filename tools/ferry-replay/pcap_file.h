// Packets of pcap and pcapng files, through libpcap. Nothing else sees <pcap.h>.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/ferry-replay/import_input.h"

namespace ferry::intake {

enum class Link { ethernet, sll, sll2, loopback, raw, other };

struct Packet {
  std::int64_t time = 0;     // µs since the epoch
  std::string_view bytes;    // as captured, until the next one
  std::size_t whole = 0;     // bytes that it had
  std::uint64_t offset = 0;  // where in the file its bytes begin
};

// One instance reads one file.
class PcapFile {
 public:
  explicit PcapFile(Input& input);
  ~PcapFile();
  PcapFile(const PcapFile&) = delete;
  PcapFile& operator=(const PcapFile&) = delete;

  Link link() const;
  std::optional<Packet> next();      // nothing: the end, or what wrong() says
  std::uint64_t position() const;    // in the input, behind the last packet
  const std::string& wrong() const;  // no pcap, or cut off

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::intake
