// Names that stand for names: as long, of the same script, the same whenever the same name comes again.
//
// A pseudonym is the name with its letters encrypted within their alphabets (a Feistel network of four rounds over a
// keyed hash): two names never become one, and only the key tells what a name was. Who guesses a name cannot find out
// without the key whether it is the right one.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/capture/alphabets.h"
#include "gateway/capture/keyed_hash.h"

namespace ferry {

// One instance is one key. All texts are UTF-8; case, punctuation and blanks stay. Each appends the pseudonym to out,
// which must not be what the text is in.
class Pseudonyms {
 public:
  // Addresses and their pseudonyms, so that the usual ones cost nothing; all are forgotten when there are more.
  static constexpr std::size_t max_remembered = 65'536, longest_remembered = 256;  // bytes

  explicit Pseudonyms(const std::string& key);

  void text(std::string& out, std::string_view text);  // as one: of two that differ in a letter nothing is comparable
  void jid(std::string& out, std::string_view jid);    // by its parts; the text need not be a valid JID
  void domain(std::string& out, std::string_view domain);     // label by label; words like "conference" stay
  void uri(std::string& out, std::string_view uri);           // the scheme stays; xmpp: and mailto: are JIDs
  void address(std::string& out, std::string_view address);   // "IP:port", "[IP]:port" or "host:port"; the port and
                                                              // loopback stay
  void jids_within(std::string& out, std::string_view text);  // a text as it is but for the JIDs in it

 private:
  static constexpr std::size_t rounds = 4;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Known = std::unordered_map<std::string, std::string, TextHash, std::equal_to<>>;

  bool ascii(std::string& out, std::string_view text);  // false: there are other letters
  void any_script(std::string& out, std::string_view text);
  void parts_of_jid(std::string& out, std::string_view jid);
  void parts_of_address(std::string& out, std::string_view address);
  template <class Make>
  void remembered(Known& known, std::string& out, std::string_view text, Make make);

  std::array<KeyedHash, rounds> hashes_;
  KeyedHash address_hash_;
  Known jids_, addresses_;
  std::string letters_of_text_;  // small; used again and again
  std::vector<Letter> letters_;  // likewise
};

bool looks_like_jid(std::string_view text);  // localpart@domainpart, or with a resourcepart
bool looks_like_uri(std::string_view text);  // of a scheme that people use

}  // namespace ferry
