// SPDX-License-Identifier: Apache-2.0
// Figures as people read and write them: durations, counts, bytes, times.
#ifndef OBS_TOOLS_UNITS_H
#define OBS_TOOLS_UNITS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace obs::ctl {

// Three significant digits with a unit: "850 ns", "1.25 µs", "12.0 ms",
// "3.40 s"; from two minutes on "2 min 5 s", then "3 h 12 min".
std::string formatDuration(int64_t nanoseconds);

// With thousands separators: "1,234,567".
std::string formatCount(int64_t count);

// Binary units, three significant digits: "512 B", "1.50 KiB", "3.20 GiB".
std::string formatBytes(int64_t bytes);

// A sampling rate, without needless digits: "1", "0.01".
std::string formatRate(double rate);

// Local time of a Unix time in nanoseconds: "2026-11-22 10:15:30.123".
// `dateToo` false leaves the date out.
std::string formatTime(int64_t unixNs, bool dateToo);

// In nanoseconds, by the grammar of config.h: "10ms", "1.5h"; a bare number is
// seconds. Empty if it is none.
std::optional<int64_t> parseDuration(std::string_view text);

// A point in time, as Unix nanoseconds: a duration before `nowNs` ("5m"), or a
// local time ("2026-11-22 10:15:30.5", also with T, without seconds or without
// time of day, or "10:15" today; a final Z means UTC). Empty if it is neither.
std::optional<int64_t> parseTime(std::string_view text, int64_t nowNs);

} // namespace obs::ctl

#endif // OBS_TOOLS_UNITS_H
