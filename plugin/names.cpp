// SPDX-License-Identifier: Apache-2.0
#include "names.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/PrettyPrinter.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;

namespace obs::plugin {

std::string qualifiedName(const FunctionDecl &function) {
  std::string name;
  llvm::raw_string_ostream stream(name);
  PrintingPolicy policy(function.getASTContext().getLangOpts());
  policy.SuppressUnwrittenScope = true;
  policy.AnonymousTagLocations = false;
  const auto *method = dyn_cast<CXXMethodDecl>(&function);
  if (method && method->getParent()->isLambda()) {
    // A lambda is called by where it stands: outer::(lambda).
    const DeclContext *outer = method->getParent()->getDeclContext();
    while (outer && !isa<FunctionDecl>(outer) && !isa<NamespaceDecl>(outer) &&
           !isa<RecordDecl>(outer))
      outer = outer->getParent();
    if (const auto *enclosing = dyn_cast_or_null<FunctionDecl>(outer))
      stream << qualifiedName(*enclosing) << "::";
    else if (const auto *named = dyn_cast_or_null<NamedDecl>(outer)) {
      named->getNameForDiagnostic(stream, policy, /*Qualified=*/true);
      stream << "::";
    }
    stream << "(lambda)";
    return name;
  }
  if (const auto *conversion = dyn_cast<CXXConversionDecl>(&function)) {
    // By itself the type would be named without its scope and arguments.
    function.printNestedNameSpecifier(stream, policy);
    stream << "operator "
           << conversion->getConversionType().getAsString(policy);
    return name;
  }
  // printQualifiedName gives the template arguments of the scopes only.
  function.printQualifiedName(stream, policy);
  if (const TemplateArgumentList *arguments =
          function.getTemplateSpecializationArgs())
    printTemplateArgumentList(stream, arguments->asArray(), policy);
  return name;
}

std::string signature(const FunctionDecl &function) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  PrintingPolicy policy(function.getASTContext().getLangOpts());
  policy.SuppressUnwrittenScope = true;
  if (!isa<CXXConstructorDecl, CXXDestructorDecl, CXXConversionDecl>(function))
    stream << function.getReturnType().getAsString(policy) << ' ';
  stream << qualifiedName(function) << '(';
  llvm::ListSeparator comma;
  for (const ParmVarDecl *parameter : function.parameters()) {
    stream << comma;
    parameter->getOriginalType().print(stream, policy, parameter->getName());
  }
  if (function.isVariadic())
    stream << comma << "...";
  stream << ')';
  if (const auto *method = dyn_cast<CXXMethodDecl>(&function)) {
    if (method->isConst())
      stream << " const";
    if (method->isVolatile())
      stream << " volatile";
    if (method->getRefQualifier() != RQ_None)
      stream << (method->getRefQualifier() == RQ_LValue ? " &" : " &&");
  }
  return text;
}

} // namespace obs::plugin
