// Names that stand for names: as long, of the same script, the same whenever the same name comes again.
//
// A pseudonym is the name with its letters encrypted within their alphabets (a Feistel network over a keyed hash): two
// names never become one, nothing is remembered, and only the key tells what a name was.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/capture/keyed_hash.h"

namespace ferry {

// One instance is one key. All texts are UTF-8; case, punctuation and blanks stay.
class Pseudonyms {
 public:
  static constexpr std::size_t max_remembered = 65'536;  // addresses, so that the usual ones cost nothing

  explicit Pseudonyms(const std::string& key) : hash_(key) {}

  std::string text(std::string_view text);      // as one: of two texts that differ in a letter nothing can be compared
  std::string jid(std::string_view jid);        // by its parts; the text need not be a valid JID
  std::string domain(std::string_view domain);  // label by label; words like "conference" stay
  std::string uri(std::string_view uri);        // the scheme stays; xmpp: and mailto: are JIDs, hosts are domains
  std::string address(std::string_view address);   // "IP:port", "[IP]:port" or "host:port"; the port and loopback stay
  std::string jids_within(std::string_view text);  // a text as it is but for the JIDs in it

 private:
  std::string remember(std::string_view jid);

  KeyedHash hash_;
  std::unordered_map<std::string, std::string> remembered_;
};

bool looks_like_jid(std::string_view text);  // localpart@domainpart, or with a resourcepart
bool looks_like_uri(std::string_view text);  // of a scheme that people use

}  // namespace ferry
