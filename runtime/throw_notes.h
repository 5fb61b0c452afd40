// SPDX-License-Identifier: Apache-2.0
// Where the exceptions of the calling thread were thrown.
#ifndef OBS_RUNTIME_THROW_NOTES_H
#define OBS_RUNTIME_THROW_NOTES_H

#include "obs/detail/abi.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace obs::rt {

struct ThrowPlace {
  const char *file; // may be unmapped by now, see readText()
  uint32_t line;
  uint64_t value; // of what is no class
};

// Notes a throw; the oldest of the last few is forgotten. Async-signal-safe.
void noteThrow(const detail::Throwing &throwing);

// Where the exception with its object at `object` was thrown by this thread.
// Its memory may have been another one's before, which was thrown elsewhere:
// so what is no class must have the same value, and a class the same message.
// `message`: nothing if there is none to compare.
std::optional<ThrowPlace> findThrow(const void *object, bool isClass,
                                    std::optional<std::string_view> message);

} // namespace obs::rt

#endif // OBS_RUNTIME_THROW_NOTES_H
