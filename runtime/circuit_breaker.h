// SPDX-License-Identifier: Apache-2.0
// Keeps the writer from hammering a database that is out of order.
#ifndef OBS_RUNTIME_CIRCUIT_BREAKER_H
#define OBS_RUNTIME_CIRCUIT_BREAKER_H

#include "mutex.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace obs::rt {

enum class BreakerState : uint8_t { Closed = 0, Open = 1, HalfOpen = 2 };

const char *breakerStateName(BreakerState state); // "CLOSED", …

struct BreakerStats {
  BreakerState state = BreakerState::Closed;
  int64_t successes = 0;
  int64_t failures = 0;
  int64_t consecutiveFailures = 0;
  int64_t rejections = 0; // allow() said no
  int64_t timesOpened = 0;
  std::array<std::chrono::nanoseconds, 3> timeInState{}; // by BreakerState
  std::chrono::nanoseconds timeUntilRetry{0};            // 0 unless OPEN
  absl::Status lastError;                                // of the last failure

  std::chrono::nanoseconds timeIn(BreakerState which) const {
    return timeInState[static_cast<size_t>(which)];
  }
};

// CLOSED → OPEN after `failureThreshold` failures in a row; OPEN → HALF_OPEN
// when allow() is called `timeout` later; that caller has the one trial:
// HALF_OPEN → CLOSED if it succeeds, → OPEN if it fails.
//
//   if (absl::Status status = breaker.allow(); !status.ok())
//     return status; // Circuit breaker OPEN - 25.3s until retry
//   absl::Status status = attempt();
//   status.ok() ? breaker.succeeded() : breaker.failed(status);
//
// Every allow() that returned ok is followed by exactly one succeeded() or
// failed(). Outcomes of attempts that were admitted before the breaker opened
// are counted, but change no state while it is OPEN. Thread-safe.
class CircuitBreaker {
public:
  using Clock = std::function<std::chrono::nanoseconds()>;
  // Called after each change of state, by the thread that caused it, without
  // a lock held; `stats` are those right after the change.
  using OnTransition = std::function<void(BreakerState from, BreakerState to,
                                          const BreakerStats &stats)>;

  struct Options {
    int64_t failureThreshold = 3; // at least 1
    std::chrono::nanoseconds timeout = std::chrono::seconds(30);
    Clock clock; // steady; empty: CLOCK_MONOTONIC
    OnTransition onTransition;
  };

  explicit CircuitBreaker(Options options);

  // Ok: the attempt may be made. Else Unavailable, with a text for users.
  absl::Status allow() ABSL_LOCKS_EXCLUDED(mutex_);
  void succeeded() ABSL_LOCKS_EXCLUDED(mutex_);
  void failed(const absl::Status &error) ABSL_LOCKS_EXCLUDED(mutex_);

  BreakerStats stats() const ABSL_LOCKS_EXCLUDED(mutex_);

private:
  struct Transition {
    BreakerState from, to;
    BreakerStats stats;
  };

  BreakerStats statsAt(std::chrono::nanoseconds now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Transition enter(BreakerState to, std::chrono::nanoseconds now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void report(const std::optional<Transition> &transition) const;

  const Options options_;
  mutable Mutex mutex_;
  BreakerStats stats_ ABSL_GUARDED_BY(mutex_);
  std::chrono::nanoseconds enteredAt_ ABSL_GUARDED_BY(mutex_);
};

} // namespace obs::rt

#endif // OBS_RUNTIME_CIRCUIT_BREAKER_H
