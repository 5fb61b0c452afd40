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

bool isTailCall(const Stmt *statement) {
  const auto *attributed = dyn_cast<AttributedStmt>(statement);
  return attributed &&
         llvm::any_of(attributed->getAttrs(), [](const Attr *attribute) {
           return isa<MustTailAttr>(attribute);
         });
}

class Rewriter {
public:
  Rewriter(Builder &build, FunctionDecl &function, VarDecl *scope,
           CallOnResult callOnResult, ReturnOptions options)
      : build_(build), function_(function), scope_(scope),
        callOnResult_(callOnResult), options_(options) {}

  void rewrite(Stmt *&statement) {
    if (isTailCall(statement)) {
      replace(statement, {finish(/*withResult=*/false), statement});
      return;
    }
    auto *returned = dyn_cast<ReturnStmt>(statement);
    if (!returned) {
      forEachChild(statement, [this](Stmt *&child) { rewrite(child); });
      return;
    }
    if (Expr *value = returned->getRetValue()) {
      Stmt *inner = value; // a statement expression may return, too
      rewrite(inner);
      if (options_.capture)
        capture(statement, returned, value);
      else if (value->getType()->isVoidType())
        replace(statement,
                {value, finish(),
                 ReturnStmt::Create(build_.context(), returned->getReturnLoc(),
                                    nullptr, nullptr)});
      else
        replace(statement, {finish(), returned});
    } else if (options_.finish) {
      replace(statement, {finish(), returned});
    }
  }

private:
  void replace(Stmt *&statement, llvm::ArrayRef<Stmt *> with) {
    if (Stmt *block = build_.block(with, statement->getBeginLoc(),
                                   statement->getEndLoc()))
      statement = block;
  }

  void capture(Stmt *&statement, ReturnStmt *returned, Expr *value) {
    build_.setPlace(returned->getReturnLoc());
    llvm::SmallVector<Stmt *, 4> statements;
    const VarDecl *elided = returned->getNRVOCandidate();
    if (elided && elided->isNRVOVariable()) {
      // The only code that there is for the line of this return.
      statements = {
          callOnResult_(build_.reference(const_cast<VarDecl *>(elided)))};
    } else {
      const QualType type = function_.getReturnType();
      VarDecl *const result = build_.initialized("__obs_result", type, value);
      const bool inReturnSlot = type->isRecordType();
      result->setNRVOVariable(inReturnSlot);
      // Only code generation elides that variable: the compiler's evaluator
      // takes the return as it was.
      if (inReturnSlot && function_.isConstexpr())
        statements.push_back(build_.ifConsteval(returned));

      if (options_.mapsCoverage)
        build_.setPlace(value->getEndLoc()); // of the return, then
      Expr *reference = build_.reference(result);
      if (!inReturnSlot)
        reference = asReturned(reference, type);
      statements.append({build_.declare(result), callResult(result)});
      returned = ReturnStmt::Create(build_.context(), returned->getReturnLoc(),
                                    reference, inReturnSlot ? result : nullptr);
    }
    if (options_.finish)
      statements.push_back(finish());
    statements.push_back(returned);
    replace(statement, statements);
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
    return build_.statement(callOnResult_(build_.reference(variable)));
  }

  Stmt *finish(bool withResult = true) {
    Expr *args[] = {build_.reference(scope_), build_.boolean(withResult)};
    return build_.callStmt("finish", args);
  }

  Builder &build_;
  FunctionDecl &function_;
  VarDecl *scope_;
  CallOnResult callOnResult_;
  ReturnOptions options_;
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

void rewriteReturns(Builder &build, FunctionDecl &function, VarDecl *scope,
                    Stmt *body, CallOnResult callOnResult,
                    ReturnOptions options) {
  Rewriter(build, function, scope, callOnResult, options).rewrite(body);
}

bool hasMustTail(const Stmt *body) {
  if (isTailCall(body))
    return true;
  bool found = false;
  forEachChild(const_cast<Stmt *>(body),
               [&](Stmt *child) { found = found || hasMustTail(child); });
  return found;
}

} // namespace obs::plugin
