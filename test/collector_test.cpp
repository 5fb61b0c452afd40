// SPDX-License-Identifier: Apache-2.0
#include "collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

namespace obs::rt {
namespace {

class CollectorTest : public testing::Test {
protected:
  CollectorTest()
      : arena_(Arena::create(
            {.database = "/x", .limit = 8 << 20, .directory = "/proc/none"})),
        registry_(*arena_, 1), rings_(*arena_, registry_, [] {}),
        queue_({.normal = 100'000, .overflow = 0, .onDrop = [](uint32_t) {}}),
        ids_(*arena_), collector_(*arena_, rings_, queue_, ids_),
        ring_(rings_.acquire(5)) {}

  // Writers as in scope.h.
  template <class Event>
  uint32_t write(Event event, uint8_t kind, uint8_t flags, uint32_t call,
                 size_t extra = 0) {
    detail::Thread &thread = ring_->thread;
    const size_t bytes = sizeof(event) + extra;
    if (size_t(thread.end - thread.cursor) < bytes)
      EXPECT_TRUE(ring_->refill(uint32_t(bytes)));
    event.header = {detail::U16(bytes / 8), kind, flags, call};
    memset(thread.cursor, 0, bytes);
    memcpy(thread.cursor, &event, sizeof(event));
    const auto position = uint64_t(thread.cursor - thread.origin);
    thread.cursor += bytes;
    ring_->header().published.store(position + bytes);
    return uint32_t(position / 8);
  }
  uint32_t enter(uint32_t site) {
    return write(detail::EnterEvent{{}, readTsc(), 0}, detail::kEnter, 0, site);
  }
  void exit(uint32_t call, uint8_t flags = 0) {
    write(detail::ExitEvent{{}, readTsc()}, detail::kExit, flags, call);
  }
  void aside(const detail::ExitEvent &event) {
    uint8_t *to = ring_->sideBegin(sizeof(event));
    memcpy(to, &event, sizeof(event));
    ring_->sideCommit(to);
  }
  std::vector<CallRef> drain() {
    collector_.drain();
    return queue_.take(1'000'000);
  }

  std::unique_ptr<Arena> arena_;
  Registry registry_;
  Rings rings_;
  Queue queue_;
  IdSource ids_;
  Collector collector_;
  Ring *ring_;
};

TEST_F(CollectorTest, PairsNestedCallsAndKnowsParents) {
  const uint32_t outer = enter(1);
  const uint32_t inner = enter(2);
  exit(inner);
  exit(outer);
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].site, 2u);
  EXPECT_EQ(calls[0].parentId, calls[1].id);
  EXPECT_EQ(calls[1].parentId, 0);
  EXPECT_LT(calls[1].id, calls[0].id) << "ids follow the order of entry";
  EXPECT_EQ(calls[0].threadId, 5u);
  int64_t stored;
  memcpy(&stored, calls[0].enter.at + offsetof(detail::EnterEvent, id), 8);
  EXPECT_EQ(stored, calls[0].id) << "the id is in shared memory";
}

TEST_F(CollectorTest, CallsMayStayOpenOverManyDrainsAndChunks) {
  const uint32_t outer = enter(1);
  EXPECT_TRUE(drain().empty());
  size_t inner = 0;
  for (int i = 0; i != 50; ++i) {
    for (int j = 0; j != 1000; ++j)
      exit(enter(2));
    const auto calls = drain();
    inner += calls.size();
  }
  EXPECT_EQ(inner, 50'000u);
  EXPECT_LT(arena_->usedBytes(), 1u << 20) << "read chunks are used anew";
  exit(outer);
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].site, 1u);
}

TEST_F(CollectorTest, AnExitFurtherDownClosesWhatWasSkipped) {
  const uint32_t outer = enter(1);
  enter(2);
  enter(3);
  exit(outer);
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].status, Status::Abandoned);
  EXPECT_EQ(calls[1].status, Status::Abandoned);
  EXPECT_EQ(calls[2].status, Status::Ok);
}

TEST_F(CollectorTest, AnExitWithoutItsEnterIsIgnored) {
  exit(4711);
  EXPECT_TRUE(drain().empty());
}

TEST_F(CollectorTest, WhatAFormerThreadLeftOpenIsNobodysParent) {
  const uint32_t left = enter(1);
  rings_.release(ring_);
  ASSERT_EQ(rings_.acquire(6), ring_);
  const uint32_t call = enter(2);
  exit(call);
  auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].parentId, 0);
  EXPECT_EQ(calls[0].threadId, 6u);
  exit(left); // a coroutine, resumed by the other thread
  calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].threadId, 5u);
}

TEST_F(CollectorTest, AnExitOnAnotherThreadEndsTheCall) {
  const uint32_t coroutine = enter(1);
  std::thread([&] {
    ring_->exitElsewhere({{2, detail::kExit, 0, coroutine}, readTsc()});
  }).join();
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, Status::Ok);
}

TEST_F(CollectorTest, AnExitElsewhereDoesNotCloseCallsAboveIt) {
  const uint32_t coroutine = enter(1);
  const uint32_t other = enter(2);
  ring_->exitElsewhere({{2, detail::kExit, 0, coroutine}, readTsc()});
  EXPECT_EQ(drain().size(), 1u);
  exit(other);
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, Status::Ok);
}

TEST_F(CollectorTest, DetailsAsideAreJoinedToTheirCall) {
  const uint32_t call = enter(1);
  aside({{2, detail::kFail, 0, call}, readTsc()});
  write(detail::ExitEvent{{}, readTsc()}, detail::kFail, detail::kDetailAside,
        call);
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, Status::Error);
  EXPECT_TRUE(calls[0].detail);
}

TEST_F(CollectorTest, AtTheEndOpenCallsAreInFlight) {
  enter(1);
  enter(2);
  collector_.finish();
  const auto calls = queue_.take(10);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].status, Status::InFlight);
  EXPECT_EQ(calls[0].exitTsc, 0u);
}

TEST_F(CollectorTest, AnOverwrittenRingDoesNotEndTheOthers) {
  enter(1);
  memset(ring_->thread.cursor - 24, 0xFF, 8);
  EXPECT_TRUE(drain().empty());
  ring_ = rings_.acquire(9);
  exit(enter(2));
  EXPECT_EQ(drain().size(), 1u);
}

} // namespace
} // namespace obs::rt
