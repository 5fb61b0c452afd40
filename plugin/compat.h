// SPDX-License-Identifier: Apache-2.0
// What differs between the LLVM versions that the plugin is built for. The
// only place with a version number; each function names the change it bridges.
#ifndef OBS_PLUGIN_COMPAT_H
#define OBS_PLUGIN_COMPAT_H

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"
#include "clang/AST/Stmt.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Lex/LiteralSupport.h"
#include "clang/Sema/ParsedAttr.h"
#include "llvm/Config/llvm-config.h"

namespace obs::plugin::compat {

inline constexpr int kClangMajor = LLVM_VERSION_MAJOR;

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

// LLVM 16 renamed startswith and endswith.
inline bool startsWith(llvm::StringRef text, llvm::StringRef prefix) {
  return text.consume_front(prefix);
}
inline bool endsWith(llvm::StringRef text, llvm::StringRef suffix) {
  return text.consume_back(suffix);
}

// LLVM 19 made the rounding mode an argument; the default was the same.
inline double floatValue(clang::NumericLiteralParser &literal) {
  llvm::APFloat value(llvm::APFloat::IEEEdouble());
#if LLVM_VERSION_MAJOR >= 19
  literal.GetFloatValue(value, llvm::APFloat::rmNearestTiesToEven);
#else
  literal.GetFloatValue(value);
#endif
  return value.convertToDouble();
}

// LLVM 18 scoped the modifiers of array sizes.
inline clang::QualType constantArray(clang::ASTContext &context,
                                     clang::QualType type, uint64_t size) {
#if LLVM_VERSION_MAJOR >= 18
  constexpr auto modifier = clang::ArraySizeModifier::Normal;
#else
  constexpr auto modifier = clang::ArrayType::Normal;
#endif
  return context.getConstantArrayType(type, llvm::APInt(64, size),
                                      /*SizeExpr=*/nullptr, modifier,
                                      /*IndexTypeQuals=*/0);
}

// LLVM 17 knows the year of C23.
#if LLVM_VERSION_MAJOR >= 17
inline constexpr auto kC23Syntax = clang::ParsedAttr::AS_C23;
#else
inline constexpr auto kC23Syntax = clang::ParsedAttr::AS_C2x;
#endif

// LLVM 19 capitalized the field.
inline bool isUnnamedBitField(const clang::FieldDecl &field) {
#if LLVM_VERSION_MAJOR >= 19
  return field.isUnnamedBitField();
#else
  return field.isUnnamedBitfield();
#endif
}

// LLVM 18 renamed isPure.
inline bool isPureVirtual(const clang::FunctionDecl &function) {
#if LLVM_VERSION_MAJOR >= 18
  return function.isPureVirtual();
#else
  return function.isPure();
#endif
}

} // namespace obs::plugin::compat

#endif // OBS_PLUGIN_COMPAT_H
