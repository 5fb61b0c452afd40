// SPDX-License-Identifier: Apache-2.0
#include "builder.h"

#include "compat.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/AST/Attr.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/Mangle.h"
#include "clang/Basic/Builtins.h"
#include "clang/Sema/Lookup.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace clang;

namespace obs::plugin {

static NamespaceDecl *namespaceIn(Sema &sema, DeclContext *context,
                                  llvm::StringRef name) {
  for (NamedDecl *found : context->lookup(&sema.Context.Idents.get(name)))
    if (auto *space = dyn_cast<NamespaceDecl>(found))
      return space;
  return nullptr;
}

NamespaceDecl *detailNamespace(Sema &sema) {
  DeclContext *obs =
      namespaceIn(sema, sema.Context.getTranslationUnitDecl(), "obs");
  return obs ? namespaceIn(sema, obs, "detail") : nullptr;
}

// Takes the locations off what was built, which Sema could not do without.
static void hide(Stmt *built) {
  if (auto *reference = dyn_cast<DeclRefExpr>(built)) {
    reference->setLocation(SourceLocation());
  } else if (auto *call = dyn_cast<CallExpr>(built)) {
    call->setRParenLoc(SourceLocation());
  } else if (auto *operation = dyn_cast<UnaryOperator>(built)) {
    operation->setOperatorLoc(SourceLocation());
  } else if (auto *null = dyn_cast<CXXNullPtrLiteralExpr>(built)) {
    null->setLocation(SourceLocation());
  } else if (auto *construct = dyn_cast<CXXConstructExpr>(built)) {
    construct->setLocation(SourceLocation());
    construct->setParenOrBraceRange(SourceRange());
  }
  for (Stmt *child : built->children())
    if (child)
      hide(child);
}

Builder::Builder(Sema &sema, FunctionDecl &function, SourceLocation place)
    : sema_(sema), place_(place),
      suppressed_(sema.getDiagnostics().getSuppressAllDiagnostics()),
      scope_(sema, &function) {
  sema_.getDiagnostics().setSuppressAllDiagnostics(true);
}

Builder::~Builder() {
  sema_.getDiagnostics().setSuppressAllDiagnostics(suppressed_);
}

Expr *Builder::call(llvm::StringRef name, llvm::MutableArrayRef<Expr *> args) {
  for (Expr *arg : args)
    if (!arg)
      return nullptr;
  LookupResult found(sema_, &context().Idents.get(name), place_,
                     Sema::LookupOrdinaryName);
  if (!sema_.LookupQualifiedName(found, detailNamespace(sema_)))
    return nullptr;
  ExprResult callee =
      sema_.BuildDeclarationNameExpr(CXXScopeSpec(), found, /*NeedsADL=*/false);
  if (callee.isInvalid())
    return nullptr;
  ExprResult result = sema_.BuildCallExpr(/*Scope=*/nullptr, callee.get(),
                                          place_, args, place_);
  // A call that does not type-check may also come as an error in the tree.
  return result.isInvalid() || result.get()->containsErrors() ? nullptr
                                                              : result.get();
}

Stmt *Builder::statement(Expr *expression) {
  if (!expression)
    return nullptr;
  ExprResult full =
      sema_.ActOnFinishFullExpr(expression, /*DiscardedValue=*/false);
  if (full.isInvalid())
    return nullptr;
  hide(full.get());
  return full.get();
}

bool Builder::holds(llvm::StringRef name, QualType type) {
  Expr *args[] = {nullPointer(context().getPointerType(type))};
  const Expr *const question = call(name, args);
  bool answer = false;
  return question && question->EvaluateAsBooleanCondition(answer, context()) &&
         answer;
}

VarDecl *Builder::specialized(llvm::StringRef name, QualType type) {
  VarTemplateDecl *pattern = nullptr;
  for (NamedDecl *found :
       detailNamespace(sema_)->lookup(&context().Idents.get(name)))
    pattern = dyn_cast<VarTemplateDecl>(found);
  if (!pattern)
    return nullptr;
  TemplateArgumentListInfo args(place_, place_);
  args.addArgument(
      TemplateArgumentLoc(TemplateArgument(type),
                          context().getTrivialTypeSourceInfo(type, place_)));
  const DeclResult found =
      sema_.CheckVarTemplateId(pattern, place_, place_, args);
  if (found.isInvalid())
    return nullptr;
  auto *variable = cast<VarTemplateSpecializationDecl>(found.get());
  if (variable->getTemplateSpecializationKind() == TSK_Undeclared)
    variable->setTemplateSpecializationKind(TSK_ImplicitInstantiation, place_);
  sema_.MarkVariableReferenced(place_, variable);
  return variable->isInvalidDecl() || !variable->hasInit() ? nullptr : variable;
}

VarDecl *Builder::chosen(llvm::StringRef name, QualType type) {
  Expr *args[] = {nullPointer(context().getPointerType(type))};
  const Expr *const question = call(name, args);
  Expr::EvalResult answer;
  if (!question || !question->EvaluateAsLValue(answer, context()) ||
      !answer.Val.isLValue())
    return nullptr;
  const auto *decl = answer.Val.getLValueBase().dyn_cast<const ValueDecl *>();
  return const_cast<VarDecl *>(dyn_cast_or_null<VarDecl>(decl));
}

Expr *Builder::observed(Expr *value, llvm::function_ref<Expr *(Expr *)> look) {
  auto *once = new (context())
      OpaqueValueExpr(value->getExprLoc(), value->getType(),
                      value->getValueKind(), value->getObjectKind(), value);
  Expr *seen = once;
  if (value->isPRValue() && value->getType()->isRecordType())
    seen = ImplicitCastExpr::Create(context(), value->getType(), CK_NoOp, once,
                                    /*BasePath=*/nullptr, VK_LValue,
                                    FPOptionsOverride());
  Expr *const call = look(seen);
  if (!call)
    return nullptr;
  return PseudoObjectExpr::Create(context(), call, {once, call},
                                  /*resultIndex=*/0);
}

Expr *Builder::reference(ValueDecl *variable) {
  return sema_.BuildDeclRefExpr(
      variable, variable->getType().getNonReferenceType(), VK_LValue, place_);
}

Expr *Builder::member(Expr *object, llvm::StringRef name) {
  if (!object)
    return nullptr;
  for (FieldDecl *field :
       object->getType()->castAs<RecordType>()->getDecl()->fields())
    if (field->getName() == name)
      return MemberExpr::CreateImplicit(context(), object, /*IsArrow=*/false,
                                        field, field->getType(), VK_LValue,
                                        OK_Ordinary);
  return nullptr;
}

Expr *Builder::assign(Expr *lvalue, Expr *value) {
  if (!lvalue || !value)
    return nullptr;
  return BinaryOperator::Create(context(), lvalue, value, BO_Assign,
                                lvalue->getType(), VK_LValue, OK_Ordinary,
                                SourceLocation(), FPOptionsOverride());
}

Expr *Builder::addressOf(Expr *lvalue) {
  if (!lvalue)
    return nullptr;
  return UnaryOperator::Create(context(), lvalue, UO_AddrOf,
                               context().getPointerType(lvalue->getType()),
                               VK_PRValue, OK_Ordinary, place_,
                               /*CanOverflow=*/false, FPOptionsOverride());
}

Expr *Builder::typeInfo(QualType type) {
  // Any type will do for std::type_info: only the address is of interest.
  ExprResult id = sema_.BuildCXXTypeId(
      context().VoidPtrTy, place_,
      context().getTrivialTypeSourceInfo(type, place_), place_);
  return id.isInvalid() ? nullptr : addressOf(id.get());
}

Expr *Builder::converted(Expr *value, QualType type, CastKind kind) {
  return ImplicitCastExpr::Create(context(), type, kind, value,
                                  /*BasePath=*/nullptr, VK_PRValue,
                                  FPOptionsOverride());
}

Expr *Builder::load(Expr *lvalue) {
  if (!lvalue)
    return nullptr;
  return converted(lvalue, lvalue->getType().getUnqualifiedType(),
                   CK_LValueToRValue);
}

Expr *Builder::word(Expr *lvalue) {
  const QualType number = context().UnsignedLongTy;
  Expr *const value =
      lvalue->getType()->isFloatingType() ? bits(lvalue) : load(lvalue);
  if (context().hasSameType(value->getType(), number))
    return value;
  return converted(value, number,
                   value->getType()->isAnyPointerType() ? CK_PointerToIntegral
                                                        : CK_IntegralCast);
}

Expr *Builder::bits(Expr *lvalue) {
  const QualType type = context().getIntTypeForBitwidth(
      context().getTypeSize(lvalue->getType()), /*Signed=*/false);
  return new (context()) BuiltinBitCastExpr(
      type, VK_PRValue, CK_LValueToRValueBitCast, lvalue,
      context().getTrivialTypeSourceInfo(type, place_), place_, place_);
}

Expr *Builder::coroutineFrame() {
  return sema_.BuildBuiltinCallExpr(place_, Builtin::BI__builtin_coro_frame,
                                    {});
}

Expr *Builder::string(llvm::StringRef text) {
  return compat::stringLiteral(context(), text);
}

Expr *Builder::number(uint64_t value, QualType type) {
  return IntegerLiteral::Create(
      context(), llvm::APInt(context().getIntWidth(type), value), type, place_);
}

Expr *Builder::number(double value) {
  return FloatingLiteral::Create(context(), llvm::APFloat(value),
                                 /*isexact=*/true, context().DoubleTy, place_);
}

Expr *Builder::boolean(bool value) {
  return new (context()) CXXBoolLiteralExpr(value, context().BoolTy, place_);
}

Expr *Builder::nullPointer(QualType pointer) {
  Expr *null =
      new (context()) CXXNullPtrLiteralExpr(context().NullPtrTy, place_);
  return ImplicitCastExpr::Create(context(), pointer, CK_NullToPointer, null,
                                  /*BasePath=*/nullptr, VK_PRValue,
                                  FPOptionsOverride());
}

Expr *Builder::nullPointer() {
  return new (context()) CXXNullPtrLiteralExpr(context().NullPtrTy, place_);
}

Expr *Builder::nothing() {
  return converted(number(0, context().IntTy), context().VoidTy, CK_ToVoid);
}

Expr *Builder::list(llvm::ArrayRef<Expr *> values) {
  if (llvm::is_contained(values, nullptr))
    return nullptr;
  auto *const list =
      new (context()) InitListExpr(context(), place_, values, place_);
  list->setType(context().VoidTy); // until it initializes something
  return list;
}

Expr *Builder::choice(Expr *condition, Expr *then, Expr *otherwise) {
  if (!condition || !then || !otherwise)
    return nullptr;
  return new (context())
      ConditionalOperator(condition, place_, then, place_, otherwise,
                          context().VoidTy, VK_PRValue, OK_Ordinary);
}

QualType Builder::arrayOf(QualType type, size_t size) {
  return compat::constantArray(context(), type, size);
}

VarDecl *Builder::existing(llvm::StringRef name) {
  for (NamedDecl *found :
       detailNamespace(sema_)->lookup(&context().Idents.get(name)))
    if (auto *variable = dyn_cast<VarDecl>(found))
      return variable;
  return nullptr;
}

QualType Builder::detailType(llvm::StringRef className) {
  for (NamedDecl *found :
       detailNamespace(sema_)->lookup(&context().Idents.get(className)))
    if (auto *type = dyn_cast<TypeDecl>(found))
      return context().getTypeDeclType(type);
  return {};
}

VarDecl *Builder::variable(DeclContext *where, llvm::StringRef name,
                           QualType type, StorageClass storage) {
  auto *result = VarDecl::Create(
      context(), where, place_, place_, &context().Idents.get(name), type,
      context().getTrivialTypeSourceInfo(type, place_), storage);
  result->setImplicit();
  result->addAttr(NoDebugAttr::CreateImplicit(context()));
  result->setReferenced();
  result->markUsed(context());
  where->addDecl(result);
  return result;
}

VarDecl *Builder::initialize(VarDecl *variable, Expr *init) {
  sema_.AddInitializerToDecl(variable, init, /*DirectInit=*/false);
  return finished(variable);
}

VarDecl *Builder::finished(VarDecl *variable) {
  sema_.FinalizeDeclaration(variable);
  if (variable->isInvalidDecl())
    return nullptr;
  variable->setLocation(SourceLocation());
  hide(variable->getInit());
  return variable;
}

VarDecl *Builder::local(llvm::StringRef name, QualType type) {
  if (type.isNull())
    return nullptr;
  VarDecl *const result = variable(sema_.CurContext, name, type, SC_None);
  sema_.ActOnUninitializedDecl(result);
  return finished(result);
}

VarDecl *Builder::local(llvm::StringRef name, QualType type,
                        llvm::ArrayRef<Expr *> members) {
  if (type.isNull() || llvm::is_contained(members, nullptr))
    return nullptr;
  VarDecl *const result = variable(sema_.CurContext, name, type, SC_None);
  auto *const list = new (context())
      InitListExpr(context(), SourceLocation(), members, SourceLocation());
  list->setType(type);
  hide(list);
  result->setInit(list);
  sema_.FinalizeVarWithDestructor(result, type->castAs<RecordType>());
  result->setLocation(SourceLocation());
  return result;
}

VarDecl *Builder::constant(llvm::StringRef name, QualType type, Expr *init) {
  if (!init || type.isNull())
    return nullptr;
  return initialize(variable(sema_.CurContext, name, type, SC_Static), init);
}

VarDecl *Builder::outsideConstant(llvm::StringRef name, QualType type,
                                  Expr *init) {
  if (!init || type.isNull())
    return nullptr;
  // The id tells apart what is in this compilation (lambdas may be mangled
  // alike), the mangled name what comes from a precompiled header.
  const auto *function = cast<FunctionDecl>(sema_.CurContext);
  const std::string unique =
      (name + "_" +
       llvm::utohexstr(
           llvm::xxHash64(ASTNameGenerator(context()).getName(function)) ^
           uint64_t(function->getID())))
          .str();
  VarDecl *result = initialize(
      variable(context().getTranslationUnitDecl(), unique, type, SC_Static),
      init);
  if (result)
    sema_.Consumer.HandleTopLevelDecl(DeclGroupRef(result));
  return result;
}

VarDecl *Builder::initialized(llvm::StringRef name, QualType type, Expr *init) {
  VarDecl *result = variable(sema_.CurContext, name, type, SC_None);
  result->setInit(init);
  // Visitors pass over what is implicit, and counters of branches in `init`
  // would not be assigned.
  result->setImplicit(false);
  if (const auto *record = type->getAs<RecordType>())
    sema_.FinalizeVarWithDestructor(result, record);
  return result;
}

Stmt *Builder::declare(VarDecl *variable) {
  if (!variable)
    return nullptr;
  return new (context()) DeclStmt(
      DeclGroupRef(variable), variable->getLocation(), variable->getLocation());
}

Stmt *Builder::ifThen(Expr *condition, Stmt *then) {
  if (!condition || !then)
    return nullptr;
  hide(condition);
  return IfStmt::Create(context(), SourceLocation(), IfStatementKind::Ordinary,
                        /*Init=*/nullptr, /*Var=*/nullptr, condition,
                        SourceLocation(), SourceLocation(), then);
}

Stmt *Builder::ifConsteval(Stmt *then) {
  return IfStmt::Create(context(), place_, IfStatementKind::ConstevalNonNegated,
                        /*Init=*/nullptr, /*Var=*/nullptr, /*Cond=*/nullptr,
                        place_, place_, block({then}));
}

CompoundStmt *Builder::block(llvm::ArrayRef<Stmt *> statements,
                             SourceLocation begin, SourceLocation end) {
  for (Stmt *statement : statements)
    if (!statement)
      return nullptr;
  return compat::compound(context(), statements, begin, end);
}

} // namespace obs::plugin
