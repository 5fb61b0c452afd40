// SPDX-License-Identifier: Apache-2.0
// controlled THREADS: so many threads call monitored functions until standard
// input ends. One call of check() in a thousand throws. Prints the calls of
// each function at the end.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

struct Book {
  [[obs::monitor(sample = 0.0001)]] __attribute__((noinline)) static int
  add(int order) {
    return order;
  }
  [[obs::monitor(sample = 0)]] __attribute__((noinline)) static int
  cancel(int order) {
    return order;
  }
};

[[obs::monitor(sample = 0)]] __attribute__((noinline)) void check(int order) {
  if (order % 1000 == 0)
    throw std::invalid_argument("order");
}

int main(int, char **argv) {
  std::atomic<bool> stop{false};
  std::atomic<long> rounds{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < std::atoi(argv[1]); ++i)
    threads.emplace_back([&] {
      long n = 0;
      for (; !stop; ++n) {
        Book::add(int(n));
        Book::cancel(int(n));
        try {
          check(int(n) + 1);
        } catch (const std::invalid_argument &) {
        }
        if (n % 10 == 0)
          std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
      rounds += n;
    });
  char byte;
  while (read(0, &byte, 1) > 0) {
  }
  stop = true;
  for (std::thread &thread : threads)
    thread.join();
  std::printf("%ld\n", rounds.load());
}
