#include "gateway/links/broker_advice.h"

namespace ferry {

std::string broker_refusal(int reason) {
  switch (reason) {
    case 0x84:
      return "unsupported protocol version";
    case 0x85:
      return "client id not valid";
    case 0x86:
      return "bad user name or password";
    case 0x87:
      return "not authorized";
    case 0x88:
      return "server unavailable";
    case 0x89:
      return "server busy";
    case 0x8a:
      return "banned";
    case 0x97:
      return "quota exceeded";
    case 0x9f:
      return "connection rate exceeded";
    default:
      return "reason " + std::to_string(reason);
  }
}

std::string broker_advice(int reason) {
  switch (reason) {
    case 0x86:
    case 0x87:
      return "broker.username and the content of broker.password-file must be an account of the broker";
    case 0x84:
      return "the broker speaks neither MQTT 5 nor 3.1.1 on broker.port";
    case 0x8a:
      return "the broker has banned this host or account";
    default:
      return {};
  }
}

}  // namespace ferry
