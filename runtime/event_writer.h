// SPDX-License-Identifier: Apache-2.0
// Events into the calling thread's ring: no lock, no allocation, no system call
// but for a new chunk.
#ifndef OBS_RUNTIME_EVENT_WRITER_H
#define OBS_RUNTIME_EVENT_WRITER_H

#include "encoder.h"
#include "threads.h"

#include "obs/detail/abi.h"

#include <cstdarg>
#include <cstring>

namespace obs::rt {

template <class T> T relaxedLoad(const T &from) {
  return __atomic_load_n(&from, __ATOMIC_RELAXED);
}
template <class T> void relaxedStore(T &to, T value) {
  __atomic_store_n(&to, value, __ATOMIC_RELAXED);
}

// Keeps others from writing to the thread's ring while an event is written:
// signal handlers, and monitored functions called by size() or an iterator.
class Writing {
public:
  explicit Writing(detail::Thread *thread) : thread_(thread) {
    relaxedStore(thread->slotCount, 0u);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
  }
  ~Writing() {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    relaxedStore(thread_->slotCount, relaxedLoad(thread_->slotLimit));
  }
  Writing(const Writing &) = delete;
  Writing &operator=(const Writing &) = delete;

private:
  detail::Thread *thread_;
};

// Bytes for an event besides the reserves of `open` calls.
inline uint64_t roomFor(const detail::Thread *thread, uint32_t open) {
  const auto room = uint64_t(thread->end - thread->cursor);
  const uint64_t reserved = uint64_t{open} * detail::kExitReserve;
  return room < reserved ? 0 : room - reserved;
}

// A new chunk with room for `bytes` besides the reserves of the open calls.
// False: there is none, write nothing.
bool refill(detail::Thread *thread, uint32_t bytes);

// Writes the header of the event in [begin, end) and returns its padded size.
inline uint32_t seal(uint8_t *begin, const uint8_t *end, detail::EventKind kind,
                     uint8_t flags, uint32_t call) {
  const auto size = uint32_t(end - begin);
  const auto padding = uint8_t(-size & 7);
  const detail::EventHeader header = {uint16_t((size + padding) / 8), kind,
                                      uint8_t(flags | padding), call};
  memcpy(begin, &header, sizeof(header));
  return size + padding;
}

// Lets the collector read what is before the cursor.
inline void publish(detail::Thread *thread) {
  __atomic_store_n(thread->published, uint64_t(thread->cursor - thread->origin),
                   __ATOMIC_RELEASE);
}

// Completes the event from the cursor to `end`, and publishes it.
inline void publish(detail::Thread *thread, const uint8_t *end,
                    detail::EventKind kind, uint8_t flags, uint32_t call) {
  thread->cursor += seal(thread->cursor, end, kind, flags, call);
  publish(thread);
}

// Writes `event` at the cursor, which stays, or aside if there is no room.
// Returns whether it is at the cursor. `whole`: `size` with padding.
bool appendOrAside(detail::Thread *thread, const uint8_t *event, uint32_t size,
                   uint32_t whole);

// Encodes the values of an event at the cursor, after `head` bytes that the
// caller fills in and before `tail` more, besides the reserves of `open` calls;
// in a new chunk if need be. `encode` may run again, with more room. Returns
// where the values end, or null if there is no room. Publishes nothing.
template <class EncodeAll>
uint8_t *encodeEvent(detail::Thread *thread, const detail::Limits &limits,
                     uint32_t head, uint32_t tail, uint32_t open,
                     const EncodeAll &encode) {
  // Most events are small, and a thread's first chunk may be so too; only what
  // did not fit there asks for more.
  const uint32_t usual = head + tail + detail::kUsualEventBytes;
  for (uint32_t asked = 0;;) {
    if (asked && !refill(thread, asked))
      return nullptr;
    const uint64_t room = roomFor(thread, open);
    const uint32_t most = head + limits.record + tail;
    if (room >= head + tail + 16) {
      const bool whole = room >= most;
      detail::Encoder encoder = {thread->cursor + head,
                                 thread->cursor + (whole ? most : room) - tail,
                                 &limits};
      encode(encoder);
      if (!encoder.cut || whole)
        return encoder.cursor;
    }
    if (asked >= most)
      return nullptr;
    asked = asked || most < usual ? most : usual;
  }
}

// Appends the values that generated code passed for the parameters of `site`.
// They may call the user's size() and iterators, which may throw: the value in
// question and those behind it are cut off then.
void encodeArguments(detail::Encoder &encoder, const detail::Site &site,
                     va_list values);

// Appends one value; nothing of it, if its type's own code throws.
void encodeGuarded(detail::Encoder &encoder, const detail::Type &type,
                   const void *value);

// The values of encodeArguments(), as often as need be.
class Arguments {
public:
  Arguments(const detail::Site &site, va_list values) : site_(site) {
    va_copy(values_, values);
  }
  ~Arguments() { va_end(values_); }
  Arguments(const Arguments &) = delete;
  Arguments &operator=(const Arguments &) = delete;

  void operator()(detail::Encoder &encoder) const {
    va_list copy;
    va_copy(copy, const_cast<Arguments *>(this)->values_);
    encodeArguments(encoder, site_, copy);
    va_end(copy);
  }

private:
  const detail::Site &site_;
  va_list values_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_EVENT_WRITER_H
