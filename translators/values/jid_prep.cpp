// The one file that knows libidn.
#include "translators/values/jid_prep.h"

#include <arpa/inet.h>
#include <idna.h>
#include <stringprep.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "translators/values/topic.h"

namespace ferry::jid_prep {
namespace {

constexpr std::size_t max_label_bytes = 63;  // RFC 1035 section 2.3.4, in ASCII form

StanzaError malformed(std::string_view part, std::string_view what) {
  return error(Condition::jid_malformed, std::string("the ").append(part).append(" of the JID ").append(what));
}

// nullopt: fit for libidn, which takes C strings and trusts their UTF-8.
std::optional<StanzaError> unfit(std::string_view part, std::string_view text) {
  if (text.empty()) return malformed(part, "is empty");
  if (text.size() > max_input_bytes) return malformed(part, "is longer than 1023 bytes");
  if (!is_utf8(text)) return malformed(part, "is not UTF-8");
  if (text.find('\0') != std::string_view::npos) return malformed(part, "contains U+0000");
  return std::nullopt;
}

std::string_view reason(int code) {
  switch (code) {
    case STRINGPREP_CONTAINS_PROHIBITED:
      return "contains a character that XMPP forbids there";
    case STRINGPREP_BIDI_BOTH_L_AND_RAL:
    case STRINGPREP_BIDI_LEADTRAIL_NOT_RAL:
    case STRINGPREP_BIDI_CONTAINS_PROHIBITED:
      return "mixes directions of writing against RFC 3454 section 6";
    case STRINGPREP_TOO_SMALL_BUFFER:
      return "is longer than 1023 bytes";
    default:
      return "cannot be normalised";
  }
}

Result<std::string> prepare_once(std::string_view part, std::string_view text, const Stringprep_profile* profile) {
  std::array<char, max_input_bytes + 1> buffer;
  std::memcpy(buffer.data(), text.data(), text.size());
  buffer[text.size()] = '\0';
  const int code = stringprep(buffer.data(), buffer.size(), static_cast<Stringprep_profile_flags>(0), profile);
  if (code != STRINGPREP_OK) return malformed(part, reason(code));
  return std::string(buffer.data());
}

Result<std::string> prepare(std::string_view part, std::string_view text, const Stringprep_profile* profile) {
  if (auto problem = unfit(part, text)) return *std::move(problem);
  auto once = prepare_once(part, text, profile);
  if (!once) return once;
  if (once->empty()) return malformed(part, "is empty once normalised");
  if (once->size() > max_part_bytes) return malformed(part, "is longer than 1023 bytes");
  // Unicode 3.2's NFKC does not settle at once on Hangul jamo with an accent between (Unicode PR-29); an address must
  // be its own normal form.
  auto twice = prepare_once(part, *once, profile);
  if (!twice) return twice;
  if (*twice != *once) return malformed(part, "has no stable normal form");
  return once;
}

bool label_ascii(unsigned char c) {
  return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

Result<std::string> prepare_label(std::string_view label) {
  if (label.empty()) return malformed("domainpart", "has an empty label");
  auto prepared = prepare("domainpart", label, stringprep_nameprep);
  if (!prepared) return prepared;
  bool ascii = true;
  for (const char c : *prepared) {
    const auto byte = static_cast<unsigned char>(c);
    if (!label_ascii(byte)) return malformed("domainpart", "contains a character that no host name has");
    ascii = ascii && byte < 0x80;
  }
  if (ascii) {
    if (prepared->size() > max_label_bytes) return malformed("domainpart", "has a label of more than 63 bytes");
    return prepared;
  }
  // RFC 6122 section 2.2: ToASCII must be possible; its result is not kept.
  char* encoded = nullptr;
  const int code = idna_to_ascii_8z(prepared->c_str(), &encoded, IDNA_ALLOW_UNASSIGNED);
  const std::unique_ptr<char, decltype(&std::free)> owner(encoded, &std::free);
  if (code != IDNA_SUCCESS) return malformed("domainpart", "has a label that is no internationalised host name");
  return prepared;
}

// RFC 7622 section 3.2: "[" IPv6address "]", in the form of RFC 5952.
Result<std::string> prepare_ipv6(std::string_view text) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> shown{};
  if (text.size() > 2 && text.back() == ']') {
    const std::string inner(text.substr(1, text.size() - 2));
    if (inner.find('\0') == std::string::npos && inet_pton(AF_INET6, inner.c_str(), &address) == 1 &&
        inet_ntop(AF_INET6, &address, shown.data(), shown.size()) != nullptr)
      return std::string("[").append(shown.data()).append("]");
  }
  return malformed("domainpart", "begins with [ and is no IPv6 address in brackets");
}

// Length of the label separator (RFC 3490 section 3.1) that text begins with, or 0.
std::size_t separator_bytes(std::string_view text) {
  if (text.front() == '.') return 1;
  for (const std::string_view dot : {"\xE3\x80\x82", "\xEF\xBC\x8E", "\xEF\xBD\xA1"})  // U+3002 U+FF0E U+FF61
    if (text.starts_with(dot)) return dot.size();
  return 0;
}

}  // namespace

Result<std::string> localpart(std::string_view text) { return prepare("localpart", text, stringprep_xmpp_nodeprep); }

Result<std::string> resourcepart(std::string_view text) {
  return prepare("resourcepart", text, stringprep_xmpp_resourceprep);
}

Result<std::string> saslprep(std::string_view text) {
  if (auto problem = unfit("text", text)) return *std::move(problem);
  // KC normalisation makes a character of up to three bytes (U+FDFA) into 33.
  std::string buffer(text);
  buffer.resize(12 * text.size() + 1, '\0');
  const int code =
      stringprep(buffer.data(), buffer.size(), static_cast<Stringprep_profile_flags>(0), stringprep_saslprep);
  std::string out;
  if (code == STRINGPREP_OK) out = buffer.c_str();
  explicit_bzero(buffer.data(), buffer.size());
  if (code != STRINGPREP_OK) return malformed("text", reason(code));
  return out;
}

Result<std::string> domainpart(std::string_view text) {
  if (auto problem = unfit("domainpart", text)) return *std::move(problem);
  if (text.front() == '[') return prepare_ipv6(text);
  std::string domain;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t dot = at < text.size() ? separator_bytes(text.substr(at)) : 0;
    if (at < text.size() && dot == 0) {
      ++at;
      continue;
    }
    if (begin == text.size() && !domain.empty()) break;  // nothing after the last dot: the root label
    auto label = prepare_label(text.substr(begin, at - begin));
    if (!label) return label;
    if (!domain.empty()) domain += '.';
    domain += *label;
    at += dot == 0 ? 1 : dot;
    begin = at;
  }
  if (domain.size() > max_part_bytes) return malformed("domainpart", "is longer than 1023 bytes");
  return domain;
}

}  // namespace ferry::jid_prep
