// SPDX-License-Identifier: Apache-2.0
#include "event_writer.h"

namespace obs::rt {

using detail::U64;

bool refill(detail::Thread *thread, uint32_t bytes) {
  const InRuntime inside;
  return !inside.nested() && isOurs(thread) && ringOf(thread).refill(bytes);
}

bool appendOrAside(detail::Thread *thread, const uint8_t *event, uint32_t size,
                   uint32_t whole) {
  if (roomFor(thread, thread->open) >= whole || refill(thread, whole)) {
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

void encodeGuarded(detail::Encoder &encoder, const detail::Type &type,
                   const void *value) {
  uint8_t *const begin = encoder.cursor;
  try {
    encodeValue(encoder, type, value);
  } catch (...) {
    cutAt(encoder, begin);
  }
}

void encodeArguments(detail::Encoder &encoder, const detail::Site &site,
                     va_list values) {
  if (site.parameterCount == 0)
    return; // perhaps without types
  const detail::Type *const *type = site.types + 1;
  const detail::Type *const *const end = type + site.parameterCount;
  uint8_t *begin = encoder.cursor;
  try {
    for (; type != end; ++type) {
      begin = encoder.cursor;
      switch ((*type)->passing) {
      case detail::kAsWord: {
        const U64 word = va_arg(values, U64);
        if ((*type)->encode) // of a text that it points to
          encodeValue(encoder, **type, &word);
        else
          appendWord(encoder, word, (*type)->size);
        break;
      }
      case detail::kAsDouble: {
        const double value = va_arg(values, double);
        if ((*type)->size == sizeof(value))
          appendNumber(encoder, value);
        else
          appendNumber(encoder, float(value));
        break;
      }
      case detail::kByAddress:
        encodeValue(encoder, **type, va_arg(values, const void *));
        break;
      default: // kNotPassed
        break;
      }
    }
  } catch (...) {
    cutAt(encoder, begin);
  }
}

} // namespace obs::rt
