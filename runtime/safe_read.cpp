// SPDX-License-Identifier: Apache-2.0
#include "safe_read.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <link.h>
#include <mutex>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

extern "C" void *__libc_stack_end; // of glibc: where the first thread's begins
// Of AddressSanitizer, if the program has it: null, or the first byte that is
// not to be touched.
extern "C" __attribute__((weak)) void *__asan_region_is_poisoned(void *begin,
                                                                 size_t size);

namespace obs::rt {

namespace {
// The least page size there is; reads that stay inside a page succeed or fail
// as a whole.
constexpr uintptr_t kPage = 4096;

struct Segment {
  uintptr_t begin;
  uintptr_t end;
};
constexpr size_t kMaxSegments = 16;
Segment gSegments[kMaxSegments]; // written once, before gSegmentCount
std::atomic<size_t> gSegmentCount{0};
std::atomic<pid_t> gProcess{0}; // 0: not known; getpid() is a system call

thread_local OwnStack *gStack __attribute__((tls_model("initial-exec"))) =
    nullptr; // null: not known

// No mapping is placed so near to the main thread's stack (mmap_base() of the
// kernel), so whoever runs there runs on it.
constexpr uintptr_t kMainStack = 128 << 20;

// The text at `text`, which ends before `room` bytes; kUnreadable if it does
// not. Not by library functions: sanitizers watch what those read.
__attribute__((disable_sanitizer_instrumentation)) uint32_t
copyText(const char *text, uint8_t *to, uint32_t limit, size_t room) {
  const auto most = uint32_t(std::min<size_t>(limit, room));
  uint32_t i = 0;
  for (uint64_t word; most - i >= sizeof(word); i += sizeof(word)) {
    __builtin_memcpy(&word, text + i, sizeof(word));
    if ((word - 0x0101010101010101) & ~word & 0x8080808080808080)
      break; // one of its bytes is 0
    __builtin_memcpy(to + i, &word, sizeof(word));
  }
  for (; i < most; ++i) {
    if (text[i] == 0)
      return i;
    to[i] = uint8_t(text[i]);
  }
  return most == limit ? limit + 1 : kUnreadable;
}

// Whether the calling thread runs on its own stack below `address`, which is on
// it, too.
bool isOnStack(uintptr_t address) {
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return address >= here && gStack && gStack->holds(here) &&
         gStack->holds(address);
}

bool readAll(uintptr_t from, uint8_t *to, size_t size) {
  iovec local = {to, size};
  iovec remote = {reinterpret_cast<void *>(from), size};
  const int saved = errno;
  const pid_t known = gProcess.load(std::memory_order_relaxed);
  const ssize_t got =
      process_vm_readv(known ? known : getpid(), &local, 1, &remote, 1, 0);
  errno = saved;
  return got == ssize_t(size);
}

// The kernel copies a set of signals before it finds that it is to be used in
// no way there is; much sooner than process_vm_readv() has copied anything.
bool isPageThere(uintptr_t page) {
  const int saved = errno;
  const uintptr_t set = page * kPage + 8; // of page 0: not null
  const long result =
      syscall(SYS_rt_sigprocmask, -1, set, nullptr, sizeof(uint64_t));
  const bool isThere = result == 0 || errno != EFAULT;
  errno = saved;
  return isThere;
}

// Where the part of the program's image ends that holds `address`; 0: none
// does.
uintptr_t imageEnd(uintptr_t address) {
  // Pairs with the store in learnProcess().
  const size_t segments = gSegmentCount.load(std::memory_order_acquire);
  for (size_t i = 0; i < segments; ++i)
    if (address >= gSegments[i].begin && address < gSegments[i].end)
      return gSegments[i].end;
  return 0;
}
} // namespace

void learnProcess() {
  gProcess.store(getpid(), std::memory_order_relaxed);
  static std::once_flag once;
  std::call_once(once, [] {
    dl_iterate_phdr(
        [](dl_phdr_info *info, size_t, void *) {
          size_t count = 0;
          for (int i = 0; i < info->dlpi_phnum && count < kMaxSegments; ++i) {
            const ElfW(Phdr) &header = info->dlpi_phdr[i];
            if (header.p_type != PT_LOAD || !(header.p_flags & PF_R))
              continue;
            const uintptr_t begin = info->dlpi_addr + header.p_vaddr;
            gSegments[count++] = {begin, begin + header.p_memsz};
          }
          gSegmentCount.store(count, std::memory_order_release);
          return 1; // the first one is the program
        },
        nullptr);
  });
}

void OwnStack::begin(const std::function<void()> *wake) {
  wake_ = wake;
  high_.store(0, std::memory_order_relaxed);
  gStack = this;
  if (getpid() != gettid()) {
    thread_ = pthread_self();
    state_.store(Wanted, std::memory_order_release);
    return;
  }
  // The program's first thread, unless a child was forked by another one.
  const auto top = reinterpret_cast<uintptr_t>(__libc_stack_end);
  low_.store(top - std::min(top, kMainStack), std::memory_order_relaxed);
  high_.store(top, std::memory_order_release);
}

void OwnStack::find() {
  State wanted = Wanted;
  if (!state_.compare_exchange_strong(wanted, Asking,
                                      std::memory_order_acquire))
    return;
  pthread_attr_t attributes;
  if (pthread_getattr_np(thread_, &attributes) == 0) {
    void *low = nullptr;
    size_t size = 0;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
      low_.store(reinterpret_cast<uintptr_t>(low), std::memory_order_relaxed);
      high_.store(reinterpret_cast<uintptr_t>(low) + size,
                  std::memory_order_release);
    }
    pthread_attr_destroy(&attributes);
  }
  state_.store(Known, std::memory_order_release);
}

void OwnStack::noteRead(uintptr_t address) {
  constexpr uintptr_t kUsualStack = 8 << 20;
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (wake_ && address >= here && address - here < kUsualStack &&
      state_.load(std::memory_order_relaxed) == Wanted)
    (*std::exchange(wake_, nullptr))();
}

void OwnStack::end() {
  gStack = nullptr;
  State wanted = Wanted;
  state_.compare_exchange_strong(wanted, Known, std::memory_order_relaxed);
  while (state_.load(std::memory_order_acquire) == Asking) // microseconds
    sched_yield();
}

uint32_t readText(const char *text, uint8_t *to, uint32_t limit) {
  const uintptr_t begin = reinterpret_cast<uintptr_t>(text);
  if (const uintptr_t end = imageEnd(begin))
    return copyText(text, to, limit, end - begin);
  if (isOnStack(begin)) {
    if (const uint32_t size = copyText(text, to, limit, gStack->high() - begin);
        size != kUnreadable)
      return size;
  } else if (gStack) {
    gStack->noteRead(begin);
  }
  uint32_t done = 0;
  while (done < limit) {
    const uintptr_t at = begin + done;
    const uint32_t size =
        uint32_t(std::min<uintptr_t>(limit - done, kPage - at % kPage));
    if (!readAll(at, to + done, size))
      return kUnreadable;
    if (const void *end = memchr(to + done, 0, size))
      return uint32_t(static_cast<const uint8_t *>(end) - to);
    done += size;
  }
  return limit + 1;
}

} // namespace obs::rt

namespace obs::detail {

bool MemoryCheck::isReadable(const void *from, U64 size) {
  const auto begin = reinterpret_cast<uintptr_t>(from);
  const uintptr_t end = begin + size;
  if (size == 0)
    return true;
  if (end < begin ||
      (__asan_region_is_poisoned &&
       __asan_region_is_poisoned(const_cast<void *>(from), size)))
    return false;
  if (rt::imageEnd(begin) >= end ||
      (rt::isOnStack(begin) && rt::isOnStack(end - 1)))
    return true;
  for (uintptr_t page = begin / rt::kPage; page <= (end - 1) / rt::kPage;
       ++page) {
    uintptr_t &seen = pages_[page % kPages];
    if (seen == page && page != 0)
      continue;
    if (!rt::isPageThere(page))
      return false;
    seen = page;
  }
  return true;
}

} // namespace obs::detail
