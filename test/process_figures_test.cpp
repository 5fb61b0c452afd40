// SPDX-License-Identifier: Apache-2.0
#include "process_figures.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

namespace obs::rt {
namespace {

void burn(std::chrono::milliseconds time) {
  const int64_t until = *threadCpuNs() + time.count() * 1'000'000;
  while (*threadCpuNs() < until) {
  }
}

TEST(ProcessFiguresTest, FollowWhatTheProcessDoes) {
  const ProcessFigures before = readProcessFigures();
  ASSERT_TRUE(before.cpuNs && before.residentBytes && before.threads);
  burn(std::chrono::milliseconds(30));
  std::vector<char> memory(64 << 20);
  memset(memory.data(), 1, memory.size());
  asm volatile("" : : "r"(memory.data()) : "memory"); // it is used
  ProcessFigures after;
  std::thread([&] { after = readProcessFigures(); }).join();
  EXPECT_GE(*after.cpuNs - *before.cpuNs, 30'000'000);
  EXPECT_GE(*after.residentBytes - *before.residentBytes, 60 << 20);
  EXPECT_EQ(*after.threads, *before.threads + 1);
}

TEST(ProcessFiguresTest, FallBackWithoutProc) {
  const ProcessFigures all = readProcessFigures();
  const ProcessFigures less = readProcessFigures({.proc = "/nowhere"});
  ASSERT_TRUE(less.cpuNs && less.residentBytes);
  EXPECT_FALSE(less.threads);
  EXPECT_GT(*less.residentBytes, *all.residentBytes / 2);
}

TEST(ProcessFiguresTest, FallBackWithoutAClock) {
  burn(std::chrono::milliseconds(30));
  const ProcessFigures all = readProcessFigures();
  const ProcessFigures less =
      readProcessFigures({.proc = "/nowhere", .hasCpuClock = false});
  ASSERT_TRUE(less.cpuNs);
  EXPECT_NEAR(double(*less.cpuNs), double(*all.cpuNs), 20e6);
}

TEST(ProcessFiguresTest, NothingIsThere) {
  const ProcessFigures none = readProcessFigures(
      {.proc = "/nowhere", .hasCpuClock = false, .hasUsage = false});
  EXPECT_FALSE(none.cpuNs || none.residentBytes || none.threads);
}

TEST(ProcessFiguresTest, DamagedFilesTellNothing) {
  char name[] = "/tmp/obs-proc-XXXXXX";
  const std::string directory = mkdtemp(name);
  const auto write = [&](const char *file, const char *text) {
    std::ofstream(directory + "/" + file) << text;
  };
  const ProcessSources sources = {directory, true, false};
  write("stat", "");
  write("statm", "17");
  EXPECT_FALSE(readProcessFigures(sources).threads);
  EXPECT_FALSE(readProcessFigures(sources).residentBytes);
  write("stat", "1 (a b) c) S 1 2");
  write("statm", "x y z");
  EXPECT_FALSE(readProcessFigures(sources).threads);
  EXPECT_FALSE(readProcessFigures(sources).residentBytes);
  write("stat", "1 (a b) c) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 77 21");
  EXPECT_EQ(readProcessFigures(sources).threads, 77);
  for (const char *file : {"/stat", "/statm", ""})
    remove((directory + file).c_str());
}

} // namespace
} // namespace obs::rt
