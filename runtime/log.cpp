// SPDX-License-Identifier: Apache-2.0
// The runtime's few words on stderr: single lines, each starting with "obs: ".
#include "log.h"

#include "file_limit_signal.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <unistd.h>
#include <utility>

namespace obs::rt {
namespace {

constexpr size_t kMaxLine = 1000;

struct KindLimit {
  std::atomic_flag busy = ATOMIC_FLAG_INIT;
  LogLimit limit;
};

std::array<KindLimit, 5> limits;

std::chrono::nanoseconds steadyNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) +
         std::chrono::nanoseconds(now.tv_nsec);
}

} // namespace

std::optional<int64_t> LogLimit::admit(std::chrono::nanoseconds now) {
  if (written_ < 0 || now - windowStart_ >= kWindow) {
    windowStart_ = now;
    written_ = 0;
  }
  if (written_ >= kLines) {
    ++refused_;
    return std::nullopt;
  }
  ++written_;
  return std::exchange(refused_, 0);
}

void logLine(LogKind kind, std::string_view text) {
  const int savedErrno = errno;
  KindLimit &entry = limits[static_cast<size_t>(kind)];
  // Two lines of one kind at the same moment: one is enough. (A lock could be
  // held by a thread that a fork left behind.)
  if (entry.busy.test_and_set(std::memory_order_acquire))
    return;
  const std::optional<int64_t> refused = entry.limit.admit(steadyNow());
  entry.busy.clear(std::memory_order_release); // pairs with the acquire above
  if (!refused)
    return;

  char line[kMaxLine + 64];
  size_t size = 0;
  auto append = [&](std::string_view part) {
    for (char c : part.substr(0, kMaxLine - std::min(size, kMaxLine)))
      line[size++] =
          static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
  };
  append("obs: ");
  append(text);
  if (*refused > 0) {
    size += static_cast<size_t>(snprintf(line + size, 48,
                                         " (%lld more like it left out)",
                                         static_cast<long long>(*refused)));
  }
  line[size++] = '\n';
  const NoFileLimitSignal quiet;
  // Nothing can be done about an error here.
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, line, size);
  errno = savedErrno;
}

} // namespace obs::rt
