// SPDX-License-Identifier: Apache-2.0
// A ring as its writer sees it: slots and chunks.
#include "entry_point.h"
#include "in_runtime.h"
#include "rings.h"

#include <algorithm>
#include <bit>
#include <climits>
#include <cmath>
#include <cstring>
#include <new>
#include <numbers>

namespace obs::rt {
namespace {

constexpr int kLargestClass = 3; // 128 KB, unless open calls need more

// Below this rate a gap could exceed what a countdown holds; such slots count
// in steps of kStep calls, and draw at the end of each.
constexpr double kLeastGapRate = 1e-7;
constexpr int kStep = 1 << 20;
// Of a slot that is never sampled.
constexpr int kNever = INT_MAX;

// log(x) of a positive normal number, with a relative error below 1e-11. That
// of the C library reads a random line of a table of 2 KB, which is in no cache
// when one call in a hundred is recorded.
double logarithm(double x) {
  // x = m * 2^exponent, sqrt(1/2) <= m < sqrt(2)
  constexpr uint64_t kRootOfHalf = 0x3FE6A09E667F3BCD;
  const uint64_t bits = std::bit_cast<uint64_t>(x) - kRootOfHalf;
  const auto exponent = double(int64_t(bits) >> 52);
  const auto m = std::bit_cast<double>((bits & ((uint64_t{1} << 52) - 1)) +
                                       kRootOfHalf);
  // log(m) = 2 * atanh(s) = 2 * (s + s^3/3 + s^5/5 + ...)
  const double s = (m - 1) / (m + 1);
  const double square = s * s;
  double series = 0;
  for (int odd = 13; odd > 0; odd -= 2)
    series = series * square + 2. / odd;
  return exponent * std::numbers::ln2 + s * series;
}

template <class T> void store(T &to, T value) {
  __atomic_store_n(&to, value, __ATOMIC_RELAXED);
}

} // namespace

OBS_HOT double Ring::uniform() { // xorshift64*
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  const uint64_t bits = (random_ * 0x2545F4914F6CDD1D) >> 11;
  return double(bits + 1) * 0x1p-53;
}

OBS_HOT double Ring::rateOf(uint32_t entry) {
  if (entry != rateEntry_) {
    const double rate = rings_->registry_.rate(entry);
    if (rate != rate_ && rate > 0 && rate < 1) // most sites share one
      gapScale_ = 1 / std::log1p(-rate);
    rateEntry_ = entry;
    rate_ = rate;
  }
  return rate_;
}

OBS_HOT uint64_t Ring::drawGap() {
  const double gap = logarithm(uniform()) * gapScale_; // to be rounded down
  return gap < INT_MAX - 1 ? uint64_t(gap) + 1 : uint64_t{INT_MAX - 1};
}

void Ring::startSlot(detail::Slot &slot, uint32_t entry) {
  slot.entry = entry | (armSlot(slot, entry) >= 1 ? detail::kAlways : 0);
}

OBS_HOT double Ring::armSlot(detail::Slot &slot, uint32_t entry) {
  const double rate = rateOf(entry);
  const uint64_t gap = rate >= 1              ? 1
                       : rate <= 0            ? uint64_t{kNever}
                       : rate < kLeastGapRate ? uint64_t{kStep}
                                              : drawGap();
  store(slot.end, slot.end + gap);
  // Release: who sees the new countdown sees the new end.
  __atomic_store_n(&slot.countdown, int(gap), __ATOMIC_RELEASE);
  return rate;
}

OBS_HOT std::optional<uint32_t> Ring::rearm(uint32_t site) {
  if (sharesSlots_)
    return countShared(site);
  detail::Slot &slot = thread.slots[site];
  RingHeader &ring = header();
  ring.armingEnd = slot.end;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  ring.armingSite.store(site, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const double rate = armSlot(slot, entryOf(slot));
  ring.armingSite.store(0, std::memory_order_release);
  if (rate < kLeastGapRate &&
      (rate <= 0 || uniform() > -std::expm1(kStep * std::log1p(-rate))))
    return std::nullopt;
  return entryOf(slot);
}

std::optional<uint32_t> Ring::countShared(uint32_t site) {
  store(thread.slots[site].countdown, 0); // the next call comes here, too
  if (rings_->closed_.load(std::memory_order_relaxed))
    return std::nullopt;
  const Registry &registry = rings_->registry_;
  const uint32_t entry = registry.entry(site);
  registry.counts(entry).calls.fetch_add(1, std::memory_order_relaxed);
  const bool isSampled = uniform() <= registry.rate(entry);
  constexpr uint32_t kTryEach = 64; // calls
  if (++sharedCalls_ % kTryEach == 0) {
    const InRuntime inside; // the slots move
    growSlots();
  }
  return isSampled ? std::optional(entry) : std::nullopt;
}

uint32_t Ring::entry(uint32_t site) const {
  return sharesSlots_ || site >= ownSlots_ ? rings_->registry_.entry(site)
                                           : entryOf(thread.slots[site]);
}

bool Ring::ensureSlots() {
  if (growSlots())
    return true;
  const uint32_t count = rings_->registry_.size();
  detail::Slot *shared = rings_->sharedSlots(count);
  if (!shared)
    return false;
  sharesSlots_ = true;
  openSlots(shared, count);
  return true;
}

void Ring::openSlots(detail::Slot *slots, uint32_t count) {
  thread.slots = slots;
  store(thread.slotLimit, count);
}

// Called by any thread. The owner writes slotCount, too: 0 and then slotLimit,
// around an event. Only what is not 0 is replaced here, so an event that is
// being written stays closed to others.
void Ring::askForRates() {
  store(thread.slotLimit, kFirstSite);
  detail::U32 count = __atomic_load_n(&thread.slotCount, __ATOMIC_RELAXED);
  while (count > kFirstSite &&
         !__atomic_compare_exchange_n(&thread.slotCount, &count, kFirstSite,
                                      /*weak=*/true, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED)) {
  }
}

// A table does not change its entries: with other rates comes another table,
// and one store puts it in the place of the former. So whoever counts, now or
// after a crash, finds each call under the entry that it was made with.
bool Ring::growSlots() {
  const Registry &registry = rings_->registry_;
  // In this order: no entry of these rates is beyond that size.
  const uint64_t rates = registry.rates();
  const uint32_t count = registry.size();
  const uint32_t have = ownSlots_;
  const bool isSame = rates == rates_.load(std::memory_order_relaxed);
  if (count == have && isSame && !sharesSlots_) {
    openSlots(thread.slots, count); // it may have been asked for rates
    return true;
  }
  if (!rings_->list(*this))
    return false;
  ChunkHeader *chunk = slotChunk_;
  if (!chunk || !isSame || SlotTable::capacity(*chunk) < count) {
    chunk = rings_->arena_.claim(
        std::max(SlotTable::bytesFor(count), chunkClassBytes(0)),
        Arena::Purpose::Books);
    if (!chunk)
      return false;
    memset(chunk->data(), 0, chunk->capacity());
    chunk->ring = listed_;
    if (slotChunk_)
      copySlots(*chunk, count);
    chunk->kind.store(ChunkKind::Slots, std::memory_order_relaxed);
  }
  detail::Slot *slots = SlotTable::slots(*chunk);
  for (uint32_t site = have; site != count; ++site) {
    const uint32_t entry = registry.entry(site);
    startSlot(slots[site], entry < count ? entry : site);
  }
  // Release: readers find the slots below `used` initialized.
  chunk->used.store(count, std::memory_order_release);
  if (chunk != slotChunk_) {
    header().slots.store(chunk->self, std::memory_order_release);
    if (slotChunk_)
      rings_->retire(slotChunk_);
    slotChunk_ = chunk;
  }
  ownSlots_ = count;
  rates_.store(rates, std::memory_order_relaxed);
  sharesSlots_ = false;
  openSlots(slots, count);
  return true;
}

// What is in slotChunk_, with the rates in force. An entry that is not below
// `entries` is of a later change, which is to come.
void Ring::copySlots(ChunkHeader &to, uint32_t entries) {
  for (uint32_t i = 0; i != ownSlots_; ++i) {
    SlotTable::drops(to)[i].store(
        SlotTable::drops(*slotChunk_)[i].load(std::memory_order_relaxed),
        std::memory_order_relaxed);
    SlotTable::past(to)[i] = SlotTable::past(*slotChunk_)[i];
  }
  for (uint32_t site = 0; site != ownSlots_; ++site) {
    detail::Slot &slot = SlotTable::slots(to)[site];
    slot = SlotTable::slots(*slotChunk_)[site];
    const uint32_t entry = rings_->registry_.entry(site);
    if (entry == entryOf(slot) || entry >= entries)
      continue;
    SlotTable::past(to)[entryOf(slot)] += slot.end - uint64_t(slot.countdown);
    slot.end = 0;
    startSlot(slot, entry);
  }
  to.used.store(ownSlots_, std::memory_order_relaxed);
}

void Ring::addToDrops(uint32_t entry, int by) {
  if (rings_->closed_.load(std::memory_order_relaxed))
    return;
  if (&thread == detail::obs_rt_thread && entry < ownSlots_)
    SlotTable::drops(*slotChunk_)[entry].fetch_add(uint64_t(int64_t{by}),
                                                   std::memory_order_relaxed);
  else
    rings_->countDrop(entry, by);
}

uint8_t *Ring::sideBegin(uint32_t bytes) {
  if (SideEvent::inUse.load(std::memory_order_relaxed) > rings_->sideBytes_)
    rings_->awaitCollector();
  void *memory = malloc(sizeof(SideEvent) + bytes);
  if (!memory)
    return nullptr;
  SideEvent::inUse.fetch_add(sizeof(SideEvent) + bytes,
                             std::memory_order_relaxed);
  auto *side = new (memory) SideEvent;
  side->ring = this;
  side->bytes = bytes;
  side->owner = owner_;
  return side->event();
}

void Ring::sideCommit(uint8_t *event) {
  SideEvent *side = reinterpret_cast<SideEvent *>(event) - 1;
  // A new owner without a chunk is behind all of the former ones.
  side->position = newOwner_
                       ? header().published.load(std::memory_order_relaxed)
                       : uint64_t(thread.cursor - thread.origin);
  rings_->publish(side);
}

void Ring::exitElsewhere(const ExitEvent &exit) {
  const uint32_t bytes = uint32_t{exit.header.words} * 8;
  uint8_t *event = sideBegin(bytes);
  if (!event)
    return;
  memcpy(event, &exit, bytes);
  SideEvent *side = reinterpret_cast<SideEvent *>(event) - 1;
  side->owner = 0;
  // Behind the enter event: that was published before the call got here.
  side->position = header().published.load(std::memory_order_acquire);
  rings_->publish(side);
}

void Ring::skipRest() {
  if (!thread.cursor || thread.cursor == tail_->data() + tail_->capacity())
    return;
  const EventHeader skip = {1, kSkip, 0, 0};
  memcpy(thread.cursor, &skip, sizeof(skip));
}

OBS_HOT bool Ring::refill(uint32_t bytes) {
  if (rings_->closed_.load(std::memory_order_relaxed) || !rings_->list(*this))
    return false;
  const uint64_t reserve = thread.reserved;
  // Many open calls: room for as many again, lest each gets its own chunk.
  const uint64_t least =
      sizeof(ChunkHeader) + bytes + 2 * reserve + kExitReserve;
  ChunkHeader *chunk = nullptr;
  // When memory is short, small chunks for everybody.
  Arena &arena = rings_->arena_;
  if (!arena.isFuller(0.5))
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
  chunk->ring = listed_;
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
  header().published.store(base, std::memory_order_release);
  rings_->noteClaim(chunk->size);
  return true;
}

} // namespace obs::rt
