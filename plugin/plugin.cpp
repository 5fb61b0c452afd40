// SPDX-License-Identifier: Apache-2.0
// The plugin's entry: the attribute, the consumer that runs before code
// generation, and the plugin's own arguments.
#include "argument_parser.h"
#include "attribute_tokens.h"
#include "builder.h"
#include "compat.h"
#include "instrument.h"
#include "module_unit.h"
#include "reflect.h"
#include "secrets.h"
#include "selection.h"
#include "site_table.h"
#include "source_scan.h"
#include "throws.h"

#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/Version.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendPluginRegistry.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "clang/Sema/ParsedAttr.h"
#include "clang/Sema/Sema.h"
#include "clang/Sema/SemaConsumer.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

using namespace clang;

namespace obs::plugin {
namespace {

// As the plugin is loaded, before anything of clang is touched: its classes
// differ from version to version, and the linker does not notice.
struct VersionCheck {
  VersionCheck() {
    const std::string running = getClangFullVersion();
    const size_t at = running.find("version ");
    const int major =
        at == std::string::npos ? 0 : std::atoi(running.c_str() + at + 8);
    if (major == compat::kClangMajor)
      return;
    std::fprintf(stderr,
                 "error: this obs plugin is for clang %d, but it was loaded "
                 "into %s; use obs-plugin-%d.so, or clang++-%d\n",
                 compat::kClangMajor, running.c_str(), major,
                 compat::kClangMajor);
    std::_Exit(1);
  }
};
const VersionCheck gVersionCheck; // first of the static objects of this file

// Whether the source is looked at (clang-tidy, clang --analyze), not compiled:
// then what is looked at is the user's code as it stands.
bool isAnalyzed(const Preprocessor &preprocessor) {
  return preprocessor.getPreprocessorOpts().SetUpStaticAnalyzer;
}

// Clang makes one object of each attribute for the whole process.
struct MarkAttribute : ParsedAttrInfo {
  bool diagAppertainsToDecl(Sema &sema, const ParsedAttr &attribute,
                            const Decl *decl) const override {
    if (isa<FunctionDecl, CXXRecordDecl, NamespaceDecl>(decl))
      return true;
    DiagnosticsEngine &engine = sema.getDiagnostics();
    engine.Report(attribute.getLoc(),
                  engine.getCustomDiagID(DiagnosticsEngine::Error,
                                         "%0 attribute only applies to "
                                         "functions, classes and namespaces"))
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
      DiagnosticsEngine &engine = sema.getDiagnostics();
      engine.Report(attribute.getLoc(),
                    engine.getCustomDiagID(
                        DiagnosticsEngine::Warning,
                        "nothing is monitored: 'obs::monitor' needs C++17 or "
                        "later; compile with -std=c++17"));
      return AttributeNotApplied;
    }
    if (!detailNamespace(sema)) {
      DiagnosticsEngine &engine = sema.getDiagnostics();
      if (!engine.hasErrorOccurred()) // else its header was not found
        engine.Report(attribute.getLoc(),
                      engine.getCustomDiagID(
                          DiagnosticsEngine::Error,
                          "'obs::monitor' comes unexpectedly: neither this "
                          "file nor what it includes has the word 'obs'; "
                          "write it in one piece, or include "
                          "<obs/attributes.h> and use OBS_MONITOR"));
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
    report(sema, attribute.getLoc(),
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
        report(sema, attribute.getLoc(),
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
      report(sema, tokens[0].getLocation(),
             "'obs::secret' takes no arguments but 'false', which shows what "
             "has the name of a secret");
      return AttributeNotApplied;
    }
    if (!isTrue && !isa<ParmVarDecl, FieldDecl>(decl)) {
      report(sema, tokens[0].getLocation(),
             "'obs::secret(false)' only applies to parameters and data "
             "members, which are secret by their name");
      return AttributeNotApplied;
    }
    attachSecret(sema.Context, *decl, isTrue, attribute.getRange());
    return AttributeApplied;
  }

private:
  template <unsigned N>
  static DiagnosticBuilder report(Sema &sema, SourceLocation place,
                                  const char (&text)[N]) {
    DiagnosticsEngine &engine = sema.getDiagnostics();
    return engine.Report(
        place, engine.getCustomDiagID(DiagnosticsEngine::Error, text));
  }
};

struct Arguments {
  bool print = false;
  std::string include;   // where obs/detail/scope.h is
  std::string functions; // a file of rules
  Secrets secrets;
};

// Puts lines ahead of what the command line defines and includes.
void predefine(CompilerInstance &compiler, const std::string &lines) {
  Preprocessor &preprocessor = compiler.getPreprocessor();
  std::string text = preprocessor.getPredefines();
  const size_t commandLine = text.find("# 1 \"<command line>\" 1");
  text.insert(std::min(commandLine, text.size()), lines);
  preprocessor.setPredefines(std::move(text));
}

class Consumer : public SemaConsumer {
public:
  // `lines` are to be predefined.
  Consumer(CompilerInstance &compiler, Arguments arguments, std::string lines)
      : compiler_(compiler), arguments_(std::move(arguments)),
        lines_(std::move(lines)) {}
  ~Consumer() override {
    if (compiler_.hasPreprocessor())
      AttributeTokens::forget(compiler_.getPreprocessor());
  }

  // A precompiled header, read by now, brings predefines of its own.
  void Initialize(ASTContext &) override { predefine(compiler_, lines_); }
  void InitializeSema(Sema &sema) override { sema_ = &sema; }
  void ForgetSema() override { sema_ = nullptr; }

  bool HandleTopLevelDecl(DeclGroupRef group) override {
    for (Decl *decl : group) {
      if (isSite(*decl))
        print(*cast<NamedDecl>(decl));
      Visitor(*this).TraverseDecl(decl);
    }
    throws_.clear(); // those outside of functions
    return true;
  }
  void HandleInlineFunctionDefinition(FunctionDecl *function) override {
    Visitor(*this).TraverseDecl(function);
  }
  // Also of variable templates, which would be passed over as declarations.
  void HandleCXXStaticMemberVarInstantiation(VarDecl *variable) override {
    Visitor(*this).TraverseStmt(variable->getInit());
  }
  void HandleTagDeclDefinition(TagDecl *tag) override {
    const auto *record = dyn_cast<CXXRecordDecl>(tag);
    if (record && record->hasInClassInitializer() &&
        record->getTemplateInstantiationPattern() &&
        !record->isDependentContext())
      instantiated_.push_back(record);
  }
  // Initializers of members of class templates are instantiated where they are
  // used, mostly in implicit constructors, which arrive nowhere.
  void HandleTranslationUnit(ASTContext &) override {
    for (const CXXRecordDecl *record : instantiated_)
      for (const FieldDecl *field : record->fields())
        if (field->hasInClassInitializer() && field->getInClassInitializer())
          Visitor(*this).TraverseStmt(field->getInClassInitializer());
    instantiated_.clear();
    warnOfPure();
    if (sema_ && !sema_->getDiagnostics().hasErrorOccurred())
      sites_.finish(*sema_, compiler_.getFrontendOpts().ProgramAction, rules_);
  }

private:
  // Everything that is defined in a declaration: functions, and in their
  // bodies and in initializers lambdas and local classes.
  struct Visitor : RecursiveASTVisitor<Visitor> {
    explicit Visitor(Consumer &consumer) : consumer_(consumer) {}

    bool shouldVisitTemplateInstantiations() const { return false; }
    bool shouldVisitImplicitCode() const { return false; }
    bool shouldWalkTypesOfTypeLocs() const { return false; }
    // What is inside first: rewriting hides the results' initializers.
    bool shouldTraversePostOrder() const { return true; }

    bool TraverseTypeLoc(TypeLoc) { return true; }
    bool TraverseDecl(Decl *decl) {
      // Templates arrive instantiated.
      if (decl && isa<TemplateDecl>(decl))
        return true;
      if (const auto *context = dyn_cast_or_null<DeclContext>(decl))
        if (context->isDependentContext())
          return true;
      return RecursiveASTVisitor::TraverseDecl(decl);
    }
    // The types of functions, where clang keeps the parameters, are passed
    // over.
    bool traverseDefaultArguments(const FunctionDecl &function) {
      for (ParmVarDecl *parameter : function.parameters())
        if (parameter->hasDefaultArg() &&
            !parameter->hasInheritedDefaultArg() &&
            !parameter->hasUnparsedDefaultArg() &&
            !parameter->hasUninstantiatedDefaultArg())
          TraverseStmt(parameter->getDefaultArg());
      return true;
    }
    bool VisitFunctionDecl(FunctionDecl *function) {
      consumer_.see(*function);
      return traverseDefaultArguments(*function);
    }
    // Those of templates are instantiated where they are used.
    bool VisitCXXDefaultArgExpr(CXXDefaultArgExpr *argument) {
      const auto *function =
          cast<FunctionDecl>(argument->getParam()->getDeclContext());
      return !function->isTemplateInstantiation() ||
             TraverseStmt(argument->getExpr());
    }
    bool VisitCXXThrowExpr(CXXThrowExpr *expression) {
      consumer_.throws_.push_back(expression);
      return true;
    }
    bool VisitLambdaExpr(LambdaExpr *lambda) {
      if (!lambda->isGenericLambda())
        consumer_.see(*lambda->getCallOperator());
      return true;
    }

  private:
    Consumer &consumer_;
  };

  void see(FunctionDecl &function) {
    if (!sema_ || !detailNamespace(*sema_)) // precompiled without the plugin
      return;
    if (function.isInvalidDecl() || function.isDependentContext() ||
        reportConflict(sema_->getDiagnostics(), function) ||
        sema_->getDiagnostics().hasUncompilableErrorOccurred() ||
        reflect(*sema_, function, arguments_.secrets))
      return;
    for (CXXThrowExpr *expression : throws_)
      noteThrow(*sema_, function, *expression);
    throws_.clear();
    if (!function.doesThisDeclarationHaveABody()) {
      noteWithoutBody(function);
      return;
    }
    if (sites_.adopt(function) || isInstrumented(function) || isOurs(function))
      return;
    const std::optional<Selected> selected = select(function, rules());
    if (!selected)
      return;
    if (selected->leftOut) {
      sites_.add(function, *selected,
                 "it is an accessor; accessors=true takes it along");
      return;
    }
    const bool quiet = selected->asker == Asker::Rule;
    std::string why = whyNot(*sema_, function);
    const std::string loss = quiet ? "" : lossOf(function);
    if (why.empty() &&
        !instrument(*sema_, function, selected->options, arguments_.secrets,
                    compiler_.getCodeGenOpts().CoverageMapping))
      why =
          "its types cannot be captured; try args=false, result=false or skip";
    detachAnnotations(function);
    sites_.add(function, *selected, why);
    if (why.empty())
      print(function);
    if (quiet)
      return;
    if (!why.empty())
      warn("cannot monitor %0: %1", function, why);
    else if (!loss.empty())
      warn("%0 is monitored in part: %1", function, loss);
  }

  // What the header instantiates.
  bool isOurs(const FunctionDecl &function) const {
    const DeclContext *detail = detailNamespace(*sema_);
    return detail && detail->Encloses(&function);
  }

  Rules &rules() {
    if (!rules_)
      rules_ = arguments_.functions.empty()
                   ? Rules()
                   : Rules::read(*sema_, arguments_.functions);
    return *rules_;
  }

  template <unsigned N>
  void warn(const char (&text)[N], const FunctionDecl &function,
            llvm::StringRef why) {
    DiagnosticsEngine &engine = sema_->getDiagnostics();
    // -w and -Werror do not reach warnings that are not clang's own.
    if (engine.getIgnoreAllWarnings())
      return;
    engine.Report(function.getLocation(),
                  engine.getCustomDiagID(engine.getWarningsAsErrors()
                                             ? DiagnosticsEngine::Error
                                             : DiagnosticsEngine::Warning,
                                         text))
        << &function << why;
  }

  // Who marks a function that has no body anywhere is told so. That of a pure
  // virtual function may follow.
  void noteWithoutBody(const FunctionDecl &function) {
    if (!function.isDeleted() && !function.isDefaulted() &&
        !compat::isPureVirtual(function))
      return;
    const std::optional<Mark> mark = attachedMark(function);
    if (!mark || mark->ignore)
      return;
    if (compat::isPureVirtual(function))
      pure_.push_back(&function);
    else
      warn("cannot monitor %0: %1", function, whyNot(*sema_, function));
  }

  void warnOfPure() {
    for (const FunctionDecl *function : pure_)
      if (!function->isDefined())
        warn("cannot monitor %0: %1", *function,
             "it is pure virtual and has no body here; mark what overrides it");
    pure_.clear();
  }

  void print(const NamedDecl &generated) {
    if (!arguments_.print)
      return;
    llvm::raw_ostream &out = llvm::outs();
    out << "// ";
    generated.getLocation().print(out, compiler_.getSourceManager());
    out << ": ";
    generated.printQualifiedName(out);
    out << '\n';
    generated.print(out, PrintingPolicy(compiler_.getLangOpts()));
    out << '\n';
  }

  CompilerInstance &compiler_;
  Arguments arguments_;
  std::string lines_;
  Sema *sema_ = nullptr;
  // In the body that is being walked through.
  llvm::SmallVector<CXXThrowExpr *, 8> throws_;
  // Both for the end of the translation unit.
  llvm::SmallVector<const CXXRecordDecl *, 0> instantiated_;
  llvm::SmallVector<const FunctionDecl *, 0> pure_;
  std::optional<Rules> rules_; // read when first needed, Sema being there
  SiteTable sites_;
};

class Action : public PluginASTAction {
protected:
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &compiler,
                                                 llvm::StringRef) override {
    if (isAnalyzed(compiler.getPreprocessor()))
      return std::make_unique<ASTConsumer>();
    if (!compiler.getLangOpts().CPlusPlus17) {
      if (!arguments_.functions.empty() && compiler.getLangOpts().CPlusPlus) {
        DiagnosticsEngine &engine = compiler.getDiagnostics();
        engine.Report(engine.getCustomDiagID(
            DiagnosticsEngine::Warning,
            "nothing is monitored: the rules need C++17 or later; compile "
            "with -std=c++17"));
      }
      return std::make_unique<ASTConsumer>();
    }
    std::string lines;
    if (!isPrecompiled(compiler)) {
      lines = "#define __OBS_MONITOR__ 1\n";
      if (!isNeeded(compiler)) {
        predefine(compiler, lines);
        return std::make_unique<ASTConsumer>();
      }
      lines += includingHeader(compiler);
      AttributeTokens::watch(compiler.getPreprocessor());
    }
    return std::make_unique<Consumer>(compiler, arguments_, lines);
  }

  bool ParseArgs(const CompilerInstance &compiler,
                 const std::vector<std::string> &args) override {
    for (llvm::StringRef arg : args) {
      if (arg == "print")
        arguments_.print = true;
      else if (arg.consume_front("include="))
        arguments_.include = arg.str();
      else if (arg.consume_front("functions="))
        arguments_.functions = arg.str();
      else if (arg.consume_front("secrets=")) {
        const std::string wrong = arguments_.secrets.change(arg);
        if (wrong.empty())
          continue;
        DiagnosticsEngine &engine = compiler.getDiagnostics();
        engine.Report(engine.getCustomDiagID(
            DiagnosticsEngine::Error, "'-fplugin-arg-obs-secrets=%0': %1"))
            << arg << wrong;
        return false;
      } else {
        DiagnosticsEngine &engine = compiler.getDiagnostics();
        engine.Report(engine.getCustomDiagID(
            DiagnosticsEngine::Error,
            "unknown argument '-fplugin-arg-obs-%0'; valid are "
            "'-fplugin-arg-obs-print', '-fplugin-arg-obs-functions=<file>', "
            "'-fplugin-arg-obs-secrets=<names>' and "
            "'-fplugin-arg-obs-include=<dir>'"))
            << arg;
        return false;
      }
    }
    return true;
  }

  ActionType getActionType() override { return AddBeforeMainAction; }

private:
  // Whether the input is a module's interface or the like: nothing is lexed.
  static bool isPrecompiled(const CompilerInstance &compiler) {
    const auto &inputs = compiler.getFrontendOpts().Inputs;
    return !inputs.empty() &&
           inputs[0].getKind().getFormat() == InputKind::Precompiled;
  }

  // Rules may mean any function; what is precompiled cannot be looked through.
  bool isNeeded(CompilerInstance &compiler) const {
    return !arguments_.functions.empty() ||
           !compiler.getPreprocessorOpts().ImplicitPCHInclude.empty() ||
           mayHaveAttributes(compiler);
  }

  // By default the header lies beside the plugin, in the build tree as in an
  // installed one: <prefix>/lib/obs-plugin-N.so, <prefix>/include/obs/detail.
  std::string headerPath() const {
    llvm::SmallString<256> path;
    if (!arguments_.include.empty()) {
      path = arguments_.include;
    } else {
      Dl_info self;
      static const char anchor = 0;
      dladdr(&anchor, &self);
      path = self.dli_fname;
      llvm::sys::fs::make_absolute(path);
      llvm::sys::path::remove_filename(path);
      llvm::sys::path::append(path, "..", "include");
      llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/true);
    }
    llvm::sys::path::append(path, "obs", "detail", "scope.h");
    return std::string(path);
  }

  std::string includingHeader(CompilerInstance &compiler) const {
    const std::string path = headerPath();
    if (!llvm::sys::fs::exists(path)) {
      DiagnosticsEngine &engine = compiler.getDiagnostics();
      engine.Report(engine.getCustomDiagID(
          DiagnosticsEngine::Error,
          "the obs plugin does not find its header '%0'; pass "
          "'-fplugin-arg-obs-include=<dir>' with the directory that has "
          "'obs/detail/scope.h'"))
          << path;
      return {};
    }
    return (enterModuleUnit(compiler) ? "module;\n" : "") +
           ("#include \"" + path + "\"\n");
  }

  Arguments arguments_;
};

ParsedAttrInfoRegistry::Add<MonitorAttribute>
    gMonitor("obs-monitor", "records the calls of a function");
ParsedAttrInfoRegistry::Add<IgnoreAttribute>
    gIgnore("obs-ignore", "takes a function out of what its class is asked");
ParsedAttrInfoRegistry::Add<SecretAttribute>
    gSecret("obs-secret", "keeps a value out of what is recorded");
FrontendPluginRegistry::Add<Action>
    gAction("obs", "instruments functions marked [[obs::monitor]]");

} // namespace
} // namespace obs::plugin

// The static analyzer, also in clang-tidy, takes every plugin for one with
// checkers of its own, and warns of one that does not say for which version.
extern "C" const char clang_analyzerAPIVersionString[];
const char clang_analyzerAPIVersionString[] = CLANG_VERSION_STRING;
