// SPDX-License-Identifier: Apache-2.0
// Reads memory that may not be there.
#ifndef OBS_RUNTIME_SAFE_READ_H
#define OBS_RUNTIME_SAFE_READ_H

#include "obs/detail/abi.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <pthread.h>

namespace obs::rt {

inline constexpr uint32_t kUnreadable = 0xFFFFFFFF; // see readText()

// Learns which process this is (in a forked child once more, before anything
// is read there), and where the program's own image lies: the constants there
// can be read without asking, as an image stays for the life of the process.
// (Those of libraries may go with dlclose().) Until then readText() asks for
// all.
void learnProcess();

// Where a thread's stack lies. What is on it above the running frame stays
// there for the call, and can be read without asking, too. (Not beyond the
// arguments of the program's main(), and only while the thread runs on that
// stack, not on one of a fiber or a signal handler.) That of the program's
// first thread is known at once; of another one only glibc knows, which takes
// ten microseconds and memory to tell, so some other thread asks for it: at
// times, and when it is woken as this one could have used it.
//
// Outlives the thread, and may serve another one after it.
class OwnStack {
public:
  // The calling thread's from now on. It must call end() while it lives.
  // `wake` has someone call find(), and is async-signal-safe; null: someone
  // does anyway.
  void begin(const std::function<void()> *wake = nullptr);
  void end();
  // Asks where the stack lies if nobody has yet. By any other thread, one at a
  // time.
  void find();

  bool holds(uintptr_t address) const {
    return address < high_.load(std::memory_order_acquire) &&
           address >= low_.load(std::memory_order_relaxed);
  }
  uintptr_t high() const { return high_.load(std::memory_order_relaxed); }
  // The calling thread, whose stack this is, has the kernel read at `address`.
  // Wakes someone, once, if that seems to be on a stack that is not known.
  void noteRead(uintptr_t address);

private:
  enum State : int { Known, Wanted, Asking };

  std::atomic<State> state_{Known};
  pthread_t thread_{};
  const std::function<void()> *wake_ = nullptr; // null: or it has been woken
  std::atomic<uintptr_t> low_{0};
  std::atomic<uintptr_t> high_{0}; // written last, read first; 0: not known
};

// Copies the null-terminated text at `text` to `to`, at most `limit` bytes, and
// returns its length; `limit` + 1 if it is longer; kUnreadable if the
// memory ends before the text does. Any pointer will do: outside of the
// program's image and the own stack the kernel reads, so nothing faults (a
// system call, some 200 ns and more). Async-signal-safe.
// REQUIRES: limit is less than a page.
uint32_t readText(const char *text, uint8_t *to, uint32_t limit);

} // namespace obs::rt

namespace obs::detail {

// Whether memory is there, as far as that can be told: what one thread frees,
// another one may use or unmap. Remembers pages that were there, so let it be
// short-lived. Any pointer will do: outside of the program's image and the own
// stack it asks the kernel, and where that does not answer (seccomp), takes all
// for readable.
// Async-signal-safe, not thread-safe.
class MemoryCheck {
public:
  bool isReadable(const void *from, U64 size);

private:
  static constexpr size_t kPages = 64;
  uintptr_t pages_[kPages] = {}; // each at its number modulo kPages; 0: none
};

} // namespace obs::detail

#endif // OBS_RUNTIME_SAFE_READ_H
