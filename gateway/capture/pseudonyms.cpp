#include "gateway/capture/pseudonyms.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ferry {
namespace {

// A stream of numbers from a seed (splitmix64); the seed is what has to be secret.
class Numbers {
 public:
  explicit Numbers(const std::array<std::uint64_t, 2>& seed) : state_(seed[0]), mask_(seed[1]) {}
  std::uint64_t next() {
    std::uint64_t x = state_ += 0x9E3779B97F4A7C15U;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9U;
    x = (x ^ x >> 27) * 0x94D049BB133111EBU;
    return (x ^ x >> 31) ^ mask_;
  }

 private:
  std::uint64_t state_, mask_;
};

// Four letters are moved by one number, each by 16 bits of it: those are many times the letters of most alphabets. The
// larger ones have half of a further number.
constexpr std::size_t letters_of_a_number = 4;
constexpr std::uint32_t large_alphabet = 256;

// Takes its 16 bits off the number.
std::uint32_t below(std::uint32_t limit, std::uint64_t& number) {
  const auto places = static_cast<std::uint32_t>((number & 0xFFFFU) * limit >> 16);
  number >>= 16;
  return places;
}

// Of ASCII: the small letter or digit, 0 for the rest. What alphabets.h says, as a table.
constexpr std::array<char, 128> small_ascii = [] {
  std::array<char, 128> out{};
  for (char c = '0'; c <= '9'; ++c) out[static_cast<std::size_t>(c)] = c;
  for (char c = 'a'; c <= 'z'; ++c) out[static_cast<std::size_t>(c)] = out[static_cast<std::size_t>(c - 0x20)] = c;
  return out;
}();

char small_of(char c) { return small_ascii[static_cast<unsigned char>(c) & 0x7FU]; }

// A small letter or digit, some places on in its alphabet.
char moved(char c, std::uint64_t& number) {
  if (c <= '9') [[unlikely]]
    return static_cast<char>('0' + (static_cast<std::uint32_t>(c - '0') + below(10, number)) % 10);
  const std::uint32_t to = static_cast<unsigned char>(c) + below(26, number);
  return static_cast<char>(to > 'z' ? to - 26 : to);
}

// Labels that say what a service is, not whose.
constexpr std::array<std::string_view, 12> service_labels{"conference", "muc",   "rooms",  "groupchat",
                                                          "pubsub",     "proxy", "upload", "search",
                                                          "vjud",       "irc",   "xmpp",   "localhost"};

constexpr std::array<std::string_view, 13> schemes{"http", "https", "xmpp", "mailto", "tel",    "sip", "sips",
                                                   "geo",  "cid",   "data", "ftp",    "aesgcm", "file"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_foreign(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_local_char(char c) {
  return is_alnum(c) || is_foreign(c) || std::string_view("._+-=\\!#$%*?^`{|}~").find(c) != std::string_view::npos;
}
bool is_domain_char(char c) { return is_alnum(c) || is_foreign(c) || c == '.' || c == '-' || c == '_'; }

std::string_view scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view scheme = text.substr(0, colon);
  return std::find(schemes.begin(), schemes.end(), scheme) == schemes.end() ? std::string_view{} : scheme;
}

bool is_ipv4(std::string_view text) {
  return std::count(text.begin(), text.end(), '.') == 3 &&
         text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

bool looks_like_jid(std::string_view text) {
  const std::string_view bare = text.substr(0, text.find('/'));
  const std::size_t at = bare.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == bare.size()) return false;
  if (std::any_of(bare.begin(), bare.end(), is_space)) return false;
  return std::all_of(bare.begin() + static_cast<std::ptrdiff_t>(at) + 1, bare.end(),
                     [](char c) { return is_domain_char(c) || c == ':' || c == '[' || c == ']'; });
}

bool looks_like_uri(std::string_view text) {
  return !scheme_of(text).empty() && std::none_of(text.begin(), text.end(), is_space);
}

Pseudonyms::Pseudonyms(const std::string& key)
    : hashes_{KeyedHash(key, "round 0"), KeyedHash(key, "round 1"), KeyedHash(key, "round 2"),
              KeyedHash(key, "round 3")},
      address_hash_(key, "address"),
      jids_(KeyedHash(key, "table")({})[0]),
      resources_(KeyedHash(key, "table")({})[0]),
      addresses_(KeyedHash(key, "table")({})[0]) {}

// Looks up, or makes and keeps.
template <class Make>
void Pseudonyms::remembered(Remembered& known, std::string& out, std::string_view text, Make make) {
  if (text.size() > Remembered::longest) return make(out, text);
  const std::uint64_t hash = known.hash(text);
  if (const auto found = known.find(text, hash)) {
    out.append(*found);
    return;
  }
  const std::size_t before = out.size();
  make(out, text);
  known.keep(text, hash, std::string_view(out).substr(before));
}

void Pseudonyms::text(std::string& out, std::string_view text) {
  if (!ascii(out, text)) any_script(out, text);
}

// What any_script does, without taking characters apart.
bool Pseudonyms::ascii(std::string& out, std::string_view text) {
  std::string& letters = letters_of_text_;
  letters.resize(text.size() + 1);  // one is read beyond the last
  char* const small_letters = letters.data();
  std::size_t count = 0;
  int all = 0;
  for (const char c : text) {
    const char small = small_of(c);
    small_letters[count] = small;
    count += small != 0 ? 1 : 0;
    all |= c;
  }
  if (is_foreign(static_cast<char>(all))) return false;
  const std::size_t half = count / 2;
  const std::string_view left(letters.data(), half), right(letters.data() + half, count - half);
  for (std::size_t round = 0; round < rounds && count > 0; ++round) {
    const bool even = round % 2 == 0;
    Numbers numbers(hashes_[round](even ? right : left));
    char* const end = letters.data() + (even ? half : count);
    for (char* c = letters.data() + (even ? 0 : half); c != end;) {
      std::uint64_t number = numbers.next();
      for (const char* const stop = c + std::min(static_cast<std::size_t>(end - c), letters_of_a_number); c != stop;
           ++c)
        *c = moved(*c, number);
    }
  }
  const std::size_t begin = out.size();
  out.resize(begin + text.size());
  char* to = out.data() + begin;
  const char* letter = letters.data();
  for (const char c : text) {  // without a branch that nobody could foretell
    const char small = small_of(c);
    const int is_letter = small != 0 ? 1 : 0;
    *to++ = static_cast<char>(c ^ ((*letter ^ small) & -is_letter));  // c ^ small: the bit of a capital
    letter += is_letter;
  }
  return true;
}

void Pseudonyms::any_script(std::string& out, std::string_view text) {
  constexpr char32_t letter_here = 0xFFFF'FFFF;
  letters_.clear();
  others_.clear();
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_utf8(text, at);
    const auto letter = letter_of(c);
    if (letter) letters_.push_back(*letter);
    others_.push_back(letter ? letter_here : c);
  }
  const std::size_t half = letters_.size() / 2;
  for (std::size_t round = 0; round < rounds && !letters_.empty(); ++round) {
    const bool even = round % 2 == 0;
    std::string& from = letters_of_text_;
    from.resize(longest_utf8 * letters_.size());
    char* to = from.data();
    for (std::size_t i = even ? half : 0; i < (even ? letters_.size() : half); ++i) {
      Letter plain = letters_[i];
      plain.small = true;  // "Alice" and "alice" differ in their case alone, before and after
      to = put_utf8(to, plain.character());
    }
    Numbers numbers(hashes_[round]({from.data(), to}));
    std::uint64_t number = 0;
    const std::size_t begin = even ? 0 : half, end = even ? half : letters_.size();
    for (std::size_t i = begin; i < end; ++i) {
      if ((i - begin) % letters_of_a_number == 0) number = numbers.next();
      Letter& letter = letters_[i];
      const std::uint32_t places = letter.size < large_alphabet
                                       ? below(letter.size, number)
                                       : static_cast<std::uint32_t>((numbers.next() >> 32) * letter.size >> 32);
      letter.index += places;
      if (letter.index >= letter.size) letter.index -= letter.size;
    }
  }
  const std::size_t begin = out.size();
  out.resize(begin + longest_utf8 * others_.size());
  char* to = out.data() + begin;
  const Letter* letter = letters_.data();
  for (const char32_t c : others_) to = put_utf8(to, c == letter_here ? (letter++)->character() : c);
  out.resize(static_cast<std::size_t>(to - out.data()));
}

void Pseudonyms::domain(std::string& out, std::string_view domain) {
  for (std::size_t begin = 0; begin <= domain.size();) {
    const std::size_t end = std::min(domain.find('.', begin), domain.size());
    const std::string_view label = domain.substr(begin, end - begin);
    const bool stays = std::find(service_labels.begin(), service_labels.end(), label) != service_labels.end();
    if (stays)
      out.append(label);
    else
      text(out, label);
    if (end < domain.size()) out += '.';
    begin = end + 1;
  }
}

// Its two halves are remembered apart: those of everybody who is in every room would be many.
void Pseudonyms::jid(std::string& out, std::string_view jid) {
  const std::size_t slash = std::min(jid.find('/'), jid.size());
  remembered(jids_, out, jid.substr(0, slash), [this](std::string& to, std::string_view one) { bare_jid(to, one); });
  if (slash == jid.size()) return;
  out += '/';
  remembered(resources_, out, jid.substr(slash + 1), [this](std::string& to, std::string_view one) { text(to, one); });
}

void Pseudonyms::bare_jid(std::string& out, std::string_view bare) {
  const std::size_t at = bare.find('@');
  if (at != std::string_view::npos) {
    text(out, bare.substr(0, at));
    out += '@';
  }
  domain(out, at == std::string_view::npos ? bare : bare.substr(at + 1));
}

void Pseudonyms::uri(std::string& out, std::string_view uri) {
  const std::string_view scheme = scheme_of(uri);
  if (scheme.empty()) return looks_like_jid(uri) ? jid(out, uri) : text(out, uri);
  (out.append(scheme)) += ':';
  std::string_view rest = uri.substr(scheme.size() + 1);
  if (scheme == "xmpp" || scheme == "mailto" || scheme == "cid") {
    const std::size_t end = std::min(rest.find_first_of("?#"), rest.size());
    jid(out, rest.substr(0, end));
    rest.remove_prefix(end);
  } else if (rest.substr(0, 2) == "//") {
    const std::size_t end = std::min(rest.find_first_of("/?#", 2), rest.size());
    out += "//";
    domain(out, rest.substr(2, end - 2));
    rest.remove_prefix(end);
  }
  text(out, rest);
}

void Pseudonyms::address(std::string& out, std::string_view address) {
  remembered(addresses_, out, address, [this](std::string& to, std::string_view one) { parts_of_address(to, one); });
}

void Pseudonyms::parts_of_address(std::string& out, std::string_view address) {
  const std::size_t colon = address.rfind(':');
  const bool bracket = !address.empty() && address.front() == '[';
  const bool bare_ipv6 = !bracket && std::count(address.begin(), address.end(), ':') > 1;
  const bool has_port =
      colon != std::string_view::npos && !bare_ipv6 && (!bracket || (colon > 0 && address[colon - 1] == ']'));
  const std::string_view host = has_port ? address.substr(0, colon) : address;
  const std::string_view port = has_port ? address.substr(colon) : std::string_view{};
  if (host == "[::1]" || host == "::1" || (is_ipv4(host) && host.substr(0, 4) == "127.")) {
    out.append(address);
    return;
  }
  const bool ipv6 = bracket || bare_ipv6;
  if (!ipv6 && !is_ipv4(host)) {
    domain(out, host);
    out.append(port);
    return;
  }
  // An address of a private network, by chance: a pseudonym must not be somebody's.
  std::uint64_t number = address_hash_(host)[0];
  if (bracket) out += '[';
  out += ipv6 ? "fd00" : "10";
  for (int part = 0; part < 3; ++part, number >>= 16) {
    constexpr std::string_view hex = "0123456789abcdef";
    if (!ipv6) {
      (out += '.') += std::to_string(number & 0xFF);
      continue;
    }
    out += part == 0 ? "::" : ":";
    for (int shift = 12; shift >= 0; shift -= 4) out += hex[number >> shift & 15];
  }
  if (bracket) out += ']';
  out.append(port);
}

void Pseudonyms::jids_within(std::string& out, std::string_view text) {
  std::size_t done = 0;
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', std::max(at + 1, done))) {
    std::size_t begin = at, end = at + 1;
    while (begin > done && is_local_char(text[begin - 1])) --begin;
    while (end < text.size() && is_domain_char(text[end])) ++end;
    while (end > at + 1 && text[end - 1] == '.') --end;  // of the sentence
    if (begin == at || end == at + 1) continue;
    if (end < text.size() && text[end] == '/')
      while (end < text.size() && !is_space(text[end])) ++end;
    out.append(text.substr(done, begin - done));
    jid(out, text.substr(begin, end - begin));
    done = end;
  }
  out.append(text.substr(done));
}

}  // namespace ferry
