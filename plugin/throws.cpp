// SPDX-License-Identifier: Apache-2.0
#include "throws.h"

#include "builder.h"
#include "types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/CXXInheritance.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace obs::plugin {
namespace {

// Whether the runtime can tell what exceptions of that type say without the
// help of the type: scalars, what() of std::exception.
bool speaksForItself(QualType type) {
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (!record)
    return !type->isEnumeralType();
  const auto isException = [](const CXXRecordDecl *base) {
    return base->isInStdNamespace() && base->getIdentifier() &&
           base->getName() == "exception";
  };
  return isException(record) ||
         !record->forallBases(
             [&](const CXXRecordDecl *base) { return !isException(base); });
}

} // namespace

void noteThrow(Sema &sema, FunctionDecl &function, CXXThrowExpr &expression,
               Types &types) {
  Expr *const operand = expression.getSubExpr();
  const SourceManager &sources = sema.getSourceManager();
  const SourceLocation location =
      sources.getExpansionLoc(expression.getThrowLoc());
  const PresumedLoc place = sources.getPresumedLoc(location);
  // A throw without operand throws again what has its place already.
  if (!operand || isa<PseudoObjectExpr>(operand) || place.isInvalid() ||
      sources.isInSystemHeader(location))
    return;
  Builder build(sema, function, expression.getThrowLoc());
  const QualType type = operand->getType().getUnqualifiedType();
  const bool withValue = sema.getLangOpts().RTTI && !speaksForItself(type) &&
                         types.of(build, type);
  Expr *const noted = build.observed(operand, [&](Expr *exception) {
    llvm::SmallVector<Expr *, 4> args = {
        exception, build.string(place.getFilename()),
        build.number(place.getLine(), build.context().UnsignedIntTy)};
    const bool isRecord = type->isRecordType();
    if (!withValue)
      return build.call(isRecord ? "throwing" : "throwingScalar", args);
    args.push_back(build.typeInfo(type));
    return build.call(isRecord ? "throwingValue" : "throwingScalarValue", args);
  });
  if (noted)
    *expression.child_begin() = noted;
}

} // namespace obs::plugin
