// What becomes of an IQ, by the namespace of its payload. tests/replay_losses_test.py holds it to the gateway's own
// tables (gateway/brain/services.cpp and requests.cpp).
#pragma once

#include <string_view>

namespace ferry::report {

// answered: by the gateway itself, for its users. carried: as topics or requests. needless: it belongs to XMPP's stream
// or log-in, MQTT does without. refused: with service-unavailable, and no request of an MQTT client does the same.
enum class Fate { answered, carried, needless, refused };

struct IqNamespace {
  std::string_view space;
  Fate fate;
  bool people;             // would they notice that it is missing, or only their programs?
  std::string_view about;  // what it is, and what becomes of it
};

const IqNamespace& iq_namespace(std::string_view space);  // of one that nobody knows: refused

}  // namespace ferry::report
