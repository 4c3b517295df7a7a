// The only file that knows libpcap.
#include "tools/ferry-replay/pcap_file.h"

#include <pcap.h>

#include <algorithm>
#include <cstdio>

#include "tools/ferry-replay/pcapng_file.h"

namespace ferry::intake {
namespace {

constexpr std::size_t buffer_size = 65'536;
constexpr int linktype_raw = 101;  // in a file; libpcap calls it DLT_RAW, which is another number

ssize_t read_input(void* input, char* to, size_t size) {
  return static_cast<ssize_t>(static_cast<Input*>(input)->read(to, size));
}

// Says where the input is, for ftello(), and goes nowhere.
int place_in_input(void* input, off64_t* offset, int whence) {
  if (whence != SEEK_CUR || *offset != 0) return -1;
  *offset = static_cast<off64_t>(static_cast<Input*>(input)->position());
  return 0;
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
    case linktype_raw:
      return Link::raw;
    case DLT_PPP:
    case DLT_PPP_SERIAL:
      return Link::ppp;
    default:
      return Link::other;
  }
}

}  // namespace

struct PcapFile::Impl {
  explicit Impl(Input& from) : input(from) {}
  Input& input;
  pcap_t* pcap = nullptr;
  std::optional<PcapngFile> next_generation;
  int link = -1;
  std::string wrong;
};

PcapFile::PcapFile(Input& input) : impl_(std::make_unique<Impl>(input)) {
  if (is_pcapng(input.beginning())) {
    impl_->next_generation.emplace(input);
    return;
  }
  cookie_io_functions_t functions{};
  functions.read = &read_input;
  functions.seek = &place_in_input;
  std::FILE* file = fopencookie(&input, "r", functions);
  if (!file) {
    impl_->wrong = "no memory";
    return;
  }
  std::setvbuf(file, nullptr, _IOFBF, buffer_size);  // without one it would read byte by byte
  char error[PCAP_ERRBUF_SIZE] = {};
  impl_->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_MICRO, error);
  if (impl_->pcap) {
    impl_->link = pcap_datalink(impl_->pcap);
    return;
  }
  impl_->wrong = error;
  std::fclose(file);
}

PcapFile::~PcapFile() {
  if (impl_->pcap) pcap_close(impl_->pcap);
}

Link PcapFile::link() const { return link_of(impl_->link); }

std::string PcapFile::link_name() const {
  const char* name = impl_->link < 0 ? nullptr : pcap_datalink_val_to_name(impl_->link);
  return name ? std::string(name) : "LINKTYPE " + std::to_string(impl_->link);
}

std::optional<Packet> PcapFile::next() {
  if (impl_->next_generation) {
    const auto found = impl_->next_generation->next();
    impl_->wrong = impl_->next_generation->wrong();
    if (!found) return std::nullopt;
    impl_->link = found->link;
    return Packet{found->time, found->bytes, found->whole, found->offset};
  }
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
  p.offset = position() - std::min<std::uint64_t>(position(), header->caplen);
  return p;
}

std::uint64_t PcapFile::position() const {
  if (!impl_->pcap) return impl_->input.position();
  const off_t at = ::ftello(pcap_file(impl_->pcap));
  return at < 0 ? 0 : static_cast<std::uint64_t>(at);
}

const std::string& PcapFile::wrong() const { return impl_->wrong; }

}  // namespace ferry::intake
