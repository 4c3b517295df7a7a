#include "gateway/session/settings.h"

#include <filesystem>

namespace ferry {

SessionLink::Settings session_settings(const Options& o) {
  SessionLink::Settings s;
  s.host = o.session.host;
  s.port = o.session.port;
  s.domain = o.component.server;
  s.direct_tls = o.session.direct_tls;
  s.cafile = o.session.cafile;
  s.program = o.session.worker;
  if (s.program.empty()) {
    std::error_code ignored;
    s.program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "ferry-session";
  }
  s.logins_per_second = static_cast<double>(o.session.logins_per_second);
  s.message_bytes = o.limits.message_bytes;
  s.away_poll = static_cast<Duration>(o.session.away_poll) * second;
  return s;
}

}  // namespace ferry
