// SPDX-License-Identifier: Apache-2.0
// limits [WAIT_MS]: four threads make 5,000 calls each, one in a hundred of
// which throws; the last 100 after a wait. Prints "end".
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

[[obs::monitor]] int step(int number, const std::string &text) {
  if (number % 100 == 99)
    throw std::runtime_error(text);
  return number;
}

int main(int argc, char **argv) {
  const int waitMs = argc > 1 ? std::atoi(argv[1]) : 300;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([waitMs] {
      const std::string text(100, 't');
      for (int i = 0; i < 5'000; ++i) {
        if (i == 4'900) {
          const timespec wait = {waitMs / 1000, waitMs % 1000 * 1'000'000L};
          nanosleep(&wait, nullptr);
        }
        try {
          step(i, text);
        } catch (const std::runtime_error &) {
        }
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  std::puts("end");
}
