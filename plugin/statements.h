// SPDX-License-Identifier: Apache-2.0
// Walks the statements of one function.
#ifndef OBS_PLUGIN_STATEMENTS_H
#define OBS_PLUGIN_STATEMENTS_H

#include "clang/AST/Expr.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/Stmt.h"

namespace obs::plugin {

// Calls `visit` with each child of `statement` that runs as a part of the same
// function: not the body of a lambda, not what `if constexpr` throws away.
template <class Visit> void forEachChild(clang::Stmt *statement, Visit visit) {
  if (llvm::isa<clang::LambdaExpr, clang::BlockExpr>(statement))
    return;
  auto *branch = llvm::dyn_cast<clang::IfStmt>(statement);
  clang::Stmt *discarded = nullptr;
  if (branch && branch->isConstexpr() &&
      !branch->getCond()->isValueDependent()) {
    const auto *constant =
        llvm::dyn_cast<clang::ConstantExpr>(branch->getCond());
    if (constant && constant->hasAPValueResult())
      discarded = constant->getResultAsAPSInt().getBoolValue()
                      ? branch->getElse()
                      : branch->getThen();
  }
  for (clang::Stmt *&child : statement->children())
    if (child && child != discarded)
      visit(child);
}

} // namespace obs::plugin

#endif // OBS_PLUGIN_STATEMENTS_H
