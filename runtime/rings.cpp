// SPDX-License-Identifier: Apache-2.0
// Rings as their writers see them: slots, chunks, and the pool of rings.
#include "rings.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>
#include <new>
#include <utility>

namespace obs::rt {
namespace {

constexpr int kLargestClass = 3; // 128 KB, unless open calls need more

// Below this rate a gap could exceed what a countdown holds; such slots count
// in steps of kStep calls, and draw at the end of each.
constexpr double kLeastGapRate = 1e-7;
constexpr int kStep = 1 << 20;
// Of a slot that is never sampled.
constexpr int kNever = INT_MAX;

// Bytes of new chunks after which the collector is woken ahead of its time.
constexpr uint64_t kWakeBytes = 4 << 20;

template <class T> T load(const T &from) {
  return __atomic_load_n(&from, __ATOMIC_RELAXED);
}
template <class T> void store(T &to, T value) {
  __atomic_store_n(&to, value, __ATOMIC_RELAXED);
}

} // namespace

std::optional<uint64_t> callsOf(const detail::Slot &slot) {
  for (int attempt = 0; attempt != 4; ++attempt) {
    const int before = __atomic_load_n(&slot.countdown, __ATOMIC_ACQUIRE);
    const uint64_t end = __atomic_load_n(&slot.end, __ATOMIC_ACQUIRE);
    const int after = __atomic_load_n(&slot.countdown, __ATOMIC_RELAXED);
    if (before == after && before > 0)
      return end - uint64_t(before);
  }
  return std::nullopt;
}

// --- Ring -------------------------------------------------------------------

double Ring::uniform() { // xorshift64*
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  const uint64_t bits = (random_ * 0x2545F4914F6CDD1D) >> 11;
  return double(bits + 1) * 0x1p-53;
}

uint64_t Ring::drawGap(double rate) {
  const double gap = std::floor(std::log(uniform()) / std::log1p(-rate));
  return gap < INT_MAX - 1 ? uint64_t(gap) + 1 : uint64_t{INT_MAX - 1};
}

void Ring::armSlot(detail::Slot &slot, uint32_t site) {
  const double rate = rings_->registry_.rate(site);
  const uint64_t gap = rate >= 1              ? 1
                       : rate <= 0            ? uint64_t{kNever}
                       : rate < kLeastGapRate ? uint64_t{kStep}
                                              : drawGap(rate);
  slot.always = rate >= 1;
  store(slot.end, slot.end + gap);
  // Release: who sees the new countdown sees the new end.
  __atomic_store_n(&slot.countdown, int(gap), __ATOMIC_RELEASE);
}

bool Ring::rearm(uint32_t site) {
  const double rate = rings_->registry_.rate(site);
  const bool stepped = rate < kLeastGapRate;
  armSlot(thread.slots[site], site);
  if (!stepped)
    return true;
  return rate > 0 && uniform() <= -std::expm1(kStep * std::log1p(-rate));
}

bool Ring::growSlots(uint32_t count) {
  const uint32_t have = thread.slotLimit;
  if (count <= have)
    return true;
  ChunkHeader *chunk = slotChunk_;
  if (!chunk || SlotTable::capacity(*chunk) < count) {
    chunk = rings_->arena_.claim(
        std::max(SlotTable::bytesFor(count), chunkClassBytes(0)));
    if (!chunk)
      return false;
    memset(chunk->data(), 0, chunk->capacity());
    chunk->ring = number_;
    if (slotChunk_) {
      memcpy(static_cast<void *>(SlotTable::slots(*chunk)),
             SlotTable::slots(*slotChunk_), have * sizeof(detail::Slot));
      for (uint32_t i = 0; i != have; ++i)
        SlotTable::drops(*chunk)[i].store(
            SlotTable::drops(*slotChunk_)[i].load(std::memory_order_relaxed),
            std::memory_order_relaxed);
      chunk->used.store(have, std::memory_order_relaxed);
    }
    chunk->kind.store(ChunkKind::Slots, std::memory_order_relaxed);
  }
  detail::Slot *slots = SlotTable::slots(*chunk);
  for (uint32_t site = have; site != count; ++site)
    armSlot(slots[site], site);
  // Release: readers find the slots below `used` initialized.
  chunk->used.store(count, std::memory_order_release);
  if (chunk != slotChunk_) {
    header_->slots.store(chunk->self, std::memory_order_release);
    if (slotChunk_)
      rings_->retire(slotChunk_);
    slotChunk_ = chunk;
  }
  thread.slots = slots;
  thread.slotLimit = count;
  return true;
}

void Ring::drop(uint32_t site) {
  if (!rings_->closed_.load(std::memory_order_relaxed))
    countDrop(site);
}

void Ring::countDrop(uint32_t site) {
  SlotTable::drops(*slotChunk_)[site].fetch_add(1, std::memory_order_relaxed);
}

uint8_t *Ring::sideBegin(uint32_t bytes) {
  void *memory = malloc(sizeof(SideEvent) + bytes);
  if (!memory)
    return nullptr;
  return (new (memory) SideEvent{.ring = this, .bytes = bytes})->event();
}

void Ring::sideCommit(uint8_t *event) {
  SideEvent *side = reinterpret_cast<SideEvent *>(event) - 1;
  side->position = uint64_t(thread.cursor - thread.origin);
  rings_->publish(side);
}

void Ring::exitElsewhere(const detail::ExitEvent &exit) {
  const uint32_t bytes = uint32_t{exit.header.words} * 8;
  uint8_t *event = sideBegin(bytes);
  if (!event)
    return;
  memcpy(event, &exit, bytes);
  SideEvent *side = reinterpret_cast<SideEvent *>(event) - 1;
  side->elsewhere = 1;
  // Behind the enter event: that was published before the call got here.
  side->position = header_->published.load(std::memory_order_acquire);
  rings_->publish(side);
}

void Ring::skipRest() {
  if (!thread.cursor || thread.cursor == tail_->data() + tail_->capacity())
    return;
  const detail::EventHeader skip = {1, detail::kSkip, 0, 0};
  memcpy(thread.cursor, &skip, sizeof(skip));
}

bool Ring::refill(uint32_t bytes) {
  if (rings_->closed_.load(std::memory_order_relaxed))
    return false;
  const uint64_t reserve = uint64_t{thread.open} * detail::kExitReserve;
  // Many open calls: room for as many again, lest each gets its own chunk.
  const uint64_t least =
      sizeof(ChunkHeader) + bytes + 2 * reserve + detail::kExitReserve;
  ChunkHeader *chunk = nullptr;
  // When memory is short, small chunks for everybody.
  Arena &arena = rings_->arena_;
  if (arena.usedBytes() < arena.limit() / 2)
    chunk = arena.claim(std::max(least, chunkClassBytes(sizeClass_)));
  if (!chunk)
    chunk = arena.claim(least);
  if (!chunk) {
    // Lest each call that is dropped encodes as much as the rest would hold,
    // only to find that it does not fit.
    thread.end = std::min(thread.end, thread.cursor + reserve);
    return false;
  }
  sizeClass_ = std::min(sizeClass_ + 1, kLargestClass);

  const uint64_t base = tail_ ? tail_->base + tail_->capacity() : 0;
  skipRest();
  chunk->ring = number_;
  chunk->owner = owner_;
  chunk->firstOfOwner = newOwner_;
  chunk->base = base;
  chunk->sequence = tail_ ? tail_->sequence + 1 : 0;
  chunk->next.store(0, std::memory_order_relaxed);
  chunk->kind.store(ChunkKind::Events, std::memory_order_release);
  // Release: the collector follows the link to a complete header.
  if (tail_)
    tail_->next.store(chunk->self, std::memory_order_release);
  else
    firstChunk_.store(chunk->self, std::memory_order_release);
  tail_ = chunk;
  newOwner_ = false;
  thread.cursor = chunk->data();
  thread.end = chunk->data() + chunk->capacity();
  thread.origin = reinterpret_cast<detail::U8 *>(
      reinterpret_cast<uintptr_t>(chunk->data()) - base);
  header_->published.store(base, std::memory_order_release);
  rings_->noteClaim(chunk->size);
  return true;
}

// --- Rings ------------------------------------------------------------------

Rings::Rings(Arena &arena, Registry &registry, std::function<void()> wake)
    : arena_(arena), registry_(registry), wake_(std::move(wake)) {}

Ring *Rings::acquire(uint32_t threadId) {
  MutexLock lock(&mutex_);
  Ring *ring = nullptr;
  if (pool_.empty()) {
    ring = make();
  } else {
    ring = pool_.back();
    pool_.pop_back();
  }
  if (!ring)
    return nullptr;
  ring->owner_ = threadId;
  ring->newOwner_ = true;
  ring->sizeClass_ = 1;
  ring->random_ ^= readTsc() * 0x9E3779B97F4A7C15 ^ threadId;
  ring->random_ += ring->random_ == 0;
  ring->thread.slotCount = 0;
  ring->thread.open = 0;
  return ring;
}

void Rings::release(Ring *ring) {
  MutexLock lock(&mutex_);
  // The next owner starts with a chunk of its own.
  ring->skipRest();
  ring->thread.slotCount = 0;
  ring->thread.cursor = ring->thread.end = ring->thread.origin = nullptr;
  pool_.push_back(ring);
}

Ring *Rings::make() {
  const uint64_t perChunk =
      (chunkClassBytes(0) - sizeof(ChunkHeader)) / sizeof(RingHeader);
  if (!directory_ ||
      directory_->used.load(std::memory_order_relaxed) == perChunk) {
    ChunkHeader *chunk = arena_.claim(chunkClassBytes(0));
    if (!chunk)
      return nullptr;
    memset(chunk->data(), 0, chunk->capacity());
    chunk->sequence = rings_.size();
    chunk->kind.store(ChunkKind::Rings, std::memory_order_release);
    directory_ = chunk;
  }
  std::unique_ptr<Ring> ring(new (std::nothrow) Ring);
  if (!ring)
    return nullptr;
  const uint64_t used = directory_->used.load(std::memory_order_relaxed);
  ring->rings_ = this;
  ring->header_ = reinterpret_cast<RingHeader *>(directory_->data()) + used;
  ring->number_ = uint32_t(rings_.size());
  ring->random_ = uint64_t{ring->number_} + 0x853C49E6748FEA9B;
  ring->thread.published =
      reinterpret_cast<detail::U64 *>(&ring->header_->published);
  ring->thread.ring = ring.get();
  directory_->used.store(used + 1, std::memory_order_release);
  rings_.push_back(std::move(ring));
  size_.store(uint32_t(rings_.size()), std::memory_order_release);
  return rings_.back().get();
}

Ring *Rings::at(uint32_t number) const {
  MutexLock lock(&mutex_);
  return rings_[number].get();
}

void Rings::publish(SideEvent *event) {
  SideEvent *old = side_.load(std::memory_order_relaxed);
  do
    event->next = old;
  // Release pairs with takeSideEvents(): the event is complete.
  while (!side_.compare_exchange_weak(old, event, std::memory_order_release,
                                      std::memory_order_relaxed));
}

SideEvent *Rings::takeSideEvents() {
  SideEvent *newest = side_.exchange(nullptr, std::memory_order_acquire);
  SideEvent *list = nullptr;
  while (newest) {
    SideEvent *older = std::exchange(newest->next, list);
    list = std::exchange(newest, older);
  }
  return list;
}

Rings::Totals Rings::totals() const {
  const uint32_t sites = registry_.size();
  Totals totals;
  totals.calls.resize(sites);
  totals.drops.resize(sites);
  MutexLock lock(&mutex_);
  greatest_.resize(std::max<size_t>(greatest_.size(), sites));
  std::vector<bool> unstable(sites);
  for (const auto &ring : rings_) {
    const uint64_t offset =
        ring->header_->slots.load(std::memory_order_acquire);
    if (offset == 0)
      continue;
    ChunkHeader *chunk = arena_.chunkAt(offset);
    const auto used =
        std::min<uint64_t>(chunk->used.load(std::memory_order_acquire), sites);
    for (uint64_t site = 0; site != used; ++site) {
      if (const auto calls = callsOf(SlotTable::slots(*chunk)[site]))
        totals.calls[site] += *calls;
      else
        unstable[site] = true;
      totals.drops[site] +=
          SlotTable::drops(*chunk)[site].load(std::memory_order_relaxed);
    }
  }
  for (uint32_t site = 0; site != sites; ++site) {
    if (!unstable[site])
      greatest_[site] = std::max(greatest_[site], totals.calls[site]);
    totals.calls[site] = greatest_[site];
  }
  if (finalCalls_) {
    totals.calls = *finalCalls_;
    totals.calls.resize(sites);
  }
  MutexLock unplacedLock(&unplacedMutex_);
  for (const auto &[site, calls] : unplaced_)
    if (site < sites)
      totals.drops[site] += calls;
  return totals;
}

void Rings::countUnplaced(uint32_t site) {
  MutexLock lock(&unplacedMutex_);
  ++unplaced_[site];
}

void Rings::close() {
  closed_.store(true, std::memory_order_relaxed);
  std::vector<uint64_t> calls = totals().calls;
  MutexLock lock(&mutex_);
  finalCalls_ = std::move(calls);
}

void Rings::retire(ChunkHeader *slotChunk) {
  MutexLock lock(&mutex_);
  retired_.push_back(slotChunk);
}

void Rings::recycleSlotTables() {
  // totals() holds the same mutex, and reads only tables in use; a table that
  // was replaced before this moment is read by nobody.
  MutexLock lock(&mutex_);
  for (ChunkHeader *chunk : retired_)
    arena_.release(chunk);
  retired_.clear();
}

void Rings::noteClaim(uint64_t bytes) {
  const uint64_t before = claimed_.fetch_add(bytes, std::memory_order_relaxed);
  if (before < kWakeBytes && before + bytes >= kWakeBytes)
    wake_();
}

} // namespace obs::rt
