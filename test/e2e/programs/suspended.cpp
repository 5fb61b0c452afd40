// SPDX-License-Identifier: Apache-2.0
// Suspends argv[1] coroutines, waits for a line on the standard input, lets one
// in a thousand end, and is killed or exits. Prints the memory that was added.
#include "task.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <unistd.h>
#include <vector>

[[obs::monitor]] Task waiting(int number) {
  co_await std::suspend_always();
  if (number % 2000 == 0)
    throw std::runtime_error("woken up");
  co_return number;
}

static long residentPages() {
  long size = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (fscanf(file, "%ld %ld", &size, &resident) != 2)
    abort();
  fclose(file);
  return resident;
}

int main(int, char **argv) {
  const int count = atoi(argv[1]);
  std::vector<Task> tasks;
  tasks.reserve(count);
  const long before = residentPages();
  for (int i = 0; i != count; ++i) {
    tasks.push_back(waiting(i));
    if (i % 1000 == 999)
      usleep(20000);
  }
  printf("%ld\n", (residentPages() - before) * sysconf(_SC_PAGESIZE) / count);
  fflush(stdout);
  getchar();
  for (int i = 0; i < count; i += 1000)
    tasks[i].handle.resume();
  puts("resumed");
  fflush(stdout);
  getchar();
}
