// SPDX-License-Identifier: Apache-2.0
// The hand-made floor for any function: one call in 100 of it is recorded, with
// its two time stamps and no values.
#ifndef OBS_BENCH_CALL_FLOOR_CALL_H
#define OBS_BENCH_CALL_FLOOR_CALL_H

#include "floor.h"

// At the beginning of a function.
#define FLOOR_CALL                                                             \
  static thread_local int floorCountdown = bench::FloorCall::kOneIn;           \
  const bench::FloorCall floorCall(floorCountdown)

namespace bench {

class FloorCall {
public:
  static constexpr int kOneIn = 100;

  explicit FloorCall(int &countdown) {
    if (__builtin_expect(--countdown <= 0, 0))
      begin(countdown);
  }
  ~FloorCall() {
    if (__builtin_expect(began_ != 0, 0))
      end();
  }
  FloorCall(const FloorCall &) = delete;
  FloorCall &operator=(const FloorCall &) = delete;

private:
  [[gnu::noinline]] void begin(int &countdown) {
    countdown = kOneIn;
    began_ = __builtin_ia32_rdtsc();
  }
  [[gnu::noinline]] void end() const {
    Ring *ring = threadRing;
    if (__builtin_expect(!ring, 0))
      ring = makeRing();
    if (Record *record = ring->next()) {
      *record = {};
      record->began = began_;
      record->ended = __builtin_ia32_rdtsc();
      ring->publish();
    }
  }

  uint64_t began_ = 0;
};

} // namespace bench

#endif // OBS_BENCH_CALL_FLOOR_CALL_H
