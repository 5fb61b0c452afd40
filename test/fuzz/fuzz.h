// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets have in common.
#ifndef OBS_TEST_FUZZ_FUZZ_H
#define OBS_TEST_FUZZ_FUZZ_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unistd.h>

namespace obs::fuzz {

// A file of this process in memory, that goes with it.
inline std::string scratchFile() {
  static const std::string &path = *[] { // it is needed until the very end
    std::atexit([] { unlink(scratchFile().c_str()); });
    return new std::string("/dev/shm/obs-fuzz-" + std::to_string(getpid()));
  }();
  return path;
}

inline void require(bool condition, std::string_view what,
                    std::string_view detail = {}) {
  if (condition)
    return;
  std::fprintf(stderr, "%.*s: %.*s\n", int(what.size()), what.data(),
               int(detail.size()), detail.data());
  std::abort();
}

// Takes an input apart; zeros behind its end.
class Input {
public:
  Input(const uint8_t *data, size_t size) : data_(data), size_(size) {}

  template <class T> T take() {
    T value{};
    const size_t bytes = sizeof(T) < size_ ? sizeof(T) : size_;
    memcpy(&value, data_, bytes);
    data_ += bytes;
    size_ -= bytes;
    return value;
  }
  std::string_view text(size_t most) {
    const size_t bytes = most < size_ ? most : size_;
    const std::string_view taken(reinterpret_cast<const char *>(data_), bytes);
    data_ += bytes;
    size_ -= bytes;
    return taken;
  }
  size_t size() const { return size_; }

private:
  const uint8_t *data_;
  size_t size_;
};

} // namespace obs::fuzz

#endif // OBS_TEST_FUZZ_FUZZ_H
