// SPDX-License-Identifier: Apache-2.0
// Builds the few expressions and statements that the plugin puts into a body.
#ifndef OBS_PLUGIN_BUILDER_H
#define OBS_PLUGIN_BUILDER_H

#include "clang/AST/Expr.h"
#include "clang/AST/Stmt.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/Sema/Sema.h"
#include "llvm/ADT/STLExtras.h"

namespace obs::plugin {

// The namespace obs::detail, or null if the header was not included.
clang::NamespaceDecl *detailNamespace(clang::Sema &sema);

// A place inside `function` to build in. While it lives, Sema is inside the
// function and reports nothing: what is built is ours, not the user's.
//
// Statements and variables come without a location, so that there is no line of
// theirs for debuggers to stop at and for coverage to count; what becomes a
// part of the user's own statements has the location of `place`.
//
// Every member returns null if Sema refuses, and takes null for "refused".
class Builder {
public:
  Builder(clang::Sema &sema, clang::FunctionDecl &function,
          clang::SourceLocation place);
  ~Builder();
  Builder(const Builder &) = delete;
  Builder &operator=(const Builder &) = delete;

  clang::ASTContext &context() const { return sema_.Context; }
  void setPlace(clang::SourceLocation place) { place_ = place; }

  // obs::detail::name(args…)
  clang::Expr *call(llvm::StringRef name,
                    llvm::MutableArrayRef<clang::Expr *> args);
  // The same as a statement.
  clang::Stmt *callStmt(llvm::StringRef name,
                        llvm::MutableArrayRef<clang::Expr *> args) {
    return statement(call(name, args));
  }
  clang::Stmt *statement(clang::Expr *expression);
  // What obs::detail::name((type *)nullptr) is, evaluated by the compiler;
  // false if it cannot be.
  bool holds(llvm::StringRef name, clang::QualType type);
  // The variable obs::detail::name<type>.
  clang::VarDecl *specialized(llvm::StringRef name, clang::QualType type);
  // The variable to which obs::detail::name((type *)nullptr) refers.
  clang::VarDecl *chosen(llvm::StringRef name, clang::QualType type);
  // `value`, evaluated where it was to be (a class in the memory that it
  // initializes), followed by the call that `look` makes of it in place, an
  // lvalue if it is a class.
  clang::Expr *
  observed(clang::Expr *value,
           llvm::function_ref<clang::Expr *(clang::Expr *seen)> look);
  // The variable as an lvalue.
  clang::Expr *reference(clang::ValueDecl *variable);
  // object.name, where object is an lvalue, too.
  clang::Expr *member(clang::Expr *object, llvm::StringRef name);
  clang::Expr *assign(clang::Expr *lvalue, clang::Expr *value);
  // The address of the coroutine's frame, in a coroutine.
  clang::Expr *coroutineFrame();
  // The value of an lvalue.
  clang::Expr *load(clang::Expr *lvalue);
  // &lvalue, whatever operators its type has.
  clang::Expr *addressOf(clang::Expr *lvalue);
  // The value of a scalar, widened to a U64; floating point: its bits.
  clang::Expr *word(clang::Expr *lvalue);
  // &typeid(type), whether or not <typeinfo> is there.
  clang::Expr *typeInfo(clang::QualType type);
  clang::Expr *string(llvm::StringRef text);
  clang::Expr *number(uint64_t value, clang::QualType type);
  clang::Expr *number(double value);
  clang::Expr *boolean(bool value);
  clang::Expr *nullPointer(clang::QualType pointer);
  clang::Expr *nullPointer();
  // A void expression without effect.
  clang::Expr *nothing();
  clang::Expr *list(llvm::ArrayRef<clang::Expr *> values);
  // condition ? then : otherwise, all of them void but the first.
  clang::Expr *choice(clang::Expr *condition, clang::Expr *then,
                      clang::Expr *otherwise);
  // A variable of the function, of a class with a default constructor, or with
  // members that are each given a value.
  clang::VarDecl *local(llvm::StringRef name, clang::QualType type);
  clang::VarDecl *local(llvm::StringRef name, clang::QualType type,
                        llvm::ArrayRef<clang::Expr *> members);
  // A static variable of the function: static type name = init;
  clang::VarDecl *constant(llvm::StringRef name, clang::QualType type,
                           clang::Expr *init);
  // The same of the translation unit, under a name of its own: within reach of
  // the handlers of a function-try-block, and of evaluation in the compiler,
  // which stops at the declaration of a static local variable.
  clang::VarDecl *outsideConstant(llvm::StringRef name, clang::QualType type,
                                  clang::Expr *init);
  // A variable of the function with an initializer of the user's, complete
  // already; it has a location, that of `place`.
  clang::VarDecl *initialized(llvm::StringRef name, clang::QualType type,
                              clang::Expr *init);
  clang::QualType arrayOf(clang::QualType type, size_t size);
  // The variable obs::detail::name.
  clang::VarDecl *existing(llvm::StringRef name);
  // The class obs::detail::className.
  clang::QualType detailType(llvm::StringRef className);
  clang::Stmt *declare(clang::VarDecl *variable);
  clang::Stmt *ifThen(clang::Expr *condition, clang::Stmt *then);
  // if consteval { then }
  clang::Stmt *ifConsteval(clang::Stmt *then);
  clang::CompoundStmt *block(llvm::ArrayRef<clang::Stmt *> statements,
                             clang::SourceLocation begin,
                             clang::SourceLocation end);
  clang::CompoundStmt *block(llvm::ArrayRef<clang::Stmt *> statements) {
    return block(statements, clang::SourceLocation(), clang::SourceLocation());
  }

private:
  clang::Expr *bits(clang::Expr *lvalue);
  clang::Expr *converted(clang::Expr *value, clang::QualType type,
                         clang::CastKind kind);
  clang::VarDecl *variable(clang::DeclContext *context, llvm::StringRef name,
                           clang::QualType type, clang::StorageClass storage);
  clang::VarDecl *initialize(clang::VarDecl *variable, clang::Expr *init);
  clang::VarDecl *finished(clang::VarDecl *variable);

  clang::Sema &sema_;
  clang::SourceLocation place_;
  bool suppressed_; // what the diagnostics engine did before
  clang::Sema::SynthesizedFunctionScope scope_;
};

} // namespace obs::plugin

#endif // OBS_PLUGIN_BUILDER_H
