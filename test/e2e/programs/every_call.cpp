// SPDX-License-Identifier: Apache-2.0
// Threads that call a monitored function: every_call THREADS CALLS.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

[[obs::monitor]] std::int64_t work(int thread, std::int64_t i,
                                   const std::string &text) {
  return thread * 1'000'000'000LL + i * 3 +
         static_cast<std::int64_t>(text.size());
}

int main(int, char **argv) {
  int threads = std::atoi(argv[1]);
  int calls = std::atoi(argv[2]);
  std::vector<std::thread> workers;
  std::vector<std::int64_t> sums(threads);
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      for (int i = 0; i < calls; ++i)
        sums[t] += work(t, i, "hello");
    });
  std::int64_t sum = 0;
  for (int t = 0; t < threads; ++t) {
    workers[t].join();
    sum += sums[t];
  }
  std::printf("%lld\n", static_cast<long long>(sum));
}
