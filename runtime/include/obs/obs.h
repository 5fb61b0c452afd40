// SPDX-License-Identifier: Apache-2.0
// What a program may say to its monitoring. None of it is needed.
#ifndef OBS_RUNTIME_INCLUDE_OBS_OBS_H
#define OBS_RUNTIME_INCLUDE_OBS_OBS_H

#include "obs/config.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#define OBS_API __attribute__((visibility("default")))

namespace obs {

// The circuit breaker in front of the database. It opens after
// Config::breakerFailures in a row; then nothing is tried for
// Config::breakerTimeout, and one attempt decides how it goes on.
struct BreakerStats {
  std::string state;      // "CLOSED", "OPEN" or "HALF_OPEN"; empty: not started
  uint64_t successes = 0; // transactions
  uint64_t failures = 0;
  uint64_t rejections = 0; // attempts that were not made
  uint64_t timesOpened = 0;
  std::chrono::nanoseconds timeClosed{0}; // spent in each state
  std::chrono::nanoseconds timeOpen{0};
  std::chrono::nanoseconds timeHalfOpen{0};
  std::chrono::nanoseconds timeUntilRetry{0}; // 0 unless OPEN
  std::string lastError;                      // empty: there was none
};

// Numbers of this process since its start.
struct Stats {
  bool running = false;      // false: disabled, not started, or ended
  uint64_t calls = 0;        // of monitored functions, sampled or not
  uint64_t written = 0;      // calls in the database
  uint64_t dropped = 0;      // sampled calls given up for want of room
  uint64_t queuedNormal = 0; // calls that wait for the database
  uint64_t queuedErrors = 0;
  uint64_t spilledErrors = 0; // errors that went to the spill file
  uint64_t memoryBytes = 0;   // of all that the runtime holds
  uint64_t memoryLimitBytes = 0;
  BreakerStats breaker;
};

// Replaces the configuration from the environment. False, and without effect,
// once a monitored function has been called. Thread-safe, as all of these.
OBS_API bool configure(const Config &config);

// Waits until all calls that had ended before are in the database. False if
// that takes longer than `timeout`, or monitoring does not run.
OBS_API bool flush(std::chrono::nanoseconds timeout = std::chrono::seconds(10));

// Ends monitoring ahead of the process's end, with everything written; calls
// from then on are not monitored. A second time does nothing.
OBS_API void shutdown();

OBS_API Stats stats();

// Sets the sampling rate (0 to 1) of all functions that `glob` names: a whole
// qualified name or its last parts ("add", "Book::add"), or a glob on either,
// such as "Book::*". Holds for functions that are called for the first time
// later, too, and in place of the attribute's rate and OBS_SAMPLE. Where
// several calls match a function, the last one wins. May be called before the
// first monitored function. Threads take the new rate with their next call, at
// the latest within one drain interval; a call that has begun goes on as it
// began. Errors are recorded at any rate, and calls are counted exactly: each
// rate that a function has had is a row of its own in `functions`. Rates are
// rounded to three digits.
//
// Returns how many of the functions that have been called so far match.
OBS_API size_t setSampleRate(std::string_view glob, double rate);

} // namespace obs

// A program may define this: the bytes that the calling thread has allocated
// since it started, freed or not. Monitored functions with resources=true call
// it twice, on the thread that runs them, where they may be allocators: it must
// not allocate, lock or throw. libobs_malloc.so defines it for glibc's
// allocator; that of jemalloc is asked without it.
extern "C" OBS_API __attribute__((weak)) uint64_t
obs_thread_allocated() noexcept;

#endif // OBS_RUNTIME_INCLUDE_OBS_OBS_H
