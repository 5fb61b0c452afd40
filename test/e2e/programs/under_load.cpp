// SPDX-License-Identifier: Apache-2.0
// Four threads that call until the process is killed. A file in memory has, for
// each, how many of its calls have returned: under_load FILE RUN.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

[[obs::monitor]] int step(int run, int thread, long number) {
  if (number % 50 == 0)
    throw std::runtime_error("fiftieth");
  return run + thread;
}

int main(int, char **argv) {
  constexpr int kThreads = 4;
  const int run = std::atoi(argv[2]);
  const int file = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (ftruncate(file, kThreads * sizeof(long)) != 0)
    return 1;
  auto *returned = static_cast<std::atomic<long> *>(
      mmap(nullptr, kThreads * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED,
           file, 0));
  for (int thread = 0; thread != kThreads; ++thread)
    std::thread([=] {
      for (long number = 0;; ++number) {
        try {
          step(run, thread, number);
        } catch (const std::runtime_error &) {
        }
        returned[thread] = number + 1;
        if (number % 20 == 19)
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }).detach();
  pause();
}
