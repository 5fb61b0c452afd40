// SPDX-License-Identifier: Apache-2.0
#include "throws.h"

#include "builder.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace obs::plugin {

void noteThrow(Sema &sema, FunctionDecl &function, CXXThrowExpr &expression) {
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
  Expr *const noted = build.observed(operand, [&](Expr *exception) {
    Expr *args[] = {
        exception, build.string(place.getFilename()),
        build.number(place.getLine(), build.context().UnsignedIntTy)};
    return build.call("throwing", args);
  });
  if (noted)
    *expression.child_begin() = noted;
}

} // namespace obs::plugin
