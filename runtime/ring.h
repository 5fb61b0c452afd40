// SPDX-License-Identifier: Apache-2.0
// Rings as their readers see them: events out of chunks, checked.
#ifndef OBS_RUNTIME_RING_H
#define OBS_RUNTIME_RING_H

#include "arena.h"
#include "events.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

namespace obs::rt {

// Bytes of the smallest event of a kind; 0 if there is no such kind.
constexpr uint32_t leastEventBytes(uint8_t kind) {
  switch (kind) {
  case kEnter:
    return sizeof(EnterEvent);
  case kResult:
  case kSkip:
  case kSuspend:
    return sizeof(EventHeader);
  case kResume:
    return sizeof(EventHeader) + sizeof(uint64_t);
  case kExit:
    return sizeof(ExitEvent);
  case kFail:
    return sizeof(ExitEvent);
  case kFailDetail:
    return sizeof(ExitEvent) + sizeof(FailDetail);
  case kThrow:
    return sizeof(EnterEvent) + 8 + sizeof(FailDetail);
  default:
    return 0;
  }
}

// An event whose header has been checked: `bytes` (padding taken off) lie in
// memory, and are enough for the fixed part of its kind.
struct EventView {
  const uint8_t *at = nullptr;
  uint32_t bytes = 0;
  EventHeader header{};
};

// Takes events off a piece of memory, which may hold anything: it never reads
// outside, and ends at the first bytes that make no sense. 8-aligned.
class EventReader {
public:
  EventReader(const uint8_t *begin, const uint8_t *end)
      : begin_(begin), cursor_(begin), end_(end) {}

  std::optional<EventView> next();
  // Bytes read so far; a kSkip counts up to the end.
  uint64_t consumed() const { return uint64_t(cursor_ - begin_); }
  bool corrupt() const { return corrupt_; }

private:
  const uint8_t *begin_;
  const uint8_t *cursor_;
  const uint8_t *end_;
  bool corrupt_ = false;
};

// A chunk as long as anybody refers to it. With an arena, the last reference
// gives the chunk back.
class ChunkRef {
public:
  ChunkRef() = default;
  ChunkRef(Arena *arena, ChunkHeader *chunk)
      : state_(new State{arena, chunk}) {}
  ChunkRef(const ChunkRef &other) : state_(other.state_) {
    if (state_)
      state_->references.fetch_add(1, std::memory_order_relaxed);
  }
  ChunkRef(ChunkRef &&other) noexcept
      : state_(std::exchange(other.state_, nullptr)) {}
  ChunkRef &operator=(ChunkRef other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~ChunkRef() {
    // Release: what this thread read was read before the chunk is used anew.
    if (!state_ ||
        state_->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
      return;
    if (state_->arena)
      state_->arena->release(state_->chunk);
    delete state_;
  }
  explicit operator bool() const { return state_ != nullptr; }
  ChunkHeader *operator->() const { return state_->chunk; }
  ChunkHeader *get() const { return state_ ? state_->chunk : nullptr; }

private:
  struct State {
    Arena *arena;
    ChunkHeader *chunk;
    std::atomic<uint64_t> references{1};
  };
  State *state_ = nullptr;
};

// An event that found no room in its ring, or ended on another thread; from
// malloc, the event follows.
struct SideEvent {
  SideEvent *next = nullptr;
  void *ring = nullptr;  // the ring that it belongs to
  uint64_t position = 0; // where it would be in the ring
  uint32_t bytes = 0;    // of the event
  uint32_t owner = 0;    // thread id of the ring's owner; 0: an exit that took
                         // place on another thread

  uint8_t *event() { return reinterpret_cast<uint8_t *>(this + 1); }

  // Bytes of all of this process.
  static inline std::atomic<uint64_t> inUse{0};
};
struct FreeSideEvent {
  void operator()(SideEvent *event) const {
    SideEvent::inUse.fetch_sub(sizeof(SideEvent) + event->bytes,
                               std::memory_order_relaxed);
    free(event);
  }
};
using SideEventPtr = std::unique_ptr<SideEvent, FreeSideEvent>;

// One event, and what keeps it in memory.
struct EventRef {
  const uint8_t *at = nullptr;
  uint32_t bytes = 0;
  uint8_t kind = 0;
  uint8_t flags = 0;
  ChunkRef chunk;
  SideEventPtr side;

  EventRef() = default;
  EventRef(const EventView &view, ChunkRef owner)
      : at(view.at), bytes(view.bytes), kind(view.header.kind),
        flags(view.header.flags), chunk(std::move(owner)) {}
  EventRef(const EventView &view, SideEventPtr owner)
      : at(view.at), bytes(view.bytes), kind(view.header.kind),
        flags(view.header.flags), side(std::move(owner)) {}
  explicit operator bool() const { return at != nullptr; }

  // The same event once more. REQUIRES: it is not a side event.
  EventRef again() const {
    EventRef copy;
    copy.at = at;
    copy.bytes = bytes;
    copy.kind = kind;
    copy.flags = flags;
    copy.chunk = chunk;
    return copy;
  }
};

} // namespace obs::rt

#endif // OBS_RUNTIME_RING_H
