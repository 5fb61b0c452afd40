// SPDX-License-Identifier: Apache-2.0
// unpaced SECONDS: calls a monitored function as fast as it can. Prints one
// JSON object: calls, ns a call (median and p99 of averages over 1,000, mean of
// all), and the most bytes that the runtime held, by its own books, with its
// limit.
#include "obs/obs.h"
#include "resident.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr int kBurst = 1000, kBursts = 100; // between two looks at the books

[[gnu::noinline, obs::monitor]] int64_t work(int64_t number, double factor,
                                             const std::string &text) {
  return number + int64_t(factor) + int64_t(text.size());
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  using Clock = std::chrono::steady_clock;
  const std::string text = "order-000042";
  const auto end = Clock::now() + std::chrono::seconds(std::atoi(argv[1]));
  int64_t sum = 0;
  long calls = 0;
  uint64_t memory = 0, limit = 0;
  std::vector<double> bursts;
  std::chrono::duration<double, std::nano> whole{};
  while (Clock::now() < end) {
    for (int burst = 0; burst < kBursts; ++burst) {
      const auto began = Clock::now();
      for (int i = 0; i < kBurst; ++i)
        sum += work(i, i * 0.5, text);
      const std::chrono::duration<double, std::nano> took =
          Clock::now() - began;
      bursts.push_back(took.count() / kBurst);
      whole += took;
      calls += kBurst;
    }
    const obs::Stats stats = obs::stats();
    memory = std::max(memory, stats.memoryBytes);
    limit = stats.memoryLimitBytes;
  }
  std::sort(bursts.begin(), bursts.end());
  std::printf("{\"calls\":%ld,\"median\":%.3f,\"p99\":%.3f,\"mean\":%.3f,",
              calls, bursts[bursts.size() / 2],
              bursts[bursts.size() * 99 / 100], whole.count() / double(calls));
  std::printf("\"resident\":%.0f,\"memory\":%lu,\"limit\":%lu,\"sum\":%ld}\n",
              bench::mostResident(), static_cast<unsigned long>(memory),
              static_cast<unsigned long>(limit), long(sum));
}
