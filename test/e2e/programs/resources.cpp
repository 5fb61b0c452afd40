// SPDX-License-Identifier: Apache-2.0
// Calls that use processor time and memory, each in a way of its own.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <malloc.h>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#ifdef OWN_COUNTER
static thread_local uint64_t counted;
extern "C" uint64_t obs_thread_allocated() noexcept { return counted += 1000; }
#endif

namespace {

void burn(int milliseconds) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
  };
  const auto until = now() + milliseconds * 1'000'000L;
  while (now() < until) {
  }
}

template <class T> void used(T *memory) {
  asm volatile("" : : "r"(memory) : "memory");
}

} // namespace

[[obs::monitor(resources=true)]] int busy(int milliseconds) {
  burn(milliseconds);
  return milliseconds;
}

[[obs::monitor(resources=true)]] void idle(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

[[obs::monitor(resources=true)]] std::string nested() {
  busy(10);
  std::vector<char> memory(50'000);
  used(memory.data());
  return std::string(1'000, 'x');
}

// jemalloc has none.
[[obs::monitor(resources=true)]] void wholePages() {
  void *const pages = pvalloc(4097);
  if (reinterpret_cast<uintptr_t>(pages) % 4096 || malloc_usable_size(pages) < 8192)
    abort();
  free(pages);
}

// 1,000 bytes each, but for the second of realloc.
[[obs::monitor(resources=true)]] void everyWay() {
  void *made[16] = {};
  made[0] = malloc(1000);
  made[1] = calloc(10, 100);
  made[2] = realloc(nullptr, 1000);
  made[3] = reallocarray(nullptr, 100, 10);
  made[4] = aligned_alloc(64, 1000);
  made[5] = memalign(64, 1000);
  if (posix_memalign(&made[6], 64, 1000) != 0)
    abort();
  made[7] = valloc(1000);
  made[8] = operator new(1000);
  made[9] = operator new[](1000);
  made[10] = operator new(1000, std::align_val_t(128));
  made[11] = operator new(1000, std::nothrow);
  made[12] = strdup(std::string(999, 's').c_str()); // + 1000 for the string
  for (size_t i = 0; i <= 12; ++i) {
    if (!made[i] || malloc_usable_size(made[i]) < 1000)
      abort();
    memset(made[i], 1, 1000);
  }
  if (reinterpret_cast<uintptr_t>(made[4]) % 64 || reinterpret_cast<uintptr_t>(made[7]) % 4096)
    abort();
  operator delete(made[10], std::align_val_t(128));
  made[10] = nullptr;
  made[11] = realloc(made[11], 2000);
  void *wrong = nullptr;
  if (posix_memalign(&wrong, 3, 10) != 22 || wrong ||
      reallocarray(nullptr, SIZE_MAX / 2, 3))
    abort();
  for (void *each : made)
    free(each);
}

[[obs::monitor(resources=true)]] int fails(int depth) {
  if (depth == 0)
    throw std::runtime_error(std::string(100, 'm'));
  burn(1);
  return fails(depth - 1) + 1;
}

[[obs::monitor(resources=true, sample=0)]] void unsampled() {
  throw std::logic_error("unsampled");
}

[[obs::monitor(resources=true)]] void deep(int depth) {
  if (depth > 0)
    deep(depth - 1);
}

struct [[obs::monitor(resources=true)]] Class {
  void inherits(double x) { busy(int(x)); }
  [[obs::monitor(resources=false)]] void unmeasured() { busy(1); }
};

[[obs::monitor]] void plain() {}

[[obs::monitor(resources=true)]] void killed(bool now) {
  busy(2);
  if (now) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    raise(SIGKILL);
  }
}

int main(int argc, char **) {
  if (argc > 1) {
    killed(false);
    killed(true);
  }
  busy(30);
  idle(30);
  nested();
  everyWay();
  if (getenv("GLIBC"))
    wholePages();
  std::thread([] { busy(5); }).join();
  try {
    fails(3);
  } catch (const std::runtime_error &) {
  }
  try {
    unsampled();
  } catch (const std::logic_error &) {
  }
  deep(1'000);
  Class().inherits(4);
  Class().unmeasured();
  plain();
}
