// SPDX-License-Identifier: Apache-2.0
// libobs_malloc.so: the C library's allocator, with a count of the bytes that
// each thread asks it for. For programs that are linked with it, or have it
// preloaded; the memory is the C library's, which also frees it.
#include "obs/obs.h"

#include <cerrno>
#include <unistd.h>

extern "C" {

// glibc's own names of what is defined here.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static __thread __attribute__((tls_model("initial-exec"))) uint64_t allocated =
    0;

static void *counted(void *memory, size_t size) {
  if (memory)
    allocated += size;
  return memory;
}

OBS_API uint64_t obs_thread_allocated() noexcept {
  return allocated;
}

OBS_API void *malloc(size_t size) {
  return counted(__libc_malloc(size), size);
}

OBS_API void *calloc(size_t count, size_t size) {
  return counted(__libc_calloc(count, size), count * size);
}

OBS_API void *realloc(void *memory, size_t size) {
  return counted(__libc_realloc(memory, size), size);
}

OBS_API void *reallocarray(void *memory, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return realloc(memory, bytes);
}

OBS_API void *memalign(size_t alignment, size_t size) {
  return counted(__libc_memalign(alignment, size), size);
}

OBS_API void *aligned_alloc(size_t alignment, size_t size) {
  return memalign(alignment, size);
}

OBS_API int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || !alignment ||
      alignment & (alignment - 1))
    return EINVAL;
  const int saved = errno; // not to be set by this one
  void *const made = memalign(alignment, size);
  errno = saved;
  if (!made)
    return ENOMEM;
  *memory = made;
  return 0;
}

OBS_API void *valloc(size_t size) {
  return memalign(size_t(sysconf(_SC_PAGESIZE)), size);
}

OBS_API void *pvalloc(size_t size) {
  const auto page = size_t(sysconf(_SC_PAGESIZE));
  size_t whole;
  if (__builtin_add_overflow(size, page - 1, &whole)) {
    errno = ENOMEM;
    return nullptr;
  }
  return memalign(page, whole / page * page);
}

} // extern "C"
