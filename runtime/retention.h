// SPDX-License-Identifier: Apache-2.0
// Keeps the database within an age and a size, a few rows at a time.
#ifndef OBS_RUNTIME_RETENTION_H
#define OBS_RUNTIME_RETENTION_H

#include "worker.h"

#include "absl/status/statusor.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace obs::rt {

struct RetentionOptions {
  std::string database;                // absolute path
  std::chrono::nanoseconds age{};      // 0: no age cap
  std::chrono::nanoseconds errorAge{}; // of errors, if that is longer
  int64_t size = 0;                    // bytes; 0: no size cap
  std::function<int64_t()> nowNs;      // Unix; empty: CLOCK_REALTIME
  std::function<int64_t()> steadyNs;   // empty: CLOCK_BOOTTIME
  std::chrono::nanoseconds maxLockTime = std::chrono::milliseconds(10);
  Background background = {}; // of the thread
};

// What one pass did.
struct RetentionReport {
  int64_t deletedByAge = 0;
  int64_t deletedBySize = 0;
  int64_t bytesFreed = 0;    // pages of the deleted rows
  int64_t bytesReturned = 0; // by which the file became shorter
  int64_t healthDeleted = 0;
  int64_t steps = 0;                      // transactions
  std::chrono::nanoseconds longestLock{}; // during which writers waited
};

// The work itself, on a connection of its own (see fork_gate.h for forks). It
// takes the write lock only for short deletes whose size adapts to
// `maxLockTime`; looking for what to delete takes no lock. Not thread-safe.
class RetentionPass {
public:
  // Called between two steps with the time for which others are to be let
  // through; false ends the pass early.
  using Pause = std::function<bool(std::chrono::nanoseconds)>;

  explicit RetentionPass(RetentionOptions options);
  ~RetentionPass();

  // Brings the database within its limits. A missing file is no error; another
  // program's lock is (Unavailable), and the next pass goes on.
  //
  // A call that ran for long leaves up to age / 20 after its time. The size
  // cap takes the oldest calls; with an age of their own, errors only when
  // nothing else is left.
  absl::StatusOr<RetentionReport> run(const Pause &pause);

  // Lets the file go until the next run: whoever closes it last puts its log
  // away.
  void close();

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The thread "obs-retention". With neither age nor size it is not started.
// start() and stop() belong to one thread.
class Retention {
public:
  explicit Retention(RetentionOptions options);
  ~Retention(); // stops

  bool start(); // false: there is no thread to be had
  // Returns within a step or so; what is left to delete stays.
  void stop();
  // Much has been written: the next pass comes at once. By any thread.
  void wake() { worker_.wake(); }

private:
  void work();

  const bool hasLimits_;
  RetentionPass pass_; // of the thread while it runs
  std::string told_;   // what is wrong since the last pass that went well
  Worker worker_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_RETENTION_H
