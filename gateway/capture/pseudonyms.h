// Names that stand for names: as long, of the same script, the same whenever the same name comes again.
//
// A pseudonym is the name with its letters encrypted within their alphabets (a Feistel network of four rounds over a
// keyed hash): two names never become one, and only the key tells what a name was. Who guesses a name cannot find out
// without the key whether it is the right one.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/capture/alphabets.h"
#include "gateway/capture/keyed_hash.h"
#include "gateway/capture/remembered.h"

namespace ferry {

// One instance is one key. All texts are UTF-8; case, punctuation and blanks stay. Each appends the pseudonym to out,
// which must not be what the text is in.
class Pseudonyms {
 public:
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
  bool ascii(std::string& out, std::string_view text);  // false: there are other letters
  void any_script(std::string& out, std::string_view text);
  void bare_jid(std::string& out, std::string_view bare);
  void parts_of_address(std::string& out, std::string_view address);
  template <class Make>
  void remembered(Remembered& known, std::string& out, std::string_view text, Make make);

  std::array<KeyedHash, rounds> hashes_;
  KeyedHash address_hash_;
  Remembered jids_, resources_, addresses_;  // so that the usual ones cost next to nothing
  std::string letters_of_text_;              // small; used again and again
  std::vector<Letter> letters_;              // likewise
  std::vector<char32_t> others_;             // what is no letter, in its place
};

bool looks_like_jid(std::string_view text);  // localpart@domainpart, or with a resourcepart
bool looks_like_uri(std::string_view text);  // of a scheme that people use

}  // namespace ferry
