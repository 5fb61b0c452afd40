// SPDX-License-Identifier: Apache-2.0
// Notes where exceptions are thrown.
#ifndef OBS_PLUGIN_THROWS_H
#define OBS_PLUGIN_THROWS_H

namespace clang {
class CXXThrowExpr;
class FunctionDecl;
class Sema;
} // namespace clang

namespace obs::plugin {

class Types;

// Makes `throw E` in `function` call throwing() or throwingValue() (scope.h)
// with the exception and its place, between the evaluation of E and the throw.
// Not where nothing is evaluated, in system headers, and where it has been done
// before.
void noteThrow(clang::Sema &sema, clang::FunctionDecl &function,
               clang::CXXThrowExpr &expression, Types &types);

} // namespace obs::plugin

#endif // OBS_PLUGIN_THROWS_H
