// SPDX-License-Identifier: Apache-2.0
// Calls until it is killed. Prints "<call> <Unix time in ms>" once a call has
// returned; one thread stays inside a call for ever.
#include <chrono>
#include <cstdio>
#include <thread>

[[obs::monitor]] int step(int number) {
  return number + 1;
}

[[obs::monitor]] void stuck(const char *why) {
  (void)why;
  std::this_thread::sleep_for(std::chrono::hours(1));
}

int main() {
  std::thread thread([] { stuck("waits for ever"); });
  for (int i = 0;; ++i) {
    step(i);
    auto now = std::chrono::system_clock::now().time_since_epoch();
    std::printf("%d %lld\n", i,
                static_cast<long long>(
                    std::chrono::duration_cast<std::chrono::milliseconds>(now)
                        .count()));
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}
