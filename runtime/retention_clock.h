// SPDX-License-Identifier: Apache-2.0
// The time by which retention judges age, which a jump of the clock leaves be.
#ifndef OBS_RUNTIME_RETENTION_CLOCK_H
#define OBS_RUNTIME_RETENTION_CLOCK_H

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace obs::rt {

// Records carry Unix time. When the system's clock is set forward, all that
// was recorded before looks older than it is; so for one age after a jump, age
// is judged by the time before it. What was recorded before a clock was set
// back looks younger, and stays longer. Not thread-safe.
//
// A jump that happened while no process ran cannot be told from time passed.
class RetentionClock {
public:
  using Now = std::function<int64_t()>; // nanoseconds

  // Empty: CLOCK_REALTIME; CLOCK_BOOTTIME, which counts while the machine
  // sleeps.
  RetentionClock(Now unixNow, Now steadyNow);

  // Reads the clocks: at the start of a pass.
  void tick();
  int64_t unixNs() const { return unixNs_; }
  // What ended before this Unix time is older than `age`.
  int64_t cutNs(std::chrono::nanoseconds age) const;

private:
  struct Jump {
    int64_t byNs; // forward
    int64_t atSteadyNs;
  };

  const Now unixNow_;
  const Now steadyNow_;
  int64_t unixNs_;
  int64_t steadyNs_;
  std::vector<Jump> jumps_; // the latest, oldest first
};

} // namespace obs::rt

#endif // OBS_RUNTIME_RETENTION_CLOCK_H
