// SPDX-License-Identifier: Apache-2.0
// Lives in 100 MB of address space, and handles large values while its database
// is away; one call in ten throws. Every 20 ms it prints calls, errors, dropped
// calls, normal and error records that wait, errors spilled to a file, bytes
// held by the monitoring, and its resident memory.
#include "obs/obs.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

using Clock = std::chrono::steady_clock;

[[obs::monitor]] size_t store(int number, const std::vector<int> &samples,
                              const std::string &text) {
  if (number % 10 == 0)
    throw std::runtime_error("checksum of block " + std::to_string(number));
  return samples.size() + text.size();
}

static long residentPages() {
  long all = 0, resident = 0;
  if (FILE *file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &all, &resident) != 2)
      resident = 0;
    std::fclose(file);
  }
  return resident;
}

int main(int argc, char **argv) {
  const rlimit limit = {100 << 20, 100 << 20};
  if (argc != 2 || setrlimit(RLIMIT_AS, &limit) != 0)
    return 2;
  const auto end =
      Clock::now() + std::chrono::duration<double>(std::atof(argv[1]));
  const std::vector<int> samples(2'000'000); // 8 MB; stored as one line
  const std::string text(900, 'x');
  int calls = 0, errors = 0;
  const auto print = [&] {
    const obs::Stats stats = obs::stats();
    std::printf("%d %d %llu %llu %llu %llu %llu %ld\n", calls, errors,
                (unsigned long long)stats.dropped,
                (unsigned long long)stats.queuedNormal,
                (unsigned long long)stats.queuedErrors,
                (unsigned long long)stats.spilledErrors,
                (unsigned long long)stats.memoryBytes,
                residentPages() * sysconf(_SC_PAGESIZE));
    std::fflush(stdout);
  };
  for (auto tick = Clock::now(); tick < end;
       std::this_thread::sleep_until(tick += std::chrono::milliseconds(20))) {
    for (int i = 0; i < 60; ++i)
      try {
        store(++calls, samples, text);
      } catch (const std::runtime_error &) {
        ++errors;
      }
    print();
  }
  print();
}
