// What a server answers for its domain and its users: disco, ping, version, time, vCard, last activity (XEP-0030, 0199,
// 0092, 0202, 0054, 0012). Every iq get and set is answered exactly once; what is not known gets service-unavailable.
#pragma once

#include "gateway/brain/world.h"
#include "translators/values/stanza.h"

namespace ferry {

class Services {
 public:
  explicit Services(World& world) : world_(world) {}

  // Who an iq is for.
  enum class Target { domain, account, device, feed };
  void on_request(const Stanza& iq, Target target, const User* user);

 private:
  struct Row {
    std::string_view name, space, type;
    Result<Element> (Services::*handle)(const Stanza&, Target, const User*);
  };
  static const Row rows[];

  Result<Element> disco_info(const Stanza& iq, Target target, const User* user);
  Result<Element> disco_items(const Stanza& iq, Target target, const User* user);
  Result<Element> ping(const Stanza& iq, Target target, const User* user);
  Result<Element> version(const Stanza& iq, Target target, const User* user);
  Result<Element> time(const Stanza& iq, Target target, const User* user);
  Result<Element> vcard(const Stanza& iq, Target target, const User* user);
  Result<Element> last(const Stanza& iq, Target target, const User* user);

  World& world_;
};

}  // namespace ferry
