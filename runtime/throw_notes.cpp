// SPDX-License-Identifier: Apache-2.0
#include "throw_notes.h"

#include <cxxabi.h>

namespace obs::rt {
namespace {

// An exception may carry others, and destructors that run while it propagates
// may throw and catch.
constexpr unsigned kNotes = 8;
thread_local ThrowNote gNotes[kNotes];
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

bool isOf(const ThrowNote &note, const void *object, const std::type_info &type,
          const std::optional<std::string_view> &message) {
  if (note.typeInfo && note.typeInfo != &type)
    return false;
  const bool isClass = dynamic_cast<const abi::__class_type_info *>(&type);
  if (isClass != (note.valueSize == 0))
    return false;
  if (!isClass)
    return note.content == valueAt(object, note.valueSize);
  if (note.object != object)
    return false;
  return message && note.hasMessage ? note.content == hashOf(*message)
                                    : note.typeInfo || !note.hasMessage;
}

} // namespace

void noteThrow(const detail::Throwing &throwing) {
  ThrowNote &note = gNotes[gNext++ % kNotes];
  note.object = throwing.object;
  note.content = throwing.valueSize != 0
                     ? throwing.value
                     : hashOf({throwing.message ? throwing.message : "",
                               throwing.messageSize});
  note.valueSize = throwing.valueSize;
  note.hasMessage = throwing.message;
  note.line = throwing.line;
  note.file = throwing.file;
  note.typeInfo = throwing.typeInfo;
  note.type = throwing.type;
}

std::optional<ThrowNote> findThrow(const void *object,
                                   const std::type_info &type,
                                   std::optional<std::string_view> message) {
  for (unsigned back = 1; back <= kNotes; ++back) {
    const ThrowNote &note = gNotes[(gNext - back) % kNotes];
    if (note.file && isOf(note, object, type, message))
      return note;
  }
  return std::nullopt;
}

} // namespace obs::rt
