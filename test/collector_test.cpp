// SPDX-License-Identifier: Apache-2.0
#include "collector.h"

#include "ids.h"

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
        queue_({.normal = 100'000,
                .overflow = 0,
                .onGiveUp = [this](const CallRef &) { ++dropped_; },
                .onLost = [this](uint32_t) { ++dropped_; }}),
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
    return write(EnterEvent{{}, readTsc(), 0}, kEnter, 0, site);
  }
  void exit(uint32_t call, uint8_t flags = 0) {
    write(ExitEvent{{}, readTsc()}, kExit, flags, call);
  }
  void briefExit(uint32_t call, uint32_t ticks) {
    detail::Thread &thread = ring_->thread;
    const BriefExit event = {uint16_t(call), kBriefExit, detail::kHasResult,
                             ticks};
    memset(thread.cursor, 0, sizeof(event) + 8);
    memcpy(thread.cursor, &event, sizeof(event));
    thread.cursor += sizeof(event) + 8;
    ring_->header().published.store(uint64_t(thread.cursor - thread.origin));
  }
  void aside(const ExitEvent &event) {
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
  int dropped_ = 0;
  Queue queue_;
  IdSource ids_;
  Collector collector_;
  Ring *ring_;
};

TEST_F(CollectorTest, ABriefExitEndsTheCallThatItsLowBitsName) {
  ASSERT_TRUE(ring_->refill(2 * 8 * kBriefReach)); // all in one chunk
  const auto here = [&] {
    return uint32_t((ring_->thread.cursor - ring_->thread.origin) / 8);
  };
  struct Word {
    EventHeader header;
  };
  const auto fillUpTo = [&](uint32_t word) {
    while (here() != word)
      write(Word(), kResult, 0, /*call=*/~0u); // of no call
  };
  const uint32_t far = enter(1);
  fillUpTo(far + kBriefReach);
  const uint32_t outer = enter(2); // of the same low bits as `far`
  const uint32_t inner = enter(3);
  fillUpTo(inner + kBriefReach - 1);
  briefExit(inner, 7);
  exit(outer);
  exit(far);
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].site, 3u);
  uint64_t began;
  memcpy(&began, calls[0].enter.at() + offsetof(EnterEvent, tsc), 8);
  EXPECT_EQ(calls[0].exitTsc, began + 7);
  EXPECT_EQ(calls[0].status, Status::Ok);
  EXPECT_EQ(calls[0].exit.bytes(), sizeof(BriefExit) + 8);
  EXPECT_EQ(calls[1].site, 2u);
  EXPECT_EQ(calls[1].status, Status::Ok);
  EXPECT_EQ(calls[2].site, 1u);
}

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
  memcpy(&stored, calls[0].enter.at() + offsetof(EnterEvent, id), 8);
  EXPECT_EQ(stored, calls[0].id) << "the id is in shared memory";
}

TEST_F(CollectorTest, AnEventKeepsItsBoundsWhenTheProgramOverwritesIt) {
  exit(enter(1));
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  memset(const_cast<uint8_t *>(calls[0].enter.at()), 0xFF, sizeof(EnterEvent));
  EXPECT_EQ(calls[0].enter.kind(), kEnter);
  EXPECT_EQ(calls[0].enter.bytes(), sizeof(EnterEvent));
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
  exit(left); // a fiber, resumed by the other thread
  calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].threadId, 5u);
}

TEST_F(CollectorTest, AnExitOnAnotherThreadEndsTheCall) {
  const uint32_t fiber = enter(1);
  std::thread([&] {
    ring_->exitElsewhere({{2, kExit, 0, fiber}, readTsc()});
  }).join();
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, Status::Ok);
}

TEST_F(CollectorTest, AnExitElsewhereDoesNotCloseCallsAboveIt) {
  const uint32_t coroutine = enter(1);
  const uint32_t other = enter(2);
  ring_->exitElsewhere({{2, kExit, 0, coroutine}, readTsc()});
  EXPECT_EQ(drain().size(), 1u);
  exit(other);
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, Status::Ok);
}

TEST_F(CollectorTest, DetailsAsideAreJoinedToTheirCall) {
  const uint32_t call = enter(1);
  aside({{2, kFail, 0, call}, readTsc()});
  write(ExitEvent{{}, readTsc()}, kFail, detail::kDetailAside, call);
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, Status::Error);
  EXPECT_EQ(calls[0].more.kind(), kFail);
}

// As in coroutine.h.
class CoroutineTest : public CollectorTest {
protected:
  struct Resume {
    EventHeader header;
    uint64_t id;
  };
  struct End {
    EventHeader header;
    uint64_t tsc;
    CoroutineEnd end;
  };

  int64_t begin(uint32_t site, int64_t id = 0) {
    const int64_t given = id ? id : ids_.next();
    write(EnterEvent{{}, readTsc(), uint64_t(given)}, kEnter,
          detail::kCoroutine, site, sizeof(uint64_t));
    return given;
  }
  void suspend() { write(Suspend{}, kSuspend, 0, 0); }
  void resume(int64_t id) { write(Resume{{}, uint64_t(id)}, kResume, 0, 0); }
  void end(int64_t id, uint8_t kind = kExit, uint8_t flags = 0) {
    write(End{{}, readTsc(), {uint64_t(id), 5, 3, 2, 1}}, kind,
          detail::kCoroutine | flags, 0);
  }
  // Older than what the collector keeps.
  int64_t oldId() { return firstIdAt(unixNow() - 10'000'000'000) + ++oldIds_; }

private:
  struct Suspend {
    EventHeader header;
  };
  int64_t oldIds_ = 0;
};

TEST_F(CoroutineTest, IsAParentWhileItRunsOnly) {
  const int64_t id = begin(1);
  exit(enter(2));
  suspend();
  exit(enter(3));
  resume(id);
  exit(enter(4));
  end(id);
  exit(enter(5));
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 5u);
  EXPECT_EQ(calls[0].parentId, id);
  EXPECT_EQ(calls[1].parentId, 0);
  EXPECT_EQ(calls[2].parentId, id);
  EXPECT_EQ(calls[3].id, id);
  EXPECT_EQ(calls[3].site, 1u);
  EXPECT_EQ(calls[4].parentId, 0);
}

TEST_F(CoroutineTest, SuspensionClosesWhatLongjmpSkipped) {
  begin(1);
  enter(2);
  suspend();
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].site, 2u);
  EXPECT_EQ(calls[0].status, Status::Abandoned);
}

TEST_F(CoroutineTest, EndsOnAnotherThread) {
  const int64_t id = begin(1);
  suspend();
  Ring *const first = ring_;
  ring_ = rings_.acquire(6);
  resume(id);
  exit(enter(2));
  end(id, kExit, detail::kAbandoned);
  ring_ = first;
  exit(enter(3));
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].parentId, 0) << "site 3, on the first thread";
  EXPECT_EQ(calls[1].parentId, id);
  EXPECT_EQ(calls[2].status, Status::Abandoned);
  EXPECT_EQ(calls[2].threadId, 5u);
}

TEST_F(CoroutineTest, AnEndMayBeReadBeforeItsBeginning) {
  const int64_t id = ids_.next();
  end(id);
  ring_ = rings_.acquire(6);
  begin(1, id);
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_TRUE(calls[0].enter);
}

TEST_F(CoroutineTest, IsParkedOnceStored) {
  const int64_t id = begin(1, oldId());
  suspend();
  auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, Status::InFlight);
  EXPECT_TRUE(calls[0].isSnapshot);
  EXPECT_TRUE(drain().empty()) << "not twice";
  queue_.done(calls);
  EXPECT_TRUE(drain().empty());

  resume(id);
  end(id, kFail);
  calls = drain();
  EXPECT_TRUE(calls.empty()) << "its beginning may come with the next pass";
  calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_FALSE(calls[0].enter);
  EXPECT_EQ(calls[0].id, id);
  EXPECT_EQ(calls[0].site, 1u);
  EXPECT_EQ(calls[0].status, Status::Error);
}

TEST_F(CoroutineTest, IsWholeWhenItEndsBeforeItIsStored) {
  const int64_t id = begin(1, oldId());
  const auto snapshot = drain();
  ASSERT_EQ(snapshot.size(), 1u);
  end(id);
  const auto calls = drain();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_TRUE(calls[0].enter);
}

TEST_F(CoroutineTest, IsParkedAgainWhenTheQueueGaveItUp) {
  begin(1, oldId());
  collector_.drain();
  EXPECT_EQ(queue_.dropOldest(10), 1u);
  EXPECT_EQ(dropped_, 0);
  EXPECT_EQ(drain().size(), 1u);
}

TEST_F(CoroutineTest, ThoseThatNeverEndHoldNoMemory) {
  size_t stored = 0;
  for (int i = 0; i != 100; ++i) {
    for (int j = 0; j != 1000; ++j) {
      begin(1, oldId());
      suspend();
    }
    for (int j = 0; j != 3; ++j) {
      const auto calls = drain();
      stored += calls.size();
      queue_.done(calls);
    }
  }
  EXPECT_EQ(stored, 100'000u);
  EXPECT_LT(arena_->usedBytes(), 1u << 20);
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
