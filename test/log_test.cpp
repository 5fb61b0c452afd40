// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace obs::rt {
namespace {

using std::chrono::seconds;

TEST(Log, WritesOneLine) {
  testing::internal::CaptureStderr();
  errno = 7;
  logLine(LogKind::Internal, "two\nlines\x1b[31m");
  EXPECT_EQ(errno, 7);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "obs: two lines [31m\n");
}

TEST(Log, CutsLongText) {
  testing::internal::CaptureStderr();
  logLine(LogKind::Internal, std::string(100'000, 'x'));
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_LT(line.size(), 1100u);
  EXPECT_EQ(line.back(), '\n');
}

TEST(Log, LimitsEachKindOnItsOwn) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i)
    logLine(LogKind::Memory, "again");
  logLine(LogKind::Recovery, "something else");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), LogLimit::kLines + 1);
  EXPECT_NE(text.find("something else"), text.npos);
}

TEST(LogLimit, SaysHowManyWereLeftOut) {
  LogLimit limit;
  for (int i = 0; i < LogLimit::kLines; ++i)
    EXPECT_EQ(limit.admit(seconds(100)), 0);
  EXPECT_EQ(limit.admit(seconds(101)), std::nullopt);
  EXPECT_EQ(limit.admit(seconds(159)), std::nullopt);
  EXPECT_EQ(limit.admit(seconds(160)), 2);
  EXPECT_EQ(limit.admit(seconds(160)), 0);
}

} // namespace
} // namespace obs::rt
