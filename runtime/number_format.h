// SPDX-License-Identifier: Apache-2.0
// Numbers, enumerators and times as JSON.
#ifndef OBS_RUNTIME_NUMBER_FORMAT_H
#define OBS_RUNTIME_NUMBER_FORMAT_H

#include "type_table.h"

#include <charconv>
#include <cstdint>
#include <string>

namespace obs::rt {

template <class T> void appendNumber(std::string &out, T value) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}
void appendNumber(std::string &out, unsigned __int128 value);
void appendNumber(std::string &out, __int128 value);

// An integer of `size` bytes; of more than 8 as a string, which is more than a
// reader of JSON can be trusted with.
void appendInteger(std::string &out, uint32_t size, bool isSigned,
                   __int128 value);

// The shortest text that reads back as the same number; what is no number, as a
// string.
void appendFloat(std::string &out, float value);
void appendFloat(std::string &out, double value);
void appendFloat(std::string &out, long double value);

// "0x7f…", or null.
void appendAddress(std::string &out, uint64_t address);

// The enumerator's name, "Read|Write" for a combination of flags, or a number.
void appendEnum(std::string &out, const TypeNode &node, bool isSigned,
                __int128 value);

// A time in units of num/den seconds, as std::chrono writes it: "250ms".
// Integers, and floating-point counts.
struct Period {
  int64_t num = 1;
  int64_t den = 1;
};
void appendDuration(std::string &out, __int128 count, Period period);
void appendDuration(std::string &out, double count, Period period);

// The same since 1970 (UTC), as ISO 8601 has it: "2026-01-02T03:04:05.678Z",
// with the digits of the period; a date alone if it counts days. Beyond the
// year 9999: the duration.
void appendTime(std::string &out, __int128 count, Period period);
void appendTime(std::string &out, double count, Period period);

// What abseil holds; lo = 0xFFFFFFFF: infinite.
void appendSplitTime(std::string &out, int64_t seconds, uint32_t quarters,
                     bool sinceEpoch);

} // namespace obs::rt

#endif // OBS_RUNTIME_NUMBER_FORMAT_H
