// SPDX-License-Identifier: Apache-2.0
#include "event_writer.h"

#include "entry_point.h"

#include <algorithm>

namespace obs::rt {

OBS_HOT bool refill(detail::Thread *thread, uint32_t bytes) {
  return thread->ring && ringOf(thread).refill(bytes);
}

bool appendOrAside(detail::Thread *thread, const uint8_t *event, uint32_t size,
                   uint32_t whole) {
  if (roomFor(thread) >= int64_t{whole} || refill(thread, whole)) {
    memcpy(thread->cursor, event, size);
    return true;
  }
  if (!isOurs(thread))
    return false;
  if (uint8_t *aside = ringOf(thread).sideBegin(whole)) {
    memcpy(aside, event, whole);
    ringOf(thread).sideCommit(aside);
  }
  return false;
}

OBS_HOT uint32_t nextSize(uint32_t asked, uint32_t most) {
  if (asked >= most)
    return 0;
  return asked ? most : std::min(most, kUsualEventBytes);
}

} // namespace obs::rt
