// SPDX-License-Identifier: Apache-2.0
#include "reflect.h"

#include "builder.h"
#include "options.h"
#include "secrets.h"

#include "compat.h"

#include "clang/AST/CXXInheritance.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;

namespace obs::plugin {
namespace {

bool isLibraryNamespace(const DeclContext *context) {
  for (; context; context = context->getParent())
    if (const auto *space = dyn_cast<NamespaceDecl>(context))
      if (space->isStdNamespace() ||
          (space->getIdentifier() &&
           compat::startsWith(space->getName(), "__")))
        return true;
  return false;
}

// Whose objects other threads change while they hold it.
bool isLock(QualType type) {
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (!record || !record->getIdentifier())
    return false;
  const llvm::StringRef name = record->getName();
  return name.contains_insensitive("mutex") ||
         name.contains_insensitive("spinlock");
}

// A class whose fields may be read. Not the standard library's own (their
// fields mean nothing to a user), and not what is guarded by a lock of its
// own: its fields may change while they are read.
bool isTransparent(const CXXRecordDecl *record) {
  if (!record || !record->hasDefinition() || record->isUnion() ||
      record->isLambda() || record->isInvalidDecl() ||
      isLibraryNamespace(record))
    return false;
  for (const FieldDecl *field : record->fields())
    if (isLock(field->getType()))
      return false;
  return true;
}

class Reflector {
public:
  Reflector(Sema &sema, FunctionDecl &function, QualType type,
            const Secrets &secrets)
      : function_(function), type_(type), secrets_(secrets),
        build_(sema, function, function.getLocation()) {}

  void describe(const CXXRecordDecl *record) {
    ASTContext &context = build_.context();
    Expr *whole[] = {schema(), pointerTo(type_)};
    add(build_.callStmt("structure", whole));
    forEachMember(
        record,
        [&](const CXXBaseSpecifier &base) {
          describeMember(base.getType().getAsString(policy()), base.getType());
        },
        [&](const FieldDecl *field) {
          const QualType type =
              secrets_.isSecret(*field) ? build_.detailType("Secret")
              : field->getType()->isReferenceType()
                  ? context.getPointerType(context.VoidTy.withConst())
                  : field->getType();
          describeMember(field->getName(), type);
        });
    finish();
  }

  void encode(const CXXRecordDecl *record) {
    forEachMember(
        record,
        [&](const CXXBaseSpecifier &base) {
          CXXCastPath path;
          path.push_back(const_cast<CXXBaseSpecifier *>(&base));
          const QualType type = build_.context().getQualifiedType(
              base.getType().getUnqualifiedType(),
              value()->getType().getQualifiers());
          encodeMember("member",
                       ImplicitCastExpr::Create(
                           build_.context(), type, CK_UncheckedDerivedToBase,
                           value(), &path, VK_LValue, FPOptionsOverride()));
        },
        [&](const FieldDecl *field) {
          if (secrets_.isSecret(*field))
            return;
          encodeMember(field->getType()->isReferenceType() ? "memberReference"
                                                           : "member",
                       access(field));
        });
    finish();
  }

  void enumerators(const EnumDecl *enumeration) {
    ASTContext &context = build_.context();
    for (const EnumConstantDecl *constant : enumeration->enumerators()) {
      Expr *args[] = {
          schema(), build_.string(constant->getName()),
          build_.number(constant->getInitVal().extOrTrunc(64).getZExtValue(),
                        context.UnsignedLongTy)};
      add(build_.callStmt("enumerator", args));
    }
    finish();
  }

  void answer(bool is) {
    ASTContext &context = build_.context();
    add(ReturnStmt::Create(context, function_.getLocation(), build_.boolean(is),
                           /*NRVOCandidate=*/nullptr));
    finish();
  }

private:
  template <class Base, class Field>
  void forEachMember(const CXXRecordDecl *record, Base onBase, Field onField) {
    for (const CXXBaseSpecifier &base : record->bases())
      if (!isEmptyBase(base))
        onBase(base);
    for (const FieldDecl *field : record->fields())
      if (!compat::isUnnamedBitField(*field) &&
          !field->getType()->isIncompleteArrayType())
        onField(field);
  }

  static bool isEmptyBase(const CXXBaseSpecifier &base) {
    const CXXRecordDecl *record = base.getType()->getAsCXXRecordDecl();
    return !record || record->isEmpty();
  }

  PrintingPolicy policy() {
    PrintingPolicy result(build_.context().getLangOpts());
    result.SuppressUnwrittenScope = true;
    return result;
  }

  Expr *schema() { return build_.reference(function_.getParamDecl(0)); }
  Expr *value() { return build_.reference(function_.getParamDecl(1)); }
  Expr *pointerTo(QualType type) {
    return build_.nullPointer(build_.context().getPointerType(type));
  }

  void describeMember(llvm::StringRef name, QualType type) {
    Expr *args[] = {schema(), build_.string(name), pointerTo(type)};
    add(build_.callStmt("field", args));
  }

  void encodeMember(llvm::StringRef function, Expr *member) {
    Expr *args[] = {build_.reference(function_.getParamDecl(0)), member};
    add(build_.callStmt(function, args));
  }

  // value.field, whoever may access it.
  Expr *access(const FieldDecl *constField) {
    auto *field = const_cast<FieldDecl *>(constField);
    QualType type = field->getType();
    if (const auto *reference = type->getAs<ReferenceType>()) {
      type = reference->getPointeeType();
    } else {
      Qualifiers qualifiers = value()->getType().getQualifiers();
      if (field->isMutable())
        qualifiers.removeConst();
      type = build_.context().getQualifiedType(type, qualifiers);
    }
    return MemberExpr::CreateImplicit(
        build_.context(), value(), /*IsArrow=*/false, field, type, VK_LValue,
        field->isBitField() ? OK_BitField : OK_Ordinary);
  }

  void add(Stmt *statement) { statements_.push_back(statement); }

  // Keeps the template's own body if anything was refused.
  void finish() {
    if (Stmt *body = build_.block(statements_))
      function_.setBody(body);
  }

  FunctionDecl &function_;
  QualType type_;
  const Secrets &secrets_;
  Builder build_;
  llvm::SmallVector<Stmt *, 16> statements_;
};

} // namespace

bool reflect(Sema &sema, FunctionDecl &function, const Secrets &secrets) {
  const bool describes = hasAnnotation(function, "obs::describe");
  const bool encodes = hasAnnotation(function, "obs::encode");
  const bool enumerates = hasAnnotation(function, "obs::enumerators");
  const bool asksForSecret = hasAnnotation(function, "obs::secret");
  if (!describes && !encodes && !enumerates && !asksForSecret)
    return false;
  const TemplateArgumentList *arguments =
      function.getTemplateSpecializationArgs();
  if (!arguments || !function.hasBody())
    return true;
  detachAnnotations(function);
  const QualType type = arguments->get(0).getAsType();
  if (asksForSecret) {
    Reflector(sema, function, type, secrets).answer(secrets.isSecretType(type));
    return true;
  }
  if (enumerates) {
    const auto *enumeration = type->getAs<EnumType>();
    if (const EnumDecl *definition =
            enumeration ? enumeration->getDecl()->getDefinition() : nullptr)
      Reflector(sema, function, type, secrets).enumerators(definition);
    return true;
  }
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (record)
    record = record->getDefinition();
  if (!isTransparent(record))
    return true;
  Reflector reflector(sema, function, type, secrets);
  if (describes)
    reflector.describe(record);
  else
    reflector.encode(record);
  return true;
}

} // namespace obs::plugin
