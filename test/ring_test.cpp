// SPDX-License-Identifier: Apache-2.0
#include "pairer.h"
#include "rings.h"

#include "event_writer.h"

#include "obs/detail/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace obs::rt {
namespace {

using testing::ElementsAre;

class RingTest : public testing::Test {
protected:
  RingTest()
      : arena_(Arena::create(
            {.database = "/x", .limit = 16 << 20, .directory = "/proc/none"})),
        registry_(*arena_, 1),
        rings_(*arena_, registry_, [this] { ++woken_; }) {}

  uint32_t addSite(double rate) {
    static const char *const names[] = {"f0", "f1", "f2", "f3", "f4", "f5"};
    detail::Site site{};
    site.function = names[registry_.size() % 6];
    site.line = registry_.size();
    site.rate = rate;
    return *registry_.add(site);
  }

  // As the Scope of a call that is not recorded.
  static bool call(Ring &ring, uint32_t site) {
    detail::Slot &slot = ring.thread.slots[site];
    if (--slot.countdown > 0)
      return false;
    if (!(slot.entry & detail::kAlways))
      return ring.rearm(site).has_value();
    ++slot.end;
    slot.countdown = 1;
    return true;
  }

  std::unique_ptr<Arena> arena_;
  Registry registry_;
  int woken_ = 0;
  Rings rings_;
};

TEST_F(RingTest, CountsAreExactAtAnyRate) {
  const double rates[] = {0, 1e-9, 1e-3, 0.3, 1};
  for (const double rate : rates)
    addSite(rate);
  Ring &ring = *rings_.acquire(1);
  ASSERT_TRUE(ring.ensureSlots());
  constexpr uint64_t kCalls = 1'000'000;
  for (uint32_t site = kFirstSite; site != registry_.size(); ++site) {
    uint64_t recorded = 0;
    for (uint64_t i = 0; i != kCalls; ++i)
      recorded += call(ring, site);
    EXPECT_EQ(rings_.totals().calls[site], kCalls);
    const double rate = rates[site - kFirstSite];
    const double expected = rate * kCalls;
    const double deviation = std::sqrt(expected * (1 - rate));
    EXPECT_LE(std::abs(double(recorded) - expected), 5 * deviation + 0.1);
  }
}

TEST_F(RingTest, RarestRatesAreMetOnAverage) {
  const uint32_t site = addSite(2e-8);
  Ring &ring = *rings_.acquire(1);
  ASSERT_TRUE(ring.ensureSlots());
  uint64_t calls = 0;
  int recorded = 0;
  for (int step = 0; step != 20'000; ++step) {
    calls += uint64_t(ring.thread.slots[site].countdown);
    ring.thread.slots[site].countdown = 0;
    recorded += ring.rearm(site).has_value();
  }
  const double expected = 2e-8 * double(calls);
  EXPECT_NEAR(recorded, expected, 5 * std::sqrt(expected));
}

TEST_F(RingTest, CountsSurviveGrowthAndTheNextOwner) {
  const uint32_t site = addSite(1);
  for (int thread = 0; thread != 10; ++thread) {
    Ring &ring = *rings_.acquire(uint32_t(thread));
    for (int i = 0; i != 40; ++i)
      addSite(0.5);
    ASSERT_TRUE(ring.ensureSlots());
    for (int i = 0; i != 7; ++i)
      call(ring, site);
    ring.drop(site);
    rings_.release(&ring);
    rings_.recycleSlotTables();
  }
  EXPECT_EQ(rings_.size(), 1u);
  EXPECT_EQ(rings_.totals().calls[site], 70u);
  EXPECT_EQ(rings_.totals().drops[site], 10u);
}

// As a monitored call, which takes the slow path where its slot is closed.
bool open(Ring &ring, uint32_t site) {
  detail::Thread &thread = ring.thread;
  if (site < __atomic_load_n(&thread.slotCount, __ATOMIC_RELAXED))
    return false;
  EXPECT_TRUE(ring.ensureSlots());
  __atomic_store_n(&thread.slotCount,
                   __atomic_load_n(&thread.slotLimit, __ATOMIC_RELAXED),
                   __ATOMIC_RELAXED);
  return true;
}

TEST_F(RingTest, ANewRateReachesTheMiddleOfALongGap) {
  const uint32_t site = addSite(1e-6);
  Ring &ring = *rings_.acquire(1);
  EXPECT_TRUE(open(ring, site));
  for (int i = 0; i != 100; ++i)
    EXPECT_FALSE(call(ring, site));
  EXPECT_FALSE(open(ring, site));
  registry_.setSampleRate("*", 1);
  rings_.spreadRates();
  EXPECT_TRUE(open(ring, site));
  EXPECT_FALSE(open(ring, site));
  for (int i = 0; i != 10; ++i)
    EXPECT_TRUE(call(ring, site));
  const uint32_t entry = registry_.entry(site);
  EXPECT_EQ(entryOf(ring.thread.slots[site]), entry);
  EXPECT_EQ(rings_.totals().calls[site], 100u);
  EXPECT_EQ(rings_.totals().calls[entry], 10u);
  ring.drop(entry);
  EXPECT_EQ(rings_.totals().drops[entry], 1u);
  registry_.setSampleRate("*", 1e-6);
  rings_.spreadRates();
  EXPECT_TRUE(open(ring, site));
  for (int i = 0; i != 5; ++i)
    call(ring, site);
  EXPECT_EQ(rings_.totals().calls[site], 105u);
  EXPECT_EQ(rings_.totals().calls[entry], 10u);
}

TEST_F(RingTest, NewRatesWaitWhileAnEventIsWritten) {
  const uint32_t site = addSite(1);
  Ring &ring = *rings_.acquire(1);
  open(ring, site);
  detail::Thread &thread = ring.thread;
  thread.slotCount = 0; // as Writing
  registry_.setSampleRate("*", 0);
  rings_.spreadRates();
  EXPECT_EQ(thread.slotCount, 0u);
  thread.slotCount = thread.slotLimit;
  EXPECT_TRUE(open(ring, site));
  EXPECT_FALSE(call(ring, site));
}

TEST_F(RingTest, TheNextOwnerHasTheNewRates) {
  const uint32_t site = addSite(1);
  Ring *ring = rings_.acquire(1);
  open(*ring, site);
  call(*ring, site);
  rings_.release(ring);
  registry_.setSampleRate("*", 0);
  rings_.spreadRates();
  ring = rings_.acquire(2);
  EXPECT_TRUE(open(*ring, site));
  EXPECT_FALSE(call(*ring, site));
  EXPECT_EQ(rings_.totals().calls[site], 1u);
  EXPECT_EQ(rings_.totals().calls[registry_.entry(site)], 1u);
}

// Rates change all the time while threads call and others add up.
TEST_F(RingTest, CountsAreExactThroughChanges) {
  constexpr int kThreads = 4, kCalls = 400'000;
  const uint32_t site = addSite(0.001);
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int i = 0; i != kThreads; ++i)
    threads.emplace_back([&, i] {
      Ring &ring = *rings_.acquire(uint32_t(i));
      for (int n = 0; n != kCalls; ++n) {
        open(ring, site);
        detail::Slot &slot = ring.thread.slots[site];
        const int left = __atomic_load_n(&slot.countdown, __ATOMIC_RELAXED) - 1;
        __atomic_store_n(&slot.countdown, left, __ATOMIC_RELAXED);
        if (left <= 0)
          ring.rearm(site);
        if (n % 64 == 0) { // as Writing
          __atomic_store_n(&ring.thread.slotCount, 0u, __ATOMIC_RELAXED);
          __atomic_store_n(
              &ring.thread.slotCount,
              __atomic_load_n(&ring.thread.slotLimit, __ATOMIC_RELAXED),
              __ATOMIC_RELAXED);
        }
      }
      --running;
    });
  const double rates[] = {1, 0, 0.5, 1e-9, 0.0001};
  uint64_t before = 0;
  for (int n = 0; running > 0; ++n) {
    registry_.setSampleRate("*", rates[n % 5]);
    rings_.spreadRates();
    uint64_t sum = 0;
    for (const uint64_t calls : rings_.totals().calls)
      sum += calls;
    ASSERT_LE(sum, uint64_t{kThreads} * kCalls);
    ASSERT_GE(sum, before);
    before = sum;
    if (n % 2 == 0) // else memory runs out now and then, as it may
      rings_.recycleSlotTables();
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  for (std::thread &thread : threads)
    thread.join();
  uint64_t sum = 0;
  for (const uint64_t calls : rings_.totals().calls)
    sum += calls;
  EXPECT_EQ(sum, uint64_t{kThreads} * kCalls);
  EXPECT_LE(registry_.size(), kFirstSite + 1u + 5u) << "an entry a rate";
}

TEST_F(RingTest, ASlotThatIsBeingChangedIsNotRead) {
  EXPECT_EQ(callsOf({5, 0, 12}), 7u);
  EXPECT_EQ(callsOf({0, 0, 12}), std::nullopt);
}

TEST_F(RingTest, PositionsGoOnFromChunkToChunk) {
  Ring &ring = *rings_.acquire(77);
  ASSERT_TRUE(ring.refill(1000));
  const ChunkHeader *first = arena_->chunkAt(ring.firstChunk());
  EXPECT_EQ(first->owner, 77u);
  EXPECT_EQ(first->firstOfOwner, 1);
  EXPECT_EQ(ring.thread.cursor - ring.thread.origin, 0);
  const uint64_t capacity = first->capacity();
  ring.thread.cursor += 16;
  ASSERT_TRUE(ring.refill(60'000));
  const ChunkHeader *second = arena_->chunkAt(first->next.load());
  EXPECT_EQ(second->firstOfOwner, 0);
  EXPECT_EQ(second->sequence, first->sequence + 1);
  EXPECT_EQ(uint64_t(ring.thread.cursor - ring.thread.origin), capacity);
  EXPECT_EQ(ring.header().published.load(), capacity);
  EXPECT_EQ(first->data()[16 + offsetof(EventHeader, kind)], kSkip);
  EXPECT_GE(ring.thread.end - ring.thread.cursor, 60'000);
}

TEST_F(RingTest, RefillKeepsRoomForTheExitsOfOpenCalls) {
  Ring &ring = *rings_.acquire(1);
  ring.thread.reserved = 40'000 * kExitReserve;
  ASSERT_TRUE(ring.refill(5000));
  EXPECT_GE(uint64_t(ring.thread.end - ring.thread.cursor),
            5000 + uint64_t{40'000} * kExitReserve);
}

TEST_F(RingTest, RefillFailsWhenMemoryIsUsedUpAndWorksAgain) {
  Ring &ring = *rings_.acquire(1);
  std::vector<ChunkHeader *> chunks;
  while (ChunkHeader *chunk = arena_->claim(2048))
    chunks.push_back(chunk);
  EXPECT_FALSE(ring.refill(1000));
  for (int i = 0; i != 8; ++i)
    arena_->release(chunks[size_t(i)]);
  EXPECT_TRUE(ring.refill(500));
  rings_.close();
  EXPECT_FALSE(ring.refill(500));
}

// Also a thread that comes, or a function that is called, when memory is full.
TEST_F(RingTest, CountsAreExactWithoutMemoryForSlots) {
  const double rates[] = {0, 0.3, 1};
  for (const double rate : rates)
    addSite(rate);
  Ring &old = *rings_.acquire(1);
  ASSERT_TRUE(old.ensureSlots());
  const auto callAll = [&](Ring &ring, uint64_t times) {
    std::vector<uint64_t> recorded(registry_.size());
    for (uint32_t site = kFirstSite; site != registry_.size(); ++site)
      for (uint64_t i = 0; i != times; ++i)
        recorded[site] += call(ring, site);
    return recorded;
  };
  callAll(old, 10);
  std::vector<ChunkHeader *> chunks;
  while (ChunkHeader *chunk = arena_->claim(2048, Arena::Purpose::Books))
    chunks.push_back(chunk);
  for (uint32_t i = registry_.size(); i != 200; ++i)
    addSite(i % 2 ? 1 : 0.5);
  Ring &newcomer = *rings_.acquire(2);
  for (Ring *ring : {&old, &newcomer}) {
    ASSERT_TRUE(ring->ensureSlots());
    EXPECT_FALSE(ring->refill(500) && ring == &newcomer);
    const std::vector<uint64_t> recorded = callAll(*ring, 10'000);
    EXPECT_EQ(recorded[1], 0u);
    EXPECT_NEAR(double(recorded[2]), 3000, 300);
    EXPECT_EQ(recorded[3], 10'000u);
    EXPECT_EQ(recorded[199], 10'000u);
    ring->drop(199);
  }
  EXPECT_EQ(old.thread.slots, newcomer.thread.slots) << "they share them";
  EXPECT_EQ(rings_.totals().calls[2], 20'010u);
  EXPECT_EQ(rings_.totals().calls[199], 20'000u);
  EXPECT_EQ(rings_.totals().drops[199], 2u);
  for (ChunkHeader *chunk : chunks)
    arena_->release(chunk);
  arena_->mergeFree();
  callAll(newcomer, 1000); // has slots of its own before long
  EXPECT_TRUE(newcomer.refill(500));
  EXPECT_EQ(newcomer.thread.slots[199].entry, 199 | detail::kAlways);
  EXPECT_EQ(rings_.totals().calls[2], 21'010u);
  EXPECT_EQ(rings_.totals().calls[199], 21'000u);
}

// A thread that has no memory for the slots of the new rate shares some, and
// comes back to its own.
TEST_F(RingTest, ANewRateHoldsWithoutMemoryForSlots) {
  const uint32_t site = addSite(0);
  Ring &ring = *rings_.acquire(1);
  open(ring, site);
  for (int i = 0; i != 10; ++i)
    EXPECT_FALSE(call(ring, site));
  std::vector<ChunkHeader *> chunks;
  while (ChunkHeader *chunk = arena_->claim(2048, Arena::Purpose::Books))
    chunks.push_back(chunk);
  registry_.setSampleRate("*", 1);
  rings_.spreadRates();
  EXPECT_TRUE(open(ring, site));
  for (int i = 0; i != 20; ++i)
    EXPECT_TRUE(call(ring, site));
  const uint32_t always = registry_.entry(site);
  EXPECT_EQ(ring.entry(site), always);
  EXPECT_EQ(ring.rearm(site), always) << "the 21st";
  registry_.setSampleRate("*", 0);
  for (int i = 0; i != 5; ++i)
    EXPECT_FALSE(call(ring, site));
  EXPECT_EQ(ring.entry(site), site);
  EXPECT_EQ(rings_.totals().calls[site], 15u);
  EXPECT_EQ(rings_.totals().calls[always], 21u);
  registry_.setSampleRate("*", 1);
  for (ChunkHeader *chunk : chunks)
    arena_->release(chunk);
  arena_->mergeFree();
  for (int i = 0; i != 100; ++i) // has slots of its own before long
    EXPECT_TRUE(call(ring, site));
  EXPECT_EQ(ring.thread.slots[site].entry, always | detail::kAlways);
  EXPECT_EQ(rings_.totals().calls[site], 15u);
  EXPECT_EQ(rings_.totals().calls[always], 121u);
}

TEST_F(RingTest, WhatIsLeftOfAFullChunkIsForExitsOnly) {
  Ring &ring = *rings_.acquire(1);
  ASSERT_TRUE(ring.refill(1000));
  const ChunkHeader *first = arena_->chunkAt(ring.firstChunk());
  ring.thread.cursor += 16;
  ring.thread.reserved = 2 * kExitReserve;
  std::vector<ChunkHeader *> chunks;
  while (ChunkHeader *chunk = arena_->claim(2048))
    chunks.push_back(chunk);
  // A call that is dropped is not to pay for encoding into the rest.
  EXPECT_GT(roomFor(&ring.thread), 1000);
  EXPECT_FALSE(ring.refill(60'000));
  EXPECT_EQ(roomFor(&ring.thread), 0);
  ring.thread.cursor += kExitReserve;
  ring.thread.reserved = kExitReserve;
  EXPECT_EQ(roomFor(&ring.thread), 0);
  for (ChunkHeader *chunk : chunks)
    arena_->release(chunk);
  ASSERT_TRUE(ring.refill(1000));
  EXPECT_GE(roomFor(&ring.thread), 1000);
  EXPECT_EQ(first->data()[16 + kExitReserve + offsetof(EventHeader, kind)],
            kSkip);
}

TEST_F(RingTest, TheCollectorIsWokenWhenMuchIsWaiting) {
  Ring &ring = *rings_.acquire(1);
  while (woken_ == 0)
    ASSERT_TRUE(ring.refill(60'000));
  const uint64_t used = arena_->usedBytes();
  ASSERT_TRUE(ring.refill(60'000));
  EXPECT_EQ(woken_, 1);
  EXPECT_GT(used, 1u << 20);
  EXPECT_LT(used, 3u << 20);
}

// --- Reading ----------------------------------------------------------------

std::vector<uint64_t> event(uint16_t words, uint8_t kind, uint8_t flags = 0,
                            uint32_t call = 0) {
  std::vector<uint64_t> bytes(std::max<size_t>(words, 1));
  const EventHeader header = {words, kind, flags, call};
  memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

std::vector<uint8_t> kindsOf(const std::vector<uint64_t> &words,
                             bool *corrupt = nullptr) {
  const auto *begin = reinterpret_cast<const uint8_t *>(words.data());
  EventReader reader(begin, begin + words.size() * 8);
  std::vector<uint8_t> kinds;
  while (const auto view = reader.next())
    kinds.push_back(view->header.kind);
  if (corrupt)
    *corrupt = reader.corrupt();
  return kinds;
}

std::vector<uint64_t> operator+(std::vector<uint64_t> a,
                                const std::vector<uint64_t> &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(EventReaderTest, ReadsEventsInOrderUpToASkip) {
  bool corrupt = true;
  EXPECT_THAT(kindsOf(event(3, kEnter) + event(2, kExit) + event(1, kSkip) +
                          event(2, kExit),
                      &corrupt),
              ElementsAre(kEnter, kExit));
  EXPECT_FALSE(corrupt);
}

TEST(EventReaderTest, TakesPaddingOff) {
  const auto words = event(4, kEnter, 5);
  const auto *begin = reinterpret_cast<const uint8_t *>(words.data());
  EventReader reader(begin, begin + 32);
  EXPECT_EQ(reader.next()->bytes, 27u);
  EXPECT_EQ(reader.consumed(), 32u);
}

TEST(EventReaderTest, StopsAtWhatMakesNoSense) {
  for (const auto &bad :
       {event(0, kEnter), event(2, kEnter), event(3, kEnter, 1),
        event(9, kExit), event(1, 0), event(1, 200), event(4, kThrow)}) {
    bool corrupt = false;
    auto words = event(2, kExit) + bad;
    words.resize(2 + std::max<size_t>(bad.size() > 8 ? 4 : bad.size(), 1));
    EXPECT_THAT(kindsOf(words, &corrupt), ElementsAre(kExit));
    EXPECT_TRUE(corrupt);
  }
}

class NullSink : public CallSink {
public:
  int64_t nextId() override { return ++id_; }
  void complete(CallRef call) override {
    records_ += makeRecord(call, registry, ClockScale({}, {}), 1).has_value();
  }
  void lost(uint32_t) override {}
  RegistrySnapshot registry;

private:
  int64_t id_ = 0;
  int64_t records_ = 0;
};

// In memory of exactly the size, so that AddressSanitizer sees any excess.
TEST(EventReaderTest, AnyBytesArePairedAndFormattedWithoutHarm) {
  NullSink sink;
  sink.registry.types = {{detail::kSequence, 0, "v", {{"", 1}}, {}},
                         {detail::kText, 1, "s", {}, {}}};
  SiteInfo site;
  site.flags = detail::kCaptureArguments | detail::kCaptureResult;
  site.parameters = {{"a", 0}, {"b", 1}};
  sink.registry.sites = {site, site};
  sink.registry.functions = {std::make_shared<FunctionKey>(),
                             std::make_shared<FunctionKey>()};
  std::mt19937 random(7);
  for (int round = 0; round != 3000; ++round) {
    constexpr size_t kHeader = sizeof(ChunkHeader) / 8;
    std::vector<uint64_t> words(kHeader);
    while (words.size() < kHeader + 200) {
      const uint8_t kind = uint8_t(1 + random() % 10);
      const auto flags = uint8_t(random());
      const auto count = uint16_t(1 + random() % 12);
      auto next = event(kind != kBriefExit           ? count
                        : flags & detail::kHasResult ? 2
                                                     : 1,
                        kind, flags,
                        kind == kEnter || kind == kThrow ? random() % 3
                                                         : random() % 40);
      for (size_t i = 1; i < next.size(); ++i)
        next[i] = random() % 3 ? random() % 64 : random();
      words = words + next;
    }
    auto *chunk = reinterpret_cast<ChunkHeader *>(words.data());
    const EventMemory ref(nullptr, chunk);
    Coroutines coroutines(sink);
    Pairer pairer(sink, coroutines);
    const auto *end =
        reinterpret_cast<const uint8_t *>(words.data() + words.size());
    EventReader reader(chunk->data(), end);
    for (uint64_t at = 0; const auto view = reader.next();
         at = reader.consumed())
      pairer.feed(*view, at, ref, 1);
    pairer.finish();
    coroutines.finish();
  }
}

} // namespace
} // namespace obs::rt
