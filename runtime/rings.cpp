// SPDX-License-Identifier: Apache-2.0
// The rings of a process: their pool, their directory, and what they counted.
#include "rings.h"

#include "entry_point.h"
#include "in_runtime.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace obs::rt {
namespace {

// Bytes of new chunks after which the collector is woken ahead of its time: of
// half the calls that may wait for the writer.
constexpr uint64_t kWakeBytes = 2 << 20;

constexpr size_t kUsualThreads = 1024;

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

Rings::Rings(Arena &arena, Registry &registry, std::function<void()> wake,
             uint64_t sideBytes)
    : arena_(arena), registry_(registry), wake_(std::move(wake)),
      sideBytes_(sideBytes) {
  static constexpr bool kAnywhere = true; // without memory
  void *const mark = memory_.allocate(sizeof(bool));
  isHere_ = mark ? new (mark) bool(true) : &kAnywhere;
  SideEvent::inUse.store(0, std::memory_order_relaxed); // those of a parent
  // A new thread's first allocation takes it tens of microseconds.
  MutexLock lock(&mutex_);
  rings_.reserve(kUsualThreads);
  pool_.reserve(kUsualThreads);
}

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
  ring->thread.reserved = 0;
  ring->stack_.begin(&wake_);
  wantsStacks_.store(true, std::memory_order_release);
  return ring;
}

void Rings::release(Ring *ring) {
  ring->stack_.end();
  MutexLock lock(&mutex_);
  // The next owner starts with a chunk of its own.
  ring->skipRest();
  ring->thread.slotCount = 0;
  ring->thread.cursor = ring->thread.end = ring->thread.origin = nullptr;
  pool_.push_back(ring);
}

void Rings::findStacks() {
  if (!wantsStacks_.exchange(false, std::memory_order_acquire))
    return;
  for (uint32_t number = 0; number != size(); ++number)
    at(number)->stack_.find();
}

Ring *Rings::make() {
  static_assert(std::is_trivially_destructible_v<Ring> &&
                sizeof(Ring) <= WipedMemory::kMost);
  void *const memory = memory_.allocate(sizeof(Ring));
  if (!memory)
    return nullptr;
  Ring *const ring = new (memory) Ring;
  ring->rings_ = this;
  ring->number_ = uint32_t(rings_.size());
  ring->random_ = uint64_t{ring->number_} + 0x853C49E6748FEA9B;
  ring->thread.published =
      reinterpret_cast<detail::U64 *>(&ring->unlisted_.published);
  ring->thread.ring = ring;
  rings_.push_back(ring);
  size_.store(uint32_t(rings_.size()), std::memory_order_release);
  return ring;
}

OBS_HOT bool Rings::list(Ring &ring) {
  if (&ring.header() != &ring.unlisted_)
    return true;
  const InRuntime inside;
  MutexLock lock(&mutex_);
  constexpr uint64_t kPerChunk =
      (chunkClassBytes(0) - sizeof(ChunkHeader)) / sizeof(RingHeader);
  if (!directory_ ||
      directory_->used.load(std::memory_order_relaxed) == kPerChunk) {
    ChunkHeader *chunk =
        arena_.claim(chunkClassBytes(0), Arena::Purpose::Books);
    if (!chunk)
      return false;
    memset(chunk->data(), 0, chunk->capacity());
    chunk->sequence = listed_;
    chunk->kind.store(ChunkKind::Rings, std::memory_order_release);
    directory_ = chunk;
  }
  const uint64_t used = directory_->used.load(std::memory_order_relaxed);
  auto *header = reinterpret_cast<RingHeader *>(directory_->data()) + used;
  ring.listed_ = listed_++;
  ring.header_.store(header, std::memory_order_release);
  ring.thread.published = reinterpret_cast<detail::U64 *>(&header->published);
  directory_->used.store(used + 1, std::memory_order_release);
  return true;
}

detail::Slot *Rings::sharedSlots(uint32_t count) {
  MutexLock lock(&mutex_);
  if (sharedSlotCount_ < count) {
    const uint32_t wanted = std::max({count, 2 * sharedSlotCount_, 64u});
    std::unique_ptr<detail::Slot[]> slots(new (std::nothrow)
                                              detail::Slot[wanted]());
    if (!slots)
      return nullptr;
    sharedSlots_.push_back(std::move(slots));
    sharedSlotCount_ = wanted;
  }
  return sharedSlots_.back().get();
}

Ring *Rings::at(uint32_t number) const {
  MutexLock lock(&mutex_);
  return rings_[number];
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

void Rings::spreadRates() {
  const uint64_t now = registry_.rates();
  MutexLock lock(&mutex_);
  for (Ring *ring : rings_)
    if (ring->rates_.load(std::memory_order_relaxed) != now)
      ring->askForRates();
}

Rings::Totals Rings::totals() const {
  Totals totals;
  std::vector<bool> unstable;
  const auto resize = [&] { // for all entries that a slot may name by now
    const uint32_t entries = registry_.size();
    totals.calls.resize(entries);
    totals.drops.resize(entries);
    unstable.resize(entries);
    return entries;
  };
  MutexLock lock(&mutex_);
  for (Ring *ring : rings_) {
    const uint64_t offset =
        ring->header().slots.load(std::memory_order_acquire);
    if (offset == 0)
      continue;
    ChunkHeader *chunk = arena_.chunkAt(offset);
    const uint64_t used = chunk->used.load(std::memory_order_acquire);
    resize();
    for (uint64_t site = 0; site != used; ++site) {
      const detail::Slot &slot = SlotTable::slots(*chunk)[site];
      if (const auto calls = callsOf(slot))
        totals.calls[entryOf(slot)] += *calls;
      else
        unstable[entryOf(slot)] = true;
      totals.calls[site] += SlotTable::past(*chunk)[site];
      totals.drops[site] +=
          SlotTable::drops(*chunk)[site].load(std::memory_order_relaxed);
    }
  }
  const uint32_t sites = resize();
  greatest_.resize(sites);
  for (uint32_t site = 0; site != sites; ++site) {
    const SharedCounts &counts = registry_.counts(site);
    totals.calls[site] += counts.calls.load(std::memory_order_relaxed);
    totals.drops[site] += counts.drops.load(std::memory_order_relaxed) +
                          counts.givenUp.load(std::memory_order_relaxed);
    if (int64_t(totals.drops[site]) < 0)
      totals.drops[site] = 0; // one was taken back before it was seen above
    if (!unstable[site])
      greatest_[site] = std::max(greatest_[site], totals.calls[site]);
    totals.calls[site] = greatest_[site];
  }
  if (finalCalls_) {
    totals.calls = *finalCalls_;
    totals.calls.resize(sites);
  }
  return totals;
}

void Rings::giveUp(const CallRef &call) {
  if (call.site >= registry_.size())
    return;
  std::atomic<uint64_t> &count = registry_.counts(call.site).givenUp;
  const uint64_t next = count.load(std::memory_order_relaxed) + 1;
  GivingUp &intent = arena_.header().givingUp;
  intent.event.store(0, std::memory_order_release);
  intent.site = call.site;
  intent.count = next;
  if (const ChunkHeader *chunk = call.enter.chunk())
    intent.event.store(chunk->self +
                           uint64_t(call.enter.at() -
                                    reinterpret_cast<const uint8_t *>(chunk)),
                       std::memory_order_release);
  // A process dies between two stores, and another one sees those before.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  storeId(call.enter, kTombstone);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  count.store(next, std::memory_order_release);
}

void Rings::close() {
  closed_.store(true, std::memory_order_relaxed);
  std::vector<uint64_t> calls = totals().calls;
  MutexLock lock(&mutex_);
  finalCalls_ = std::move(calls);
}

void Rings::retire(ChunkHeader *slotChunk) {
  // No memory is asked for: this may be in a signal handler.
  MutexLock lock(&mutex_);
  slotChunk->next.store(retired_ ? retired_->self : 0,
                        std::memory_order_relaxed);
  retired_ = slotChunk;
}

void Rings::recycleSlotTables() {
  // totals() holds the same mutex, and reads only tables in use; a table that
  // was replaced before this moment is read by nobody.
  MutexLock lock(&mutex_);
  while (ChunkHeader *chunk = retired_) {
    const uint64_t next = chunk->next.load(std::memory_order_relaxed);
    retired_ = next ? arena_.chunkAt(next) : nullptr;
    arena_.release(chunk);
  }
}

// Errors come faster than they can be taken to a file: better the threads that
// throw them wait than that memory grows without end. An error is worth more
// than the limit, so nobody waits for long.
void Rings::awaitCollector() {
  const int error = errno;
  for (int i = 0; i != 50 && !closed_.load(std::memory_order_relaxed) &&
                  SideEvent::inUse.load(std::memory_order_relaxed) > sideBytes_;
       ++i) {
    wake_();
    usleep(1000);
  }
  errno = error;
}

OBS_HOT void Rings::noteClaim(uint64_t bytes) {
  const uint64_t before = claimed_.fetch_add(bytes, std::memory_order_relaxed);
  if (before < kWakeBytes && before + bytes >= kWakeBytes)
    wake_();
}

} // namespace obs::rt
