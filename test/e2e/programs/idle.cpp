// SPDX-License-Identifier: Apache-2.0
// Has a monitored function, and calls it if there is an argument. Prints how
// many threads it has, and how many bytes its heap.
#include <cstdio>
#include <filesystem>
#include <malloc.h>

[[obs::monitor]] __attribute__((noinline)) void never(int number) {
  (void)number;
}

int main(int argc, char **) {
  const size_t bytes = mallinfo2().uordblks;
  if (argc > 1)
    never(argc);
  long threads = 0;
  for ([[maybe_unused]] const auto &entry :
       std::filesystem::directory_iterator("/proc/self/task"))
    ++threads;
  std::printf("%ld %zu\n", threads, bytes);
}
