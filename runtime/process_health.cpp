// SPDX-License-Identifier: Apache-2.0
// Once a second: what the process uses, and what of it is the monitoring's.
#include "process_health.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include <algorithm>
#include <utility>

namespace obs::rt {

std::optional<std::string>
ProcessHealth::note(const Stats &stats, std::chrono::nanoseconds runtimeCpu,
                    const ProcessFigures &process, LiveFigures &figures,
                    Clock::time_point now) {
  const auto elapsedNs =
      double(std::max<int64_t>((now - std::exchange(at_, now)).count(), 1));
  const auto share = [elapsedNs](int64_t &before, int64_t after) {
    return double(after - std::exchange(before, after)) / elapsedNs;
  };
  const double cpu = share(cpuNs_, process.cpuNs.value_or(0));
  const double runtimeCpuShare = share(runtimeCpuNs_, runtimeCpu.count());
  const bool isActive = std::exchange(calls_, stats.calls) != stats.calls;
  if (std::exchange(isFirst_, false))
    return std::nullopt;
  figures.cpu.store(cpu, std::memory_order_relaxed);
  figures.runtimeCpu.store(runtimeCpuShare, std::memory_order_relaxed);
  figures.residentBytes.store(uint64_t(process.residentBytes.value_or(0)),
                              std::memory_order_relaxed);
  if (!isActive)
    return std::nullopt;
  std::string detail = absl::StrCat("{\"pid\":", pid_);
  if (process.cpuNs)
    absl::StrAppendFormat(&detail, ",\"cpu_percent\":%.1f", 100 * cpu);
  if (process.residentBytes)
    absl::StrAppend(&detail, ",\"resident_bytes\":", *process.residentBytes);
  if (process.threads)
    absl::StrAppend(&detail, ",\"threads\":", *process.threads);
  absl::StrAppendFormat(&detail, ",\"monitoring_cpu_percent\":%.1f",
                        100 * runtimeCpuShare);
  absl::StrAppend(&detail, ",\"monitoring_bytes\":", stats.memoryBytes, "}");
  return detail;
}

} // namespace obs::rt
