// SPDX-License-Identifier: Apache-2.0
#include "moves.h"

#include "statements.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"

using namespace clang;

namespace obs::plugin {
namespace {

using Moved = llvm::SmallPtrSet<const ParmVarDecl *, 4>;

// What `expression` makes an rvalue of; null: it is no move.
const Expr *movedBy(const Expr *expression) {
  if (!expression->isXValue())
    return nullptr;
  if (const auto *cast = dyn_cast<ExplicitCastExpr>(expression))
    return cast->getSubExpr();
  const auto *call = dyn_cast<CallExpr>(expression);
  const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
  if (!callee || !callee->isInStdNamespace() || !callee->getIdentifier() ||
      call->getNumArgs() != 1)
    return nullptr;
  const llvm::StringRef name = callee->getName();
  return name == "move" || name == "forward" ? call->getArg(0) : nullptr;
}

void findMoves(Stmt *statement, Moved &moved) {
  if (const auto *expression = dyn_cast<Expr>(statement))
    if (const Expr *operand = movedBy(expression))
      if (const auto *name = dyn_cast<DeclRefExpr>(operand->IgnoreParenCasts()))
        if (const auto *parameter = dyn_cast<ParmVarDecl>(name->getDecl()))
          moved.insert(parameter);
  if (auto *lambda = dyn_cast<LambdaExpr>(statement))
    for (Expr *capture : lambda->capture_inits())
      if (capture)
        findMoves(capture, moved);
  forEachChild(statement, [&](Stmt *child) { findMoves(child, moved); });
}

} // namespace

Moved movedParameters(const FunctionDecl &definition) {
  Moved moved;
  Stmt *body = definition.getBody();
  // Its own moves of parameters to the frame are no concern of the user's.
  if (auto *coroutine = dyn_cast<CoroutineBodyStmt>(body))
    body = coroutine->getBody();
  findMoves(body, moved);
  if (const auto *constructor = dyn_cast<CXXConstructorDecl>(&definition))
    for (const CXXCtorInitializer *initializer : constructor->inits())
      if (initializer->getInit())
        findMoves(initializer->getInit(), moved);
  for (const ParmVarDecl *parameter : definition.parameters()) {
    const QualType type = parameter->getType();
    if (type->isLValueReferenceType() ||
        !type.getNonReferenceType()->isRecordType() ||
        type.getNonReferenceType().isConstQualified())
      moved.erase(parameter);
  }
  return moved;
}

} // namespace obs::plugin
