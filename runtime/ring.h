// SPDX-License-Identifier: Apache-2.0
// Rings as their readers see them: events out of chunks, checked.
#ifndef OBS_RUNTIME_RING_H
#define OBS_RUNTIME_RING_H

#include "arena.h"
#include "events.h"

#include <atomic>
#include <bit>
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
  case kBriefExit:
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
  EventHeader header{}; // kBriefExit: see brief()

  BriefExit brief() const { return std::bit_cast<BriefExit>(header); }
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

// What several references keep in memory.
struct EventOwner {
  Arena *arena = nullptr;
  ChunkHeader *chunk = nullptr; // null: this is a SideEvent
  std::atomic<uint64_t> references{1};
};

// An event that found no room in its ring, or ended on another thread; from
// malloc, the event follows.
struct SideEvent : EventOwner {
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

// A chunk or a side event as long as anybody refers to it. With an arena, the
// last reference gives the chunk back.
class EventMemory {
public:
  EventMemory() = default;
  EventMemory(Arena *arena, ChunkHeader *chunk)
      : owner_(new EventOwner{arena, chunk}) {}
  explicit EventMemory(SideEventPtr side) : owner_(side.release()) {}
  EventMemory(const EventMemory &other) : owner_(other.owner_) {
    if (owner_)
      owner_->references.fetch_add(1, std::memory_order_relaxed);
  }
  EventMemory(EventMemory &&other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)) {}
  EventMemory &operator=(EventMemory other) noexcept {
    std::swap(owner_, other.owner_);
    return *this;
  }
  ~EventMemory() {
    // Release: what this thread read was read before the memory is used anew.
    if (owner_ &&
        owner_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
      give(owner_);
  }
  explicit operator bool() const { return owner_ != nullptr; }
  bool operator==(const EventMemory &) const = default; // the same one
  // Null: a side event, or nothing.
  ChunkHeader *chunk() const { return owner_ ? owner_->chunk : nullptr; }
  // REQUIRES: not empty.
  const uint8_t *begin() const {
    return owner_->chunk ? reinterpret_cast<const uint8_t *>(owner_->chunk)
                         : reinterpret_cast<const uint8_t *>(owner_);
  }

private:
  static void give(EventOwner *owner) {
    if (!owner->chunk)
      return FreeSideEvent()(static_cast<SideEvent *>(owner));
    if (owner->arena)
      owner->arena->release(owner->chunk);
    delete owner;
  }

  EventOwner *owner_ = nullptr;
};

// One event, and what keeps it in memory. Its header is kept as it was checked:
// the program may overwrite its rings.
class EventRef {
public:
  EventRef() = default;
  // REQUIRES: the event lies in `memory`.
  EventRef(const EventView &view, EventMemory memory)
      : memory_(std::move(memory)),
        offset_(uint32_t(view.at - memory_.begin())), bytes_(view.bytes),
        kind_(view.header.kind), flags_(view.header.flags) {}
  explicit operator bool() const { return bool(memory_); }

  const EventMemory &memory() const { return memory_; }
  const uint8_t *at() const { return memory_.begin() + offset_; }
  uint32_t bytes() const { return bytes_; } // without padding
  uint8_t kind() const { return kind_; }
  uint8_t flags() const { return flags_; }
  ChunkHeader *chunk() const { return memory_.chunk(); }
  bool isSide() const { return memory_ && !chunk(); }

private:
  EventMemory memory_;
  uint32_t offset_ = 0;
  uint32_t bytes_ : 20 = 0;
  uint32_t kind_ : 4 = 0;
  uint32_t flags_ : 8 = 0;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_RING_H
