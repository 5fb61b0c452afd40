// SPDX-License-Identifier: Apache-2.0
#include "safe_read.h"

#include "obs/detail/abi.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <link.h>
#include <mutex>
#include <sys/uio.h>
#include <unistd.h>

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

// Byte by byte: sanitizers watch what library functions read.
uint32_t copyText(const char *text, uint8_t *to, uint32_t limit, size_t room) {
  for (uint32_t i = 0; i < limit; ++i) {
    if (i == room)
      return kUnreadable;
    if (text[i] == 0)
      return i;
    to[i] = uint8_t(text[i]);
  }
  return limit + 1;
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

uint32_t readText(const char *text, uint8_t *to, uint32_t limit) {
  const uintptr_t begin = reinterpret_cast<uintptr_t>(text);
  // Pairs with the store in learnProcess().
  const size_t segments = gSegmentCount.load(std::memory_order_acquire);
  for (size_t i = 0; i < segments; ++i)
    if (begin >= gSegments[i].begin && begin < gSegments[i].end)
      return copyText(text, to, limit, gSegments[i].end - begin);
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
