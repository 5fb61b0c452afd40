// SPDX-License-Identifier: Apache-2.0
// Values to bytes, as abi.h lays them down. Runs on the monitored thread:
// bounded, no allocation, no formatting.
#ifndef OBS_RUNTIME_ENCODER_H
#define OBS_RUNTIME_ENCODER_H

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

inline void appendBytes(detail::Encoder &encoder, const void *from,
                        uint64_t size) {
  if (size > uint64_t(encoder.end - encoder.cursor)) {
    stop(encoder);
    return;
  }
  if (size != 0) // else there may be nothing to copy from
    memcpy(encoder.cursor, from, size);
  encoder.cursor += size;
}

template <class T> void appendNumber(detail::Encoder &encoder, T value) {
  appendBytes(encoder, &value, sizeof(value));
}

// A value in place of another one. May throw what the type's own code throws.
inline void encodeValue(detail::Encoder &encoder, const detail::Type &type,
                        const void *value) {
  if (type.encode)
    type.encode(encoder, value);
  else
    appendBytes(encoder, value, type.size);
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
