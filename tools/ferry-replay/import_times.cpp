#include "tools/ferry-replay/import_times.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "tools/ferry-replay/cursor.h"

namespace ferry::intake {
namespace {

constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::int64_t second_us = 1'000'000, day_us = 86'400 * second_us;

struct When {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::int64_t micros = 0;
};

std::int64_t time_of(const When& w, std::int64_t zone) {
  const std::chrono::year_month_day date{std::chrono::year{w.year}, std::chrono::month{static_cast<unsigned>(w.month)},
                                         std::chrono::day{static_cast<unsigned>(w.day)}};
  if (!date.ok() || w.hour > 23 || w.minute > 59 || w.second > 60) return 0;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return days * day_us + ((w.hour * 60 + w.minute) * 60 + w.second) * second_us + w.micros - zone;
}

bool take_month(Cursor& c, int& month) {
  const std::size_t at = months.find(c.rest.substr(0, 3));
  if (c.rest.size() < 3 || at == std::string_view::npos || at % 3 != 0) return false;
  month = static_cast<int>(at / 3) + 1;
  c.rest.remove_prefix(3);
  return true;
}

// Digits behind the second, after '.', ',' or, in an audit log, ':'.
void take_fraction(Cursor& c, When& w) {
  if (c.rest.size() < 2 || std::string_view(".,:").find(c.rest.front()) == std::string_view::npos) return;
  if (c.rest[1] < '0' || c.rest[1] > '9') return;
  c.rest.remove_prefix(1);
  for (std::int64_t unit = 100'000; !c.rest.empty() && c.rest.front() >= '0' && c.rest.front() <= '9'; unit /= 10) {
    w.micros += unit * (c.rest.front() - '0');
    c.rest.remove_prefix(1);
  }
}

bool take_time(Cursor& c, When& w) {
  if (!c.digits(2, w.hour) || !c.take(":") || !c.digits(2, w.minute) || !c.take(":") || !c.digits(2, w.second))
    return false;
  take_fraction(c, w);
  return true;
}

// "Z", "+01:00", "+0100", "+01"; none: local.
std::int64_t take_zone(Cursor& c, std::int64_t local) {
  if (c.take("Z")) return 0;
  Cursor back = c;
  const bool west = c.take("-");
  int hours = 0, minutes = 0;
  if ((!west && !c.take("+")) || !c.digits(2, hours)) {
    c = back;
    return local;
  }
  back = c;
  c.take(":");
  if (!c.digits(2, minutes)) c = back;  // Profanity: "+01: 00004711:"
  const std::int64_t zone = (hours * 60 + minutes) * 60 * second_us;
  return west ? -zone : zone;
}

}  // namespace

std::optional<std::int64_t> take_iso(std::string_view& text, const Dates& dates) {
  Cursor c{text};
  When w;
  if (!c.digits(4, w.year) || !c.take("-") || !c.digits(2, w.month) || !c.take("-") || !c.digits(2, w.day))
    return std::nullopt;
  if ((!c.take("T") && !c.take(" ")) || !take_time(c, w)) return std::nullopt;
  const std::int64_t zone = take_zone(c, dates.zone);
  text = c.rest;
  return time_of(w, zone);
}

std::optional<std::int64_t> take_clock(std::string_view& text, const Dates& dates) {
  Cursor c{text};
  When w{dates.year, dates.month, dates.day};
  if (!take_time(c, w)) return std::nullopt;
  text = c.rest;
  return time_of(w, dates.zone);
}

std::optional<std::int64_t> take_syslog(std::string_view& text, const Dates& dates) {
  Cursor c{text};
  When w;
  if (!take_month(c, w.month) || !c.take(" ")) return std::nullopt;
  if (!(c.take(" ") ? c.digits(1, w.day) : c.digits(2, w.day)) || !c.take(" ") || !take_time(c, w)) return std::nullopt;
  w.year = std::pair(w.month, w.day) > std::pair(dates.month, dates.day) ? dates.year - 1 : dates.year;
  text = c.rest;
  return time_of(w, dates.zone);
}

std::optional<std::int64_t> take_audit(std::string_view& text, const Dates& dates) {
  Cursor c{text};
  When w;
  if (!take_month(c, w.month) || !c.take(" ") || !c.digits(2, w.day) || !c.take(", ") || !c.digits(4, w.year) ||
      !c.take(" ") || !take_time(c, w))
    return std::nullopt;
  c.take(" ");
  const bool evening = c.take("PM");
  if (!evening && !c.take("AM")) return std::nullopt;
  w.hour = w.hour % 12 + (evening ? 12 : 0);
  text = c.rest;
  return time_of(w, dates.zone);
}

std::optional<std::int64_t> take_asctime(std::string_view& text, const Dates& dates) {
  Cursor c{text};
  When w;
  c.rest.remove_prefix(std::min<std::size_t>(c.rest.size(), 4));  // "Thu "
  if (!take_month(c, w.month) || !c.take(" ")) return std::nullopt;
  if (!(c.take(" ") ? c.digits(1, w.day) : c.digits(2, w.day)) || !c.take(" ") || !take_time(c, w)) return std::nullopt;
  if (!c.take(" ") || !c.digits(4, w.year)) return std::nullopt;
  text = c.rest;
  return time_of(w, dates.zone);
}

std::optional<std::int64_t> take_erlang(std::string_view& text, const Dates& dates) {
  Cursor c{text};
  When w;
  if (!(c.digits(2, w.day) || c.digits(1, w.day)) || !c.take("-") || !take_month(c, w.month) || !c.take("-") ||
      !c.digits(4, w.year) || !c.take("::") || !take_time(c, w))
    return take_iso(text, dates);
  text = c.rest;
  return time_of(w, dates.zone);
}

}  // namespace ferry::intake
