// SPDX-License-Identifier: Apache-2.0
// Events into the calling thread's ring: no lock, no allocation, no system call
// but for a new chunk.
#ifndef OBS_RUNTIME_EVENT_WRITER_H
#define OBS_RUNTIME_EVENT_WRITER_H

#include "encoder.h"
#include "events.h"
#include "threads.h"

#include "obs/detail/abi.h"

#include <algorithm>
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

// Bytes for an event besides what is reserved; may be negative.
inline int64_t roomFor(const detail::Thread *thread) {
  return thread->end - thread->cursor - int64_t{thread->reserved};
}

// A new chunk with room for `bytes` besides the reserves of the open calls.
// False: there is none, write nothing.
bool refill(detail::Thread *thread, uint32_t bytes);

// Writes the header of the event in [begin, end), which is 8-aligned, and
// returns where it ends with its padding.
inline uint8_t *seal(uint8_t *begin, uint8_t *end, EventKind kind,
                     uint8_t flags, uint32_t call) {
  uint8_t *const whole = end + (-reinterpret_cast<uintptr_t>(end) & 7);
  // An EventHeader as a word, which the compiler makes of one in more steps.
  const uint64_t header = uint64_t(whole - begin) / 8 | uint64_t{kind} << 16 |
                          uint64_t(flags | (whole - end)) << 24 |
                          uint64_t{call} << 32;
  static_assert(std::endian::native == std::endian::little);
  memcpy(begin, &header, sizeof(header));
  return whole;
}

// Moves the cursor to `to`, and lets the collector read what is before it.
inline void publishTo(detail::Thread *thread, uint8_t *to) {
  thread->cursor = to;
  __atomic_store_n(thread->published, uint64_t(to - thread->origin),
                   __ATOMIC_RELEASE);
}

// Completes the event from the cursor to `end`, and publishes it.
inline void publish(detail::Thread *thread, uint8_t *end, EventKind kind,
                    uint8_t flags, uint32_t call) {
  publishTo(thread, seal(thread->cursor, end, kind, flags, call));
}

// Writes `event` at the cursor, which stays, or aside if there is no room.
// Returns whether it is at the cursor. `whole`: `size` with padding.
bool appendOrAside(detail::Thread *thread, const uint8_t *event, uint32_t size,
                   uint32_t whole);

// Room for values to ask for next, after `asked` bytes were not enough (0: none
// was asked for); 0: there is no more. Most events are small, and a thread's
// first chunk may be so too; only what did not fit there asks for much.
uint32_t nextSize(uint32_t asked, uint32_t most);

// Where encoded values end, and whether something did not fit.
struct Encoded {
  uint8_t *end;
  bool cut;
};

// encodeEvent() in the present chunk. Null: there is more than fits, or nothing
// does.
template <class EncodeAll>
[[gnu::always_inline]] inline uint8_t *
encodeHere(detail::Thread *thread, const detail::Limits &limits, uint32_t head,
           uint32_t tail, const EncodeAll &encode) {
  const int64_t room = roomFor(thread) - head - tail;
  if (room < 16)
    return nullptr;
  uint8_t *const begin = thread->cursor + head;
  const Encoded encoded =
      encode(begin, begin + std::min<int64_t>(room, limits.record), limits);
  if (encoded.cut && roomFor(thread) - head - tail < int64_t{limits.record})
      [[unlikely]]
    return nullptr;
  return encoded.end;
}

template <class EncodeAll>
[[gnu::noinline, gnu::hot]] uint8_t *
encodeInNewChunk(detail::Thread *thread, const detail::Limits &limits,
                 uint32_t head, uint32_t tail, const EncodeAll &encode) {
  for (uint32_t asked = 0; (asked = nextSize(asked, limits.record));) {
    if (!refill(thread, head + asked + tail))
      return nullptr;
    if (uint8_t *const end = encodeHere(thread, limits, head, tail, encode))
      return end;
  }
  return nullptr;
}

// Encodes the values of an event at the cursor, after `head` bytes that the
// caller fills in and before `tail` more that are its own; in a new chunk if
// need be. `encode` gets the memory from one address to another, and the
// limits, and returns Encoded; it may run again, with more room. Returns where
// the values end, or null if there is no room. Publishes nothing.
template <class EncodeAll>
[[gnu::always_inline]] inline uint8_t *
encodeEvent(detail::Thread *thread, const detail::Limits &limits, uint32_t head,
            uint32_t tail, const EncodeAll &encode) {
  if (uint8_t *const end = encodeHere(thread, limits, head, tail, encode))
      [[likely]]
    return end;
  const EncodeAll again = encode; // the other one stays in registers
  return encodeInNewChunk(thread, limits, head, tail, again);
}

// The same of an `object` of kTextFirst or kTextSecond.
[[gnu::always_inline]] inline uint8_t *
appendShortText(uint8_t *to, const uint8_t *end, const detail::Limits &limits,
                const detail::Type &type, const void *object) {
  const auto *const words = static_cast<const uint64_t *>(object);
  return appendShortText(
      to, end, limits,
      reinterpret_cast<const void *>(words[type.passing - detail::kTextFirst]),
      words[detail::kTextSecond - type.passing], /*unit=*/1);
}

// Appends one value; nothing of it, if its type's own code throws.
inline void encodeGuarded(detail::Encoder &encoder, const detail::Type &type,
                          const void *value) {
  uint8_t *const begin = encoder.cursor;
  try {
    encodeValue(encoder, type, value);
  } catch (...) {
    cutAt(encoder, begin);
  }
}

// The same of a value alone, between two addresses.
Encoded encodeOne(const detail::Type &type, const void *value, uint8_t *begin,
                  uint8_t *end, const detail::Limits &limits);

// The words that generated code passes for the parameters of a function.
#ifdef __x86_64__
class Words {
public:
  // By the System V ABI: six of them at most in registers, which the callee
  // has saved, the others on the stack.
  explicit Words(va_list list)
      : next_(at(list->reg_save_area, list->gp_offset)),
        savedEnd_(at(list->reg_save_area, 6 * sizeof(uint64_t))),
        others_(at(list->overflow_arg_area, 0)) {}

  uint64_t peek() {
    if (next_ == savedEnd_) [[unlikely]]
      next_ = others_;
    return *next_;
  }
  void skip() { ++next_; } // what was peeked at

private:
  static const uint64_t *at(void *area, uint32_t offset) {
    return reinterpret_cast<const uint64_t *>(static_cast<char *>(area) +
                                              offset);
  }

  const uint64_t *next_;
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

  uint64_t peek() { return va_arg(Words(*this).list_, uint64_t); }
  void skip() { (void)va_arg(list_, uint64_t); }

private:
  mutable va_list list_; // va_copy() takes no constant one
};
#endif

// What a call passes, to be encoded as often as need be.
class Arguments {
public:
  Arguments(const detail::Site &site, va_list values)
      : site_(site), words_(values) {}

  // Words and short texts as long as nothing else comes; the others by rest().
  [[gnu::always_inline]] Encoded
  operator()(uint8_t *cursor, uint8_t *end,
             const detail::Limits &limits) const {
    if (site_.parameterCount == 0)
      return {cursor, false};
    const detail::Type *const *type = site_.types + 1;
    const detail::Type *const *const last = type + site_.parameterCount;
    const uint8_t *const lastWord = end - sizeof(uint64_t);
    Words words = words_;
    for (; type != last; ++type) {
      const detail::Type &it = **type;
      if (it.passing == detail::kAsWord && cursor <= lastWord) [[likely]] {
        const uint64_t word = words.peek();
        words.skip();
        memcpy(cursor, &word, sizeof(word));
        cursor += it.size;
        continue;
      }
      if (it.passing >= detail::kTextFirst) {
        const auto *const object = reinterpret_cast<void *>(words.peek());
        if (uint8_t *const next =
                appendShortText(cursor, end, limits, it, object)) [[likely]] {
          words.skip();
          cursor = next;
          continue;
        }
      }
      return rest(type, last, words, cursor, end, limits);
    }
    return {cursor, false};
  }

  // The same after the call has run: what the parameters refer to may be gone.
  Encoded after(uint8_t *cursor, uint8_t *end,
                const detail::Limits &limits) const;

private:
  // They may call the user's size() and iterators, which may throw: the value
  // in question and those behind it are cut off then.
  static Encoded rest(const detail::Type *const *type,
                      const detail::Type *const *last, Words words,
                      uint8_t *cursor, uint8_t *end,
                      const detail::Limits &limits,
                      detail::MemoryCheck *check = nullptr);

  const detail::Site &site_;
  const Words words_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_EVENT_WRITER_H
