// SPDX-License-Identifier: Apache-2.0
#include "clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace obs::rt {
namespace {

TEST(ClockTest, ConvertsAtTheRateBetweenTwoSamples) {
  const ClockSample first{1'000, 50'000, 7'000'000};
  const ClockSample last{3'000, 51'000, 7'001'500}; // two ticks a nanosecond
  const ClockScale scale(first, last);
  EXPECT_DOUBLE_EQ(scale.nsPerTick(), 0.5);
  EXPECT_EQ(scale.unixNs(3'000), 7'001'500);
  EXPECT_EQ(scale.unixNs(2'000), 7'001'000);
  EXPECT_EQ(scale.unixNs(5'000), 7'002'500);
  EXPECT_EQ(scale.durationNs(1'000, 2'000), 500);
}

TEST(ClockTest, DurationsAreNeverNegative) {
  const ClockScale scale({0, 0, 0}, {10, 10, 10});
  EXPECT_EQ(scale.durationNs(20, 10), 0);
}

TEST(ClockTest, OneSampleAloneGivesItsTime) {
  const ClockSample sample{1'000, 1, 5'000};
  EXPECT_EQ(ClockScale(sample, sample).unixNs(1'000), 5'000);
}

// A reading of one clock between two of another: the machine may be busy.
TEST(ClockTest, AgreesWithTheSystemsClocks) {
  using std::chrono::nanoseconds;
  using std::chrono::steady_clock;
  const ClockSample first = ClockSample::take();
  const auto beforeFrom = steady_clock::now();
  const uint64_t from = readTsc();
  const auto afterFrom = steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto beforeTo = steady_clock::now();
  const uint64_t to = readTsc();
  const auto afterTo = steady_clock::now();
  const ClockScale scale(first, ClockSample::take());
  const double measured = double(scale.durationNs(from, to));
  EXPECT_GT(measured, double(nanoseconds(beforeTo - afterFrom).count()) * 0.99);
  EXPECT_LT(measured, double(nanoseconds(afterTo - beforeFrom).count()) * 1.01);

  const int64_t before = unixNow();
  const int64_t unix = scale.unixNs(readTsc());
  const int64_t after = unixNow();
  EXPECT_GT(unix, before - 1'000'000);
  EXPECT_LT(unix, after + 1'000'000);
}

} // namespace
} // namespace obs::rt
