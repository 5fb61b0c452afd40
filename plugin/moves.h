// SPDX-License-Identifier: Apache-2.0
// Which parameters a function moves from.
#ifndef OBS_PLUGIN_MOVES_H
#define OBS_PLUGIN_MOVES_H

#include "llvm/ADT/SmallPtrSet.h"

namespace clang {
class FunctionDecl;
class ParmVarDecl;
} // namespace clang

namespace obs::plugin {

// The parameters that std::move, std::forward or a cast to an rvalue stands for
// anywhere in the body of `definition` or its initializers: objects that may be
// moved from when it is left. Lambdas count with what they capture only.
llvm::SmallPtrSet<const clang::ParmVarDecl *, 4>
movedParameters(const clang::FunctionDecl &definition);

} // namespace obs::plugin

#endif // OBS_PLUGIN_MOVES_H
