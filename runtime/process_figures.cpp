// SPDX-License-Identifier: Apache-2.0
// What the process as a whole uses: processor time, memory, threads.
#include "process_figures.h"

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace obs::rt {
namespace {

constexpr int64_t kNsPerS = 1'000'000'000;

std::optional<int64_t> readClock(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0)
    return std::nullopt;
  return time.tv_sec * kNsPerS + time.tv_nsec;
}

int64_t nanoseconds(const timeval &time) {
  return time.tv_sec * kNsPerS + time.tv_usec * 1000;
}

} // namespace

std::optional<int64_t> readProcField(const std::string &path, int number) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return std::nullopt;
  char text[1024];
  const ssize_t size = read(file, text, sizeof(text) - 1);
  close(file);
  if (size <= 0)
    return std::nullopt;
  text[size] = 0;
  const char *field = text;
  int at = 1;
  if (const char *name = strrchr(text, ')')) {
    field = name;
    at = 2;
  }
  for (; field && at != number; ++at) {
    field = strchr(field, ' ');
    field = field ? field + 1 : nullptr;
  }
  if (!field || *field < '0' || *field > '9')
    return std::nullopt;
  return strtoll(field, nullptr, 10);
}

ProcessFigures readProcessFigures(const ProcessSources &sources) {
  ProcessFigures figures;
  rusage usage{};
  const bool hasUsage = sources.hasUsage && getrusage(RUSAGE_SELF, &usage) == 0;
  if (sources.hasCpuClock)
    figures.cpuNs = readClock(CLOCK_PROCESS_CPUTIME_ID);
  if (!figures.cpuNs && hasUsage)
    figures.cpuNs = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
  if (const auto pages = readProcField(sources.proc + "/statm", 2))
    figures.residentBytes = *pages * sysconf(_SC_PAGESIZE);
  else if (hasUsage)
    figures.residentBytes = int64_t{usage.ru_maxrss} * 1024;
  figures.threads = readProcField(sources.proc + "/stat", 20);
  return figures;
}

std::optional<int64_t> threadCpuNs() {
  return readClock(CLOCK_THREAD_CPUTIME_ID);
}

} // namespace obs::rt
