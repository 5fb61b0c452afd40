// SPDX-License-Identifier: Apache-2.0
// threads THREADS: each of them calls a monitored function in bursts of 200,
// one a second. Prints one JSON object: ns a call (median of the bursts), µs of
// a thread's first call (median and most), and the most MB resident.
#include "../resident.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kBurst = 200, kBursts = 4;

[[gnu::noinline, obs::monitor]] int64_t work(int64_t number, double factor,
                                             const std::string &text) {
  return number + int64_t(factor) + int64_t(text.size());
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  using Clock = std::chrono::steady_clock;
  const int count = std::atoi(argv[1]);
  const std::string text = "order-000042";
  std::mutex mutex;
  std::vector<double> bursts, firsts;
  std::atomic<int64_t> sum{work(0, 0, text)}; // the start of the runtime
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t)
    threads.emplace_back([&, t] {
      int64_t mine = 0;
      // All are there before any of them calls, and they take turns.
      std::this_thread::sleep_for(std::chrono::milliseconds(200 + 2 * t));
      for (int burst = -1; burst < kBursts; ++burst) {
        const int calls = burst < 0 ? 1 : kBurst;
        const auto began = Clock::now();
        for (int i = 0; i < calls; ++i)
          mine += work(i, i * 0.5, text);
        const std::chrono::duration<double, std::nano> took =
            Clock::now() - began;
        {
          const std::lock_guard lock(mutex);
          if (burst < 0)
            firsts.push_back(took.count() / 1000);
          else if (burst > 0)
            bursts.push_back(took.count() / calls);
        }
        std::this_thread::sleep_for(std::chrono::seconds(1));
      }
      sum += mine;
    });
  for (std::thread &thread : threads)
    thread.join();
  std::sort(bursts.begin(), bursts.end());
  std::sort(firsts.begin(), firsts.end());
  std::printf("{\"ns\":%.3f,\"first\":%.3f,\"first_most\":%.3f,\"mb\":%.1f,"
              "\"sum\":%ld}\n",
              bursts[bursts.size() / 2], firsts[firsts.size() / 2],
              firsts.back(), bench::mostResident() / 1e6, long(sum.load()));
}
