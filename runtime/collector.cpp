// SPDX-License-Identifier: Apache-2.0
// Reads the rings of this process and hands paired calls to the queue.
#include "collector.h"

#include "ids.h"
#include "log.h"

#include <algorithm>
#include <new>
#include <utility>

namespace obs::rt {
namespace {
constexpr size_t kHandOver = 256; // calls; the writer need not wait for more
// A coroutine that is older is stored as in flight, and not kept any longer.
constexpr int64_t kParkAfterNs = 1'000'000'000;
} // namespace

Collector::Collector(Arena &arena, Rings &rings, Queue &queue, IdSource &ids)
    : arena_(arena), rings_(rings), queue_(queue), ids_(ids),
      coroutines_(*this) {
  calls_.reserve(2 * kHandOver);
}

size_t Collector::drain() {
  handedOver_ = 0;
  arena_.storeClock(ClockSample::take());
  rings_.drained();
  ids_.refresh();
  if (const uint32_t count = rings_.size(); count != 0)
    readingOf(count - 1);
  // A detail aside is published before the event that it belongs to, so it is
  // there once that event is; an exit elsewhere comes after its enter event,
  // which is there once the exit is, or is still to be published: then it
  // waits for the next pass.
  for (const auto &reading : readings_)
    reading->published =
        reading->ring->header().published.load(std::memory_order_acquire);
  SideEvent *event = rings_.takeSideEvents();
  while (event) {
    SideEvent *next = std::exchange(event->next, nullptr);
    Reading &reading = readingOf(static_cast<Ring *>(event->ring)->number());
    *reading.sideEnd = event;
    reading.sideEnd = &event->next;
    event = next;
  }
  for (const auto &reading : readings_)
    readRing(*reading);
  coroutines_.passed();
  handOver();
  parkCoroutines();
  return handedOver_;
}

// The ring may be newer than the pass: its side events are not.
Collector::Reading &Collector::readingOf(uint32_t ring) {
  while (readings_.size() <= ring) {
    auto reading = std::make_unique<Reading>(*this, coroutines_);
    reading->ring = rings_.at(uint32_t(readings_.size()));
    readings_.push_back(std::move(reading));
  }
  return *readings_[ring];
}

void Collector::parkCoroutines() {
  for (int64_t id : queue_.takeGivenUpSnapshots())
    coroutines_.unpark(id);
  if (parking_ && queue_.completed().reaches(*parking_)) {
    coroutines_.forgetParked();
    parking_.reset();
  }
  // While nothing can be stored: no more than the queue would hold.
  while (coroutines_.size() > queue_.capacity()) {
    queue_.countLost(coroutines_.takeOldest());
  }
  if (parking_)
    return;
  const bool isPressing = coroutines_.size() > queue_.capacity() / 2;
  std::vector<CallRef> calls = coroutines_.park(
      isPressing ? INT64_MAX : firstIdAt(unixNow() - kParkAfterNs),
      queue_.capacity() / 4 + 1);
  if (calls.empty())
    return;
  queue_.push(calls);
  parking_ = queue_.pushed();
}

void Collector::finish() {
  drain();
  for (const auto &reading : readings_) {
    readSide(*reading, UINT64_MAX);
    reading->pairer.finish();
  }
  coroutines_.finish();
  handOver();
}

void Collector::readRing(Reading &reading) {
  while (reading.position < reading.published) {
    if (!reading.memory && !nextChunk(reading))
      break;
    readChunk(reading);
    const ChunkHeader &chunk = *reading.memory.chunk();
    const uint64_t end = chunk.base + chunk.capacity();
    if (reading.position < end)
      break;
    if (!nextChunk(reading))
      break;
  }
  readSide(reading, reading.published);
}

void Collector::readChunk(Reading &reading) {
  const ChunkHeader &chunk = *reading.memory.chunk();
  const uint64_t base = chunk.base;
  const uint64_t end = base + chunk.capacity();
  const uint64_t from = reading.position - base;
  const uint64_t to = std::min(reading.published, end) - base;
  const uint8_t *data = chunk.data();
  EventReader reader(data + from, data + to);
  while (const std::optional<EventView> event = reader.next()) {
    const uint64_t position = reading.position;
    readSide(reading, position);
    // First: an event for which there is no memory is not tried again.
    reading.position = base + from + reader.consumed();
    try {
      reading.pairer.feed(*event, position, reading.memory, reading.threadId);
    } catch (const std::bad_alloc &) {
      if (event->header.kind == kEnter)
        lost(event->header.call);
    }
  }
  if (reader.corrupt()) {
    logLine(LogKind::Internal, "a ring has been overwritten by the program; "
                               "part of its calls are lost");
    reading.position = base + to;
    return;
  }
  reading.position = base + from + reader.consumed();
}

bool Collector::nextChunk(Reading &reading) {
  const uint64_t offset =
      reading.memory
          ? reading.memory.chunk()->next.load(std::memory_order_acquire)
          : reading.ring->firstChunk();
  if (offset == 0)
    return false;
  ChunkHeader *const chunk = arena_.chunkAt(offset);
  reading.memory = EventMemory(&arena_, chunk);
  reading.position = chunk->base;
  reading.threadId = chunk->owner;
  if (chunk->firstOfOwner)
    reading.pairer.newOwner();
  return true;
}

void Collector::readSide(Reading &reading, uint64_t position) {
  while (reading.side && reading.side->position <= position) {
    SideEventPtr event(reading.side);
    reading.side = event->next;
    if (!reading.side)
      reading.sideEnd = &reading.side;
    // Of a thread that has nothing in the ring.
    if (event->owner != 0 && event->owner != reading.threadId) {
      reading.pairer.newOwner();
      reading.threadId = event->owner;
    }
    reading.pairer.feedSide(std::move(event), reading.threadId);
  }
}

void Collector::complete(CallRef call) {
  calls_.push_back(std::move(call));
  if (calls_.size() >= kHandOver)
    handOver();
}

void Collector::handOver() {
  handedOver_ += calls_.size();
  if (!calls_.empty())
    queue_.push(calls_);
}

} // namespace obs::rt
