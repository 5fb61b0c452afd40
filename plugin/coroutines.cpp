// SPDX-License-Identifier: Apache-2.0
#include "coroutines.h"

#include "builder.h"
#include "statements.h"

#include "clang/AST/ExprCXX.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace clang;

namespace obs::plugin {
namespace {

// What `returned` hands to return_value(), to be replaced in the call; null if
// it calls return_void().
CallExpr *returnValueCall(const CoreturnStmt &returned) {
  Expr *call = returned.getPromiseCall();
  auto *value = call ? dyn_cast<CallExpr>(call->IgnoreImplicit()) : nullptr;
  return value && value->getNumArgs() > 0 ? value : nullptr;
}

QualType plainType(const Expr &value) {
  return value.getType().getNonReferenceType().getUnqualifiedType();
}

class Rewriter {
public:
  Rewriter(Builder &build, VarDecl *scope, QualType result,
           CallOnResult callOnResult)
      : build_(build), scope_(scope), result_(result),
        callOnResult_(callOnResult) {}

  void rewrite(Stmt *&statement) {
    // The operands of await, yield and return stand in the tree twice.
    if (!seen_.insert(statement).second)
      return;
    forEachChild(statement, [this](Stmt *&child) { rewrite(child); });
    if (auto *suspension = dyn_cast<CoroutineSuspendExpr>(statement))
      rewriteSuspension(*suspension);
    else if (auto *returned = dyn_cast<CoreturnStmt>(statement))
      statement = rewriteReturn(*returned);
  }

private:
  void rewriteSuspension(CoroutineSuspendExpr &suspension) {
    build_.setPlace(suspension.getKeywordLoc());
    Expr *const ready = suspension.getReadyExpr();
    Expr *const resume = suspension.getResumeExpr();
    const bool transfers = rewriteTransfer(suspension.getSuspendExpr());
    Expr *awaitingArgs[] = {build_.reference(scope_), ready,
                            build_.number(transfers, build_.context().BoolTy)};
    Expr *resumedArgs[] = {build_.reference(scope_)};
    Expr *const awaiting = build_.call("awaiting", awaitingArgs);
    Expr *const resumed = build_.call("resumed", resumedArgs);
    if (!awaiting || !resumed)
      return;
    Expr *const both = BinaryOperator::Create(
        build_.context(), resumed, resume, BO_Comma, resume->getType(),
        resume->getValueKind(), resume->getObjectKind(), resume->getExprLoc(),
        FPOptionsOverride());
    for (Stmt *&child : suspension.children())
      if (child == ready)
        child = awaiting;
      else if (child == resume)
        child = both;
  }

  // Finds the address() of the handle that await_suspend() returns; false: it
  // returns none.
  bool rewriteTransfer(Stmt *suspend) {
    for (Stmt *&child : suspend->children()) {
      auto *address = dyn_cast_or_null<CXXMemberCallExpr>(child);
      if (!address || !address->getType()->isVoidPointerType()) {
        if (child && rewriteTransfer(child))
          return true;
        continue;
      }
      Expr *args[] = {address};
      Expr *const transferring = build_.call("obs_rt_transferring", args);
      if (transferring)
        child = transferring;
      return transferring != nullptr;
    }
    return false;
  }

  Stmt *rewriteReturn(CoreturnStmt &returned) {
    CallExpr *const call = returnValueCall(returned);
    if (call && !result_.isNull() &&
        build_.context().hasSameType(plainType(*call->getArg(0)), result_)) {
      build_.setPlace(call->getArg(0)->getExprLoc());
      if (Expr *observed = build_.observed(call->getArg(0), callOnResult_))
        call->setArg(0, observed);
    }
    Expr *args[] = {build_.reference(scope_)};
    Stmt *const block =
        build_.block({build_.callStmt("finished", args), &returned},
                     returned.getBeginLoc(), returned.getEndLoc());
    return block ? block : &returned;
  }

  Builder &build_;
  VarDecl *scope_;
  QualType result_;
  CallOnResult callOnResult_;
  llvm::SmallPtrSet<Stmt *, 32> seen_;
};

void findResult(Stmt *statement, QualType &result) {
  if (!result.isNull())
    return;
  if (const auto *returned = dyn_cast<CoreturnStmt>(statement))
    if (const CallExpr *call = returnValueCall(*returned)) {
      result = plainType(*call->getArg(0));
      return;
    }
  forEachChild(statement, [&](Stmt *child) { findResult(child, result); });
}

} // namespace

QualType coroutineResult(CoroutineBodyStmt &coroutine) {
  QualType result;
  findResult(coroutine.getBody(), result);
  return result;
}

CompoundStmt *captureCoroutine(Builder &build, VarDecl *scope,
                               CompoundStmt *body, QualType result,
                               CallOnResult callOnResult) {
  Stmt *rewritten = body;
  Rewriter(build, scope, result, callOnResult).rewrite(rewritten);
  Expr *args[] = {build.reference(scope)};
  return build.block({rewritten, build.callStmt("finished", args)},
                     body->getBeginLoc(), body->getEndLoc());
}

void replaceBody(CoroutineBodyStmt &coroutine, CompoundStmt *body) {
  Stmt *const old = coroutine.getBody();
  for (Stmt *&child : coroutine.children())
    if (child == old)
      child = body;
}

} // namespace obs::plugin
