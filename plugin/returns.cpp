// SPDX-License-Identifier: Apache-2.0
#include "returns.h"

#include "builder.h"
#include "statements.h"

#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"

using namespace clang;

namespace obs::plugin {
namespace {

class Rewriter {
public:
  Rewriter(Builder &build, FunctionDecl &function, VarDecl *scope)
      : build_(build), function_(function), scope_(scope) {}

  void rewrite(Stmt *&statement) {
    auto *returned = dyn_cast<ReturnStmt>(statement);
    if (!returned) {
      forEachChild(statement, [this](Stmt *&child) { rewrite(child); });
      return;
    }
    if (Expr *value = returned->getRetValue()) {
      Stmt *inner = value; // a statement expression may return, too
      rewrite(inner);
      if (Stmt *captured = capture(returned, value))
        statement = captured;
    }
  }

private:
  Stmt *capture(ReturnStmt *returned, Expr *value) {
    const VarDecl *elided = returned->getNRVOCandidate();
    if (elided && elided->isNRVOVariable())
      return build_.block(
          {callResult(const_cast<VarDecl *>(elided)), returned});

    ASTContext &context = build_.context();
    const QualType type = function_.getReturnType();
    VarDecl *const result = build_.initialized("__obs_result", type, value);
    const bool inReturnSlot = type->isRecordType();
    result->setNRVOVariable(inReturnSlot);

    Expr *reference = build_.reference(result);
    if (!inReturnSlot)
      reference = asReturned(reference, type);
    return build_.block(
        {build_.declare(result), callResult(result),
         ReturnStmt::Create(context, returned->getReturnLoc(), reference,
                            inReturnSlot ? result : nullptr)},
        returned->getBeginLoc(), returned->getEndLoc());
  }

  Expr *asReturned(Expr *reference, QualType type) {
    ASTContext &context = build_.context();
    if (type->isLValueReferenceType())
      return reference;
    if (type->isRValueReferenceType())
      return ImplicitCastExpr::Create(context, reference->getType(), CK_NoOp,
                                      reference, /*BasePath=*/nullptr,
                                      VK_XValue, FPOptionsOverride());
    return ImplicitCastExpr::Create(
        context, type.getUnqualifiedType(), CK_LValueToRValue, reference,
        /*BasePath=*/nullptr, VK_PRValue, FPOptionsOverride());
  }

  Stmt *callResult(VarDecl *variable) {
    Expr *args[] = {build_.reference(scope_), build_.reference(variable)};
    return build_.callStmt("result", args);
  }

  Builder &build_;
  FunctionDecl &function_;
  VarDecl *scope_;
};

} // namespace

bool canCaptureResult(const FunctionDecl &function) {
  const QualType type = function.getReturnType();
  if (type->isVoidType() || type->isAtomicType() ||
      isa<CXXConstructorDecl, CXXDestructorDecl>(function))
    return false;
  // Without elision every return of a class would copy once more.
  return !type->isRecordType() ||
         function.getASTContext().getLangOpts().ElideConstructors;
}

void captureReturns(Builder &build, FunctionDecl &function, VarDecl *scope,
                    Stmt *body) {
  Rewriter(build, function, scope).rewrite(body);
}

bool hasMustTail(const Stmt *body) {
  if (const auto *attributed = dyn_cast<AttributedStmt>(body))
    for (const Attr *attribute : attributed->getAttrs())
      if (isa<MustTailAttr>(attribute))
        return true;
  bool found = false;
  forEachChild(const_cast<Stmt *>(body),
               [&](Stmt *child) { found = found || hasMustTail(child); });
  return found;
}

} // namespace obs::plugin
