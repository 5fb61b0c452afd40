// SPDX-License-Identifier: Apache-2.0
// Values to bytes, as abi.h lays them down. Runs on the monitored thread:
// bounded, no allocation, no formatting.
#ifndef OBS_RUNTIME_ENCODER_H
#define OBS_RUNTIME_ENCODER_H

#include "safe_read.h"

#include "obs/detail/abi.h"

#include <cstdint>
#include <cstring>

namespace obs::rt {

// What does not fit any more: nothing is written behind it.
inline void stop(detail::Encoder &encoder) {
  encoder.cut = true;
  encoder.stopped = true;
  encoder.end = encoder.cursor;
}

// Takes back what was written since the cursor was at `to`, and stops there.
inline void cutAt(detail::Encoder &encoder, uint8_t *to) {
  encoder.cursor = to;
  stop(encoder);
}

// Whether what is to be read is there.
inline bool isThere(const detail::Encoder &encoder, const void *from,
                    uint64_t size) {
  if (encoder.check) [[unlikely]]
    return encoder.check->isReadable(from, size);
  return true;
}

// Of what is there.
inline void append(detail::Encoder &encoder, const void *from, uint64_t size) {
  if (size > uint64_t(encoder.end - encoder.cursor)) {
    stop(encoder);
    return;
  }
  if (size != 0) // else there may be nothing to copy from
    memcpy(encoder.cursor, from, size);
  encoder.cursor += size;
}

inline void appendBytes(detail::Encoder &encoder, const void *from,
                        uint64_t size) {
  if (isThere(encoder, from, size))
    append(encoder, from, size);
  else
    stop(encoder);
}

template <class T> void appendNumber(detail::Encoder &encoder, T value) {
  append(encoder, &value, sizeof(value));
}

// A value in place of another one. May throw what the type's own code throws.
inline void encodeValue(detail::Encoder &encoder, const detail::Type &type,
                        const void *value) {
  if (!type.encode)
    appendBytes(encoder, value, type.size);
  else if (isThere(encoder, value, 1))
    type.encode(encoder, value);
  else
    stop(encoder);
}

// Of kText: this, and U32 stored and U32 full follow; less: the count, of both.
inline constexpr uint8_t kLongText = 255;
inline constexpr uint32_t kLongTextHead = 1 + 2 * sizeof(uint32_t);

// memcpy(), without a call for the few bytes that most texts have.
[[gnu::always_inline]] inline void copyText(uint8_t *to, const uint8_t *from,
                                            size_t size) {
  const auto ends = [&](auto word) { // two words that may overlap
    auto last = word;
    memcpy(&word, from, sizeof(word));
    memcpy(&last, from + size - sizeof(word), sizeof(word));
    memcpy(to, &word, sizeof(word));
    memcpy(to + size - sizeof(word), &last, sizeof(word));
  };
  if (size > 2 * sizeof(__int128)) [[unlikely]]
    memcpy(to, from, size);
  else if (size >= sizeof(__int128))
    ends(__int128{});
  else if (size >= sizeof(uint64_t))
    ends(uint64_t{});
  else if (size >= sizeof(uint32_t))
    ends(uint32_t{});
  else
    for (size_t i = 0; i != size; ++i)
      to[i] = from[i];
}

// The short form of kText, of `count` units of `unit` bytes that are all of the
// text. Returns where it ends; null: it does not fit, or there are too many.
[[gnu::always_inline]] inline uint8_t *
appendShortText(uint8_t *to, const uint8_t *end, const detail::Limits &limits,
                const void *units, uint64_t count, uint32_t unit) {
  if (count >= kLongText || count > limits.text ||
      1 + count * unit > uint64_t(end - to)) [[unlikely]]
    return nullptr;
  *to++ = uint8_t(count);
  copyText(to, static_cast<const uint8_t *>(units), count * unit);
  return to + count * unit;
}

// What is in front of the units of a kText, to which `from` then points. False:
// they do not end before `end`.
inline bool takeTextCounts(const uint8_t *&from, const uint8_t *end,
                           uint32_t unit, uint32_t &stored, uint32_t &full) {
  if (from == end)
    return false;
  stored = full = *from++;
  if (stored == kLongText) {
    if (end - from < int64_t{kLongTextHead - 1})
      return false;
    memcpy(&stored, from, sizeof(stored));
    memcpy(&full, from + sizeof(stored), sizeof(full));
    from += kLongTextHead - 1;
  }
  return uint64_t{stored} * unit <= uint64_t(end - from);
}

// Inside of another one.
inline void encodeNested(detail::Encoder &encoder, const detail::Type &type,
                         const void *value) {
  if (encoder.depth == encoder.limits->depth)
    return;
  ++encoder.depth;
  encodeValue(encoder, type, value);
  --encoder.depth;
}

} // namespace obs::rt

#endif // OBS_RUNTIME_ENCODER_H
