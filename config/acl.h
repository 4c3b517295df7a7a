// Who may read and write what at the broker, and the Mosquitto ACL file that says it (mosquitto.conf(5), acl_file).
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/mapping.h"
#include "config/options.h"

namespace ferry {

// The gateway's own user (everything under the root, the feeds, $SYS/broker/uptime); one base per template of user rows
// (%u is the uid, or the escaped localpart where the row says {localpart}); a section for each exact row whose topic
// holds no name of its owner. Everybody reads in/# and writes out/# below their base, and reads the status. Nobody else
// gets anything.
struct AccessRules {
  enum class Access { read, readwrite };
  std::string gateway;                              // user name; empty: anonymous
  std::vector<std::pair<Access, std::string>> own;  // the gateway's filters
  std::string status;
  std::set<std::string> bases;                  // with %u
  std::map<std::string, std::string> sections;  // user name -> its base
  std::vector<std::string> unmapped;            // rows that no pattern of Mosquitto can say
};
AccessRules access_rules(const MappingTable& table, const Options& options);

// Text of the file. Mosquitto denies what is not granted.
std::string mosquitto_acl(const AccessRules& rules);
inline std::string mosquitto_acl(const MappingTable& table, const Options& options) {
  return mosquitto_acl(access_rules(table, options));
}

// {"gateway":NAME,"status":TOPIC,"own":[{"topic","write"}],"people":[{"login","base"}]}: what people's topics do not
// tell by themselves, for those who make roles of it.
std::string access_json(const AccessRules& rules);

}  // namespace ferry
