// SPDX-License-Identifier: Apache-2.0
#include "safe_read.h"

#include "obs/detail/abi.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <iterator>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

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

// From then on the kernel refuses this call of the process.
void forbid(uint32_t call) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program = {std::size(filter), filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

bool reads(const char *text, size_t size) {
  uint8_t to[100];
  return readText(text, to, 100) == size && std::memcmp(to, text, size) == 0;
}

// A text in the caller's frame, with bytes other than 0 behind it. (The
// variables of instrumented functions may lie elsewhere.)
__attribute__((noinline, no_sanitize("address"))) bool readsFrame() {
  char text[64];
  std::memset(text, 'x', sizeof(text));
  for (const size_t size : {0, 1, 7, 8, 9, 40}) {
    text[size] = 0;
    if (!reads(text, size))
      return false;
    text[size] = 'x';
  }
  return true;
}

ucontext_t gBack, gFiber;
bool gFiberReads;

bool readsFrameOfFiber() {
  std::vector<char> stack(64 << 10);
  getcontext(&gFiber);
  gFiber.uc_stack = {stack.data(), 0, stack.size()};
  gFiber.uc_link = &gBack;
  makecontext(
      &gFiber, [] { gFiberReads = readsFrame(); }, 0);
  swapcontext(&gBack, &gFiber);
  return gFiberReads;
}

TEST(SafeRead, ReadsTheOwnStackWithoutAsking) {
  EXPECT_EXIT(
      {
        forbid(SYS_process_vm_readv);
        OwnStack stack;
        bool good = !readsFrame();
        stack.begin();
        good &= readsFrame();
        char elsewhere[] = "here";
        good &= !reads(std::string(50, 'h').c_str(), 50);
        std::thread([&] {
          OwnStack other;
          other.begin();
          good &= !readsFrame();
          std::thread([&] { other.find(); }).join();
          good &= readsFrame();
          good &= !reads(elsewhere, 4);
          good &= !readsFrameOfFiber();
          other.end();
          good &= !readsFrame();
        }).join();
        stack.end();
        good &= !readsFrame();
        _exit(good ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_TRUE(readsFrameOfFiber());
}

TEST(SafeRead, SomeoneIsWokenOnceToFindAStackThatIsOfUse) {
  int woken = 0;
  const std::function<void()> wake = [&] { ++woken; };
  std::thread([&] {
    OwnStack stack;
    stack.begin(&wake);
    reads(program_invocation_name, 1); // far away
    EXPECT_EQ(woken, 0);
    readsFrame();
    readsFrame();
    EXPECT_EQ(woken, 1);
    stack.end();
    stack.begin(&wake);
    std::thread([&] { stack.find(); }).join();
    readsFrame();
    EXPECT_EQ(woken, 1);
    stack.end();
  }).join();
}

TEST(SafeRead, AStackMayEndBeforeTheText) {
  std::thread([] {
    OwnStack stack;
    stack.begin();
    std::thread([&] { stack.find(); }).join();
    pthread_attr_t attributes;
    void *low = nullptr;
    size_t size = 0;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    const char *const end = static_cast<char *>(low) + size;
    uint8_t to[1000];
    for (const char *text = end - 100; text != end + 10; ++text)
      readText(text, to, 1000); // whatever lies there
    stack.end();
  }).join();
}

TEST(MemoryCheck, TellsWhatIsThere) {
  detail::MemoryCheck check;
  auto *memory =
      static_cast<char *>(mmap(nullptr, 3 * kPage, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(memory, MAP_FAILED);
  munmap(memory + 2 * kPage, kPage);
  const int local = 0;
  EXPECT_TRUE(check.isReadable(&local, sizeof(local)));
  EXPECT_TRUE(check.isReadable(memory, 1));
  EXPECT_TRUE(check.isReadable(memory + 10, 2 * kPage - 10));
  EXPECT_FALSE(check.isReadable(memory + 10, 2 * kPage - 9));
  EXPECT_FALSE(check.isReadable(memory + 2 * kPage, 1));
  mprotect(memory + kPage, kPage, PROT_NONE);
  EXPECT_FALSE(detail::MemoryCheck().isReadable(memory, kPage + 1));
  EXPECT_FALSE(check.isReadable(nullptr, 1));
  EXPECT_FALSE(
      check.isReadable(reinterpret_cast<void *>(0x5a5a5a5a5a5a5a5a), 1));
  EXPECT_FALSE(check.isReadable(memory, UINT64_MAX));
  EXPECT_TRUE(check.isReadable(nullptr, 0));
  munmap(memory, 2 * kPage);
}

TEST(MemoryCheck, TrustsWhereTheKernelDoesNotAnswer) {
  EXPECT_EXIT(
      {
        const std::string text(500, 't');
        forbid(SYS_rt_sigprocmask);
        _exit(detail::MemoryCheck().isReadable(text.data(), 500) ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
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
