// SPDX-License-Identifier: Apache-2.0
// Events into the calling thread's ring: no lock, no allocation, no system call
// but for a new chunk.
#ifndef OBS_RUNTIME_EVENT_WRITER_H
#define OBS_RUNTIME_EVENT_WRITER_H

#include "encoder.h"
#include "events.h"
#include "threads.h"

#include "obs/detail/abi.h"

#include <bit>
#include <cstdarg>
#include <cstring>

namespace obs::rt {

// The id of a site, whose limits are then there.
inline detail::U32 idOf(const detail::Site &site) {
  return __atomic_load_n(site.id, __ATOMIC_ACQUIRE);
}
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
  const uint64_t reserved = uint64_t{open} * kExitReserve;
  return room < reserved ? 0 : room - reserved;
}

// A new chunk with room for `bytes` besides the reserves of the open calls.
// False: there is none, write nothing.
bool refill(detail::Thread *thread, uint32_t bytes);

// Writes the header of the event in [begin, end) and returns its padded size.
inline uint32_t seal(uint8_t *begin, const uint8_t *end, EventKind kind,
                     uint8_t flags, uint32_t call) {
  const auto size = uint32_t(end - begin);
  const uint32_t whole = (size + 7) & ~7u;
  // A word, lest the compiler stores it piecemeal.
  const auto header = std::bit_cast<uint64_t>(EventHeader{
      uint16_t(whole / 8), kind, uint8_t(flags | (whole - size)), call});
  memcpy(begin, &header, sizeof(header));
  return whole;
}

// Lets the collector read what is before the cursor.
inline void publish(detail::Thread *thread) {
  __atomic_store_n(thread->published, uint64_t(thread->cursor - thread->origin),
                   __ATOMIC_RELEASE);
}

// Completes the event from the cursor to `end`, and publishes it.
inline void publish(detail::Thread *thread, const uint8_t *end, EventKind kind,
                    uint8_t flags, uint32_t call) {
  thread->cursor += seal(thread->cursor, end, kind, flags, call);
  publish(thread);
}

// Writes `event` at the cursor, which stays, or aside if there is no room.
// Returns whether it is at the cursor. `whole`: `size` with padding.
bool appendOrAside(detail::Thread *thread, const uint8_t *event, uint32_t size,
                   uint32_t whole);

// Room for values to ask for next, after `asked` bytes were not enough (0:
// those at hand); 0: there is no more. Most events are small, and a thread's
// first chunk may be so too; only what did not fit there asks for much.
uint32_t nextSize(uint32_t asked, uint32_t most);

// Encodes the values of an event at the cursor, after `head` bytes that the
// caller fills in and before `tail` more, besides the reserves of `open` calls;
// in a new chunk if need be. `encode` may run again, with more room. Returns
// where the values end, or null if there is no room. Publishes nothing.
template <class EncodeAll>
[[gnu::always_inline]] inline uint8_t *
encodeEvent(detail::Thread *thread, const detail::Limits &limits, uint32_t head,
            uint32_t tail, uint32_t open, const EncodeAll &encode) {
  for (uint32_t asked = 0;;) {
    const int64_t room = int64_t(roomFor(thread, open)) - head - tail;
    const bool whole = room >= int64_t{limits.record};
    if (room >= 16) {
      uint8_t *const begin = thread->cursor + head;
      detail::Encoder encoder = {begin, begin + (whole ? limits.record : room),
                                 &limits};
      encode(encoder);
      if (!encoder.cut || whole) [[likely]]
        return encoder.cursor;
    }
    asked = nextSize(asked, limits.record);
    if (!asked || !refill(thread, head + asked + tail))
      return nullptr;
  }
}

// Appends one value; nothing of it, if its type's own code throws.
void encodeGuarded(detail::Encoder &encoder, const detail::Type &type,
                   const void *value);
// The same of a value that is handed over in `word`, as its type says.
void encodePassed(detail::Encoder &encoder, const detail::Type &type,
                  uint64_t word);

// The words that generated code passes for the parameters of a function.
#ifdef __x86_64__
class Words {
public:
  // By the System V ABI: six of them at most in registers, which the callee
  // has saved, the others on the stack.
  explicit Words(va_list list)
      : saved_(at(list->reg_save_area, list->gp_offset)),
        savedEnd_(at(list->reg_save_area, 6 * sizeof(uint64_t))),
        others_(at(list->overflow_arg_area, 0)) {}

  uint64_t next() { return saved_ != savedEnd_ ? *saved_++ : *others_++; }

private:
  static const uint64_t *at(void *area, uint32_t offset) {
    return reinterpret_cast<const uint64_t *>(static_cast<char *>(area) +
                                              offset);
  }

  const uint64_t *saved_;
  const uint64_t *savedEnd_;
  const uint64_t *others_;
};
#else
class Words {
public:
  explicit Words(va_list list) { va_copy(list_, list); }
  Words(const Words &other) { va_copy(list_, other.list_); }
  Words &operator=(const Words &) = delete;
  ~Words() { va_end(list_); }

  uint64_t next() { return va_arg(list_, uint64_t); }

private:
  mutable va_list list_; // va_copy() takes no constant one
};
#endif

// What a call passes, to be encoded as often as need be.
class Arguments {
public:
  Arguments(const detail::Site &site, va_list values)
      : site_(site), words_(values) {}

  // They may call the user's size() and iterators, which may throw: the value
  // in question and those behind it are cut off then.
  void operator()(detail::Encoder &encoder) const {
    Words words = words_;
    const uint32_t count = site_.parameterCount;
    const detail::Type *const *const types = site_.types;
    uint8_t *cursor = encoder.cursor; // in a register
    for (uint32_t i = 1; i <= count; ++i) {
      const detail::Type &type = *types[i];
      if (type.passing == detail::kAsWord &&
          encoder.end - cursor >= int64_t{sizeof(uint64_t)}) [[likely]] {
        const uint64_t word = words.next();
        memcpy(cursor, &word, sizeof(word));
        cursor += type.size;
      } else if (type.passing != detail::kNotPassed) {
        encoder.cursor = cursor;
        encodePassed(encoder, type, words.next());
        cursor = encoder.cursor;
      }
    }
    encoder.cursor = cursor;
  }

private:
  const detail::Site &site_;
  const Words words_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_EVENT_WRITER_H
