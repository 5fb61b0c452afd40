// SPDX-License-Identifier: Apache-2.0
// The descriptions of types that a translation unit has: kType<T> of encode.h.
#ifndef OBS_PLUGIN_TYPES_H
#define OBS_PLUGIN_TYPES_H

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
  // How values of that type are handed to the runtime.
  static detail::Passing passing(const clang::VarDecl &description);

private:
  llvm::DenseMap<clang::QualType, clang::VarDecl *> known_;
};

} // namespace obs::plugin

#endif // OBS_PLUGIN_TYPES_H
