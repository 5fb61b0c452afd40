// SPDX-License-Identifier: Apache-2.0
#include "safe_read.h"

#include "obs/detail/abi.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace obs::rt {
namespace {

constexpr size_t kPage = 4096;

TEST(SafeRead, ReadsUpToTheTerminator) {
  uint8_t to[100];
  EXPECT_EQ(readText("hello", to, 100), 5u);
  EXPECT_EQ(std::memcmp(to, "hello", 5), 0);
  EXPECT_EQ(readText("", to, 100), 0u);
  EXPECT_EQ(readText("hello", to, 5), 6u); // longer than the limit, it seems
  EXPECT_EQ(readText("hello", to, 3), 4u);
}

// No terminator up to the end of a segment, or further.
alignas(4096) char gUnterminated[8192];

TEST(SafeRead, ReadsTheProgramsImageWithoutAsking) {
  static const char text[] = "in the image";
  uint8_t to[1000];
  EXPECT_EQ(readText(text, to, 1000), 12u);
  learnProcess();
  EXPECT_EQ(readText(text, to, 1000), 12u);
  EXPECT_EQ(std::memcmp(to, text, 12), 0);
  EXPECT_EQ(readText(text, to, 5), 6u);
  std::memset(gUnterminated, 'x', sizeof(gUnterminated));
  EXPECT_EQ(readText(gUnterminated, to, 1000), 1001u);
  // The heap still goes through the kernel.
  EXPECT_EQ(readText(std::string(500, 'y').c_str(), to, 1000), 500u);
}

TEST(SafeRead, AForkedChildReadsItsOwnMemory) {
  learnProcess();
  std::string text(500, 'p');
  const pid_t child = fork();
  if (child == 0) {
    learnProcess();
    text.assign(500, 'c');
    uint8_t to[1000];
    _exit(readText(text.c_str(), to, 1000) == 500 && to[499] == 'c' ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(SafeRead, CrossesPages) {
  const std::string text(3000, 'x');
  uint8_t to[2000];
  for (size_t at = 0; at < 1500; at += 100)
    EXPECT_EQ(readText(text.c_str() + 3000 - at, to, 2000), at);
}

TEST(SafeRead, SurvivesWhatIsNotThere) {
  uint8_t to[1000];
  EXPECT_EQ(readText(reinterpret_cast<const char *>(1), to, 1000),
            kUnreadable);
  // A text without a terminator at the end of the mapped memory.
  void *memory = mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  char *end = static_cast<char *>(memory) + kPage;
  ASSERT_EQ(munmap(end, kPage), 0);
  std::memset(end - 10, 'y', 10);
  EXPECT_EQ(readText(end, to, 1000), kUnreadable);
  EXPECT_EQ(readText(end - 10, to, 1000), kUnreadable);
  EXPECT_EQ(readText(end - 10, to, 10), 11u);
  munmap(memory, kPage);
}

} // namespace
} // namespace obs::rt
