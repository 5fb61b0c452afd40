// SPDX-License-Identifier: Apache-2.0
// Ends in the middle of its work, as its argument says.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

#define M [[obs::monitor]] __attribute__((noinline))

M int tick(int number) {
  return number;
}

M void refuses(int code) {
  throw std::runtime_error("code " + std::to_string(code));
}

M void waits(const std::string &why) {
  (void)why;
  pause();
}

M void handle(int id, const std::string &how) {
  (void)id;
  if (how == "abort")
    std::abort();
  if (how == "segv")
    raise(SIGSEGV);
  if (how == "kill")
    raise(SIGKILL);
  if (how == "_exit")
    _exit(3);
  if (how == "quick_exit")
    std::quick_exit(3);
  if (how == "terminate")
    std::terminate();
}

M void serve(int port, const std::string &how) {
  (void)port;
  handle(7, how);
}

int main(int, char **argv) {
  std::thread([] { waits("a signal"); }).detach();
  std::thread([] {
    for (int i = 0; i != 3; ++i)
      tick(i);
    pause();
  }).detach();
  for (int i = 0; i != 8; ++i)
    try {
      refuses(i);
    } catch (const std::runtime_error &) {
    }
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  serve(8080, argv[1]);
}
