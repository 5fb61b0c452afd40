// SPDX-License-Identifier: Apache-2.0
#include "safe_read.h"

#include "obs/detail/abi.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/uio.h>
#include <unistd.h>

namespace obs::rt {

namespace {
// The least page size there is; reads that stay inside a page succeed or fail
// as a whole.
constexpr uintptr_t kPage = 4096;

bool readAll(uintptr_t from, uint8_t *to, size_t size) {
  iovec local = {to, size};
  iovec remote = {reinterpret_cast<void *>(from), size};
  const int saved = errno;
  const ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  errno = saved;
  return got == ssize_t(size);
}
} // namespace

uint32_t readText(const char *text, uint8_t *to, uint32_t limit) {
  const uintptr_t begin = reinterpret_cast<uintptr_t>(text);
  uint32_t done = 0;
  while (done < limit) {
    const uintptr_t at = begin + done;
    const uint32_t size =
        uint32_t(std::min<uintptr_t>(limit - done, kPage - at % kPage));
    if (!readAll(at, to + done, size))
      return detail::kUnreadable;
    if (const void *end = memchr(to + done, 0, size))
      return uint32_t(static_cast<const uint8_t *>(end) - to);
    done += size;
  }
  return limit + 1;
}

} // namespace obs::rt
