// SPDX-License-Identifier: Apache-2.0
// recording CALLS: makes so many monitored calls, no faster than they are
// stored, so that none is dropped. Prints one JSON object: seconds until all
// were in the database, and ns of CPU time of each thread by its name.
#include "obs/obs.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace {

constexpr int kAtOnce = 500;
constexpr uint64_t kWaiting = 40'000; // of 60,000 that the queue holds

[[gnu::noinline, obs::monitor]] int64_t work(int64_t number, double factor,
                                             const std::string &text) {
  return number + int64_t(factor) + int64_t(text.size());
}

void printCpu() {
  for (const auto &task :
       std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    unsigned long long ns = 0;
    std::getline(std::ifstream(task.path() / "comm"), name);
    std::ifstream(task.path() / "schedstat") >> ns;
    std::printf("\"%s\":%llu,", name.c_str(), ns);
  }
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  const long calls = std::atol(argv[1]);
  const std::string text = "order-000042";
  int64_t sum = 0;
  const auto began = std::chrono::steady_clock::now();
  for (long i = 0; i < calls; ++i) {
    if (i % kAtOnce == 0)
      for (obs::Stats now = obs::stats();
           now.running && now.calls - now.written > kWaiting;
           now = obs::stats())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    sum += work(i, double(i) * 0.5, text);
  }
  if (!obs::flush(std::chrono::minutes(5)))
    return 1;
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - began;
  std::printf("{\"cpu\":{");
  printCpu();
  std::printf("\"\":0},\"seconds\":%.6f,\"sum\":%ld}\n", took.count(),
              long(sum));
}
