// The gateway as the pretended servers of a conversation or a storm see it: what it wants of them, and the ways in.
// Each verb is one event of the gateway, with all that follows from it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/brain/brain.h"

namespace ferry {

class Doors {
 public:
  virtual ~Doors() = default;

  virtual void session_up(const std::string& account, bool resumed, bool collected = false) = 0;
  virtual void session_caught_up(const std::string& account, const std::string& archive_id, bool complete = true) = 0;
  virtual void session_down(const std::string& account, bool credentials) = 0;
  virtual void session_stanza(const std::string& account, const std::string& xml, Brain::SessionSource source,
                              const std::string& archive_id) = 0;
  virtual void session_sent(const std::string& account, std::int64_t token) = 0;
  virtual void xmpp(std::string_view xml) = 0;  // on the component link
  virtual void component_down() = 0;

  Instant now = 1'795'000'000'000;
  std::vector<SessionEffect> sessions;       // not carried out yet
  std::vector<Element> stanzas;              // of the component link, but for the barrier's pings
  std::function<void()> after_tick = [] {};  // whoever plays the servers
};

}  // namespace ferry
