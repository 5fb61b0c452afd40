// Calls that find no room when they begin, and do not end as others do. Prints
// how many calls of each function it has made.
#include "task.h"

#include "obs/obs.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

const std::string kLarge(900, 'x');
jmp_buf gBack;
std::coroutine_handle<> gSuspended[100];

[[gnu::noinline, obs::monitor]] void flood(const std::string &) {}

// Until the thread's ring is full, and the next call is dropped as well.
void fill() {
  for (const uint64_t before = obs::stats().dropped;
       obs::stats().dropped == before;)
    for (int i = 0; i < 100; ++i)
      flood(kLarge);
}

[[gnu::noinline, obs::monitor]] void throws(int number, const std::string &) {
  throw std::runtime_error(std::to_string(number));
}

[[gnu::noinline, obs::monitor]] void jumps(const std::string &) {
  longjmp(gBack, 1);
}

[[obs::monitor]] Task suspends(std::string) {
  co_await std::suspend_always();
  co_return 0;
}

[[obs::monitor]] Task fails(int number, std::string) {
  throw std::runtime_error(std::to_string(number));
  co_return 0;
}

[[gnu::noinline, obs::monitor]] void neverReturns(int depth,
                                                  const std::string &text) {
  if (depth == 0) {
    fill();
    std::exit(0);
  }
  neverReturns(depth - 1, text);
  std::abort();
}

} // namespace

int main() {
  for (int i = 0; i < 100; ++i) {
    fill();
    try {
      throws(i, kLarge);
    } catch (const std::exception &) {
    }
    if (!setjmp(gBack))
      jumps(kLarge);
    fill();
    gSuspended[i] = suspends(kLarge).handle;
    if (i % 2) // the others stay for good
      gSuspended[i].destroy();
    fails(i, kLarge).handle.destroy();
  }
  std::puts("throws 100\njumps 100\nsuspends 100\nfails 100\n"
            "neverReturns 101");
  fill();
  neverReturns(100, kLarge);
}
