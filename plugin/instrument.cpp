// SPDX-License-Identifier: Apache-2.0
#include "instrument.h"

#include "builder.h"
#include "coroutines.h"
#include "kinds.h"
#include "moves.h"
#include "names.h"
#include "returns.h"
#include "secrets.h"
#include "types.h"

#include "compat.h"

#include "clang/AST/ASTLambda.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Basic/TargetInfo.h"

using namespace clang;

namespace obs::plugin {
namespace {

constexpr llvm::StringLiteral kSite = "__obs_site";
constexpr llvm::StringLiteral kId = "__obs_site_id";
constexpr llvm::StringLiteral kTypes = "__obs_site_types";
constexpr llvm::StringLiteral kCall = "__obs_call";
constexpr llvm::StringLiteral kScope = "__obs_scope";

using namespace detail; // SiteFlags and Passing of abi.h

constexpr llvm::StringLiteral kSizeWords[] = {
    "size", "len", "length", "count", "bytes", "num", "sz", "nbytes"};
constexpr llvm::StringLiteral kEndWords[] = {"end", "limit", "last", "stop",
                                             "finish"};

bool endsWithAny(llvm::StringRef name,
                 llvm::ArrayRef<llvm::StringLiteral> words) {
  return llvm::any_of(words, [&](llvm::StringRef word) {
    return compat::endsWith(name, word);
  });
}

// Whether control never comes to what stands behind the statement.
bool returns(const Stmt *statement) {
  if (const auto *block = dyn_cast_or_null<CompoundStmt>(statement))
    return !block->body_empty() && returns(block->body_back());
  if (const auto *branch = dyn_cast_or_null<IfStmt>(statement))
    return returns(branch->getThen()) && returns(branch->getElse());
  return isa_and_nonnull<ReturnStmt>(statement);
}

bool isTextPointer(QualType type) {
  const auto *pointer = type->getAs<PointerType>();
  return pointer && pointer->getPointeeType().isConstQualified() &&
         (pointer->getPointeeType()->isSpecificBuiltinType(
              BuiltinType::Char_S) ||
          pointer->getPointeeType()->isSpecificBuiltinType(
              BuiltinType::Char_U));
}

class Instrumenter {
public:
  Instrumenter(Sema &sema, FunctionDecl &function, const Options &options,
               const Secrets &secrets, Types &types, bool mapsCoverage)
      : sema_(sema), function_(function), options_(options), secrets_(secrets),
        types_(types), mapsCoverage_(mapsCoverage),
        build_(sema, function, function.getBody()->getBeginLoc()) {
    if (options.args.value_or(true))
      for (ParmVarDecl *parameter : function.parameters())
        if (!llvm::is_contained(options.skip, parameter->getName()))
          captured_.push_back(parameter);
    const bool catches = sema.getLangOpts().CXXExceptions;
    isCoroutine_ = isa<CoroutineBodyStmt>(function.getBody());
    tailCalls_ = hasMustTail(function.getBody());
    guardsInitializers_ = catches && initializersCanThrow();
    catches_ = catches && !tailCalls_;
  }

  bool run() {
    Stmt *const body = function_.getBody();
    if (auto *coroutine = dyn_cast<CoroutineBodyStmt>(body)) {
      lookAt(coroutineResult(*coroutine));
      CompoundStmt *block = wrap(cast<CompoundStmt>(coroutine->getBody()));
      if (!block)
        return false;
      replaceBody(*coroutine, block);
      return true;
    }
    if (canCaptureResult(function_))
      lookAt(function_.getReturnType().getUnqualifiedType());
    // The handlers of a constructor's or destructor's function-try-block also
    // serve its members and bases: it stays the outermost statement, and what
    // it tries is monitored.
    auto *outermost = dyn_cast<CXXTryStmt>(body);
    if (!isa<CXXConstructorDecl, CXXDestructorDecl>(function_))
      outermost = nullptr;
    CompoundStmt *tried =
        outermost ? outermost->getTryBlock() : dyn_cast<CompoundStmt>(body);
    if (!tried)
      tried = build_.block({body}, body->getBeginLoc(), body->getEndLoc());
    CompoundStmt *block = wrap(tried);
    if (!block)
      return false;
    if (!outermost && !guardsInitializers_) {
      function_.setBody(block);
      return true;
    }
    llvm::SmallVector<Stmt *, 4> handlers;
    if (!(guardsInitializers_ ? guard(outermost, handlers)
                              : keep(*outermost, handlers)))
      return false;
    function_.setBody(CXXTryStmt::Create(build_.context(),
                                         outermost ? outermost->getTryLoc()
                                                   : body->getBeginLoc(),
                                         block, handlers));
    return true;
  }

private:
  // Decides what is done about results of that type; null: there are none.
  void lookAt(QualType type) {
    const bool isAsked = options_.result.value_or(true) && !type.isNull();
    hidesResult_ = isAsked && secrets_.hasSecretResult(function_);
    capturesResult_ = isAsked && !hidesResult_;
    checksErrors_ = options_.returnedErrors.value_or(true) && !type.isNull() &&
                    type.getNonReferenceType()->isRecordType() &&
                    !type.getNonReferenceType()->isIncompleteType() &&
                    mayBeError(sema_, function_.getLocation(),
                               type.getNonReferenceType()) &&
                    build_.holds("canBeError", type.getNonReferenceType());
    if (capturesResult_ || checksErrors_)
      result_ = type;
  }

  // Whether an exception may leave a constructor before its body begins.
  bool initializersCanThrow() const {
    const auto *constructor = dyn_cast<CXXConstructorDecl>(&function_);
    return constructor &&
           llvm::any_of(constructor->inits(),
                        [&](const CXXCtorInitializer *initializer) {
                          return sema_.canThrow(initializer->getInit()) !=
                                 CT_Cannot;
                        });
  }

  static bool keep(const CXXTryStmt &outermost,
                   llvm::SmallVectorImpl<Stmt *> &handlers) {
    for (unsigned i = 0; i < outermost.getNumHandlers(); ++i)
      handlers.push_back(const_cast<CXXCatchStmt *>(outermost.getHandler(i)));
    return true;
  }

  // The handlers of a constructor's function-try-block, each of which first
  // records an exception that came before the body; with one for the rest.
  // They end by throwing again, as the language has it.
  bool guard(const CXXTryStmt *outermost,
             llvm::SmallVectorImpl<Stmt *> &handlers) {
    const auto add = [&](SourceLocation place, VarDecl *caught, Stmt *then) {
      llvm::SmallVector<Stmt *, 2> statements = {build_.statement(
          callWithArguments("obs_rt_not_initialized", {addressOf(site_)},
                            /*after=*/true))};
      if (then)
        statements.push_back(then);
      const SourceRange range =
          mapsCoverage_ ? function_.getBody()->getSourceRange() : SourceRange();
      CompoundStmt *const block =
          build_.block(statements, range.getBegin(), range.getEnd());
      if (block)
        handlers.push_back(new (build_.context())
                               CXXCatchStmt(place, caught, block));
      return block != nullptr;
    };
    bool catchesAll = false;
    for (unsigned i = 0; outermost && i < outermost->getNumHandlers(); ++i) {
      const CXXCatchStmt *handler = outermost->getHandler(i);
      catchesAll = !handler->getExceptionDecl();
      if (!add(handler->getCatchLoc(), handler->getExceptionDecl(),
               handler->getHandlerBlock()))
        return false;
    }
    return catchesAll || add(SourceLocation(), nullptr, nullptr);
  }

  // { { static Site; ScopeData; Scope; if (count(…)) scope.call = enter(…);
  //     try { body } catch (...) { … } } }
  // The inner block has no lines, so that the end of the scope is not seen.
  CompoundStmt *wrap(CompoundStmt *body) {
    ASTContext &context = build_.context();
    site_ = makeSite();
    if (!site_)
      return nullptr;
    if (!makeScope())
      return nullptr;
    const auto callOnResult = [&](Expr *result) {
      return this->callOnResult(result);
    };
    if (isCoroutine_) {
      body = captureCoroutine(build_, scope_, body, result_, callOnResult);
      if (!body)
        return nullptr;
    }
    // The end would be the place of landing pads, too.
    const SourceLocation begin = body->getBeginLoc();
    const SourceLocation end =
        mapsCoverage_ ? body->getEndLoc() : SourceLocation();
    // What is tried is a region of its own, and those of one range add up.
    if (mapsCoverage_ && begin.isFileID())
      body = build_.block(
          llvm::SmallVector<Stmt *, 16>(body->body_begin(), body->body_end()),
          begin.getLocWithOffset(1), body->getEndLoc());
    Expr *id[] = {build_.reference(siteId_)};
    const char *const count = isCoroutine_              ? "countCoroutine"
                              : function_.isConstexpr() ? "countAtRunTime"
                                                        : "count";
    Stmt *const enter =
        build_.ifThen(build_.call(count, id), build_.statement(callToEnter()));
    Stmt *monitored = body;
    if (catches_) {
      Expr *const rethrow =
          new (context) CXXThrowExpr(nullptr, context.VoidTy, SourceLocation(),
                                     /*IsThrownVariableInScope=*/false);
      CompoundStmt *const handler =
          build_.block({build_.statement(callWithArguments(
                            isCoroutine_          ? "obs_rt_coroutine_failed"
                            : guardsInitializers_ ? "obs_rt_failed_in_body"
                                                  : "obs_rt_failed",
                            {call(), addressOf(site_)}, /*after=*/true)),
                        rethrow},
                       begin, end);
      if (!handler)
        return nullptr;
      Stmt *const catchAll = new (context)
          CXXCatchStmt(SourceLocation(), /*exDecl=*/nullptr, handler);
      monitored =
          CXXTryStmt::Create(context, body->getBeginLoc(), body, {catchAll});
    }
    llvm::SmallVector<Stmt *, 4> statements;
    if (site_->isStaticLocal()) {
      if (siteTypes_)
        statements.push_back(build_.declare(siteTypes_));
      statements.push_back(build_.declare(siteId_));
      statements.push_back(build_.declare(site_));
    }
    if (!isCoroutine_)
      statements.push_back(build_.declare(call_));
    statements.append({build_.declare(scope_), enter, monitored});
    // Brings code generation back to the last line, from that of the handler;
    // and spares it a way out that there is not.
    if (catches_ && !mapsCoverage_) {
      build_.setPlace(body->getEndLoc());
      statements.push_back(returns(body) ? build_.call("notReached", {})
                                         : build_.number(0, context.IntTy));
    }
    if (tailCalls_) {
      // A tail call leaves no scope behind: this one is ended by calls.
      scope_->ensureEvaluatedStmt()->HasConstantDestruction = true;
      Expr *args[] = {build_.reference(scope_), build_.boolean(true)};
      statements.push_back(build_.callStmt("finish", args));
    }
    CompoundStmt *const block =
        build_.block({build_.block(statements)}, begin, end);
    if (block && !isCoroutine_ && (!result_.isNull() || tailCalls_))
      rewriteReturns(build_, function_, scope_, body, callOnResult,
                     {!result_.isNull(), tailCalls_, mapsCoverage_});
    return block;
  }

  bool makeScope() {
    if (isCoroutine_)
      return scope_ = build_.local(kScope, build_.detailType("CoroutineScope"));
    const QualType data = build_.detailType("ScopeData");
    call_ = build_.local(kCall, data);
    scope_ = build_.local(
        kScope, build_.detailType("Scope"),
        {build_.nullPointer(build_.context().getPointerType(data))});
    if (!call_ || !scope_)
      return false;
    // Only the runtime fills it, whatever -ftrivial-auto-var-init says.
    call_->addAttr(UninitializedAttr::CreateImplicit(build_.context()));
    return true;
  }

  Expr *addressOf(VarDecl *variable) {
    return build_.addressOf(build_.reference(variable));
  }

  // scope.call
  Expr *scopeCall() { return build_.member(build_.reference(scope_), "call"); }

  // What the runtime takes for the call: &scope of a coroutine, or scope.call.
  Expr *call() {
    return isCoroutine_ ? addressOf(scope_) : build_.load(scopeCall());
  }

  Expr *callToEnter() {
    if (isCoroutine_)
      return callWithArguments(
          "obs_rt_coroutine_enter",
          {addressOf(scope_), addressOf(site_), build_.coroutineFrame()},
          /*after=*/false);
    return build_.assign(scopeCall(),
                         callWithArguments("obs_rt_enter",
                                           {addressOf(call_), addressOf(site_)},
                                           /*after=*/false));
  }

  VarDecl *makeSite() {
    ASTContext &context = build_.context();
    const SourceManager &sources = context.getSourceManager();
    const PresumedLoc place = sources.getPresumedLoc(
        sources.getExpansionLoc(function_.getLocation()));

    std::string names;
    for (size_t i = 0; i < captured_.size(); ++i) {
      if (i)
        names += ',';
      names += captureName(i);
    }
    const auto moved = movedParameters(function_);
    char separator = ';';
    for (size_t i = 0; i < captured_.size(); ++i)
      if (moved.count(captured_[i])) {
        names += separator + captureName(i);
        separator = ',';
      }
    if (!findTypes() || !makeSiteId())
      return nullptr;
    const bool hasResult = hidesResult_ || capturesResult_;
    const unsigned flags =
        (options_.args.value_or(true) ? kCaptureArguments : 0) |
        (hasResult ? kCaptureResult : 0) |
        (checksErrors_ ? kReturnsErrors : 0) |
        (options_.resources.value_or(false) && !isCoroutine_ ? kMeasuresUsage
                                                             : 0) |
        (resultInScope() ? kResultInScope : 0);
    Expr *args[] = {
        addressOf(siteId_),
        build_.string(options_.name.value_or(qualifiedName(function_))),
        build_.string(place.isValid() ? place.getFilename() : ""),
        build_.number(place.isValid() ? place.getLine() : 0,
                      context.UnsignedIntTy),
        build_.string(signature(function_)),
        build_.string(names),
        build_.number(options_.sample.value_or(1)),
        build_.number(flags, context.UnsignedIntTy),
        siteTypes_ ? build_.reference(siteTypes_) : build_.nullPointer(),
        build_.number(captured_.size(), context.UnsignedIntTy),
    };
    return constant(kSite, build_.detailType("Site"),
                    limited(build_.call("makeSite", args)));
  }

  bool makeSiteId() {
    ASTContext &context = build_.context();
    const QualType type = context.UnsignedIntTy;
    siteId_ = constant(kId, type, build_.number(kUnregistered, type));
    if (siteId_ && context.getTargetInfo().getTriple().isOSBinFormatELF())
      siteId_->addAttr(SectionAttr::CreateImplicit(context, "obs_ids"));
    return siteId_;
  }

  // Static variables of a function are out of the compiler's evaluator's, and
  // of a function-try-block's reach.
  VarDecl *constant(llvm::StringRef name, QualType type, Expr *init) {
    return function_.isConstexpr() || guardsInitializers_
               ? build_.outsideConstant(name, type, init)
               : build_.constant(name, type, init);
  }

  // The descriptions of what is captured, and their list; false: there is a
  // type that cannot be.
  bool findTypes() {
    ASTContext &context = build_.context();
    const bool hasResult = hidesResult_ || capturesResult_;
    resultType_ = hidesResult_ ? types_.of(build_, build_.detailType("Secret"))
                  : capturesResult_ ? types_.of(build_, result_)
                                    : nullptr;
    if (hasResult && !resultType_)
      return false;
    for (size_t i = 0; i < captured_.size(); ++i) {
      VarDecl *const type =
          types_.of(build_, isSecret(i)    ? build_.detailType("Secret")
                            : isAddress(i) ? context.VoidPtrTy
                                           : captured_[i]->getType());
      if (!type)
        return false;
      parameterTypes_.push_back(type);
    }
    if (!hasResult && captured_.empty() && !checksErrors_)
      return true;
    llvm::SmallVector<Expr *, 8> list = {
        hasResult ? build_.addressOf(build_.reference(resultType_))
                  : build_.nullPointer()};
    for (VarDecl *type : parameterTypes_)
      list.push_back(build_.addressOf(build_.reference(type)));
    if (checksErrors_) {
      VarDecl *const code =
          build_.chosen("codeTypeOf", result_.getNonReferenceType());
      if (!code)
        return false;
      list.push_back(build_.addressOf(build_.reference(code)));
    }
    const QualType pointer =
        context.getPointerType(build_.detailType("Type").withConst());
    siteTypes_ =
        constant(kTypes, build_.arrayOf(pointer.withConst(), list.size()),
                 build_.list(list));
    return siteTypes_ != nullptr;
  }

  // Whether a result is left in the scope.
  bool resultInScope() const {
    return capturesResult_ && !isCoroutine_ && !function_.isConstexpr() &&
           !function_.isMain() && !result_->isReferenceType() &&
           Types::passing(*resultType_) == kAsWord;
  }

  // The site with the limits that the function has of its own, if any.
  Expr *limited(Expr *site) {
    if (!options_.pointers &&
        llvm::none_of(options_.limits,
                      [](const auto &limit) { return limit.has_value(); }))
      return site;
    const QualType number = build_.context().UnsignedIntTy;
    llvm::SmallVector<Expr *, 6> args = {site};
    for (const std::optional<unsigned> &limit : options_.limits)
      args.push_back(build_.number(uint64_t(limit.value_or(0)), number));
    args.push_back(build_.number(
        uint64_t(options_.pointers ? *options_.pointers + 1 : 0), number));
    return build_.call("limited", args);
  }

  // The elements of a parameter pack share a name: values[0], values[1] …
  std::string captureName(size_t index) const {
    const ParmVarDecl *parameter = captured_[index];
    const llvm::StringRef name = parameter->getName();
    if (name.empty())
      return "arg" + std::to_string(parameter->getFunctionScopeIndex() + 1);
    size_t first = index, last = index;
    while (first > 0 && captured_[first - 1]->getName() == name)
      --first;
    while (last + 1 < captured_.size() &&
           captured_[last + 1]->getName() == name)
      ++last;
    if (first == last)
      return name.str();
    return (name + "[" + llvm::Twine(index - first) + "]").str();
  }

  // name(args…, captured…); `after`: as the call fails.
  Expr *callWithArguments(llvm::StringRef name,
                          llvm::SmallVector<Expr *, 8> args, bool after) {
    appendArguments(args, after);
    return build_.call(name, args);
  }

  // The call that looks at a result, an lvalue (in a coroutine any value).
  Expr *callOnResult(Expr *result) {
    Expr *const keep = capturesResult_ ? callToKeep(result) : build_.nothing();
    if (!checksErrors_)
      return keep;
    Expr *isError[] = {again(result)};
    Expr *tell[] = {build_.nullPointer(
        build_.context().getPointerType(result_.getNonReferenceType()))};
    llvm::SmallVector<Expr *, 8> args = {call(), addressOf(site_),
                                         build_.call("tellErrorOf", tell),
                                         build_.addressOf(again(result))};
    appendArguments(args, /*after=*/true);
    return build_.choice(build_.call("isError", isError),
                         build_.call(isCoroutine_
                                         ? "obs_rt_coroutine_failed_with"
                                         : "obs_rt_failed_with",
                                     args),
                         keep);
  }

  Expr *callToKeep(Expr *result) {
    if (resultInScope())
      return build_.assign(build_.member(build_.reference(call_), "result"),
                           build_.word(result));
    Expr *args[] = {build_.reference(scope_), nullptr};
    if (isCoroutine_) {
      args[1] = result;
      return build_.call("result", args);
    }
    args[1] = build_.addressOf(result);
    return build_.call("keep", args);
  }

  // The same value, in an expression of its own.
  Expr *again(Expr *value) {
    auto *variable = dyn_cast<DeclRefExpr>(value);
    return variable ? build_.reference(variable->getDecl()) : value;
  }

  void appendArguments(llvm::SmallVectorImpl<Expr *> &args, bool after) {
    for (size_t i = 0; i < captured_.size(); ++i) {
      Expr *const parameter = build_.reference(captured_[i]);
      switch (Types::passing(*parameterTypes_[i])) {
      case kAsWord:
      case kInWord:
        args.push_back(after && captured_[i]->getType()->isReferenceType()
                           ? wordThatMayBeGone(parameter)
                           : build_.word(parameter));
        break;
      case kByAddress:
      case kTextFirst:
      case kTextSecond:
        args.push_back(build_.addressOf(parameter));
        break;
      default: // kNotPassed
        break;
      }
    }
  }

  // What a reference refers to, when the call has run.
  Expr *wordThatMayBeGone(Expr *lvalue) {
    ASTContext &context = build_.context();
    const CharUnits size = context.getTypeSizeInChars(lvalue->getType());
    Expr *args[] = {
        build_.addressOf(lvalue),
        build_.number(uint64_t(size.getQuantity()), context.UnsignedIntTy)};
    return build_.call("obs_rt_word", args);
  }

  bool isSecret(size_t index) const {
    return secrets_.isSecret(function_, *captured_[index]);
  }

  // Only the address is captured of a pointer to an array of variable length,
  // of which no template can be made, and of a `const char *` that is no
  // terminated text: whose end the next parameter tells, or that is such an
  // end.
  bool isAddress(size_t index) const {
    const QualType type = captured_[index]->getType();
    if (type->isPointerType() && type->isVariablyModifiedType())
      return true;
    const unsigned place = captured_[index]->getFunctionScopeIndex();
    return (place + 1 < function_.getNumParams() &&
            bounds(function_.getParamDecl(place + 1),
                   function_.getParamDecl(place))) ||
           (place > 0 &&
            isTextPointer(function_.getParamDecl(place)->getType()) &&
            bounds(function_.getParamDecl(place),
                   function_.getParamDecl(place - 1)));
  }

  static bool bounds(const ParmVarDecl *bound, const ParmVarDecl *text) {
    if (!isTextPointer(text->getType()))
      return false;
    const std::string name = bound->getName().rtrim('_').lower();
    if (bound->getType()->isIntegerType())
      return name == "n" || endsWithAny(name, kSizeWords);
    return isTextPointer(bound->getType()) && endsWithAny(name, kEndWords);
  }

  Sema &sema_;
  FunctionDecl &function_;
  const Options &options_;
  const Secrets &secrets_;
  Types &types_;
  bool mapsCoverage_;
  Builder build_;
  llvm::SmallVector<ParmVarDecl *, 8> captured_;
  QualType result_; // null: results are not looked at
  bool capturesResult_ = false;
  bool checksErrors_ = false; // the result may be an error
  bool hidesResult_ = false;  // it is secret: shown, but not read
  bool isCoroutine_;
  bool tailCalls_;          // some returns must be tail calls
  bool guardsInitializers_; // exceptions before the body are to be recorded
  bool catches_;            // exceptions in the body are recorded
  VarDecl *site_ = nullptr;
  VarDecl *siteId_ = nullptr;
  VarDecl *siteTypes_ = nullptr; // null: nothing is captured
  VarDecl *scope_ = nullptr;
  VarDecl *call_ = nullptr; // not of a coroutine
  // kType<T> of the captured parameters, and of the result or null.
  llvm::SmallVector<VarDecl *, 8> parameterTypes_;
  VarDecl *resultType_ = nullptr;
};

// Warnings about the layout of the user's types (-Wpadded) come when it is
// first needed, which must not be while building, where nothing is reported.
void layOut(ASTContext &context, const FunctionDecl &function) {
  for (const ParmVarDecl *parameter : function.parameters()) {
    const QualType type = parameter->getType().getNonReferenceType();
    if (!type->isIncompleteType())
      context.getTypeAlignInChars(type);
  }
  const auto *method = dyn_cast<CXXMethodDecl>(&function);
  if (method && method->getParent()->isCompleteDefinition() &&
      !method->getParent()->isInvalidDecl())
    context.getTypeAlignInChars(context.getRecordType(method->getParent()));
}

} // namespace

std::string whyNot(const Sema &sema, const FunctionDecl &function) {
  if (function.isDeleted())
    return "it is deleted";
  if (function.isDefaulted())
    return "it is defaulted and has no body of its own";
  if (function.isConsteval())
    return "it only runs in the compiler (consteval)";
  if (function.hasAttr<NakedAttr>())
    return "it is naked, its body is assembly without a frame";
  if (function.isConstexpr() && !sema.getLangOpts().CPlusPlus20 &&
      !isLambdaCallOperator(&function))
    return "a constexpr function can be monitored from C++20 on; compile with "
           "-std=c++20, or drop constexpr";
  if (const Stmt *body = function.getBody()) {
    if (isa<CoroutineBodyStmt>(body) && compat::kClangMajor < 16)
      return "it is a coroutine, which can be monitored from clang 16 on";
  }
  return {};
}

std::string lossOf(const FunctionDecl &definition, const Options &options) {
  if (hasMustTail(definition.getBody()))
    return "the results of its 'musttail' returns and exceptions are not "
           "recorded, as a tail call leaves no scope behind";
  if (options.resources.value_or(false) &&
      isa_and_nonnull<CoroutineBodyStmt>(definition.getBody()))
    return "the resources of a coroutine are not measured, as other calls run "
           "on its thread between its steps";
  return {};
}

bool isInstrumented(const FunctionDecl &definition) {
  const Stmt *body = definition.getBody();
  if (const auto *coroutine = dyn_cast_or_null<CoroutineBodyStmt>(body))
    body = coroutine->getBody();
  if (const auto *tried = dyn_cast_or_null<CXXTryStmt>(body))
    body = tried->getTryBlock();
  const auto *block = dyn_cast_or_null<CompoundStmt>(body);
  if (!block || block->body_empty())
    return false;
  block = dyn_cast<CompoundStmt>(block->body_front());
  if (!block || block->body_empty())
    return false;
  const auto *first = dyn_cast<DeclStmt>(block->body_front());
  if (!first || !first->isSingleDecl())
    return false;
  const auto *variable = dyn_cast<VarDecl>(first->getSingleDecl());
  return variable && (isSite(*variable) ||
                      (variable->isImplicit() && variable->getIdentifier() &&
                       variable->getName() == kCall));
}

bool isSite(const Decl &decl) {
  const auto *variable = dyn_cast<VarDecl>(&decl);
  return variable && variable->isImplicit() && variable->getIdentifier() &&
         compat::startsWith(variable->getName(), kSite);
}

bool instrument(Sema &sema, FunctionDecl &definition, const Options &options,
                const Secrets &secrets, Types &types, bool mapsCoverage) {
  // A lambda is constexpr whenever it can be, and few depend on it.
  if (!sema.getLangOpts().CPlusPlus20)
    definition.setConstexprKind(ConstexprSpecKind::Unspecified);
  layOut(sema.Context, definition);
  return Instrumenter(sema, definition, options, secrets, types, mapsCoverage)
      .run();
}

} // namespace obs::plugin
