// SPDX-License-Identifier: Apache-2.0
// steady SECONDS: calls a monitored function every 2 ms; one call in fifty
// throws. Prints the calls, the errors, and the longest call in microseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

using Clock = std::chrono::steady_clock;

[[obs::monitor]] int tick(int number) {
  if (number % 50 == 49)
    throw std::runtime_error("tick");
  return number;
}

int main(int, char **argv) {
  auto end = Clock::now() + std::chrono::milliseconds(
                                static_cast<int>(1000 * std::atof(argv[1])));
  int calls = 0, errors = 0;
  Clock::duration longest{};
  while (Clock::now() < end) {
    auto start = Clock::now();
    try {
      tick(calls++);
    } catch (const std::runtime_error &) {
      ++errors;
    }
    longest = std::max(longest, Clock::now() - start);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  std::printf("%d %d %lld\n", calls, errors,
              static_cast<long long>(
                  std::chrono::duration_cast<std::chrono::microseconds>(longest)
                      .count()));
}
