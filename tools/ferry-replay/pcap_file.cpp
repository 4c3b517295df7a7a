// The only file that knows libpcap.
#include "tools/ferry-replay/pcap_file.h"

#include <pcap.h>

#include <algorithm>
#include <cstdio>

namespace ferry::intake {
namespace {

ssize_t read_input(void* input, char* to, size_t size) {
  return static_cast<ssize_t>(static_cast<Input*>(input)->read(to, size));
}

Link link_of(int type) {
  switch (type) {
    case DLT_EN10MB:
      return Link::ethernet;
    case DLT_LINUX_SLL:
      return Link::sll;
    case DLT_LINUX_SLL2:
      return Link::sll2;
    case DLT_NULL:
    case DLT_LOOP:
      return Link::loopback;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return Link::raw;
    default:
      return Link::other;
  }
}

}  // namespace

struct PcapFile::Impl {
  Input& input;
  pcap_t* pcap = nullptr;
  std::string wrong;
};

PcapFile::PcapFile(Input& input) : impl_(std::make_unique<Impl>(Impl{input, nullptr, {}})) {
  cookie_io_functions_t functions{};
  functions.read = &read_input;
  std::FILE* file = fopencookie(&input, "r", functions);
  if (!file) {
    impl_->wrong = "no memory";
    return;
  }
  std::setvbuf(file, nullptr, _IONBF, 0);  // the input has a buffer, and its position is the packet's
  char error[PCAP_ERRBUF_SIZE] = {};
  impl_->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_MICRO, error);
  if (impl_->pcap) return;
  impl_->wrong = error;
  std::fclose(file);
}

PcapFile::~PcapFile() {
  if (impl_->pcap) pcap_close(impl_->pcap);
}

Link PcapFile::link() const { return impl_->pcap ? link_of(pcap_datalink(impl_->pcap)) : Link::other; }

std::optional<Packet> PcapFile::next() {
  if (!impl_->pcap) return std::nullopt;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int got = pcap_next_ex(impl_->pcap, &header, &bytes);
  if (got != 1) {
    if (got == PCAP_ERROR) impl_->wrong = pcap_geterr(impl_->pcap);
    return std::nullopt;
  }
  Packet p;
  p.time = std::int64_t{header->ts.tv_sec} * 1'000'000 + header->ts.tv_usec;
  p.bytes = {reinterpret_cast<const char*>(bytes), header->caplen};
  p.whole = header->len;
  p.offset = impl_->input.position() - std::min<std::uint64_t>(impl_->input.position(), header->caplen);
  return p;
}

const std::string& PcapFile::wrong() const { return impl_->wrong; }

}  // namespace ferry::intake
