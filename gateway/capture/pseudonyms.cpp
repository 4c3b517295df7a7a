#include "gateway/capture/pseudonyms.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "gateway/capture/alphabets.h"

namespace ferry {
namespace {

constexpr int feistel_rounds = 4;

// A stream of numbers from a seed (splitmix64); the seed is what has to be secret.
class Numbers {
 public:
  explicit Numbers(const std::array<std::uint64_t, 2>& seed) : state_(seed[0]), mask_(seed[1]) {}
  std::uint32_t below(std::uint32_t limit) {
    std::uint64_t x = state_ += 0x9E3779B97F4A7C15U;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9U;
    x = (x ^ x >> 27) * 0x94D049BB133111EBU;
    x = (x ^ x >> 31) ^ mask_;
    return static_cast<std::uint32_t>((x >> 32) * limit >> 32);
  }

 private:
  std::uint64_t state_, mask_;
};

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

std::string Pseudonyms::text(std::string_view text) {
  std::u32string characters = decode_utf8(text);
  std::vector<Letter> letters;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const auto letter = letter_of(characters[i]);
    if (!letter) continue;
    letters.push_back(*letter);
    places.push_back(i);
  }
  const std::size_t half = letters.size() / 2;
  for (int round = 0; round < feistel_rounds; ++round) {
    const bool even = round % 2 == 0;
    std::string from(1, static_cast<char>(round));
    for (std::size_t i = even ? half : 0; i < (even ? letters.size() : half); ++i) {
      Letter plain = letters[i];
      plain.small = true;  // "Alice" and "alice" differ in their case alone, before and after
      append_utf8(from, plain.character());
    }
    Numbers numbers(hash_(from));
    for (std::size_t i = even ? 0 : half; i < (even ? half : letters.size()); ++i)
      letters[i].index = (letters[i].index + numbers.below(letters[i].size)) % letters[i].size;
  }
  for (std::size_t i = 0; i < letters.size(); ++i) characters[places[i]] = letters[i].character();
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : characters) append_utf8(out, c);
  return out;
}

std::string Pseudonyms::domain(std::string_view domain) {
  std::string out;
  for (std::size_t begin = 0; begin <= domain.size();) {
    const std::size_t end = std::min(domain.find('.', begin), domain.size());
    const std::string_view label = domain.substr(begin, end - begin);
    const bool stays = std::find(service_labels.begin(), service_labels.end(), label) != service_labels.end();
    out += stays ? std::string(label) : text(label);
    if (end < domain.size()) out += '.';
    begin = end + 1;
  }
  return out;
}

std::string Pseudonyms::jid(std::string_view jid) {
  if (jid.size() > 3 * 1023 + 2) return remember(jid);
  const auto known = remembered_.find(std::string(jid));
  if (known != remembered_.end()) return known->second;
  if (remembered_.size() >= max_remembered) remembered_.clear();
  return remembered_.emplace(jid, remember(jid)).first->second;
}

std::string Pseudonyms::remember(std::string_view jid) {
  const std::size_t slash = std::min(jid.find('/'), jid.size());
  const std::string_view bare = jid.substr(0, slash);
  const std::size_t at = bare.find('@');
  std::string out;
  if (at != std::string_view::npos) out = text(bare.substr(0, at)) + "@";
  out += domain(at == std::string_view::npos ? bare : bare.substr(at + 1));
  if (slash < jid.size()) out += "/" + text(jid.substr(slash + 1));
  return out;
}

std::string Pseudonyms::uri(std::string_view uri) {
  const std::string_view scheme = scheme_of(uri);
  if (scheme.empty()) return looks_like_jid(uri) ? jid(uri) : text(uri);
  std::string out(scheme);
  out += ':';
  std::string_view rest = uri.substr(out.size());
  if (scheme == "xmpp" || scheme == "mailto" || scheme == "cid") {
    const std::size_t end = std::min(rest.find_first_of("?#"), rest.size());
    return out + jid(rest.substr(0, end)) + text(rest.substr(end));
  }
  if (rest.substr(0, 2) == "//") {
    const std::size_t end = std::min(rest.find_first_of("/?#", 2), rest.size());
    return out + "//" + domain(rest.substr(2, end - 2)) + text(rest.substr(end));
  }
  return out + text(rest);
}

std::string Pseudonyms::address(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  const bool bracket = !address.empty() && address.front() == '[';
  const bool bare_ipv6 = !bracket && std::count(address.begin(), address.end(), ':') > 1;
  const bool has_port =
      colon != std::string_view::npos && !bare_ipv6 && (!bracket || (colon > 0 && address[colon - 1] == ']'));
  const std::string_view host = has_port ? address.substr(0, colon) : address;
  const std::string port(has_port ? address.substr(colon) : std::string_view{});
  if (host == "[::1]" || host == "::1" || (is_ipv4(host) && host.substr(0, 4) == "127.")) return std::string(address);
  const bool ipv6 = bracket || bare_ipv6;
  if (!ipv6 && !is_ipv4(host)) return domain(host) + port;
  // An address of a private network, by chance: a pseudonym must not be somebody's.
  std::uint64_t number = hash_(std::string("address ").append(host))[0];
  std::string out = ipv6 ? "fd00" : "10";
  for (int part = 0; part < 3; ++part, number >>= 16) {
    constexpr std::string_view hex = "0123456789abcdef";
    if (!ipv6) {
      out += "." + std::to_string(number & 0xFF);
      continue;
    }
    out += part == 0 ? "::" : ":";
    for (int shift = 12; shift >= 0; shift -= 4) out += hex[number >> shift & 15];
  }
  return (bracket ? "[" + out + "]" : out) + port;
}

std::string Pseudonyms::jids_within(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', std::max(at + 1, done))) {
    std::size_t begin = at, end = at + 1;
    while (begin > done && is_local_char(text[begin - 1])) --begin;
    while (end < text.size() && is_domain_char(text[end])) ++end;
    while (end > at + 1 && text[end - 1] == '.') --end;  // of the sentence
    if (begin == at || end == at + 1) continue;
    if (end < text.size() && text[end] == '/')
      while (end < text.size() && !is_space(text[end])) ++end;
    out.append(text.substr(done, begin - done)) += jid(text.substr(begin, end - begin));
    done = end;
  }
  return out.append(text.substr(done));
}

}  // namespace ferry
