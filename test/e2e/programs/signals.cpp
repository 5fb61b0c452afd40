// SPDX-License-Identifier: Apache-2.0
// Four threads in monitored calls, a signal every 100 µs whose handler makes
// some, too. Prints the calls of work and of handled, as the program counts.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/time.h>
#include <thread>
#include <vector>

namespace {

std::atomic<long> handlerCalls{0};
std::atomic<long> workCalls{0};

[[obs::monitor]] int handled(int n) {
  return n;
}

// Nothing is thrown here: that allocates, and may have interrupted malloc().
void onAlarm(int) {
  for (int i = 0; i < 4; ++i)
    handled(i);
  handlerCalls += 4;
}

[[obs::monitor]] int work(const std::string &text, int n) {
  if (n % 100 == 99)
    throw std::string(text);
  return n;
}

void blockAlarms(int how) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  pthread_sigmask(how, &set, nullptr);
}

} // namespace

int main(int, char **argv) {
  const long each = std::atol(argv[1]);
  blockAlarms(SIG_BLOCK);
  std::signal(SIGALRM, onAlarm);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([each] {
      // As docs/limitations.md has it: each function once on each thread first.
      handled(0);
      ++handlerCalls;
      work("", 0);
      blockAlarms(SIG_UNBLOCK);
      for (long i = 1; i < each; ++i)
        try {
          work(std::string(size_t(i % 200), 'x'), int(i)); // allocates
        } catch (const std::string &) {
        }
      workCalls += each;
    });
  const itimerval every = {{0, 100}, {0, 100}};
  setitimer(ITIMER_REAL, &every, nullptr);
  for (std::thread &thread : threads)
    thread.join();
  const itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
  std::printf("%ld %ld\n", workCalls.load(), handlerCalls.load());
}
