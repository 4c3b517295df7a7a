#include "translators/values/uid.h"

#include <optional>
#include <utility>

#include "translators/values/topic.h"

namespace ferry {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

// Length of the character at the front of valid UTF-8.
std::size_t character_bytes(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

// Characters that are special to topic filters, to a broker's files or to the escape itself, and those that
// Mosquitto 2.0 refuses in topic names and user names (each of Unicode's code points was tried against it).
bool needs_escape(std::string_view character) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(character[at]); };
  switch (character.size()) {
    case 1:
      return byte(0) <= ' ' || byte(0) == 0x7F || std::string_view("+#/$%=").find(character[0]) != std::string::npos;
    case 2:
      return byte(0) == 0xC2 && byte(1) < 0xA0;  // U+0080 to U+009F
    case 3:
      if (byte(0) == 0xEF && byte(1) == 0xB7) return byte(2) >= 0x90 && byte(2) <= 0xAF;  // U+FDD0 to U+FDEF
      return byte(0) == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE;                       // U+FFFE, U+FFFF
    default:
      return (byte(1) & 0x0F) == 0x0F && byte(2) == 0xBF && byte(3) >= 0xBE;  // U+1FFFE to U+10FFFF
  }
}

std::optional<unsigned char> hex_value(char digit) {
  const std::size_t at = hex_digits.find(digit);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned char>(at);
}

StanzaError too_long() {
  return error(Condition::not_acceptable,
               "the name is longer than " + std::to_string(max_level_bytes) + " bytes as a level of a topic");
}

}  // namespace

Result<std::string> escape_level(std::string_view bytes) {
  if (bytes.empty()) return error(Condition::not_acceptable, "the name is empty and cannot be a level of a topic");
  if (bytes.size() > max_level_bytes) return too_long();
  if (!is_utf8(bytes)) return error(Condition::jid_malformed, "the name is not UTF-8");
  std::string level;
  level.reserve(bytes.size() + 16);
  for (std::size_t i = 0; i < bytes.size();) {
    const std::string_view character = bytes.substr(i, character_bytes(static_cast<unsigned char>(bytes[i])));
    i += character.size();
    if (!needs_escape(character)) {
      level.append(character);
      continue;
    }
    for (const char c : character) {
      const auto byte = static_cast<unsigned char>(c);
      level.append({'=', hex_digits[byte >> 4], hex_digits[byte & 0x0F]});
    }
  }
  if (level.size() > max_level_bytes) return too_long();
  return level;
}

Result<std::string> unescape_level(std::string_view level) {
  if (level.size() > max_level_bytes) return too_long();
  std::string bytes;
  bytes.reserve(level.size());
  for (std::size_t i = 0; i < level.size(); ++i) {
    if (level[i] != '=') {
      bytes += level[i];
      continue;
    }
    const auto high = level.size() - i > 2 ? hex_value(level[i + 1]) : std::nullopt;
    const auto low = level.size() - i > 2 ? hex_value(level[i + 2]) : std::nullopt;
    if (!high || !low)
      return error(Condition::jid_malformed, "an = in the name is not followed by two upper-case hex digits");
    bytes += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  // Whatever would not come out the same again is another spelling of some name: an escape too many or too few.
  const auto again = escape_level(bytes);
  if (!again) return again.error();
  if (*again != level) return error(Condition::jid_malformed, "the name is not in its one escaped form");
  return bytes;
}

Result<std::string> to_uid(const Jid& jid) { return escape_level(jid.bare_view()); }

Result<Jid> from_uid(std::string_view uid) {
  const auto text = unescape_level(uid);
  if (!text) return text.error();
  auto jid = Jid::parse(*text);
  if (!jid) return jid;
  if (!jid->has_local() || jid->has_resource())
    return error(Condition::jid_malformed, "the name is not that of a bare JID with a localpart");
  // Both texts are valid, and the escape is one to one: the same text is the same uid.
  if (jid->str() != *text) return error(Condition::jid_malformed, "the name is not that of a normalised JID");
  return jid;
}

Result<std::string> to_device(std::string_view resourcepart) { return escape_level(resourcepart); }

Result<std::string> from_device(std::string_view device) {
  auto text = unescape_level(device);
  if (!text) return text;
  const auto jid = Jid::make({}, "device", *text);  // any domainpart: a Jid is what knows resourceprep
  if (!jid) return jid.error();
  if (jid->resourcepart() != *text)
    return error(Condition::not_acceptable, "the device's name is not in its normal form (resourceprep)");
  return text;
}

}  // namespace ferry
