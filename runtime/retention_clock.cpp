// SPDX-License-Identifier: Apache-2.0
// The time by which retention judges age, which a jump of the clock leaves be.
#include "retention_clock.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace obs::rt {
namespace {

constexpr int64_t kJumpNs = 1'000'000'000; // less is a clock being adjusted
constexpr size_t kRemembered = 100;

RetentionClock::Now clockOf(clockid_t clock) {
  return [clock] {
    timespec now{};
    clock_gettime(clock, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  };
}

} // namespace

RetentionClock::RetentionClock(Now unixNow, Now steadyNow)
    : unixNow_(unixNow ? std::move(unixNow) : clockOf(CLOCK_REALTIME)),
      steadyNow_(steadyNow ? std::move(steadyNow) : clockOf(CLOCK_BOOTTIME)),
      unixNs_(unixNow_()), steadyNs_(steadyNow_()) {}

void RetentionClock::tick() {
  const int64_t unixNs = unixNow_();
  const int64_t steadyNs = steadyNow_();
  int64_t byNs = (unixNs - unixNs_) - (steadyNs - steadyNs_);
  unixNs_ = unixNs;
  steadyNs_ = steadyNs;
  if (byNs >= kJumpNs) {
    if (jumps_.size() == kRemembered)
      jumps_.erase(jumps_.begin());
    jumps_.push_back({byNs, steadyNs});
  }
  // Set back: what was a jump forward before is taken back by as much.
  while (byNs <= -kJumpNs && !jumps_.empty()) {
    const int64_t taken = std::min(-byNs, jumps_.back().byNs);
    byNs += taken;
    jumps_.back().byNs -= taken;
    if (jumps_.back().byNs == 0)
      jumps_.pop_back();
  }
}

int64_t RetentionClock::cutNs(std::chrono::nanoseconds age) const {
  int64_t aheadNs = 0;
  for (const Jump &jump : jumps_)
    if (steadyNs_ - jump.atSteadyNs < age.count())
      aheadNs += jump.byNs;
  return unixNs_ - aheadNs - age.count();
}

} // namespace obs::rt
