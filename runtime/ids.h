// SPDX-License-Identifier: Apache-2.0
// Call ids: unique in a database without asking it, ordered by time.
#ifndef OBS_RUNTIME_IDS_H
#define OBS_RUNTIME_IDS_H

#include <cstdint>

namespace obs::rt {

// An id is 33 bits of time (tenths of a second since 2026-01-01 UTC, lasts to
// 2053), 10 bits of process slot (unique among the processes that live on one
// database), 20 bits of counter. A time filter or a retention cut on calls is
// therefore a range of the primary key, and needs no index of its own.
inline constexpr int kIdSlotBits = 10;
inline constexpr int kIdCounterBits = 20;
inline constexpr int64_t kIdEpochNs = 1767225600LL * 1'000'000'000; // Unix time
inline constexpr int64_t kIdTickNs = 100'000'000;

// The smallest id that a call collected at `unixNs` or later can have.
constexpr int64_t firstIdAt(int64_t unixNs) {
  if (unixNs <= kIdEpochNs)
    return 0;
  return ((unixNs - kIdEpochNs) / kIdTickNs) << (kIdSlotBits + kIdCounterBits);
}

// An id instead of `id`, which another call has already: attempt 1, 2 …
constexpr int64_t idInstead(int64_t id, int64_t attempt) {
  // Of a slot that is taken last.
  constexpr int64_t kSlots = int64_t{1} << kIdSlotBits;
  const int64_t slot = (id >> kIdCounterBits) % kSlots;
  const int64_t other = (slot + kSlots - attempt % kSlots) % kSlots;
  return id + ((other - slot) << kIdCounterBits);
}

} // namespace obs::rt

#endif // OBS_RUNTIME_IDS_H
