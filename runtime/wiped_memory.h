// SPDX-License-Identifier: Apache-2.0
// Memory that tells a process from its copies.
#ifndef OBS_RUNTIME_WIPED_MEMORY_H
#define OBS_RUNTIME_WIPED_MEMORY_H

#include <cstddef>
#include <vector>

namespace obs::rt {

// What it gives out is all zero in a child process, however that was made: also
// by clone(), which runs no fork handlers (MADV_WIPEONFORK). Not thread-safe.
class WipedMemory {
public:
  WipedMemory() = default;
  ~WipedMemory();
  WipedMemory(const WipedMemory &) = delete;
  WipedMemory &operator=(const WipedMemory &) = delete;

  // Zeroed, on cache lines of its own; lives as long as this object. Null: the
  // process is out of memory. `bytes` at most kMost.
  void *allocate(size_t bytes);
  static constexpr size_t kMost = 4096;

private:
  std::vector<char *> blocks_;
  size_t used_ = 0; // bytes of the last block
};

} // namespace obs::rt

#endif // OBS_RUNTIME_WIPED_MEMORY_H
