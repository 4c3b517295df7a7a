#include "translators/values/instant.h"

#include <array>

namespace ferry {
namespace {

// Days since 1970-01-01 of a date of the Gregorian calendar, and back: counted from a 1 March, in eras of 400 years.
std::int64_t days_from_civil(std::int64_t y, int m, int d) {
  y -= m <= 2;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t yoe = y - era * 400;
  const std::int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146'097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719'468;
}

int days_of(int year, int month) {
  constexpr std::array days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month - 1)];
}

constexpr Instant first_instant = -62'167'219'200'000, last_instant = 253'402'300'799'999;  // of the years 0 and 9999

struct Reader {
  std::string_view rest;
  bool good = true;
  int number(std::size_t digits) {
    int value = 0;
    if (rest.size() < digits) good = false;
    for (std::size_t i = 0; good && i < digits; ++i) {
      if (rest[i] < '0' || rest[i] > '9')
        good = false;
      else
        value = value * 10 + (rest[i] - '0');
    }
    if (good) rest.remove_prefix(digits);
    return value;
  }
  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  void must(char c) { good = take(c) && good; }
};

}  // namespace

std::string format_instant(Instant t) {
  constexpr std::int64_t day = 86'400'000;
  std::int64_t days = t / day, ms = t % day;
  if (ms < 0) {
    ms += day;
    --days;
  }
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t doe = days - era * 146'097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const int d = static_cast<int>(doy - (153 * mp + 2) / 5 + 1), m = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  const int y = static_cast<int>(yoe + era * 400 + (m <= 2));
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto put = [&](std::size_t at, int digits, std::int64_t value) {
    for (int k = digits - 1; k >= 0; --k, value /= 10)
      text[at + static_cast<std::size_t>(k)] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, y);
  put(5, 2, m);
  put(8, 2, d);
  put(11, 2, ms / 3'600'000);
  put(14, 2, ms / 60'000 % 60);
  put(17, 2, ms / 1000 % 60);
  put(20, 3, ms % 1000);
  return text;
}

std::optional<Instant> parse_instant(std::string_view text) {
  Reader r{text};
  const int y = r.number(4);
  const bool legacy = r.good && !r.rest.empty() && r.rest.front() != '-';
  if (!legacy) r.must('-');
  const int m = r.number(2);
  if (!legacy) r.must('-');
  const int d = r.number(2);
  if (!r.take('T') && !r.take('t')) r.good = false;
  const int hh = r.number(2);
  r.must(':');
  const int mm = r.number(2);
  r.must(':');
  const int ss = r.number(2);
  int ms = 0;
  if (r.take('.')) {
    int scale = 100, digits = 0;
    for (; !r.rest.empty() && r.rest.front() >= '0' && r.rest.front() <= '9';
         r.rest.remove_prefix(1), ++digits, scale /= 10)
      ms += (r.rest.front() - '0') * scale;
    if (digits == 0) r.good = false;
  }
  std::int64_t offset = 0;  // minutes
  if (!r.take('Z') && !r.take('z') && !(legacy && r.rest.empty())) {
    const int sign = r.take('-') ? -1 : (r.take('+') ? 1 : 0);
    const int oh = r.number(2);
    r.must(':');
    const int om = r.number(2);
    if (sign == 0 || oh > 23 || om > 59) r.good = false;
    offset = sign * (oh * 60 + om);
  }
  if (!r.good || !r.rest.empty() || m < 1 || m > 12 || hh > 23 || mm > 59 || ss > 60) return std::nullopt;
  if (d < 1 || d > days_of(y, m)) return std::nullopt;
  const Instant t = (days_from_civil(y, m, d) * 86'400 + hh * 3600 + mm * 60 + ss - offset * 60) * 1000 + ms;
  if (t < first_instant || t > last_instant) return std::nullopt;  // an offset can lead out of the calendar
  return t;
}

}  // namespace ferry
