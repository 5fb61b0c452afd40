// SPDX-License-Identifier: Apache-2.0
// The runtime's few words on stderr: single lines, each starting with "obs: ".
#ifndef OBS_RUNTIME_LOG_H
#define OBS_RUNTIME_LOG_H

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace obs::rt {

// What a line is about. Each kind is limited on its own, so that a flood of
// one does not hide another.
enum class LogKind : uint8_t { Config, Database, Memory, Recovery, Internal };

// Writes "obs: <text>\n" with one write(2), control characters replaced and
// the text cut at about 1,000 bytes. Of one kind at most 20 lines a minute are
// written; the first line after a silence says how many were left out.
// Thread-safe; allocates nothing; leaves errno as it was.
void logLine(LogKind kind, std::string_view text);

// The limit itself: so many lines a window. Not thread-safe.
class LogLimit {
public:
  static constexpr int kLines = 20;
  static constexpr std::chrono::seconds kWindow{60};

  // Whether a line may be written at `now` (any steady clock); if so, the
  // number of lines refused since the last one that was written.
  std::optional<int64_t> admit(std::chrono::nanoseconds now);

private:
  std::chrono::nanoseconds windowStart_{};
  int written_ = -1; // -1: no window yet
  int64_t refused_ = 0;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_LOG_H
