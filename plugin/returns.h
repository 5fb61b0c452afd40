// SPDX-License-Identifier: Apache-2.0
// Captures the result where a function returns it, without a copy.
#ifndef OBS_PLUGIN_RETURNS_H
#define OBS_PLUGIN_RETURNS_H

#include "llvm/ADT/STLExtras.h"

namespace clang {
class Expr;
class FunctionDecl;
class Stmt;
class VarDecl;
} // namespace clang

namespace obs::plugin {

class Builder;

// Whether the results of `function` can be captured.
bool canCaptureResult(const clang::FunctionDecl &function);

struct ReturnOptions {
  bool capture;      // looks at the results
  bool finish;       // the scope, which no destructor ends
  bool mapsCoverage; // a return must know where it ends
};

// Makes the call that looks at a result, such as keep(scope, &r); `result` is
// an lvalue. Null if Sema refuses.
using CallOnResult = llvm::function_ref<clang::Expr *(clang::Expr *result)>;

// Rewrites each `return E;` in `body`:
//   { R r = E; callOnResult(r); return r; }
// where r is marked as the variable that the return elides, so that code
// generation builds it straight into the return slot: no copy, no move, for
// types that can do neither as well. A return whose variable is elided already
// only gets the call in front. In a constexpr function the compiler evaluates
// `if consteval return E;` in front of it all, as it elides no variable. With
// `finish` the scope is finished before each return, before a tail call without
// the result.
void rewriteReturns(Builder &build, clang::FunctionDecl &function,
                    clang::VarDecl *scope, clang::Stmt *body,
                    CallOnResult callOnResult, ReturnOptions options);

// Whether a return in `body` must be a tail call.
bool hasMustTail(const clang::Stmt *body);

} // namespace obs::plugin

#endif // OBS_PLUGIN_RETURNS_H
