// SPDX-License-Identifier: Apache-2.0
// Where the exceptions of the calling thread were thrown.
#ifndef OBS_RUNTIME_THROW_NOTES_H
#define OBS_RUNTIME_THROW_NOTES_H

#include "obs/detail/abi.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <typeinfo>

namespace obs::rt {

struct ThrowNote {
  const void *object; // null: no class
  uint64_t content;   // the value, or a hash of the message
  uint32_t valueSize; // 0: a class
  bool hasMessage;
  uint32_t line;
  const char *file;     // null: no note; may be unmapped by now, see readText()
  const void *typeInfo; // std::type_info; null: not known
  detail::ThrownType *type; // null: not shown by its value
};

// Notes a throw; the oldest of the last few is forgotten. Async-signal-safe.
void noteThrow(const detail::Throwing &throwing);

// The note of the exception with its object at `object`, if this thread threw
// it. Its memory may have been another one's before, which was thrown
// elsewhere: so the type must be the same where the note has it, what is no
// class must have the same value, and a class the same message. `message`:
// nothing if there is none to compare.
std::optional<ThrowNote> findThrow(const void *object,
                                   const std::type_info &type,
                                   std::optional<std::string_view> message);

} // namespace obs::rt

#endif // OBS_RUNTIME_THROW_NOTES_H
