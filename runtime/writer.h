// SPDX-License-Identifier: Apache-2.0
// Takes calls off the queue and brings them into the database.
#ifndef OBS_RUNTIME_WRITER_H
#define OBS_RUNTIME_WRITER_H

#include "circuit_breaker.h"
#include "mutex.h"
#include "queue.h"
#include "rings.h"
#include "spill_file.h"
#include "store.h"

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace obs::rt {

// One transaction at a time; the batch is kept until it is stored. write() and
// finish() belong to one thread, the rest is thread-safe.
class Writer {
public:
  struct Options {
    std::string database; // absolute
    size_t batchSize = 100;
    ProcessInfo process;
    int64_t breakerFailures = 3;
    std::chrono::nanoseconds breakerTimeout = std::chrono::seconds(30);
    uint64_t errorBytesInMemory = 8 << 20;
  };
  struct Stats {
    uint64_t written = 0;    // calls
    uint64_t spilled = 0;    // errors that went to the spill file
    uint64_t restored = 0;   // of these, in the database by now
    uint64_t batchBytes = 0; // of the text in hand
  };

  Writer(Options options, Arena &arena, Registry &registry, Rings &rings,
         Queue &queue);

  enum class Outcome { Idle, Wrote, Failed };
  // Stores one batch if there is anything to store, or `withTotals` and they
  // have changed.
  Outcome write(bool withTotals);

  // At the end of the process: stores all that is left, even if the breaker is
  // open, and ends the process in the store. Gives up at the first failure.
  bool finish();

  // Moves errors to the spill file while they take too much memory, or while
  // memory is short. Then, if it still is, lets the oldest calls give way.
  void relieve() ABSL_LOCKS_EXCLUDED(relieveMutex_);

  void addHealth(std::string kind, std::string detail)
      ABSL_LOCKS_EXCLUDED(healthMutex_);

  BreakerStats breakerStats() const { return breaker_.stats(); }
  Stats stats() const;

  // All errors that wait go to the spill file: of some, nothing is in the file
  // that keeps the rings after the end of the process.
  void spillAll() ABSL_LOCKS_EXCLUDED(relieveMutex_);

private:
  absl::Status attempt();
  void prepare(bool withTotals, bool isLast = false);
  void collectTotals(bool isLast);
  void noteOverflow(const std::vector<FunctionTotals> &totals, bool isLast);
  std::string takeDrops(const std::vector<FunctionTotals> &totals);
  void readSpill();
  void settle();
  bool nothingInHand() const;
  ClockScale clock() const;
  void tellAway(const std::string &what, const absl::Status &error);
  bool isTold(const absl::Status &error);
  bool spillErrors(size_t count) ABSL_EXCLUSIVE_LOCKS_REQUIRED(relieveMutex_);
  std::vector<CallRecord> recordsOf(const std::vector<CallRef> &calls);

  const Options options_;
  Arena &arena_;
  Registry &registry_;
  Rings &rings_;
  Queue &queue_;
  Store store_;
  CircuitBreaker breaker_;
  SpillFile spill_;
  bool started_ = false;
  bool toldAway_ = false; // that the database is; until it is back
  std::atomic<bool> toldFileLimit_;

  // The batch in hand.
  std::vector<CallRef> calls_;
  std::vector<CallRecord> records_;
  std::vector<FunctionTotals> totals_;
  std::vector<HealthEvent> health_;
  int64_t spillEnd_ = 0; // where reading got with this batch; 0: no spill in it
  int64_t spillRead_ = 0;
  uint64_t spillRecords_ = 0; // in it that come from there

  // Totals (calls, dropped) as last stored.
  absl::flat_hash_map<const FunctionKey *, std::pair<int64_t, int64_t>>
      written_;
  // Dropped calls: in all; when there were new ones, if that is not over; and
  // by function, as of the last overflow that was told of.
  int64_t dropped_ = 0;
  std::optional<std::chrono::steady_clock::time_point> lastDrop_;
  absl::flat_hash_map<const FunctionKey *, int64_t> toldDrops_;
  std::atomic<uint64_t> writtenCalls_{0};
  std::atomic<uint64_t> spilledCalls_{0};
  std::atomic<uint64_t> restoredCalls_{0};
  std::atomic<uint64_t> batchBytes_{0};

  Mutex relieveMutex_;
  bool toldSpill_ ABSL_GUARDED_BY(relieveMutex_) = false;
  Mutex healthMutex_;
  std::vector<HealthEvent> newHealth_ ABSL_GUARDED_BY(healthMutex_);
};

} // namespace obs::rt

#endif // OBS_RUNTIME_WRITER_H
