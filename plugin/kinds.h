// SPDX-License-Identifier: Apache-2.0
// What of a type can be told without the templates of traits.h, which take
// clang most of the time that it spends on our behalf.
#ifndef OBS_PLUGIN_KINDS_H
#define OBS_PLUGIN_KINDS_H

#include "obs/detail/abi.h"

#include "clang/AST/Type.h"

#include <optional>

namespace clang {
class CXXRecordDecl;
class Sema;
class SourceLocation;
} // namespace clang

namespace obs::plugin {

class Secrets;

// A class whose fields may be read. Not the standard library's own (their
// fields mean nothing to a user), and not what is guarded by a lock of its
// own: its fields may change while they are read.
bool isTransparent(const clang::CXXRecordDecl *record);

// As in the type's description (abi.h).
struct Known {
  detail::TypeKind kind;
  detail::Passing passing;
  unsigned size;
};

// Nothing: the templates are to be asked. `type` is canonical, and plain as
// Plain<T> is.
std::optional<Known> known(clang::Sema &sema, clang::SourceLocation place,
                           clang::QualType type, const Secrets &secrets);

// Whether it is worth asking the templates if such a result may be an error.
bool mayBeError(clang::Sema &sema, clang::SourceLocation place,
                clang::QualType type);

} // namespace obs::plugin

#endif // OBS_PLUGIN_KINDS_H
