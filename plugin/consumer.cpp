// SPDX-License-Identifier: Apache-2.0
#include "consumer.h"

#include "attribute_tokens.h"
#include "builder.h"
#include "compat.h"
#include "diagnostics.h"
#include "instrument.h"
#include "reflect.h"
#include "selection.h"
#include "site_table.h"
#include "throws.h"
#include "types.h"

#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/Scope.h"
#include "clang/Sema/Sema.h"
#include "clang/Sema/SemaConsumer.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace clang;

namespace obs::plugin {

void predefine(CompilerInstance &compiler, const std::string &lines) {
  Preprocessor &preprocessor = compiler.getPreprocessor();
  std::string text = preprocessor.getPredefines();
  const size_t commandLine = text.find("# 1 \"<command line>\" 1");
  text.insert(std::min(commandLine, text.size()), lines);
  preprocessor.setPredefines(std::move(text));
}

namespace {

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
  void HandleTranslationUnit(ASTContext &context) override {
    if (!sema_)
      return;
    // Sema has left this scope, where it declares builtin functions as they are
    // first used.
    Scope outermost(nullptr, Scope::DeclScope, context.getDiagnostics());
    outermost.setEntity(context.getTranslationUnitDecl());
    const llvm::SaveAndRestore<Scope *> entered(sema_->TUScope, &outermost);
    for (const CXXRecordDecl *record : instantiated_)
      for (const FieldDecl *field : record->fields())
        if (field->hasInClassInitializer() && field->getInClassInitializer())
          Visitor(*this).TraverseStmt(field->getInClassInitializer());
    instantiated_.clear();
    monitorWaiting();
    warnOfPure();
    if (!sema_->getDiagnostics().hasErrorOccurred())
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
        reflect(*sema_, function, arguments_.secrets, types_))
      return;
    for (CXXThrowExpr *expression : throws_)
      noteThrow(*sema_, function, *expression, types_);
    throws_.clear();
    hasAliases_ |=
        function.hasAttr<AliasAttr>() || function.hasAttr<IFuncAttr>();
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
    const std::string why = whyNot(*sema_, function);
    if (why.empty() && mayBeInVain(function))
      waiting_.insert({&function, *selected});
    else
      monitor(function, *selected, why);
  }

  // Most inline functions of headers are used nowhere in a file, and come to
  // nothing. They wait until the end. (Who has them printed wants to see all.)
  bool mayBeInVain(const FunctionDecl &function) const {
    return !ended_ && !arguments_.print && function.isInlined() &&
           !isEmitted(function) && !function.getOwningModule() &&
           !sema_->getLangOpts().EmitAllDecls &&
           emitsCode(compiler_.getFrontendOpts().ProgramAction);
  }

  void monitorWaiting() {
    ended_ = true;
    if (sema_->getDiagnostics().hasErrorOccurred())
      return;
    // What is instantiated for some of them may use others.
    for (bool found = true; found;) {
      found = false;
      waiting_.remove_if([&](const auto &waiting) {
        // An alias names by a string what it uses.
        if (!hasAliases_ && !isEmitted(*waiting.first))
          return false;
        if (!isInstrumented(*waiting.first))
          monitor(*waiting.first, waiting.second, "");
        found = true;
        return true;
      });
      sema_->PerformPendingInstantiations();
    }
  }

  // `why` it cannot be, if it cannot.
  void monitor(FunctionDecl &function, const Selected &selected,
               std::string why) {
    const bool quiet = selected.asker == Asker::Rule;
    const std::string loss = quiet ? "" : lossOf(function, selected.options);
    if (why.empty() &&
        !instrument(*sema_, function, selected.options, arguments_.secrets,
                    types_, compiler_.getCodeGenOpts().CoverageMapping))
      why =
          "its types cannot be captured; try args=false, result=false or skip";
    detachAnnotations(function);
    sites_.add(function, selected, why);
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
    report(engine,
           engine.getWarningsAsErrors() ? DiagnosticsEngine::Error
                                        : DiagnosticsEngine::Warning,
           function.getLocation(), text)
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
  // All for the end of the translation unit.
  llvm::SmallVector<const CXXRecordDecl *, 0> instantiated_;
  llvm::SmallVector<const FunctionDecl *, 0> pure_;
  llvm::MapVector<FunctionDecl *, Selected> waiting_;
  bool ended_ = false;         // the translation unit has
  bool hasAliases_ = false;    // some function of it is an alias
  std::optional<Rules> rules_; // read when first needed, Sema being there
  SiteTable sites_;
  Types types_;
};

} // namespace

std::unique_ptr<ASTConsumer> makeConsumer(CompilerInstance &compiler,
                                          Arguments arguments,
                                          std::string lines) {
  return std::make_unique<Consumer>(compiler, std::move(arguments),
                                    std::move(lines));
}

} // namespace obs::plugin
