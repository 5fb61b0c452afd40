// SPDX-License-Identifier: Apache-2.0
// Tells ThreadSanitizer, if it runs in the program, what this library's atomics
// order: it does not see them, as the library is not instrumented.
#ifndef OBS_RUNTIME_HAPPENS_BEFORE_H
#define OBS_RUNTIME_HAPPENS_BEFORE_H

extern "C" {
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);
__attribute__((weak)) void AnnotateRWLockReleased(const char *file, int line,
                                                  const volatile void *lock,
                                                  long isWriter);
}

namespace obs::rt {

// Beside a release store to, and an acquire load from, `*address`.
inline void noteRelease(void *address) {
  if (__tsan_release)
    __tsan_release(address);
}
inline void noteAcquire(void *address) {
  if (__tsan_acquire)
    __tsan_acquire(address);
}

// A lock that this thread holds is about to be made anew.
inline void noteReset(void *lock) {
  if (AnnotateRWLockReleased)
    AnnotateRWLockReleased(__FILE__, __LINE__, lock, /*isWriter=*/1);
}

} // namespace obs::rt

#endif // OBS_RUNTIME_HAPPENS_BEFORE_H
