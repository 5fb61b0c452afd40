// SPDX-License-Identifier: Apache-2.0
// std::mutex and std::condition_variable with thread-safety annotations.
#ifndef OBS_RUNTIME_MUTEX_H
#define OBS_RUNTIME_MUTEX_H

#include "absl/base/thread_annotations.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace obs::rt {

// Not absl::Mutex: Debian's takes a lock of the whole process in each Lock()
// (deadlock detection), and others for new threads. A fork may find them taken
// by a thread that the child does not have.
class ABSL_LOCKABLE Mutex {
public:
  Mutex() = default;
  Mutex(const Mutex &) = delete;
  Mutex &operator=(const Mutex &) = delete;

  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

private:
  friend class CondVar;
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
public:
  explicit MutexLock(Mutex *mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex->lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->unlock(); }
  MutexLock(const MutexLock &) = delete;
  MutexLock &operator=(const MutexLock &) = delete;

private:
  Mutex *const mutex_;
};

class CondVar {
public:
  using Deadline = std::chrono::steady_clock::time_point;

  // Waits for signal(); returns also for no reason. True: the deadline is over.
  bool waitUntil(Mutex *mutex, Deadline deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock lock(mutex->mutex_, std::adopt_lock);
    const bool isOver =
        condition_.wait_until(lock, deadline) == std::cv_status::timeout;
    lock.release();
    return isOver;
  }
  void signal() { condition_.notify_one(); }

private:
  std::condition_variable condition_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_MUTEX_H
