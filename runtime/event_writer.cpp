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

OBS_HOT Encoded encodeOne(const detail::Type &type, const void *value,
                          uint8_t *begin, uint8_t *end,
                          const detail::Limits &limits) {
  if (type.passing >= detail::kTextFirst)
    if (uint8_t *const next = appendShortText(begin, end, limits, type, value))
      return {next, false};
  detail::Encoder encoder = {begin, end, &limits};
  encodeGuarded(encoder, type, value);
  return {encoder.cursor, encoder.cut};
}

OBS_HOT Encoded Arguments::rest(const detail::Type *const *type,
                                const detail::Type *const *last, Words words,
                                uint8_t *cursor, uint8_t *end,
                                const detail::Limits &limits,
                                detail::MemoryCheck *check) {
  detail::Encoder encoder = {cursor, end, &limits};
  encoder.check = check;
  for (; type != last; ++type) {
    const detail::Passing passing = (*type)->passing;
    if (passing == detail::kNotPassed)
      continue;
    const uint64_t word = words.peek();
    words.skip();
    if (passing == detail::kAsWord &&
        encoder.end - encoder.cursor >= int64_t{sizeof(word)}) {
      memcpy(encoder.cursor, &word, sizeof(word));
      encoder.cursor += (*type)->size;
      continue;
    }
    if (passing >= detail::kTextFirst && !check)
      if (uint8_t *const next =
              appendShortText(encoder.cursor, encoder.end, limits, **type,
                              reinterpret_cast<const void *>(word))) {
        encoder.cursor = next;
        continue;
      }
    const bool isValue =
        passing == detail::kAsWord || passing == detail::kInWord;
    encodeGuarded(encoder, **type,
                  isValue ? &word : reinterpret_cast<const void *>(word));
  }
  return {encoder.cursor, encoder.cut};
}

Encoded Arguments::after(uint8_t *cursor, uint8_t *end,
                         const detail::Limits &limits) const {
  if (site_.parameterCount == 0)
    return {cursor, false};
  detail::MemoryCheck check;
  return rest(site_.types + 1, site_.types + 1 + site_.parameterCount, words_,
              cursor, end, limits, &check);
}

OBS_HOT uint32_t nextSize(uint32_t asked, uint32_t most) {
  if (asked >= most)
    return 0;
  return asked ? most : std::min(most, kUsualEventBytes);
}

} // namespace obs::rt
