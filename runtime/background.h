// SPDX-License-Identifier: Apache-2.0
// What the runtime's threads have in common: the program comes first.
#ifndef OBS_RUNTIME_BACKGROUND_H
#define OBS_RUNTIME_BACKGROUND_H

#include "mutex.h"

#include "absl/base/thread_annotations.h"

#include <chrono>
#include <cstdint>
#include <pthread.h>

namespace obs::rt {

// The processor time that the runtime's threads may take together: so many
// cores on average, half a second of it at once. Thread-safe.
class CpuBudget {
public:
  using Clock = std::chrono::steady_clock;

  explicit CpuBudget(double cores) : cores_(cores) {} // 0: no limit

  // The calling thread has used `used` more. Returns for how long it should
  // rest now.
  std::chrono::nanoseconds spend(std::chrono::nanoseconds used,
                                 Clock::time_point now = Clock::now())
      ABSL_LOCKS_EXCLUDED(mutex_);
  // All that has been used.
  std::chrono::nanoseconds spent() const ABSL_LOCKS_EXCLUDED(mutex_);

private:
  const double cores_;
  mutable Mutex mutex_;
  std::chrono::nanoseconds spent_ ABSL_GUARDED_BY(mutex_){0};
  double balanceNs_ ABSL_GUARDED_BY(mutex_) = 0; // below 0: overdrawn
  Clock::time_point filledAt_ ABSL_GUARDED_BY(mutex_){};
};

struct Background {
  int niceness = 0;            // above that of the process
  CpuBudget *budget = nullptr; // null: not counted; must outlive the thread
};

// Starts a thread with a small stack and all signals blocked. It is an ordinary
// one whatever its creator is: a program's first monitored call may come from
// a real-time thread. Returns 0 or an error number.
int startBackgroundThread(pthread_t *thread, void *(*entry)(void *),
                          void *argument);

// The CPU time of the thread that makes and uses it, told to the budget.
class BackgroundThread {
public:
  // Gives the calling thread its name and niceness.
  BackgroundThread(const char *name, const Background &background);

  // Tells the budget. Returns for how long the thread should rest.
  std::chrono::nanoseconds rest();

private:
  CpuBudget *const budget_;
  int64_t toldNs_ = 0;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_BACKGROUND_H
