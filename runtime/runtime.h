// SPDX-License-Identifier: Apache-2.0
// The parts of the runtime put together, from start to end.
#ifndef OBS_RUNTIME_RUNTIME_H
#define OBS_RUNTIME_RUNTIME_H

#include "background.h"
#include "collector.h"
#include "control.h"
#include "mutex.h"
#include "process_health.h"
#include "retention.h"
#include "worker.h"
#include "writer.h"

#include "obs/config.h"
#include "obs/obs.h"

#include "absl/base/thread_annotations.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace obs::rt {

// One process's monitoring. Made by start() at the first monitored call and
// never destroyed: threads may refer to its rings until the process is gone.
// A forked child forgets it and makes its own. Thread-safe.
class Runtime {
public:
  // Null: disabled by `config`, or there is no memory at all. `inherited`: the
  // registry of the process that forked this one, or null.
  static Runtime *start(const Config &config,
                        const Registry *inherited = nullptr);

  // Final drain, everything written, threads ended, file removed. If the
  // database is out of order: one try, and the file stays for recovery.
  void stop() ABSL_LOCKS_EXCLUDED(stopMutex_);

  bool flush(absl::Duration timeout);
  Stats stats() const;

  // See obs::setSampleRate.
  size_t setSampleRate(std::string_view glob, double rate);
  void setSampleRates(const SampleRules &rules);

  Registry &registry() { return registry_; }
  Rings &rings() { return rings_; }
  IdSource &ids() { return ids_; }

private:
  Background background() { return {int(config_.niceness), &budget_}; }
  Runtime(const Config &config, std::unique_ptr<Arena> arena,
          const Registry *inherited);
  void startThreads();
  void collect();
  void noteFigures();
  void write();
  void wakeRetention();
  void recover();

  const Config config_;
  const std::unique_ptr<Arena> arena_;
  Registry registry_;
  Rings rings_;
  Queue queue_;
  IdSource ids_;
  Collector collector_;
  Writer writer_;
  CpuBudget budget_;
  Retention retention_;
  Control control_;
  ProcessHealth processHealth_;
  Worker collectorThread_;
  Worker writerThread_;
  // Of the writer's thread.
  absl::Time recoveryDue_ = absl::InfinitePast();
  uint64_t writtenAtWake_ = 0; // calls, when it last woke retention
  std::atomic<uint64_t> flushAsked_{0};
  std::atomic<uint64_t> flushDrained_{0};
  Mutex stopMutex_;
  std::atomic<bool> stopped_{false};
};

} // namespace obs::rt

#endif // OBS_RUNTIME_RUNTIME_H
