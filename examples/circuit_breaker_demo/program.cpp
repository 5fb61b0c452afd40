// SPDX-License-Identifier: Apache-2.0
// Prices an order each millisecond for so many seconds. Every 50 ms it prints
// calls, errors, the state of the circuit breaker, records that wait, and the
// median and 99th percentile of a call's time in nanoseconds since the last
// line.
#include "obs/obs.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using Clock = std::chrono::steady_clock;

struct Order {
  int id;
  std::string symbol;
  double quantity;
};

[[obs::monitor]] double price(const Order &order) {
  if (order.id % 50 == 0)
    throw std::invalid_argument("no quote for order " +
                                std::to_string(order.id));
  return order.quantity * 1.5;
}

int main(int argc, char **argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 5;
  const auto begin = Clock::now();
  long calls = 0, errors = 0;
  auto next = begin;
  std::vector<long> times;
  while (Clock::now() - begin < std::chrono::duration<double>(seconds)) {
    const Order order = {int(++calls), "OBS", double(calls % 100)};
    const auto start = Clock::now();
    try {
      price(order);
    } catch (const std::invalid_argument &) {
      ++errors;
    }
    times.push_back(long((Clock::now() - start).count()));
    if (times.size() == 50) {
      std::sort(times.begin(), times.end());
      const obs::Stats stats = obs::stats();
      std::printf("%ld %ld %s %llu %ld %ld\n", calls, errors,
                  stats.breaker.state.c_str(),
                  (unsigned long long)(stats.queuedNormal + stats.queuedErrors),
                  times[25], times[49]);
      std::fflush(stdout);
      times.clear();
    }
    std::this_thread::sleep_until(next += std::chrono::milliseconds(1));
  }
  std::printf("%ld %ld END 0 0 0\n", calls, errors);
}
