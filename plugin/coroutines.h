// SPDX-License-Identifier: Apache-2.0
// Suspensions and results of coroutines.
#ifndef OBS_PLUGIN_COROUTINES_H
#define OBS_PLUGIN_COROUTINES_H

#include "returns.h"

#include "clang/AST/Decl.h"
#include "clang/AST/StmtCXX.h"

namespace obs::plugin {

class Builder;

// The type of what the first `co_return` hands to return_value(), without
// references; null if there is none. Others are looked at if they are of the
// same type.
clang::QualType coroutineResult(clang::CoroutineBodyStmt &coroutine);

// Puts the calls of coroutine.h into `body`, which is monitored by `scope`, and
// returns it with what belongs behind it. `result`: the type to be looked at,
// or null.
clang::CompoundStmt *captureCoroutine(Builder &build, clang::VarDecl *scope,
                                      clang::CompoundStmt *body,
                                      clang::QualType result,
                                      CallOnResult callOnResult);

// Puts `body` in place of the coroutine's own.
void replaceBody(clang::CoroutineBodyStmt &coroutine,
                 clang::CompoundStmt *body);

} // namespace obs::plugin

#endif // OBS_PLUGIN_COROUTINES_H
