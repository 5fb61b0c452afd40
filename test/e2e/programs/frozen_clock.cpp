// SPDX-License-Identifier: Apache-2.0
// A library to preload: all clocks stand still from the first look on.
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {
timespec frozen[16];
bool isSet[16];
} // namespace

extern "C" int clock_gettime(clockid_t clock, timespec *now) noexcept {
  if (clock < 0 || clock >= 16)
    return int(syscall(SYS_clock_gettime, clock, now));
  if (!isSet[clock]) {
    syscall(SYS_clock_gettime, clock, &frozen[clock]);
    isSet[clock] = true;
  }
  *now = frozen[clock];
  return 0;
}

extern "C" int gettimeofday(timeval *now, void *) noexcept {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  *now = {time.tv_sec, time.tv_nsec / 1000};
  return 0;
}

extern "C" time_t time(time_t *now) noexcept {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  if (now)
    *now = time.tv_sec;
  return time.tv_sec;
}
