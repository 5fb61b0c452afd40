// SPDX-License-Identifier: Apache-2.0
// Handles so many requests a second for so many seconds; prints how many there
// were.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

using Clock = std::chrono::steady_clock;

[[obs::monitor]] size_t handle(int request, const std::string &body) {
  return body.size() + size_t(request % 7);
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  const auto end =
      Clock::now() + std::chrono::duration<double>(std::atof(argv[1]));
  const int perTick = std::atoi(argv[2]) / 100;
  const std::string body(120, 'x');
  int requests = 0;
  for (auto tick = Clock::now(); tick < end;
       std::this_thread::sleep_until(tick += std::chrono::milliseconds(10))) {
    for (int i = 0; i < perTick; ++i)
      handle(requests++, body);
    if (requests / perTick % 10 == 0) {
      std::printf("%d\n", requests);
      std::fflush(stdout);
    }
  }
  std::printf("%d\n", requests);
}
