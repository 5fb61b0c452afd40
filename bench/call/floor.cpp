// SPDX-License-Identifier: Apache-2.0
// The hand-made floor; with ONE_IN: of calls that are recorded one in so many.
#include "floor.h"

#ifdef ONE_IN
namespace {
thread_local int countdown = ONE_IN;

[[gnu::noinline]] int64_t sampledWork(int64_t number, double factor,
                                      const std::string &text) {
  countdown = ONE_IN;
  return bench::recordedWork(number, factor, text);
}
} // namespace
#endif

int64_t work(int64_t number, double factor, const std::string &text) {
#ifdef ONE_IN
  if (__builtin_expect(--countdown > 0, 1))
    return plainWork(number, factor, text);
  return sampledWork(number, factor, text);
#else
  return bench::recordedWork(number, factor, text);
#endif
}

void start() {
  bench::Drain::get();
}
int64_t finish() {
  return bench::Drain::get().stop();
}
