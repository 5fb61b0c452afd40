// SPDX-License-Identifier: Apache-2.0
#include "throw_notes.h"

namespace obs::rt {
namespace {

struct Note {
  const void *object;
  uint64_t content; // the value, or a hash of the message
  const char *file; // null: no note
  uint32_t line;
  uint32_t valueSize; // 0: a class
};

// An exception may carry others, and destructors that run while it propagates
// may throw and catch.
constexpr unsigned kNotes = 8;
thread_local Note gNotes[kNotes];
thread_local unsigned gNext = 0;

uint64_t hashOf(std::string_view text) { // FNV-1a
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text)
    hash = (hash ^ uint8_t(c)) * 0x100000001b3;
  return hash;
}

// The first bytes of an exception that is no class. They are read one by one
// and as they are, since only the type that nobody knows here says how many
// there are; an allocation of the C++ runtime has eight at least.
uint64_t valueAt(const void *object, uint32_t size) {
  const auto *bytes = static_cast<const volatile uint8_t *>(object);
  uint64_t value = 0;
  for (uint32_t i = 0; i < size; ++i)
    value |= uint64_t(bytes[i]) << (8 * i);
  return value;
}

} // namespace

void noteThrow(const detail::Throwing &throwing) {
  Note &note = gNotes[gNext++ % kNotes];
  note.object = throwing.object;
  note.content = throwing.valueSize != 0
                     ? throwing.value
                     : hashOf({throwing.message ? throwing.message : "",
                               throwing.messageSize});
  note.file = throwing.file;
  note.line = throwing.line;
  note.valueSize = throwing.valueSize;
}

std::optional<ThrowPlace> findThrow(const void *object, bool isClass,
                                    std::optional<std::string_view> message) {
  for (unsigned back = 1; back <= kNotes; ++back) {
    const Note &note = gNotes[(gNext - back) % kNotes];
    if (!note.file || (note.valueSize == 0) != isClass)
      continue;
    if (isClass ? note.object == object &&
                      (!message || note.content == hashOf(*message))
                : note.content == valueAt(object, note.valueSize))
      return ThrowPlace{note.file, note.line, note.content};
  }
  return std::nullopt;
}

} // namespace obs::rt
