// SPDX-License-Identifier: Apache-2.0
#include "encoder.h"

#include "entry_point.h"
#include "events.h"
#include "exception_info.h"
#include "in_runtime.h"
#include "safe_read.h"

#include <algorithm>

namespace obs::rt {
namespace {

using detail::Encoder;
using detail::Items;
using detail::kUnknownSize;

uint64_t roomOf(const Encoder &encoder) {
  return uint64_t(encoder.end - encoder.cursor);
}

uint32_t least(uint64_t a, uint32_t b) {
  return a < b ? uint32_t(a) : b;
}

// REQUIRES: there is room.
void writeLongText(uint8_t *to, uint32_t stored, uint32_t full) {
  *to = kLongText;
  memcpy(to + 1, &stored, sizeof(stored));
  memcpy(to + 1 + sizeof(stored), &full, sizeof(full));
}

// With kLongText, `stored` of `count` units, or as many as fit.
[[gnu::noinline]] void encodeLongText(Encoder &encoder, const void *units,
                                      uint32_t stored, uint64_t count,
                                      uint32_t unit) {
  const uint32_t full = least(count, 0xFFFFFFFF);
  const uint64_t room = roomOf(encoder);
  const uint64_t most =
      room < kLongTextHead ? 0 : (room - kLongTextHead) / unit;
  // In a container: room for what follows it.
  if (room < kLongTextHead || (stored > most && encoder.inItems)) {
    stop(encoder);
    return;
  }
  if (stored > most) {
    stored = uint32_t(most);
    encoder.cut = true;
  }
  writeLongText(encoder.cursor, stored, full);
  encoder.cursor += kLongTextHead;
  appendBytes(encoder, units, uint64_t{stored} * unit);
}

void encodeText(Encoder &encoder, const void *units, uint64_t count,
                uint32_t unit) {
  uint32_t stored = least(count, encoder.limits->text);
  uint8_t *end = nullptr;
  if (isThere(encoder, units, uint64_t{stored} * unit))
    end = appendShortText(encoder.cursor, encoder.end, *encoder.limits, units,
                          count, unit);
  else
    stored = 0;
  if (!end) [[unlikely]]
    return encodeLongText(encoder, units, stored, count, unit);
  encoder.cursor = end;
}

void encodeTextPointer(Encoder &encoder, const char *text) {
  const uint64_t room = roomOf(encoder);
  if (room < 32) {
    stop(encoder);
    return;
  }
  if (!text) {
    *encoder.cursor++ = 0;
    return;
  }
  const uint32_t limit = encoder.limits->text;
  const uint32_t most = least(room - 1 - kLongTextHead, limit);
  uint8_t *const units = encoder.cursor + 2; // of a short one
  const uint32_t full =
      encoder.limits->pointer == 1 ? kUnreadable : readText(text, units, most);
  if (full == kUnreadable) {
    *encoder.cursor++ = 2;
    appendNumber(encoder, text);
    return;
  }
  const uint32_t stored = std::min(full, most);
  if (full > most && most < limit)
    encoder.cut = true;
  *encoder.cursor++ = 1;
  if (full < kLongText && full <= most) {
    *encoder.cursor = uint8_t(full);
    encoder.cursor += 1 + full;
    return;
  }
  memmove(encoder.cursor + kLongTextHead, units, stored);
  writeLongText(encoder.cursor, stored, full);
  encoder.cursor += kLongTextHead + stored;
}

uint32_t terminatorIn(const void *units, uint64_t most, uint32_t unit) {
  const auto *bytes = static_cast<const uint8_t *>(units);
  if (unit == 1) {
    const auto *end = static_cast<const uint8_t *>(memchr(bytes, 0, most));
    return uint32_t(end ? uint64_t(end - bytes) : most);
  }
  uint32_t at = 0;
  while (at < most && std::any_of(bytes + at * unit, bytes + (at + 1) * unit,
                                  [](uint8_t byte) { return byte != 0; }))
    ++at;
  return at;
}

// `count` values of `size` bytes, as they lie in memory.
void encodeBlock(Encoder &encoder, const void *from, uint64_t count,
                 uint32_t size) {
  if (roomOf(encoder) < 12) {
    stop(encoder);
    return;
  }
  uint32_t stored = count <= encoder.limits->items ? uint32_t(count) : 0;
  const uint64_t room = roomOf(encoder) - 12;
  if (uint64_t{stored} * size > room) {
    stored = uint32_t(room / size);
    encoder.cut = true;
  }
  if (!isThere(encoder, from, uint64_t{stored} * size))
    stored = 0;
  appendNumber(encoder, stored);
  appendNumber(encoder, count);
  append(encoder, from, uint64_t{stored} * size);
}

bool beginItems(Encoder &encoder, Items &items, uint64_t full) {
  const uint32_t few = encoder.limits->items;
  items.head = encoder.cursor;
  items.limit = encoder.end;
  items.depth = encoder.depth;
  items.around = encoder.inItems;
  items.stored = 0;
  items.full = full;
  items.most = full == kUnknownSize ? few + 1 : full <= few ? full : 0;
  appendNumber(encoder, items.stored);
  appendNumber(encoder, full);
  if (encoder.stopped) {
    encoder.cursor = items.head;
    return false;
  }
  ++encoder.inItems;
  items.item = encoder.cursor;
  return true;
}

bool nextItem(Encoder &encoder, Items &items) {
  // What takes no room takes time all the same.
  if (encoder.stopped || (encoder.cursor == items.item &&
                          encoder.blank++ == encoder.limits->items))
    return false;
  items.item = encoder.cursor;
  return ++items.stored < items.most;
}

void endItems(Encoder &encoder, Items &items, bool all, bool threw) {
  encoder.inItems = items.around;
  if (encoder.stopped || threw) {
    encoder.cursor = items.item;
    encoder.end = items.limit;
    encoder.depth = items.depth;
    encoder.stopped = false;
  }
  if (items.full == kUnknownSize) {
    if (items.stored > encoder.limits->items) { // too many, as it turns out
      items.stored = 0;
      encoder.cursor = items.head + 12;
    } else if (all) {
      items.full = items.stored;
    }
    memcpy(items.head + 4, &items.full, sizeof(items.full));
  }
  memcpy(items.head, &items.stored, sizeof(items.stored));
}

void encodeArray(Encoder &encoder, const detail::Type &type, const void *first,
                 uint64_t count, uint64_t stride) {
  if (!type.encode && type.size == stride) {
    encodeBlock(encoder, first, count, type.size);
    return;
  }
  Items items;
  if (!beginItems(encoder, items, count))
    return;
  bool threw = false;
  try {
    const auto *at = static_cast<const uint8_t *>(first);
    if (items.most > 0)
      do
        encodeNested(encoder, type, at);
      while (nextItem(encoder, items) && (at += stride));
  } catch (...) {
    threw = true;
  }
  endItems(encoder, items, /*all=*/true, threw);
}

// By the Itanium C++ ABI: in front of the virtual functions is a pointer to the
// type's description (null without RTTI), whose second word is the name.
void encodeDynamicType(Encoder &encoder, const void *object) {
  struct Description {
    const void *virtuals;
    const char *name;
  };
  if (encoder.depth == encoder.limits->depth)
    return;
  const auto *const virtuals =
      *static_cast<const Description *const *const *>(object);
  if (!virtuals || !isThere(encoder, virtuals - 1, sizeof(*virtuals)) ||
      !isThere(encoder, virtuals[-1], virtuals[-1] ? sizeof(Description) : 0)) {
    stop(encoder);
    return;
  }
  const Description *const type = virtuals[-1];
  encodeTextPointer(encoder, type && !encoder.inBase ? type->name : nullptr);
  encoder.inBase = false;
}

void encodeException(Encoder &encoder) {
  alignas(8) uint8_t bytes[kMaxFailBytes];
  FailDetail detail = {};
  const InRuntime inside;
  const uint32_t size = describeException(bytes);
  const uint8_t *text = bytes + sizeof(detail);
  if (size >= sizeof(detail))
    memcpy(&detail, bytes, sizeof(detail));
  if (detail.messageSize)
    encodeText(encoder, text + detail.typeSize, detail.messageSize, 1);
  else
    encodeText(encoder, text, detail.typeSize, 1);
}

} // namespace
} // namespace obs::rt

namespace obs::detail {

OBS_ENTRY void obs_rt_encode(Encoder &encoder, const Type &type,
                             const void *value) {
  rt::encodeValue(encoder, type, value);
}

OBS_ENTRY void obs_rt_encode_nested(Encoder &encoder, const Type &type,
                                    const void *value) {
  rt::encodeNested(encoder, type, value);
}

OBS_ENTRY void obs_rt_encode_base(Encoder &encoder, const Type &type,
                                  const void *value) {
  encoder.inBase = true;
  rt::encodeNested(encoder, type, value);
  encoder.inBase = false;
}

OBS_ENTRY void obs_rt_encode_bytes(Encoder &encoder, const void *from,
                                   U64 size) noexcept {
  rt::appendBytes(encoder, from, size);
}

OBS_HOT OBS_ENTRY void obs_rt_encode_text(Encoder &encoder, const void *units,
                                          U64 count, U32 unit) noexcept {
  rt::encodeText(encoder, units, count, unit);
}

OBS_ENTRY void obs_rt_encode_text_pointer(Encoder &encoder,
                                          const char *text) noexcept {
  rt::encodeTextPointer(encoder, text);
}

OBS_ENTRY void obs_rt_encode_text_array(Encoder &encoder, const void *units,
                                        U64 count, U32 unit) noexcept {
  const U64 most = std::min(count, U64(encoder.limits->text) + 1);
  rt::appendNumber(encoder, U8(1));
  rt::encodeText(encoder, units, rt::terminatorIn(units, most, unit), unit);
}

OBS_ENTRY void obs_rt_encode_dynamic_type(Encoder &encoder,
                                          const void *object) noexcept {
  rt::encodeDynamicType(encoder, object);
}

OBS_ENTRY void obs_rt_encode_array(Encoder &encoder, const Type &type,
                                   const void *first, U64 count, U64 stride) {
  rt::encodeArray(encoder, type, first, count, stride);
}

OBS_ENTRY void obs_rt_encode_bits(Encoder &encoder, const void *from,
                                  U64 count) noexcept {
  const U32 stored = count <= encoder.limits->items ? U32(count) : 0;
  rt::appendNumber(encoder, stored);
  rt::appendNumber(encoder, count);
  rt::appendBytes(encoder, from, (stored + 7) / 8);
}

OBS_ENTRY bool obs_rt_items_begin(Encoder &encoder, Items &items,
                                  U64 full) noexcept {
  if (!rt::beginItems(encoder, items, full))
    return false;
  if (items.most == 0)
    rt::endItems(encoder, items, /*all=*/false, /*threw=*/false);
  return items.most > 0;
}

OBS_ENTRY bool obs_rt_items_next(Encoder &encoder, Items &items) noexcept {
  return rt::nextItem(encoder, items);
}

OBS_ENTRY void obs_rt_items_end(Encoder &encoder, Items &items, bool all,
                                bool threw) noexcept {
  rt::endItems(encoder, items, all, threw);
}

OBS_ENTRY bool obs_rt_pieces_begin(Encoder &encoder, Items &items,
                                   U64 full) noexcept {
  items.head = encoder.cursor;
  items.full = full;
  items.most = encoder.limits->text;
  rt::encodeLongText(encoder, nullptr, 0, 0, 1);
  return encoder.cursor != items.head;
}

OBS_ENTRY bool obs_rt_pieces_next(Encoder &encoder, Items &items,
                                  const void *piece, U64 size) noexcept {
  const U64 some = std::min(size, items.most);
  rt::appendBytes(encoder, piece, some);
  items.most -= some;
  return items.most > 0 && !encoder.stopped;
}

OBS_ENTRY void obs_rt_pieces_end(Encoder &encoder, Items &items) noexcept {
  rt::writeLongText(items.head,
                    U32(encoder.cursor - items.head) - rt::kLongTextHead,
                    rt::least(items.full, 0xFFFFFFFF));
}

OBS_ENTRY void obs_rt_encode_exception(Encoder &encoder) noexcept {
  rt::encodeException(encoder);
}

} // namespace obs::detail
