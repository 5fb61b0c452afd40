// SPDX-License-Identifier: Apache-2.0
// What differs between the LLVM versions that the plugin is built for. The
// only place with a version number; each function names the change it bridges.
#ifndef OBS_PLUGIN_COMPAT_H
#define OBS_PLUGIN_COMPAT_H

#include "clang/AST/ASTContext.h"
#include "clang/AST/Expr.h"
#include "clang/AST/Stmt.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/Config/llvm-config.h"

namespace obs::plugin::compat {

// LLVM 15 gave compound statements their floating-point options.
inline clang::CompoundStmt *compound(clang::ASTContext &context,
                                     llvm::ArrayRef<clang::Stmt *> statements,
                                     clang::SourceLocation begin,
                                     clang::SourceLocation end) {
#if LLVM_VERSION_MAJOR >= 15
  return clang::CompoundStmt::Create(context, statements,
                                     clang::FPOptionsOverride(), begin, end);
#else
  return clang::CompoundStmt::Create(context, statements, begin, end);
#endif
}

// LLVM 18 renamed and scoped the kinds of string literals.
inline clang::StringLiteral *stringLiteral(clang::ASTContext &context,
                                           llvm::StringRef text) {
#if LLVM_VERSION_MAJOR >= 18
  constexpr auto kind = clang::StringLiteralKind::Ordinary;
#elif LLVM_VERSION_MAJOR >= 15
  constexpr auto kind = clang::StringLiteral::Ordinary;
#else
  constexpr auto kind = clang::StringLiteral::Ascii;
#endif
  return clang::StringLiteral::Create(
      context, text, kind, /*Pascal=*/false,
      context.getStringLiteralArrayType(context.CharTy, text.size()),
      clang::SourceLocation());
}

// LLVM 18 calls a function without a body of its own a pure virtual one.
inline bool isPureVirtual(const clang::FunctionDecl &function) {
#if LLVM_VERSION_MAJOR >= 18
  return function.isPureVirtual();
#else
  return function.isPure();
#endif
}

} // namespace obs::plugin::compat

#endif // OBS_PLUGIN_COMPAT_H
