// SPDX-License-Identifier: Apache-2.0
// Figures as people read and write them: durations, counts, bytes, times.
#include "units.h"

#include "config_parser.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace obs::ctl {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

std::string threeDigits(double value, const char *unit) {
  // 9.995 would print as "10.00": decide on the rounded value.
  int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  std::array<char, 64> text;
  int size =
      std::snprintf(text.data(), text.size(), "%.*f %s", decimals, value, unit);
  return std::string(text.data(), size);
}

std::string twoUnits(int64_t big, const char *bigUnit, int64_t small,
                     const char *smallUnit) {
  return std::to_string(big) + " " + bigUnit + " " + std::to_string(small) +
         " " + smallUnit;
}

// Reads exactly `digits` digits; false if they are not there.
bool takeNumber(std::string_view &text, size_t digits, int &value) {
  if (text.size() < digits)
    return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits || text[0] == '-')
    return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view &text, char c) {
  if (text.empty() || text[0] != c)
    return false;
  text.remove_prefix(1);
  return true;
}

bool takeDate(std::string_view &text, std::tm &time) {
  if (!takeNumber(text, 4, time.tm_year) || !take(text, '-') ||
      !takeNumber(text, 2, time.tm_mon) || !take(text, '-') ||
      !takeNumber(text, 2, time.tm_mday))
    return false;
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  return time.tm_mon >= 0 && time.tm_mon < 12 && time.tm_mday >= 1 &&
         time.tm_mday <= 31;
}

bool takeTimeOfDay(std::string_view &text, std::tm &time, int64_t &fraction) {
  time.tm_sec = 0;
  if (!takeNumber(text, 2, time.tm_hour) || !take(text, ':') ||
      !takeNumber(text, 2, time.tm_min))
    return false;
  if (take(text, ':')) {
    if (!takeNumber(text, 2, time.tm_sec))
      return false;
    if (take(text, '.')) {
      int64_t unit = kSecond / 10;
      for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; unit /= 10) {
        fraction += (text[0] - '0') * unit;
        text.remove_prefix(1);
      }
    }
  }
  return time.tm_hour < 24 && time.tm_min < 60 && time.tm_sec <= 60;
}

} // namespace

std::string formatDuration(int64_t ns) {
  if (ns < 0)
    return "-" + formatDuration(-ns);
  if (ns < 1000)
    return std::to_string(ns) + " ns";
  if (ns < 999'500)
    return threeDigits(static_cast<double>(ns) / 1e3, "µs");
  if (ns < 999'500'000)
    return threeDigits(static_cast<double>(ns) / 1e6, "ms");
  if (ns < 120 * kSecond)
    return threeDigits(static_cast<double>(ns) / 1e9, "s");
  int64_t seconds = ns / kSecond;
  if (seconds < 3600)
    return twoUnits(seconds / 60, "min", seconds % 60, "s");
  return twoUnits(seconds / 3600, "h", seconds / 60 % 60, "min");
}

std::string formatCount(int64_t count) {
  std::string digits = std::to_string(count);
  size_t first = digits[0] == '-' ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

std::string formatBytes(int64_t bytes) {
  if (bytes < 1024)
    return std::to_string(bytes) + " B";
  constexpr const char *kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < std::size(kUnits); ++unit)
    value /= 1024;
  return threeDigits(value, kUnits[unit]);
}

std::string formatRate(double rate) {
  std::array<char, 32> text;
  int size = std::snprintf(text.data(), text.size(), "%g", rate);
  return std::string(text.data(), size);
}

std::string formatTime(int64_t unixNs, bool dateToo) {
  time_t seconds = unixNs / kSecond;
  std::tm local = {};
  localtime_r(&seconds, &local);
  std::array<char, 64> text;
  size_t size =
      std::strftime(text.data(), text.size(),
                    dateToo ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &local);
  size += std::snprintf(text.data() + size, text.size() - size, ".%03d",
                        static_cast<int>(unixNs % kSecond / 1'000'000));
  return std::string(text.data(), size);
}

std::optional<int64_t> parseDuration(std::string_view text) {
  auto duration = rt::parseDuration(text);
  return duration ? std::optional<int64_t>(duration->count()) : std::nullopt;
}

std::optional<int64_t> parseTime(std::string_view text, int64_t nowNs) {
  if (auto ago = parseDuration(text))
    return nowNs - *ago;
  time_t now = nowNs / kSecond;
  std::tm time = {};
  localtime_r(&now, &time);
  int64_t fraction = 0;
  if (text.size() > 2 && text[2] == ':') {
    if (!takeTimeOfDay(text, time, fraction))
      return std::nullopt;
  } else {
    time.tm_hour = time.tm_min = time.tm_sec = 0;
    if (!takeDate(text, time))
      return std::nullopt;
    if ((take(text, ' ') || take(text, 'T')) &&
        !takeTimeOfDay(text, time, fraction))
      return std::nullopt;
  }
  bool utc = take(text, 'Z');
  if (!text.empty())
    return std::nullopt;
  time.tm_isdst = -1;
  return (utc ? timegm(&time) : mktime(&time)) * kSecond + fraction;
}

} // namespace obs::ctl
