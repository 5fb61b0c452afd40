// SPDX-License-Identifier: Apache-2.0
// soak THREADS [sibling]: calls monitored functions as fast as it can until
// SIGTERM; one call in a thousand throws. Prints the calls and the errors.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<bool> ends{false};
std::atomic<long> calls{0}, errors{0};

[[obs::monitor]] long work(long number, const std::string &text) {
  if (number % 1000 == 999)
    throw std::runtime_error(text);
  return number;
}
[[obs::monitor]] long siblingWork(long number, const std::string &text) {
  return number + long(text.size());
}

void onTerminate(int) {
  ends = true;
}

} // namespace

int main(int argc, char **argv) {
  std::signal(SIGTERM, onTerminate);
  const bool isSibling = argc > 2;
  std::vector<std::thread> threads;
  for (int t = 0; t < std::atoi(argv[1]); ++t)
    threads.emplace_back([isSibling] {
      const std::string text = "some text to be stored with each call";
      long mine = 0, failed = 0;
      for (; !ends; ++mine) {
        if (isSibling) {
          siblingWork(mine, text);
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          continue;
        }
        try {
          work(mine, text);
        } catch (const std::runtime_error &) {
          ++failed;
        }
      }
      calls += mine;
      errors += failed;
    });
  for (std::thread &thread : threads)
    thread.join();
  std::printf("%ld %ld\n", calls.load(), errors.load());
}
