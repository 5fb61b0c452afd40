// SPDX-License-Identifier: Apache-2.0
// memory CALLS: prints a line with the resident bytes and those that the
// runtime says it holds, once after the first call is stored and nothing is to
// be done, and, after a line on stdin, once with so many calls waiting. The
// last number is how many wait. Ends after another line.
#ifndef PLAIN
#include "obs/obs.h"
#endif

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

[[gnu::noinline, obs::monitor]] int64_t work(int64_t number, double factor,
                                             const std::string &text) {
  return number + int64_t(factor) + int64_t(text.size());
}

void print() {
  std::this_thread::sleep_for(std::chrono::seconds(1));
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  unsigned long held = 0, waiting = 0;
#ifndef PLAIN
  const obs::Stats stats = obs::stats();
  held = stats.memoryBytes;
  waiting = stats.queuedNormal;
#endif
  std::printf("[%ld,%lu,%lu]\n", resident * sysconf(_SC_PAGESIZE), held,
              waiting);
  std::fflush(stdout);
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  const std::string text = "order-000042";
  int64_t sum = work(0, 0, text);
#ifndef PLAIN
  obs::flush();
#endif
  print();
  std::getchar();
  for (int i = 0; i < std::atoi(argv[1]); ++i)
    sum += work(i, i * 0.5, text);
  print();
  std::getchar();
  return sum == 0;
}
