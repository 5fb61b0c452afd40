// SPDX-License-Identifier: Apache-2.0
// What the process as a whole uses: processor time, memory, threads.
#ifndef OBS_RUNTIME_PROCESS_FIGURES_H
#define OBS_RUNTIME_PROCESS_FIGURES_H

#include <cstdint>
#include <optional>
#include <string>

namespace obs::rt {

// What the platform does not tell is absent.
struct ProcessFigures {
  std::optional<int64_t> cpuNs; // of all threads, user and system
  std::optional<int64_t> residentBytes;
  std::optional<int64_t> threads;
};

// Where /proc is to be found, or not: for tests.
struct ProcessSources {
  std::string proc = "/proc/self";
  bool hasCpuClock = true;
  bool hasUsage = true; // getrusage()
};

// Tries the sources in order at each call: what is missing now (a sandbox that
// is yet to mount /proc) may be there later. Opens nothing for longer than the
// call. Thread-safe.
//
//   CPU:      the process's clock, or else getrusage()
//   memory:   /proc/self/statm, or else the greatest so far, by getrusage()
//   threads:  /proc/self/stat
ProcessFigures readProcessFigures(const ProcessSources &sources = {});

// Field `number` (from 1) of the first line of a file in /proc, behind the name
// in parentheses if there is one, which may hold anything; nothing if there is
// no such file, or no number there.
std::optional<int64_t> readProcField(const std::string &path, int number);

// CPU time of the calling thread; nothing where there is no clock for it.
std::optional<int64_t> threadCpuNs();

} // namespace obs::rt

#endif // OBS_RUNTIME_PROCESS_FIGURES_H
