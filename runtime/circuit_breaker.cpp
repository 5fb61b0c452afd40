// SPDX-License-Identifier: Apache-2.0
// Keeps the writer from hammering a database that is out of order.
#include "circuit_breaker.h"

#include "absl/strings/str_format.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace obs::rt {
namespace {

std::chrono::nanoseconds monotonicNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) +
         std::chrono::nanoseconds(now.tv_nsec);
}

CircuitBreaker::Options complete(CircuitBreaker::Options options) {
  options.failureThreshold = std::max<int64_t>(options.failureThreshold, 1);
  if (!options.clock)
    options.clock = monotonicNow;
  return options;
}

} // namespace

const char *breakerStateName(BreakerState state) {
  switch (state) {
  case BreakerState::Closed:
    return "CLOSED";
  case BreakerState::Open:
    return "OPEN";
  case BreakerState::HalfOpen:
    return "HALF_OPEN";
  }
  return "?";
}

CircuitBreaker::CircuitBreaker(Options options)
    : options_(complete(std::move(options))), enteredAt_(options_.clock()) {}

absl::Status CircuitBreaker::allow() {
  std::optional<Transition> transition;
  {
    MutexLock lock(&mutex_);
    const std::chrono::nanoseconds now = options_.clock();
    switch (stats_.state) {
    case BreakerState::Closed:
      return absl::OkStatus();
    case BreakerState::Open: {
      const auto left = enteredAt_ + options_.timeout - now;
      if (left > std::chrono::nanoseconds(0)) {
        ++stats_.rejections;
        return absl::UnavailableError(
            absl::StrFormat("Circuit breaker OPEN - %.1fs until retry",
                            std::chrono::duration<double>(left).count()));
      }
      transition = enter(BreakerState::HalfOpen, now);
      break;
    }
    case BreakerState::HalfOpen:
      ++stats_.rejections;
      return absl::UnavailableError(
          "Circuit breaker HALF_OPEN - trial in progress");
    }
  }
  report(transition);
  return absl::OkStatus();
}

void CircuitBreaker::succeeded() {
  std::optional<Transition> transition;
  {
    MutexLock lock(&mutex_);
    ++stats_.successes;
    stats_.consecutiveFailures = 0;
    if (stats_.state == BreakerState::HalfOpen)
      transition = enter(BreakerState::Closed, options_.clock());
  }
  report(transition);
}

void CircuitBreaker::failed(const absl::Status &error) {
  std::optional<Transition> transition;
  {
    MutexLock lock(&mutex_);
    ++stats_.failures;
    ++stats_.consecutiveFailures;
    stats_.lastError = error;
    const bool opens =
        stats_.state == BreakerState::HalfOpen ||
        (stats_.state == BreakerState::Closed &&
         stats_.consecutiveFailures >= options_.failureThreshold);
    if (opens)
      transition = enter(BreakerState::Open, options_.clock());
  }
  report(transition);
}

BreakerStats CircuitBreaker::stats() const {
  MutexLock lock(&mutex_);
  return statsAt(options_.clock());
}

BreakerStats CircuitBreaker::statsAt(std::chrono::nanoseconds now) const {
  BreakerStats stats = stats_;
  // A copy of its own: the count of a shared one is in abseil's library, where
  // ThreadSanitizer does not see it.
  stats.lastError =
      absl::Status(stats_.lastError.code(), stats_.lastError.message());
  stats.timeInState[static_cast<size_t>(stats.state)] += now - enteredAt_;
  if (stats.state == BreakerState::Open)
    stats.timeUntilRetry = std::max(enteredAt_ + options_.timeout - now,
                                    std::chrono::nanoseconds(0));
  return stats;
}

CircuitBreaker::Transition CircuitBreaker::enter(BreakerState to,
                                                 std::chrono::nanoseconds now) {
  const BreakerState from = stats_.state;
  stats_.timeInState[static_cast<size_t>(from)] += now - enteredAt_;
  stats_.state = to;
  enteredAt_ = now;
  if (to == BreakerState::Open)
    ++stats_.timesOpened;
  return {from, to, statsAt(now)};
}

void CircuitBreaker::report(const std::optional<Transition> &transition) const {
  if (transition && options_.onTransition)
    options_.onTransition(transition->from, transition->to, transition->stats);
}

} // namespace obs::rt
