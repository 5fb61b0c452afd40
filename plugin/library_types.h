// SPDX-License-Identifier: Apache-2.0
// Classes of well-known libraries that are shown as something else than their
// shape or their fields tell.
#ifndef OBS_PLUGIN_LIBRARY_TYPES_H
#define OBS_PLUGIN_LIBRARY_TYPES_H

#include "obs/detail/abi.h"

#include "llvm/ADT/StringRef.h"

#include <string>

namespace clang {
class CXXRecordDecl;
class DeclContext;
} // namespace clang

namespace obs::plugin {

// A value inside another one: what `path` leads to from there, in steps
// separated by dots: a field of the class itself, or `name()`, a member
// function. Behind a `|` is what to try if there is no such member.
struct LibraryPart {
  llvm::StringRef name; // of a field of a struct
  llvm::StringRef path; // empty: no more parts
};

struct LibraryType {
  llvm::StringRef name; // without inline namespaces and arguments
  detail::TypeKind kind;
  // The function of encode.h that encodes the parts, or the whole value if
  // there is none. Empty: each part is a value of its own.
  llvm::StringRef encoder;
  LibraryPart parts[4];
};

// Null: not known. The standard library's and others'.
const LibraryType *libraryType(const clang::CXXRecordDecl &record);

// std::chrono::system_clock, whatever the inline namespaces in between.
std::string plainName(const clang::DeclContext &context);

} // namespace obs::plugin

#endif // OBS_PLUGIN_LIBRARY_TYPES_H
