// SPDX-License-Identifier: Apache-2.0
#include "attributes.h"

#include "argument_parser.h"
#include "attribute_tokens.h"
#include "builder.h"
#include "compat.h"
#include "diagnostics.h"
#include "secrets.h"
#include "selection.h"

#include "clang/Lex/Preprocessor.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "clang/Sema/ParsedAttr.h"
#include "clang/Sema/Sema.h"

using namespace clang;

namespace obs::plugin {

bool isAnalyzed(const Preprocessor &preprocessor) {
  return preprocessor.getPreprocessorOpts().SetUpStaticAnalyzer;
}

namespace {

// Clang makes one object of each attribute for the whole process.
struct MarkAttribute : ParsedAttrInfo {
  bool diagAppertainsToDecl(Sema &sema, const ParsedAttr &attribute,
                            const Decl *decl) const override {
    if (isa<FunctionDecl, CXXRecordDecl, NamespaceDecl>(decl))
      return true;
    reportError(sema, attribute.getLoc(),
                "%0 attribute only applies to "
                "functions, classes and namespaces")
        << attribute.getAttrName();
    return false;
  }
};

struct MonitorAttribute : MarkAttribute {
  MonitorAttribute() {
    static constexpr Spelling kSpellings[] = {
        {ParsedAttr::AS_CXX11, "obs::monitor"},
        {compat::kC23Syntax, "obs::monitor"}};
    Spellings = kSpellings;
  }

  AttrHandling handleDeclAttribute(Sema &sema, Decl *decl,
                                   const ParsedAttr &attribute) const override {
    if (isAnalyzed(sema.getPreprocessor()))
      return AttributeNotApplied;
    if (!sema.getLangOpts().CPlusPlus17) {
      report(sema.getDiagnostics(), DiagnosticsEngine::Warning,
             attribute.getLoc(),
             "nothing is monitored: 'obs::monitor' needs C++17 or "
             "later; compile with -std=c++17");
      return AttributeNotApplied;
    }
    if (!detailNamespace(sema)) {
      // If there is one already, it is that the header was not found.
      if (!sema.getDiagnostics().hasErrorOccurred())
        reportError(sema, attribute.getLoc(),
                    "'obs::monitor' comes unexpectedly: neither this "
                    "file nor what it includes has the word 'obs'; "
                    "write it in one piece, or include "
                    "<obs/attributes.h> and use OBS_MONITOR");
      return AttributeNotApplied;
    }
    const auto *function = dyn_cast<FunctionDecl>(decl);
    const std::optional<Options> options = parseArguments(
        sema, function ? Place::Function : Place::Scope, function,
        AttributeTokens::find(sema.getPreprocessor(),
                              attribute.getRange().getEnd()));
    if (!options)
      return AttributeNotApplied;
    attachMark(sema.Context, *decl, {/*ignore=*/false, *options},
               attribute.getRange());
    return AttributeApplied;
  }
};

struct IgnoreAttribute : MarkAttribute {
  IgnoreAttribute() {
    static constexpr Spelling kSpellings[] = {
        {ParsedAttr::AS_CXX11, "obs::ignore"},
        {compat::kC23Syntax, "obs::ignore"}};
    Spellings = kSpellings;
  }

  AttrHandling handleDeclAttribute(Sema &sema, Decl *decl,
                                   const ParsedAttr &attribute) const override {
    attachMark(sema.Context, *decl, {/*ignore=*/true, {}},
               attribute.getRange());
    return AttributeApplied;
  }
};

struct SecretAttribute : ParsedAttrInfo {
  SecretAttribute() {
    static constexpr Spelling kSpellings[] = {
        {ParsedAttr::AS_CXX11, "obs::secret"},
        {compat::kC23Syntax, "obs::secret"}};
    Spellings = kSpellings;
  }

  bool diagAppertainsToDecl(Sema &sema, const ParsedAttr &attribute,
                            const Decl *decl) const override {
    if (isa<FunctionDecl, ParmVarDecl, FieldDecl, TagDecl, TypedefNameDecl>(
            decl))
      return true;
    reportError(
        sema, attribute.getLoc(),
        "%0 attribute only applies to parameters, data members, types and "
        "functions")
        << attribute.getAttrName();
    return false;
  }

  AttrHandling handleDeclAttribute(Sema &sema, Decl *decl,
                                   const ParsedAttr &attribute) const override {
    if (const auto *function = dyn_cast<FunctionDecl>(decl))
      if (function->getReturnType()->isVoidType() ||
          isa<CXXConstructorDecl, CXXDestructorDecl>(function)) {
        reportError(
            sema, attribute.getLoc(),
            "'obs::secret' on a function hides its result, but %0 has none; "
            "mark its parameters")
            << function;
        return AttributeNotApplied;
      }
    const llvm::ArrayRef<Token> tokens = AttributeTokens::find(
        sema.getPreprocessor(), attribute.getRange().getEnd());
    const bool isTrue =
        tokens.size() < 2 || (tokens.size() == 2 && tokens[0].is(tok::kw_true));
    if (!isTrue && (tokens.size() != 2 || tokens[0].isNot(tok::kw_false))) {
      reportError(
          sema, tokens[0].getLocation(),
          "'obs::secret' takes no arguments but 'false', which shows what "
          "has the name of a secret");
      return AttributeNotApplied;
    }
    if (!isTrue && !isa<ParmVarDecl, FieldDecl>(decl)) {
      reportError(sema, tokens[0].getLocation(),
                  "'obs::secret(false)' only applies to parameters and data "
                  "members, which are secret by their name");
      return AttributeNotApplied;
    }
    attachSecret(sema.Context, *decl, isTrue, attribute.getRange());
    return AttributeApplied;
  }
};

ParsedAttrInfoRegistry::Add<MonitorAttribute>
    gMonitor("obs-monitor", "records the calls of a function");
ParsedAttrInfoRegistry::Add<IgnoreAttribute>
    gIgnore("obs-ignore", "takes a function out of what its class is asked");
ParsedAttrInfoRegistry::Add<SecretAttribute>
    gSecret("obs-secret", "keeps a value out of what is recorded");

} // namespace
} // namespace obs::plugin
