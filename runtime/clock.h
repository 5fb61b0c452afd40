// SPDX-License-Identifier: Apache-2.0
// Time-stamp counter to Unix time.
#ifndef OBS_RUNTIME_CLOCK_H
#define OBS_RUNTIME_CLOCK_H

#include <cstdint>

namespace obs::rt {

// The counter behind every `tsc` in an event.
inline uint64_t readTsc() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
#error "obs::monitor supports x86-64 and AArch64"
#endif
}

// The same moment on three clocks. Lies in shared memory: layout is format.
struct ClockSample {
  uint64_t tsc = 0;
  int64_t steadyNs = 0; // CLOCK_MONOTONIC
  int64_t unixNs = 0;   // CLOCK_REALTIME

  // Good to some ten nanoseconds, unless the thread is preempted each time.
  static ClockSample take();
};

int64_t unixNow(); // CLOCK_REALTIME, ns

// Converts with the rate seen between two samples, and the Unix time of the
// later one (so that a clock that was set shows from then on). The rate comes
// from the steady clock. Two samples that are (nearly) one: the counter is
// taken for nanoseconds until there is a better pair.
class ClockScale {
public:
  ClockScale(const ClockSample &first, const ClockSample &last);

  int64_t unixNs(uint64_t tsc) const;
  // Never negative: counters of two cores may differ by some ticks.
  int64_t durationNs(uint64_t from, uint64_t to) const;
  double nsPerTick() const { return nsPerTick_; }

private:
  ClockSample anchor_;
  double nsPerTick_ = 1;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_CLOCK_H
