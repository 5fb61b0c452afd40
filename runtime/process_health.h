// SPDX-License-Identifier: Apache-2.0
// Once a second: what the process uses, and what of it is the monitoring's.
#ifndef OBS_RUNTIME_PROCESS_HEALTH_H
#define OBS_RUNTIME_PROCESS_HEALTH_H

#include "arena_layout.h"
#include "process_figures.h"

#include "obs/obs.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace obs::rt {

// Not thread-safe.
class ProcessHealth {
public:
  using Clock = std::chrono::steady_clock;

  explicit ProcessHealth(int64_t pid) : pid_(pid) {}

  // Updates `figures`. Returns the detail of a health event of kind "process";
  // nothing the first time, and while no monitored function is called.
  std::optional<std::string> note(const Stats &stats,
                                  std::chrono::nanoseconds runtimeCpu,
                                  const ProcessFigures &process,
                                  LiveFigures &figures,
                                  Clock::time_point now = Clock::now());

private:
  const int64_t pid_;
  bool isFirst_ = true;
  Clock::time_point at_{};
  uint64_t calls_ = 0;
  int64_t cpuNs_ = 0;
  int64_t runtimeCpuNs_ = 0;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_PROCESS_HEALTH_H
