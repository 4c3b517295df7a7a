// Values of keys: reading, checking, printing.
#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>

#include "config/keys.h"
#include "config/text.h"
#include "translators/values/jid.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

constexpr std::array<std::string_view, 4> level_names = {"error", "warning", "info", "debug"};
constexpr std::array<std::string_view, 4> redaction_names = {"yes", "keep-bodies", "keep-jids", "no"};
constexpr std::size_t max_root_bytes = 200;
constexpr std::size_t max_root_levels = 16;
constexpr std::size_t max_value_bytes = 4096;

std::string range(const Key& key) { return std::to_string(key.least) + " to " + std::to_string(key.most); }

template <class Number>
std::string read_number(const Key& key, std::string_view value, Number& out) {
  std::uint64_t number = 0;
  const auto [end, bad] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (end != value.data() + value.size() || (bad != std::errc() && bad != std::errc::result_out_of_range))
    return in_quotes(value) + " is not a whole number (" + range(key) + ")";
  if (bad != std::errc() || number < key.least || number > key.most)
    return in_quotes(value) + " is out of range: " + range(key);
  out = static_cast<Number>(number);
  return {};
}

std::string read_host(std::string_view value) {
  if (value.find_first_of(" \t/") != std::string_view::npos) return in_quotes(value) + " is not a host name or address";
  if (value.find(':') != value.rfind(':')) return {};  // IPv6
  if (value.find(':') != std::string_view::npos)
    return in_quotes(value) + " is not a host name: the port has a key of its own";
  return {};
}

std::string read_domain(std::string_view value, std::string& out) {
  const auto jid = Jid::parse(value);
  if (!jid) return in_quotes(value) + " is not a domain: " + jid.error().text;
  if (!jid->is_domain()) return in_quotes(value) + " is not a domain but an address";
  out = jid->str();
  return {};
}

std::string read_root(std::string_view value) {
  if (value.find_first_of("+#") != std::string_view::npos) return in_quotes(value) + " holds a wildcard";
  if (value.front() == '$') return in_quotes(value) + " begins with $: these topics are the broker's own";
  if (value.find_first_of("%{}") != std::string_view::npos)
    return in_quotes(value) + " holds one of % { }, which ACLs and routes give a meaning";
  if (value.size() > max_root_bytes) return "the root has more than 200 bytes";
  const auto levels = topic_levels(value);
  if (levels.size() > max_root_levels) return "the root has more than 16 levels";
  if (std::any_of(levels.begin(), levels.end(), [](std::string_view level) { return level.empty(); }))
    return in_quotes(value) + " has an empty level: no / at the beginning or end, and no //";
  if (const auto name = parse_topic_name(value); !name)
    return in_quotes(value) + " is not a topic name: " + name.error().text;
  return {};
}

std::string read_listen(std::string_view value, std::string& out) {
  if (value == "off") {
    out.clear();
    return {};
  }
  const std::size_t colon = value.rfind(':');
  unsigned port = 0;
  if (colon != std::string_view::npos && colon > 0) {
    const std::string_view digits = value.substr(colon + 1);
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (bad != std::errc() || end != digits.data() + digits.size() || port > 65535) port = 0;
    const std::string_view host = value.substr(0, colon);
    if (host.find(':') != std::string_view::npos && (host.front() != '[' || host.back() != ']')) port = 0;
  }
  if (port == 0) return in_quotes(value) + " is not HOST:PORT ([ADDRESS]:PORT for IPv6) or off";
  out = std::string(value);
  return {};
}

std::string read_text(const Key& key, std::string_view value, std::string& out) {
  std::string wrong;
  switch (key.rule) {
    case Rule::host:
      wrong = read_host(value);
      break;
    case Rule::domain:
      return read_domain(value, out);
    case Rule::root:
      wrong = read_root(value);
      break;
    case Rule::listen:
      return read_listen(value, out);
    case Rule::none:
    case Rule::path:
    case Rule::secret:
    case Rule::protocol:
      break;
  }
  if (wrong.empty()) out = std::string(value);
  return wrong;
}

}  // namespace

std::string_view log_level_name(LogLevel level) { return level_names[static_cast<std::size_t>(level)]; }

std::string assign(const Key& key, std::string_view value, Options& options) {
  if (value.empty()) return "it has no value";
  if (value.size() > max_value_bytes) return "it has more than 4096 bytes";
  if (!is_utf8(value)) return "it is not UTF-8";
  if (has_control(value)) return in_quotes(value) + " holds a control character";
  return std::visit(
      [&](auto* out) -> std::string {
        using T = std::remove_pointer_t<decltype(out)>;
        if constexpr (std::is_same_v<T, std::string>) {
          return read_text(key, value, *out);
        } else if constexpr (std::is_same_v<T, bool>) {
          if (value != "true" && value != "false") return in_quotes(value) + " is not true or false";
          *out = value == "true";
        } else if constexpr (std::is_same_v<T, Durability>) {
          if (value != "full" && value != "normal") return in_quotes(value) + " is not full or normal";
          *out = value == "full" ? Durability::full : Durability::normal;
        } else if constexpr (std::is_same_v<T, LogLevel>) {
          const auto at = std::find(level_names.begin(), level_names.end(), value);
          if (at == level_names.end()) return in_quotes(value) + " is not error, warning, info or debug";
          *out = static_cast<LogLevel>(at - level_names.begin());
        } else if constexpr (std::is_same_v<T, CaptureRedaction>) {
          const auto at = std::find(redaction_names.begin(), redaction_names.end(), value);
          if (at == redaction_names.end()) return in_quotes(value) + " is not yes, keep-bodies, keep-jids or no";
          *out = static_cast<CaptureRedaction>(at - redaction_names.begin());
        } else if constexpr (std::is_same_v<T, int>) {
          if (value != "5" && value != "4" && value != "3.1.1") return in_quotes(value) + " is not 5 or 3.1.1";
          *out = value == "5" ? 5 : 4;
        } else {
          return read_number(key, value, *out);
        }
        return {};
      },
      key.target(options));
}

std::string value_text(const Key& key, const Options& options) {
  Options copy = options;  // targets are not const
  return std::visit(
      [&](auto* at) -> std::string {
        using T = std::remove_pointer_t<decltype(at)>;
        if constexpr (std::is_same_v<T, std::string>)
          return key.rule == Rule::listen && at->empty() ? "off" : *at;
        else if constexpr (std::is_same_v<T, bool>)
          return *at ? "true" : "false";
        else if constexpr (std::is_same_v<T, Durability>)
          return *at == Durability::full ? "full" : "normal";
        else if constexpr (std::is_same_v<T, LogLevel>)
          return std::string(log_level_name(*at));
        else if constexpr (std::is_same_v<T, CaptureRedaction>)
          return std::string(redaction_names[static_cast<std::size_t>(*at)]);
        else if constexpr (std::is_same_v<T, int>)
          return *at == 5 ? "5" : "3.1.1";
        else
          return std::to_string(*at);
      },
      key.target(copy));
}

std::string default_text(const Key& key) {
  return key.default_text.empty() ? value_text(key, Options()) : std::string(key.default_text);
}

std::string choices(const Key& key) { return key.most > 0 ? range(key) : std::string(); }

}  // namespace ferry
