// SPDX-License-Identifier: Apache-2.0
#include "waiting_call.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace obs::rt {
namespace {

constexpr uint32_t kOwner = 77;
constexpr int64_t kParent = int64_t{123456789} << 30;

class WaitingCallTest : public testing::Test {
protected:
  // A chunk whose events are written one behind another.
  class Chunk {
  public:
    explicit Chunk(uint64_t bytes = chunkClassBytes(0)) : words_(bytes / 8) {
      header().size = bytes;
      header().owner = kOwner;
      memory_ = EventMemory(nullptr, &header());
    }
    ChunkHeader &header() {
      return *reinterpret_cast<ChunkHeader *>(words_.data());
    }
    template <class Event>
    EventRef add(Event event, uint8_t kind, uint8_t flags = 0,
                 uint32_t call = 0) {
      event.header = {sizeof(event) / 8, kind, flags, call};
      return put(&event, sizeof(event));
    }
    EventRef addBrief(uint32_t ticks) {
      const struct {
        BriefExit exit;
        uint64_t result;
      } event = {{0, kBriefExit, detail::kHasResult, ticks}, 42};
      return put(&event, sizeof(event));
    }
    void skip(uint64_t words) { next_ += words; }

  private:
    EventRef put(const void *event, size_t bytes) {
      memcpy(&words_.at(next_), event, bytes);
      const auto *at = reinterpret_cast<const uint8_t *>(&words_[next_]);
      next_ += bytes / 8;
      EventReader reader(at, at + bytes);
      return EventRef(reader.next().value(), memory_);
    }

    std::vector<uint64_t> words_;
    uint64_t next_ = sizeof(ChunkHeader) / 8;
    EventMemory memory_;
  };
  struct Enter : EnterEvent {
    uint64_t argument = 5;
  };
  struct Result {
    EventHeader header;
    uint64_t text[3];
  };

  // Of site 3.
  static CallRef callOf(EventRef enter, EventRef exit, EventRef more = {}) {
    CallRef call;
    memcpy(&call.id, enter.at() + offsetof(EnterEvent, id), sizeof(call.id));
    call.parentId = kParent;
    call.site = 3;
    call.threadId = kOwner;
    call.exitTsc = exit ? endOf(enter, exit) : 0;
    call.enter = std::move(enter);
    call.exit = std::move(exit);
    call.more = std::move(more);
    return call;
  }
  static EventRef enterIn(Chunk &chunk) {
    return chunk.add(Enter{{{}, /*tsc=*/1000, /*id=*/kParent + 9}}, kEnter, 0,
                     3);
  }
  static EventRef exitIn(Chunk &chunk, uint8_t flags = 0) {
    return chunk.add(ExitEvent{{}, 2000}, kExit, flags);
  }

  static void expectSame(const EventRef &a, const EventRef &b) {
    ASSERT_EQ(bool(a), bool(b));
    if (!a)
      return;
    EXPECT_EQ(a.at(), b.at());
    EXPECT_EQ(a.bytes(), b.bytes());
    EXPECT_EQ(a.kind(), b.kind());
    EXPECT_EQ(a.flags(), b.flags());
  }
  // Waits, and comes out as it went in. Returns the bytes of waiting.
  static uint64_t waitAndCompare(const CallRef &call) {
    WaitingCall waiting{CallRef(call)};
    const uint64_t bytes = waiting.bytes();
    const CallRef back = waiting.take();
    expectSame(back.enter, call.enter);
    expectSame(back.exit, call.exit);
    expectSame(back.more, call.more);
    EXPECT_EQ(back.id, call.id);
    EXPECT_EQ(back.parentId, call.parentId);
    EXPECT_EQ(back.exitTsc, call.exitTsc);
    EXPECT_EQ(back.site, call.site);
    EXPECT_EQ(back.threadId, call.threadId);
    EXPECT_EQ(back.status, call.status);
    EXPECT_EQ(back.isSnapshot, call.isSnapshot);
    return bytes;
  }
  static constexpr uint64_t kBrief = WaitingCall::kBytes;
  static constexpr uint64_t kWhole = WaitingCall::kMostBytes;
};

TEST_F(WaitingCallTest, UsualCallsAreBrief) {
  Chunk chunk;
  const EventRef enter = enterIn(chunk);
  const EventRef result = chunk.add(Result(), kResult, 2);
  const EventRef exit = exitIn(chunk, detail::kHasResult);
  const EventRef brief = chunk.addBrief(/*ticks=*/17);
  EXPECT_EQ(waitAndCompare(callOf(enter, exit)), kBrief);
  EXPECT_EQ(waitAndCompare(callOf(enter, exit, result)), kBrief);
  EXPECT_EQ(waitAndCompare(callOf(enter, brief)), kBrief);
  CallRef root = callOf(enter, brief);
  root.parentId = 0;
  EXPECT_EQ(waitAndCompare(root), kBrief);
  CallRef abandoned = callOf(enter, exitIn(chunk, detail::kAbandoned));
  abandoned.status = Status::Abandoned;
  EXPECT_EQ(waitAndCompare(abandoned), kBrief);
}

TEST_F(WaitingCallTest, WhatTheEventsDoNotTellIsKept) {
  Chunk chunk, other;
  const EventRef enter = enterIn(chunk);
  const EventRef exit = exitIn(chunk);
  EXPECT_EQ(waitAndCompare(callOf(enter, exitIn(other))), kWhole);
  EXPECT_EQ(waitAndCompare(callOf(enter, exit, other.add(Result(), kResult))),
            kWhole);
  EXPECT_EQ(waitAndCompare(callOf(enter, EventRef())), kWhole);
  const auto changed = [&](auto change) {
    CallRef call = callOf(enter, exit);
    change(call);
    return waitAndCompare(call);
  };
  EXPECT_EQ(changed([](CallRef &call) { call.id = 12; }), kWhole);
  EXPECT_EQ(changed([](CallRef &call) { call.site = 12; }), kWhole);
  EXPECT_EQ(changed([](CallRef &call) { call.threadId = 12; }), kWhole);
  EXPECT_EQ(changed([](CallRef &call) { call.exitTsc = 12; }), kWhole);
  EXPECT_EQ(changed([](CallRef &call) { call.status = Status::Abandoned; }),
            kWhole);
  EXPECT_EQ(changed([](CallRef &call) { call.isSnapshot = true; }), kWhole);
}

TEST_F(WaitingCallTest, EventsFarWithinTheirChunkAreKept) {
  Chunk chunk(2 * kPieceBytes);
  chunk.skip(UINT16_MAX - sizeof(ChunkHeader) / 8 - sizeof(Enter) / 8);
  const EventRef enter = enterIn(chunk);
  const EventRef last = exitIn(chunk); // word 65535
  const EventRef beyond = exitIn(chunk);
  EXPECT_EQ(waitAndCompare(callOf(enter, last)), kBrief);
  EXPECT_EQ(waitAndCompare(callOf(enter, beyond)), kWhole);
}

TEST_F(WaitingCallTest, OneWhoseEventsAreOverwrittenIsOfNoSite) {
  for (const uint8_t garbage : {0, 0xFF, 0x55}) {
    Chunk chunk;
    const EventRef enter = enterIn(chunk);
    const EventRef exit = exitIn(chunk);
    for (const EventRef &event : {enter, exit}) {
      WaitingCall waiting(callOf(enter, exit));
      ASSERT_EQ(waiting.bytes(), kBrief);
      auto *at = const_cast<uint8_t *>(event.at());
      const std::vector<uint8_t> before(at, at + event.bytes());
      memset(at, garbage, before.size());
      const CallRef back = waiting.take();
      EXPECT_EQ(back.site, UINT32_MAX);
      EXPECT_EQ(back.enter.at(), enter.at());
      EXPECT_EQ(makeRecord(back, RegistrySnapshot(), ClockScale({}, {}), 1),
                std::nullopt);
      memcpy(at, before.data(), before.size());
    }
  }
}

} // namespace
} // namespace obs::rt
