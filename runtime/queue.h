// SPDX-License-Identifier: Apache-2.0
// Calls between collector and writer: bounded for normal ones, not for errors.
#ifndef OBS_RUNTIME_QUEUE_H
#define OBS_RUNTIME_QUEUE_H

#include "mutex.h"
#include "waiting_call.h"

#include "absl/base/thread_annotations.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace obs::rt {

// Two lanes. The normal lane holds `normal` + `overflow` calls; beyond that
// the oldest give way: their ids in shared memory become tombstones, and they
// are counted, by `onGiveUp`. The error lane, which also has the ends of parked
// coroutines, never gives way; its owner looks at
// errorBytes() and moves errors elsewhere (takeErrors()).
//
// Thread-safe.
class Queue {
public:
  struct Options {
    size_t normal = 10'000;
    size_t overflow = 50'000;
    // Called with the queue's lock held; must not call the queue. They count:
    // a call whose event becomes a tombstone, and one that is not known.
    std::function<void(const CallRef &call)> onGiveUp;
    std::function<void(uint32_t site)> onLost;
  };

  // How many calls of each lane have ever come in, or are done with: stored,
  // given up or moved elsewhere. Both lanes are first in, first out.
  struct Progress {
    uint64_t normal = 0;
    uint64_t errors = 0;
    bool reaches(const Progress &other) const {
      return normal >= other.normal && errors >= other.errors;
    }
  };

  struct Stats {
    size_t normal = 0;
    size_t errors = 0;
    uint64_t normalBytes = 0; // without their events
    uint64_t errorBytes = 0;  // with them
  };

  explicit Queue(Options options);

  // Takes all of `calls`, and leaves it empty. When the process is out of
  // memory, normal calls give way, and errors stay in `calls` for another try.
  void push(std::vector<CallRef> &calls) ABSL_LOCKS_EXCLUDED(mutex_);

  // Up to `count` calls, errors first; fewer where their events are large (but
  // one at least).
  std::vector<CallRef> take(size_t count) ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<CallRef> takeErrors(size_t count) ABSL_LOCKS_EXCLUDED(mutex_);
  // Back to the front, from where they were taken.
  void putBack(std::vector<CallRef> calls) ABSL_LOCKS_EXCLUDED(mutex_);

  // Makes the oldest normal calls give way, for want of memory. Returns how
  // many there were to drop.
  size_t dropOldest(size_t count) ABSL_LOCKS_EXCLUDED(mutex_);

  // The owner of calls that were taken is done with them.
  void done(const std::vector<CallRef> &calls) ABSL_LOCKS_EXCLUDED(mutex_);
  Progress pushed() const ABSL_LOCKS_EXCLUDED(mutex_);
  Progress completed() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Snapshots that gave way. They are not counted as dropped: their calls go
  // on.
  std::vector<int64_t> takeGivenUpSnapshots() ABSL_LOCKS_EXCLUDED(mutex_);
  size_t capacity() const { return options_.normal + options_.overflow; }

  // Sampled calls that did not even get here.
  void countLost(uint32_t site) ABSL_LOCKS_EXCLUDED(mutex_);
  void countLost(const CallRef &call) ABSL_LOCKS_EXCLUDED(mutex_);

  Stats stats() const ABSL_LOCKS_EXCLUDED(mutex_);

private:
  void giveUp(const CallRef &call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t drop(size_t count) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<CallRef> take(size_t count, bool withNormal)
      ABSL_LOCKS_EXCLUDED(mutex_);
  CallRef takeError() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  CallRef takeNormal() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  std::deque<WaitingCall> normal_ ABSL_GUARDED_BY(mutex_);
  std::deque<CallRef> errors_ ABSL_GUARDED_BY(mutex_);
  std::vector<int64_t> givenUpSnapshots_ ABSL_GUARDED_BY(mutex_);
  Progress pushed_ ABSL_GUARDED_BY(mutex_);
  Progress completed_ ABSL_GUARDED_BY(mutex_);
  uint64_t normalBytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t errorBytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_QUEUE_H
