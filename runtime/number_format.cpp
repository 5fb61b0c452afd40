// SPDX-License-Identifier: Apache-2.0
#include "number_format.h"

#include "json_text.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>

namespace obs::rt {
namespace {

template <class T> void appendReal(std::string &out, T value) {
  if (std::isnan(value))
    out += "\"NaN\"";
  else if (std::isinf(value))
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  else if (std::fabs(value) > std::numeric_limits<double>::max()) {
    // Readers of JSON refuse such a number, or take it for infinity.
    out += '"';
    appendNumber(out, value);
    out += '"';
  } else
    appendNumber(out, value);
}

uint64_t maskOf(uint32_t size) {
  return size >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * size) - 1;
}

// Whether the enumerators are flags: single bits, and names for several. One
// that counts up from 1 is no such thing, though 1 and 2 are bits.
bool looksLikeFlags(const TypeNode &node) {
  const uint64_t mask = maskOf(node.size);
  uint64_t bits = 0, most = 0, count = 0;
  for (const auto &[name, value] : node.enumerators) {
    if (std::has_single_bit(value & mask))
      bits |= value & mask;
    most = std::max(most, value & mask);
    count += (value & mask) != 0;
  }
  for (const auto &[name, value] : node.enumerators)
    if ((value & mask & ~bits) != 0)
      return false;
  return bits != 0 && !(most == count && most > 2);
}

std::string_view suffixOf(Period period) {
  static constexpr struct {
    int64_t num, den;
    std::string_view suffix;
  } kSuffixes[] = {
      {1, 1'000'000'000, "ns"}, {1, 1'000'000, "us"},
      {1, 1000, "ms"},          {1, 1, "s"},
      {60, 1, "min"},           {3600, 1, "h"},
      {86400, 1, "d"},
  };
  for (const auto &[num, den, suffix] : kSuffixes)
    if (num == period.num && den == period.den)
      return suffix;
  return {};
}

template <class T> void appendCount(std::string &out, T count, Period period) {
  appendNumber(out, count);
  const std::string_view suffix = suffixOf(period);
  out += suffix;
  if (!suffix.empty())
    return;
  out += '[';
  appendNumber(out, period.num);
  if (period.den != 1) {
    out += '/';
    appendNumber(out, period.den);
  }
  out += "]s";
}

void appendPadded(std::string &out, int64_t value, int width) {
  std::string digits;
  appendNumber(digits, value);
  out.append(std::max<int>(0, width - int(digits.size())), '0');
  out += digits;
}

// ".678", as many digits as asked.
void appendFraction(std::string &out, int64_t nanoseconds, int digits) {
  if (digits == 0)
    return;
  out += '.';
  for (int i = digits; i < 9; ++i)
    nanoseconds /= 10;
  appendPadded(out, nanoseconds, digits);
}

int digitsOf(int64_t den) {
  int digits = 0;
  for (int64_t unit = 1; unit < den && digits < 9; unit *= 10)
    ++digits;
  return digits;
}

constexpr int64_t kBillion = 1'000'000'000;

// False: not in the years of four digits.
bool appendDate(std::string &out, __int128 nanoseconds, int digits,
                bool dateOnly) {
  using namespace std::chrono;
  constexpr __int128 kDay = __int128(86400) * kBillion;
  __int128 day = nanoseconds / kDay;
  if (nanoseconds % kDay < 0)
    --day;
  constexpr int64_t kFirst = -719528, kLast = 2932896; // years 0 to 9999
  if (day < kFirst || day > kLast)
    return false;
  const auto ofDay = int64_t(nanoseconds - day * kDay);
  const year_month_day date{sys_days(days(int64_t(day)))};
  out += '"';
  appendPadded(out, int(date.year()), 4);
  out += '-';
  appendPadded(out, unsigned(date.month()), 2);
  out += '-';
  appendPadded(out, unsigned(date.day()), 2);
  if (!dateOnly) {
    const int64_t seconds = ofDay / kBillion;
    out += 'T';
    appendPadded(out, seconds / 3600, 2);
    out += ':';
    appendPadded(out, seconds / 60 % 60, 2);
    out += ':';
    appendPadded(out, seconds % 60, 2);
    appendFraction(out, ofDay % kBillion, digits);
    out += 'Z';
  }
  out += '"';
  return true;
}

} // namespace

void appendNumber(std::string &out, unsigned __int128 value) {
  char digits[40];
  char *begin = digits + sizeof(digits);
  do
    *--begin = char('0' + int(value % 10));
  while (value /= 10);
  out.append(begin, digits + sizeof(digits));
}

void appendNumber(std::string &out, __int128 value) {
  if (value < 0)
    out += '-';
  appendNumber(out, value < 0 ? -(unsigned __int128)value
                              : (unsigned __int128)value);
}

void appendInteger(std::string &out, uint32_t size, bool isSigned,
                   __int128 value) {
  if (size <= 8) { // several times as fast
    if (isSigned)
      appendNumber(out, int64_t(value));
    else
      appendNumber(out, uint64_t(value));
    return;
  }
  out += '"';
  if (isSigned)
    appendNumber(out, value);
  else
    appendNumber(out, (unsigned __int128)value);
  out += '"';
}

void appendFloat(std::string &out, float value) {
  appendReal(out, value);
}
void appendFloat(std::string &out, double value) {
  appendReal(out, value);
}
void appendFloat(std::string &out, long double value) {
  appendReal(out, value);
}

void appendAddress(std::string &out, uint64_t address) {
  if (address == 0) {
    out += "null";
    return;
  }
  char digits[16];
  const auto end =
      std::to_chars(digits, digits + sizeof(digits), address, 16).ptr;
  out += "\"0x";
  out.append(digits, end);
  out += '"';
}

void appendEnum(std::string &out, const TypeNode &node, bool isSigned,
                __int128 value) {
  if (node.size > 8) { // enumerators have 64 bits
    appendInteger(out, node.size, isSigned, value);
    return;
  }
  const uint64_t mask = maskOf(node.size);
  const uint64_t bits = uint64_t(value) & mask;
  for (const auto &[name, number] : node.enumerators)
    if ((number & mask) == bits) {
      appendJsonString(out, name);
      return;
    }
  std::string names;
  uint64_t rest = bits;
  for (const auto &[name, number] : node.enumerators)
    if (std::has_single_bit(number & mask) && (rest & number & mask)) {
      names += (names.empty() ? "" : "|") + name;
      rest &= ~number;
    }
  if (rest == 0 && bits != 0 && looksLikeFlags(node))
    appendJsonString(out, names);
  else
    appendInteger(out, node.size, isSigned, value);
}

void appendDuration(std::string &out, __int128 count, Period period) {
  out += '"';
  appendCount(out, count, period);
  out += '"';
}

void appendDuration(std::string &out, double count, Period period) {
  if (!std::isfinite(count)) {
    appendFloat(out, count);
    return;
  }
  out += '"';
  appendCount(out, count, period);
  out += '"';
}

void appendTime(std::string &out, __int128 count, Period period) {
  constexpr __int128 kMost = __int128(1)
                             << 66; // times 1e9 and num: no overflow
  const bool few = count < kMost && count > -kMost &&
                   period.num <= 86400 * 366 && period.den > 0;
  const bool inRange =
      few && appendDate(out, count * period.num * kBillion / period.den,
                        digitsOf(period.den),
                        period.den == 1 && period.num % 86400 == 0);
  if (!inRange)
    appendDuration(out, count, period);
}

void appendTime(std::string &out, double count, Period period) {
  const double seconds = count * double(period.num) / double(period.den);
  if (!(std::abs(seconds) < 1e12) ||
      !appendDate(out, __int128(seconds * 1e9), 9, false))
    appendDuration(out, count, period);
}

void appendSplitTime(std::string &out, int64_t seconds, uint32_t quarters,
                     bool sinceEpoch) {
  if (quarters == ~uint32_t{0}) {
    out += seconds < 0 ? "\"-Infinity\"" : "\"Infinity\"";
    return;
  }
  const __int128 total = __int128(seconds) * kBillion + quarters / 4;
  int digits = 9;
  for (__int128 rest = total; digits > 0 && rest % 10 == 0; rest /= 10)
    --digits;
  if (sinceEpoch && appendDate(out, total, digits, false))
    return;
  const __int128 magnitude = total < 0 ? -total : total;
  out += total < 0 ? "\"-" : "\"";
  appendNumber(out, magnitude / kBillion);
  appendFraction(out, int64_t(magnitude % kBillion), digits);
  out += "s\"";
}

} // namespace obs::rt
