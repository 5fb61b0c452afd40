// SPDX-License-Identifier: Apache-2.0
// A background thread of the runtime that works at intervals.
#ifndef OBS_RUNTIME_WORKER_H
#define OBS_RUNTIME_WORKER_H

#include "background.h"
#include "mutex.h"

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

#include <chrono>
#include <functional>
#include <optional>
#include <pthread.h>

namespace obs::rt {

// Calls `work` each interval, or when woken, until stopped; later where the
// budget of `background` is used up. What `work` throws (memory may run out) is
// reported and survived. Thread-safe but for start and stop.
class Worker {
public:
  Worker(const char *name, absl::Duration interval, std::function<void()> work,
         const Background &background);

  bool start(); // false: there is no thread to be had
  // Wakes the thread and waits for its end. Does nothing if it never started.
  void stop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Cheap; may be called by monitored threads.
  void wake() ABSL_LOCKS_EXCLUDED(mutex_);
  bool isRunning() const { return isRunning_; }
  // For `work` that goes on for long: true, it is to return, and is called
  // again after a rest.
  bool shouldRest() ABSL_LOCKS_EXCLUDED(mutex_);
  // For `work` that goes on in steps: waits between two of them for `least`,
  // or for as long as the thread should rest. False: it is to return and stop.
  bool pause(std::chrono::nanoseconds least) ABSL_LOCKS_EXCLUDED(mutex_);

private:
  static void *entry(void *self);
  void run() ABSL_LOCKS_EXCLUDED(mutex_);
  bool waitForWork() ABSL_LOCKS_EXCLUDED(mutex_);
  bool sleepFor(std::chrono::nanoseconds time)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const char *const name_;
  const absl::Duration interval_;
  const std::function<void()> work_;
  const Background background_;
  std::optional<BackgroundThread> self_; // the thread's own
  std::chrono::nanoseconds rest_{0};     // the thread's own
  pthread_t thread_{};
  bool isRunning_ = false;
  Mutex mutex_;
  CondVar condition_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_WORKER_H
