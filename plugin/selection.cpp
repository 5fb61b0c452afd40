// SPDX-License-Identifier: Apache-2.0
#include "selection.h"

#include "diagnostics.h"
#include "names.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace obs::plugin {
namespace {

// Made of names, members, constants and operators only.
bool isTrivial(const Stmt *statement) {
  if (!statement)
    return true;
  if (!isa<ReturnStmt, DeclRefExpr, MemberExpr, CXXThisExpr, CastExpr,
           UnaryOperator, BinaryOperator, ParenExpr, ExprWithCleanups,
           MaterializeTemporaryExpr, ConstantExpr, IntegerLiteral,
           FloatingLiteral, StringLiteral, CharacterLiteral, CXXBoolLiteralExpr,
           CXXNullPtrLiteralExpr, CXXConstructExpr>(statement))
    return false;
  for (const Stmt *child : statement->children())
    if (!isTrivial(child))
      return false;
  return true;
}

// `return member_;`, `member_ = value;` or nothing at all.
bool isAccessor(const FunctionDecl &definition) {
  const auto *body = dyn_cast<CompoundStmt>(definition.getBody());
  if (!body || body->size() > 1)
    return false;
  if (body->body_empty()) {
    const auto *constructor = dyn_cast<CXXConstructorDecl>(&definition);
    return !constructor || constructor->getNumCtorInitializers() == 0 ||
           llvm::all_of(constructor->inits(), [](const CXXCtorInitializer *i) {
             return isTrivial(i->getInit());
           });
  }
  return isTrivial(body->body_front());
}

std::optional<Mark> markOfScope(const DeclContext *context) {
  if (const auto *decl = dyn_cast<Decl>(context)) {
    if (std::optional<Mark> mark = attachedMark(*decl))
      return mark;
    // An instantiated class whose attributes have not been instantiated.
    if (const auto *record = dyn_cast<CXXRecordDecl>(decl))
      if (const CXXRecordDecl *pattern =
              record->getTemplateInstantiationPattern())
        return attachedMark(*pattern);
  }
  return std::nullopt;
}

} // namespace

std::optional<Selected> select(const FunctionDecl &definition, Rules &rules) {
  std::optional<Selected> selected;
  if (const std::optional<Mark> own = attachedMark(definition)) {
    if (own->ignore)
      return std::nullopt;
    selected = {own->options, Asker::Function};
  }
  // Classes around it by meaning, namespaces where it stands.
  const DeclContext *context = isa<CXXMethodDecl>(definition)
                                   ? definition.getParent()
                                   : definition.getLexicalParent();
  // What is local to a function (a lambda) is not asked for by what is around
  // that function.
  for (; context && !context->isTranslationUnit() &&
         !context->isFunctionOrMethod();
       context = context->getLexicalParent()) {
    const std::optional<Mark> mark = markOfScope(context);
    if (!mark)
      continue;
    if (mark->ignore)
      break;
    if (!selected)
      selected = {mark->options, Asker::Scope, cast<Decl>(context)};
    else
      selected->options.inherit(mark->options);
  }
  if (!selected) {
    const Rules::Rule *rule = rules.find(definition);
    if (!rule || rule->exclude)
      return std::nullopt;
    selected = {rule->options, Asker::Rule, /*scope=*/nullptr, rule};
  }
  selected->leftOut = selected->asker != Asker::Function &&
                      !selected->options.accessors.value_or(false) &&
                      isAccessor(definition);
  return selected;
}

bool reportConflict(DiagnosticsEngine &engine, const FunctionDecl &function) {
  const std::optional<Conflict> conflict = conflictingMarks(function);
  if (!conflict)
    return false;
  report(engine, DiagnosticsEngine::Error, conflict->own,
         "%0 is monitored with other arguments here than where it "
         "was declared before; say it once")
      << &function;
  report(engine, DiagnosticsEngine::Note, conflict->inherited,
         "the other ones are here");
  return true;
}

} // namespace obs::plugin
