#include "config/unencrypted.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace ferry {

bool is_loopback(std::string_view host) {
  std::string name(host);
  while (!name.empty() && name.back() == '.') name.pop_back();
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (name == "localhost" || name.ends_with(".localhost")) return true;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  std::array<unsigned char, 16> address{};
  if (::inet_pton(AF_INET, name.c_str(), address.data()) == 1) return address[0] == 127;
  if (::inet_pton(AF_INET6, name.c_str(), address.data()) != 1) return false;
  in6_addr six{};
  std::copy(address.begin(), address.end(), six.s6_addr);
  return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && address[12] == 127);
}

Problems unencrypted_links(const Options& o) {
  Problems out;
  if (!o.broker.host.empty() && o.broker.cafile.empty() && !is_loopback(o.broker.host))
    out.push_back({"[broker] host",
                   o.broker.host +
                       " is another host and there is no cafile: the password and every message cross the network "
                       "readable. Set [broker] cafile, and port to the broker's TLS listener (8883)",
                   true});
  if (!o.component.host.empty() && !is_loopback(o.component.host))
    out.push_back({"[component] host",
                   o.component.host +
                       " is another host, and XEP-0114 has no TLS: every message crosses the network readable. Run "
                       "ferryd beside the XMPP server, or carry the link over a tunnel (WireGuard, ssh -L, stunnel)",
                   true});
  return out;
}

}  // namespace ferry
