// SPDX-License-Identifier: Apache-2.0
#include "wiped_memory.h"

#include <sys/mman.h>

namespace obs::rt {
namespace {

constexpr size_t kLine = 64;
constexpr size_t kBlock = 4 * WipedMemory::kMost;

} // namespace

WipedMemory::~WipedMemory() {
  for (char *block : blocks_)
    munmap(block, kBlock);
}

void *WipedMemory::allocate(size_t bytes) {
  bytes = (bytes + kLine - 1) / kLine * kLine;
  if (blocks_.empty() || bytes > kBlock - used_) {
    blocks_.reserve(blocks_.size() + 1);
    void *block = mmap(nullptr, kBlock, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
      return nullptr;
    madvise(block, kBlock, MADV_WIPEONFORK);
    blocks_.push_back(static_cast<char *>(block));
    used_ = 0;
  }
  used_ += bytes;
  return blocks_.back() + used_ - bytes;
}

} // namespace obs::rt
