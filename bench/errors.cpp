// SPDX-License-Identifier: Apache-2.0
// errors BURSTS: times throw and catch through one frame, in bursts of 500 that
// take turns, with pauses for the writer. Prints one JSON object of lists: ns
// an error, on average over each burst.
#include "error_frames.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr int kBurst = 500;

struct Case {
  const char *name;
  int64_t (*function)(int64_t);
  std::vector<double> ns;
};

} // namespace

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  using Clock = std::chrono::steady_clock;
  Case cases[] = {{"direct", fail, {}},
                  {"rethrown", rethrows, {}},
                  {"sampled", errorSampled, {}},
                  {"unsampled", errorUnsampled, {}}};
  int64_t sum = 0;
  const int bursts = std::atoi(argv[1]);
  for (int burst = -1; burst < bursts; ++burst) // the first one is to warm up
    for (Case &it : cases) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      const auto began = Clock::now();
      for (int i = 0; i < kBurst; ++i)
        sum += caught(it.function, i);
      const std::chrono::duration<double, std::nano> took =
          Clock::now() - began;
      if (burst >= 0)
        it.ns.push_back(took.count() / kBurst);
    }
  std::printf("{");
  for (const Case &it : cases) {
    std::printf("\"%s\":[", it.name);
    for (size_t i = 0; i != it.ns.size(); ++i)
      std::printf("%s%.1f", i ? "," : "", it.ns[i]);
    std::printf("],");
  }
  std::printf("\"sum\":%ld}\n", long(sum));
}
