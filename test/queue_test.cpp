// SPDX-License-Identifier: Apache-2.0
#include "queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <map>

namespace obs::rt {
namespace {

using testing::ElementsAre;

class QueueTest : public testing::Test {
protected:
  QueueTest()
      : queue_({.normal = 3,
                .overflow = 2,
                .onGiveUp =
                    [this](const CallRef &call) {
                      storeId(call.enter, kTombstone);
                      ++drops_[call.site];
                    },
                .onLost = [this](uint32_t site) { ++drops_[site]; }}) {}

  CallRef call(int64_t id, Status status = Status::Ok, uint32_t site = 0) {
    CallRef ref;
    ref.id = id;
    ref.status = status;
    ref.site = site;
    const EventView view{
        .at = reinterpret_cast<const uint8_t *>(&ring_.events[id]),
        .bytes = sizeof(EnterEvent)};
    ref.enter = EventRef(view, EventMemory(nullptr, &ring_.chunk));
    return ref;
  }
  void push(int64_t from, int64_t to, Status status = Status::Ok) {
    std::vector<CallRef> calls;
    for (int64_t id = from; id != to; ++id)
      calls.push_back(call(id, status, uint32_t(id % 2)));
    queue_.push(calls);
    EXPECT_TRUE(calls.empty());
  }
  static std::vector<int64_t> ids(const std::vector<CallRef> &calls) {
    std::vector<int64_t> all;
    for (const CallRef &ref : calls)
      all.push_back(ref.id);
    return all;
  }

  struct {
    ChunkHeader chunk;
    EnterEvent events[200];
  } ring_{};
  std::map<uint32_t, int> drops_;
  Queue queue_;
};

TEST_F(QueueTest, ErrorsGoFirst) {
  push(1, 3);
  push(3, 5, Status::Error);
  EXPECT_THAT(ids(queue_.take(3)), ElementsAre(3, 4, 1));
  EXPECT_THAT(ids(queue_.take(3)), ElementsAre(2));
  EXPECT_THAT(ids(queue_.take(3)), ElementsAre());
}

TEST_F(QueueTest, TheOldestNormalCallsGiveWay) {
  push(1, 10);
  EXPECT_EQ(queue_.stats().normal, 5u);
  EXPECT_EQ(drops_[0], 2);
  EXPECT_EQ(drops_[1], 2);
  EXPECT_EQ(int64_t(ring_.events[4].id), kTombstone);
  EXPECT_EQ(int64_t(ring_.events[5].id), 0);
  EXPECT_THAT(ids(queue_.take(10)), ElementsAre(5, 6, 7, 8, 9));
}

TEST_F(QueueTest, ErrorsNeverGiveWay) {
  push(1, 100, Status::Error);
  EXPECT_EQ(queue_.stats().errors, 99u);
  EXPECT_EQ(queue_.dropOldest(100), 0u);
  EXPECT_GE(queue_.stats().errorBytes, 99 * sizeof(EnterEvent));
  EXPECT_EQ(queue_.takeErrors(100).size(), 99u);
  EXPECT_EQ(queue_.stats().errorBytes, 0u);
}

TEST_F(QueueTest, WhatIsPutBackIsNextAgain) {
  push(1, 3);
  push(3, 5, Status::Error);
  queue_.putBack(queue_.take(3));
  EXPECT_THAT(ids(queue_.take(9)), ElementsAre(3, 4, 1, 2));
}

TEST_F(QueueTest, ProgressCountsWhatIsStoredAndWhatGaveWay) {
  push(1, 8);
  push(8, 9, Status::Error);
  const Queue::Progress goal = queue_.pushed();
  queue_.done(queue_.take(3));
  EXPECT_FALSE(queue_.completed().reaches(goal));
  queue_.done(queue_.take(9));
  EXPECT_TRUE(queue_.completed().reaches(goal));
}

} // namespace
} // namespace obs::rt
