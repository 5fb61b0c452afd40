// SPDX-License-Identifier: Apache-2.0
#include "retention_clock.h"

#include <gtest/gtest.h>

#include <ctime>

namespace obs::rt {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr int64_t kDay = 24 * kHour;

class RetentionClockTest : public testing::Test {
protected:
  void pass(int64_t ns) {
    unixNs_ += ns;
    steadyNs_ += ns;
    clock_.tick();
  }
  void jump(int64_t ns) {
    unixNs_ += ns;
    clock_.tick();
  }
  // By how much older than it is `age` a record must look to be deleted.
  int64_t graceNs(std::chrono::nanoseconds age) {
    return unixNs_ - age.count() - clock_.cutNs(age);
  }

  int64_t unixNs_ = 1000 * kDay;
  int64_t steadyNs_ = kDay;
  RetentionClock clock_{[this] { return unixNs_; },
                        [this] { return steadyNs_; }};
};

TEST_F(RetentionClockTest, FollowsTheClock) {
  pass(kHour);
  EXPECT_EQ(clock_.unixNs(), unixNs_);
  EXPECT_EQ(clock_.cutNs(hours(6)), unixNs_ - 6 * kHour);
}

TEST_F(RetentionClockTest, AJumpForwardCountsForNothingForOneAge) {
  pass(kHour);
  jump(kDay);
  EXPECT_EQ(graceNs(hours(6)), kDay);
  pass(5 * kHour);
  EXPECT_EQ(graceNs(hours(6)), kDay);
  pass(kHour);
  EXPECT_EQ(graceNs(hours(6)), 0);
}

TEST_F(RetentionClockTest, AnotherAgeRemembersItForItsOwnTime) {
  jump(kDay);
  pass(7 * kHour);
  EXPECT_EQ(graceNs(hours(6)), 0);
  EXPECT_EQ(graceNs(hours(48)), kDay);
}

TEST_F(RetentionClockTest, JumpsAddUp) {
  jump(kDay);
  pass(kHour);
  jump(kHour);
  EXPECT_EQ(graceNs(hours(6)), kDay + kHour);
  pass(5 * kHour);
  EXPECT_EQ(graceNs(hours(6)), kHour);
}

TEST_F(RetentionClockTest, AJumpBackTakesJumpsForwardBack) {
  jump(kDay);
  jump(kHour);
  pass(kHour);
  jump(-2 * kHour);
  EXPECT_EQ(graceNs(hours(6)), kDay - kHour);
  jump(-10 * kDay);
  EXPECT_EQ(graceNs(hours(6)), 0);
}

TEST_F(RetentionClockTest, SmallAdjustmentsAreNoJumps) {
  for (int i = 0; i < 100; ++i) {
    unixNs_ += kSecond / 10;
    pass(kSecond);
  }
  EXPECT_EQ(graceNs(hours(6)), 0);
}

TEST_F(RetentionClockTest, AClockThatStandsStillIsOneThatGoesBack) {
  for (int i = 0; i < 100; ++i) {
    steadyNs_ += kHour;
    clock_.tick();
  }
  EXPECT_EQ(graceNs(hours(6)), 0);
  EXPECT_EQ(clock_.cutNs(minutes(1)), unixNs_ - 60 * kSecond);
}

TEST_F(RetentionClockTest, ManyJumpsTakeNoMemoryForEver) {
  for (int i = 0; i < 1000; ++i)
    jump(kHour);
  EXPECT_EQ(graceNs(hours(6)), 100 * kHour);
}

TEST(RetentionClockRealTest, IsThatOfTheSystem) {
  RetentionClock clock({}, {});
  clock.tick();
  EXPECT_NEAR(double(clock.unixNs()) / 1e9, double(time(nullptr)), 2);
  EXPECT_EQ(clock.cutNs(seconds(5)), clock.unixNs() - 5 * kSecond);
}

} // namespace
} // namespace obs::rt
