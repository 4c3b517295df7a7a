// Packets of pcap files, through libpcap, and of pcapng files. Nothing else sees <pcap.h>.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/ferry-replay/import_input.h"

namespace ferry::intake {

enum class Link { ethernet, sll, sll2, loopback, raw, ppp, other };

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

  std::optional<Packet> next();      // nothing: the end, or what wrong() says
  Link link() const;                 // that the packet came through
  std::string link_name() const;     // likewise, as tcpdump calls it
  std::uint64_t position() const;    // in the input, behind the last packet
  const std::string& wrong() const;  // no pcap, or cut off

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::intake
