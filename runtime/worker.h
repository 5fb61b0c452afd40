// SPDX-License-Identifier: Apache-2.0
// A background thread of the runtime that works at intervals.
#ifndef OBS_RUNTIME_WORKER_H
#define OBS_RUNTIME_WORKER_H

#include "mutex.h"

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

#include <functional>
#include <pthread.h>

namespace obs::rt {

// Calls `work` each interval, or when woken, until stopped. All signals are
// blocked in the thread, its stack is small, and what `work` throws (memory
// may run out) is reported and survived. Thread-safe but for start and stop.
class Worker {
public:
  Worker(const char *name, absl::Duration interval, std::function<void()> work);

  bool start(); // false: there is no thread to be had
  // Wakes the thread and waits for its end. Does nothing if it never started.
  void stop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Cheap; may be called by monitored threads.
  void wake() ABSL_LOCKS_EXCLUDED(mutex_);
  bool isRunning() const { return isRunning_; }

private:
  static void *entry(void *self);
  void run() ABSL_LOCKS_EXCLUDED(mutex_);

  const char *const name_;
  const absl::Duration interval_;
  const std::function<void()> work_;
  pthread_t thread_{};
  bool isRunning_ = false;
  Mutex mutex_;
  CondVar condition_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_WORKER_H
