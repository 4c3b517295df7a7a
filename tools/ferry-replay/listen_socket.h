// A listening TCP socket.
#pragma once

#include <cstdint>
#include <string>

namespace ferry::replay {

// host: numeric. Empty: fd listens, without blocking. Otherwise why not.
std::string listen_at(const std::string& host, std::uint16_t port, int& fd);

}  // namespace ferry::replay
