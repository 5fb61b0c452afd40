// SPDX-License-Identifier: Apache-2.0
// The descriptions of types that a translation unit has: kType<T> of encode.h.
#ifndef OBS_PLUGIN_TYPES_H
#define OBS_PLUGIN_TYPES_H

#include "kinds.h"

#include "obs/detail/abi.h"

#include "clang/AST/Type.h"
#include "llvm/ADT/DenseMap.h"

namespace clang {
class VarDecl;
}

namespace obs::plugin {

class Builder;

class Types {
public:
  // The constant that describes values of `type`, or references to them. Null:
  // no template can take that type.
  clang::VarDecl *of(Builder &build, clang::QualType type);
  // What known() says, asked once a type.
  std::optional<Known> known(clang::Sema &sema, clang::SourceLocation place,
                             clang::QualType type, const Secrets &secrets);
  // How values of that type are handed to the runtime.
  static detail::Passing passing(const clang::VarDecl &description);

private:
  llvm::DenseMap<clang::QualType, clang::VarDecl *> descriptions_;
  llvm::DenseMap<clang::QualType, std::optional<Known>> known_;
};

} // namespace obs::plugin

#endif // OBS_PLUGIN_TYPES_H
