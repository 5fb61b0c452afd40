// SPDX-License-Identifier: Apache-2.0
// Time-stamp counter to Unix time.
#include "clock.h"

#include <algorithm>
#include <ctime>

namespace obs::rt {
namespace {

int64_t readClock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

} // namespace

int64_t unixNow() {
  return readClock(CLOCK_REALTIME);
}

ClockSample ClockSample::take() {
  ClockSample best;
  uint64_t bestWidth = UINT64_MAX;
  for (int attempt = 0; attempt != 4; ++attempt) {
    const uint64_t before = readTsc();
    const int64_t steadyNs = readClock(CLOCK_MONOTONIC);
    const int64_t unixNs = readClock(CLOCK_REALTIME);
    const uint64_t width = readTsc() - before;
    if (width < bestWidth) {
      bestWidth = width;
      best = {before + width / 2, steadyNs, unixNs};
    }
  }
  return best;
}

// What a dead process left may hold any number.
static int64_t toNs(double ns) {
  constexpr double kMost = 0x1p62;
  return int64_t(std::clamp(ns, -kMost, kMost));
}

ClockScale::ClockScale(const ClockSample &first, const ClockSample &last)
    : anchor_(last) {
  const double ticks = double(int64_t(last.tsc - first.tsc));
  const double ns =
      double(int64_t(uint64_t(last.steadyNs) - uint64_t(first.steadyNs)));
  if (ticks > 0 && ns > 0)
    nsPerTick_ = ns / ticks;
}

int64_t ClockScale::unixNs(uint64_t tsc) const {
  const int64_t ticks = int64_t(tsc - anchor_.tsc);
  int64_t sum;
  return __builtin_add_overflow(anchor_.unixNs,
                                toNs(double(ticks) * nsPerTick_), &sum)
             ? anchor_.unixNs
             : sum;
}

int64_t ClockScale::durationNs(uint64_t from, uint64_t to) const {
  const int64_t ticks = int64_t(to - from);
  return ticks <= 0 ? 0 : toNs(double(ticks) * nsPerTick_ + 0.5);
}

} // namespace obs::rt
