// SPDX-License-Identifier: Apache-2.0
#include "reflect.h"

#include "builder.h"
#include "kinds.h"
#include "library_types.h"
#include "options.h"
#include "protobuf.h"
#include "secrets.h"
#include "types.h"

#include "compat.h"

#include "clang/AST/CXXInheritance.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Sema/Lookup.h"

using namespace clang;

namespace obs::plugin {
namespace {

using Path = llvm::ArrayRef<const FieldDecl *>; // through anonymous structs

class Reflector {
public:
  Reflector(Sema &sema, FunctionDecl &function, QualType type,
            const Secrets &secrets, Types &types)
      : sema_(sema), function_(function), type_(type), secrets_(secrets),
        types_(types), build_(sema, function, function.getLocation()) {}

  void describe(const CXXRecordDecl *record) {
    ASTContext &context = build_.context();
    if (tellsType(record))
      describeMember("", build_.existing("kDynamicTypeType"));
    forEachMember(
        record,
        [&](const CXXBaseSpecifier &base) {
          describeMember(nameOf(base), base.getType());
        },
        [&](Path path) {
          const FieldDecl *field = path.back();
          const QualType type =
              secrets_.isSecret(*field) ? build_.detailType("Secret")
              : field->getType()->isReferenceType()
                  ? context.getPointerType(context.VoidTy.withConst())
                  : field->getType();
          describeMember(nameOf(field), type);
        });
    finish();
  }

  void encode(const CXXRecordDecl *record) {
    if (tellsType(record))
      callOn("obs_rt_encode_dynamic_type",
             build_.addressOf(withoutVolatile(value())));
    forEachMember(
        record,
        [&](const CXXBaseSpecifier &base) {
          CXXCastPath path;
          path.push_back(const_cast<CXXBaseSpecifier *>(&base));
          const QualType type = build_.context().getQualifiedType(
              base.getType().getUnqualifiedType(),
              value()->getType().getQualifiers());
          encodeWith(type->getAsCXXRecordDecl()->isPolymorphic()
                         ? "obs_rt_encode_base"
                         : "obs_rt_encode_nested",
                     ImplicitCastExpr::Create(
                         build_.context(), type, CK_UncheckedDerivedToBase,
                         value(), &path, VK_LValue, FPOptionsOverride()));
        },
        [&](Path path) {
          if (secrets_.isSecret(*path.back()))
            return;
          Expr *member = value();
          for (const FieldDecl *field : path)
            member = access(member, field);
          if (path.back()->getType()->isReferenceType())
            callOn("memberReference", member);
          else
            encodeMember(member);
        });
    finish();
  }

  // Classes of libraries, as library_types.h has them.
  void describe(const LibraryType &library) {
    const auto *instance = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
        type_->getAsCXXRecordDecl());
    if (library.name == "std::valarray")
      describeMember("", instance->getTemplateArgs()[0].getAsType());
    else if (library.kind != detail::kTypeName &&
             library.kind != detail::kShape)
      for (const LibraryPart &part : library.parts)
        if (!part.path.empty())
          describePart(part);
    if (library.kind == detail::kDuration)
      describePeriod(instance);
    finish();
  }

  // The kind of a class and its `size`, see classKind().
  void answerKind(const LibraryType &library) {
    detail::TypeKind kind = library.kind;
    if (kind == detail::kTime &&
        !countsFromUnixEpoch(dyn_cast_or_null<ClassTemplateSpecializationDecl>(
            type_->getAsCXXRecordDecl())))
      kind = detail::kWrapper;
    const bool size = library.name == "absl::Time" || kind == detail::kText;
    answer(
        build_.number(kind + (size ? 256 : 0), build_.context().UnsignedIntTy));
  }
  template <class Fields> void answerKind(const Fields &) {
    answer(build_.number(detail::kStruct, build_.context().UnsignedIntTy));
  }

  void encode(const LibraryType &library) {
    if (library.encoder.empty()) {
      for (const LibraryPart &part : library.parts)
        if (!part.path.empty())
          encodeMember(at(part.path));
    } else {
      llvm::SmallVector<Expr *, 4> args = {encoder()};
      for (const LibraryPart &part : library.parts)
        if (!part.path.empty())
          args.push_back(at(part.path));
      if (library.parts[0].path.empty())
        args.push_back(value());
      add(build_.callStmt(library.encoder, args));
    }
    finish();
  }

  // The fields of a message, by their accessors.
  void describe(llvm::ArrayRef<MessageField> fields) {
    for (const MessageField &field : fields) {
      if (secrets_.matches(field.name)) {
        describeMember(field.name, build_.detailType("Secret"));
        continue;
      }
      const QualType type = typeOf(call(value(), field.get));
      if (field.has)
        describeMember(field.name, build_.chosen("presentTypeOf", type));
      else
        describeMember(field.name, type);
    }
    finish();
  }

  void encode(llvm::ArrayRef<MessageField> fields) {
    for (const MessageField &field : fields) {
      if (secrets_.matches(field.name))
        continue;
      if (!field.has) {
        encodeMember(call(value(), field.get));
        continue;
      }
      Expr *args[] = {encoder(), call(value(), field.has),
                      call(value(), field.get)};
      add(build_.callStmt("memberIf", args));
    }
    finish();
  }

  void enumerators(const EnumDecl *enumeration) {
    for (const EnumConstantDecl *constant : enumeration->enumerators())
      enumerate(constant->getName(),
                constant->getInitVal().extOrTrunc(64).getZExtValue());
    finish();
  }

  // The members that a pointer to a member may point to, by their offsets.
  void enumerators(const MemberPointerType &pointer) {
    ASTContext &context = build_.context();
    const CXXRecordDecl *record = pointer.getClass()->getAsCXXRecordDecl();
    if (record && (record = record->getDefinition()))
      for (const FieldDecl *field : record->fields())
        if (context.hasSameUnqualifiedType(field->getType(),
                                           pointer.getPointeeType()))
          enumerate(field->getQualifiedNameAsString(),
                    context.toCharUnitsFromBits(context.getFieldOffset(field))
                        .getQuantity());
    finish();
  }

  void answer(bool is) { answer(build_.boolean(is)); }

  // The description of a type, see makeType().
  void answer(const Known &known) {
    ASTContext &context = build_.context();
    std::string name;
    llvm::raw_string_ostream out(name);
    TemplateArgument(type_).print(PrintingPolicy(context.getLangOpts()), out,
                                  /*IncludeType=*/true);
    out.flush();
    const auto number = [&](unsigned value) {
      return build_.number(value, context.UnsignedIntTy);
    };
    Expr *const text = build_.string(name);
    Expr *const size = number(unsigned(name.size()));
    Expr *const type = build_.nullPointer(context.getPointerType(type_));
    llvm::SmallVector<Expr *, 5> args = {type, text, size};
    llvm::StringRef maker;
    if (known.kind == detail::kStruct) {
      maker = "structType";
    } else if (known.kind == detail::kEnum) {
      maker = "enumType";
    } else if (known.kind == detail::kTextPointer) {
      maker = "textPointerType";
      args = {text, size};
    } else if (known.kind == detail::kText) {
      maker = "textType";
      args = {number(known.passing), text, size};
    } else {
      maker = "plainType";
      args = {number(known.kind), number(known.passing), number(known.size),
              text, size};
    }
    answer(build_.call(maker, args));
  }

private:
  void answer(Expr *value) {
    add(ReturnStmt::Create(build_.context(), function_.getLocation(), value,
                           /*NRVOCandidate=*/nullptr));
    finish();
  }

  template <class Base, class Field>
  void forEachMember(const CXXRecordDecl *record, Base onBase, Field onField) {
    for (const CXXBaseSpecifier &base : record->bases())
      if (!isEmptyBase(base))
        onBase(base);
    llvm::SmallVector<const FieldDecl *, 4> path;
    forEachField(record, path, onField);
  }

  template <class Field>
  void forEachField(const RecordDecl *record,
                    llvm::SmallVectorImpl<const FieldDecl *> &path,
                    Field onField) {
    for (const FieldDecl *field : record->fields()) {
      if (compat::isUnnamedBitField(*field) ||
          field->getType()->isIncompleteArrayType())
        continue;
      path.push_back(field);
      const RecordDecl *inner =
          field->isAnonymousStructOrUnion()
              ? field->getType()->getAs<RecordType>()->getDecl()
              : nullptr;
      if (inner && !inner->isUnion())
        forEachField(inner, path, onField);
      else
        onField(path);
      path.pop_back();
    }
  }

  static bool isEmptyBase(const CXXBaseSpecifier &base) {
    const CXXRecordDecl *record = base.getType()->getAsCXXRecordDecl();
    return !record || record->isEmpty();
  }

  // Objects of other classes may be behind a reference to this one.
  static bool tellsType(const CXXRecordDecl *record) {
    return record->isPolymorphic() && !record->hasAttr<FinalAttr>();
  }

  // As it is written, but for the arguments of a template, which may depend on
  // those of another one: Base<N - 1>.
  std::string nameOf(const CXXBaseSpecifier &base) {
    const bool isInstance = isa<ClassTemplateSpecializationDecl>(
        base.getType()->getAsCXXRecordDecl());
    const QualType type =
        isInstance ? base.getType().getCanonicalType() : base.getType();
    return type.getAsString(policy());
  }

  // Of an anonymous union, the names of all that share its memory: "a|b".
  static std::string nameOf(const FieldDecl *field) {
    if (!field->isAnonymousStructOrUnion())
      return field->getNameAsString();
    std::string names;
    for (const FieldDecl *shared :
         field->getType()->getAs<RecordType>()->getDecl()->fields())
      if (shared->getIdentifier())
        names += (names.empty() ? "" : "|") + shared->getNameAsString();
    return names;
  }

  // The classes' clock is std::chrono::system_clock.
  static bool
  countsFromUnixEpoch(const ClassTemplateSpecializationDecl *timePoint) {
    const CXXRecordDecl *clock =
        timePoint->getTemplateArgs()[0].getAsType()->getAsCXXRecordDecl();
    return clock && plainName(*clock) == "std::chrono::system_clock";
  }

  void describePeriod(const ClassTemplateSpecializationDecl *duration) {
    const auto *ratio = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
        duration->getTemplateArgs()[1].getAsType()->getAsCXXRecordDecl());
    if (!ratio || ratio->getTemplateArgs().size() != 2)
      return;
    enumerate("num",
              ratio->getTemplateArgs()[0].getAsIntegral().getZExtValue());
    enumerate("den",
              ratio->getTemplateArgs()[1].getAsIntegral().getZExtValue());
  }

  void describePart(const LibraryPart &part) {
    describeMember(part.name, typeOf(at(part.path)));
  }

  // The first of the alternatives of `path` that there is, or null.
  Expr *at(llvm::StringRef path) {
    while (!path.empty()) {
      llvm::StringRef steps;
      std::tie(steps, path) = path.split('|');
      Expr *found = value();
      while (found && !steps.empty()) {
        llvm::StringRef step;
        std::tie(step, steps) = steps.split('.');
        found = member(found, step);
      }
      if (found)
        return found;
    }
    return nullptr;
  }

  Expr *member(Expr *object, llvm::StringRef step) {
    const CXXRecordDecl *record = object->getType()->getAsCXXRecordDecl();
    if (!record)
      return nullptr;
    const bool calls = compat::endsWith(step, "()");
    const DeclarationName name =
        &build_.context().Idents.get(calls ? step.drop_back(2) : step);
    if (calls)
      return call(object, name);
    for (const NamedDecl *found : record->lookup(name))
      if (const auto *field = dyn_cast<FieldDecl>(found))
        return access(object, field);
    return nullptr;
  }

  // object.name()
  Expr *call(Expr *object, DeclarationName name) {
    CXXRecordDecl *record = object->getType()->getAsCXXRecordDecl();
    const SourceLocation place = function_.getLocation();
    LookupResult found(sema_, name, place, Sema::LookupMemberName);
    if (!record || !sema_.LookupQualifiedName(found, record))
      return nullptr;
    CXXScopeSpec scope;
    ExprResult callee = sema_.BuildMemberReferenceExpr(
        object, object->getType(), place, /*IsArrow=*/false, scope,
        SourceLocation(), /*FirstQualifierInScope=*/nullptr, found,
        /*TemplateArgs=*/nullptr, /*S=*/nullptr);
    if (callee.isInvalid())
      return nullptr;
    ExprResult result =
        sema_.BuildCallExpr(/*Scope=*/nullptr, callee.get(), place, {}, place);
    return result.isInvalid() || result.get()->containsErrors() ? nullptr
                                                                : result.get();
  }

  static QualType typeOf(const Expr *expression) {
    return expression ? expression->getType().getUnqualifiedType() : QualType();
  }

  PrintingPolicy policy() {
    PrintingPolicy result(build_.context().getLangOpts());
    result.SuppressUnwrittenScope = true;
    return result;
  }

  Expr *schema() { return build_.reference(function_.getParamDecl(0)); }
  Expr *encoder() { return build_.reference(function_.getParamDecl(0)); }
  // A describing function has none; there it only lends its type.
  Expr *value() {
    if (function_.getNumParams() > 1)
      return build_.reference(function_.getParamDecl(1));
    return new (build_.context())
        OpaqueValueExpr(function_.getLocation(), type_.withConst(), VK_LValue);
  }
  void describeMember(llvm::StringRef name, VarDecl *type) {
    if (!type)
      return add(nullptr);
    Expr *args[] = {schema(), build_.string(name), build_.reference(type)};
    add(build_.callStmt("obs_rt_schema_child", args));
  }
  void describeMember(llvm::StringRef name, QualType type) {
    describeMember(name, type.isNull() ? nullptr : types_.of(build_, type));
  }

  void enumerate(llvm::StringRef name, uint64_t value) {
    Expr *args[] = {schema(), build_.string(name),
                    build_.number(value, build_.context().UnsignedLongTy)};
    add(build_.callStmt("obs_rt_schema_enumerator", args));
  }

  // Read once, like any other: the runtime takes no volatile.
  Expr *withoutVolatile(Expr *lvalue) {
    if (!lvalue || !lvalue->getType().isVolatileQualified())
      return lvalue;
    QualType type = lvalue->getType();
    if (lvalue->getObjectKind() == OK_BitField)
      return ImplicitCastExpr::Create(
          build_.context(), type.getUnqualifiedType(), CK_LValueToRValue,
          lvalue, /*BasePath=*/nullptr, VK_PRValue, FPOptionsOverride());
    Qualifiers qualifiers; // also those of a template's argument
    type = build_.context().getUnqualifiedArrayType(type, qualifiers);
    qualifiers.removeVolatile();
    type = build_.context().getQualifiedType(type, qualifiers);
    return ImplicitCastExpr::Create(build_.context(), type, CK_NoOp, lvalue,
                                    /*BasePath=*/nullptr, VK_LValue,
                                    FPOptionsOverride());
  }

  // A value inside of this one.
  void encodeMember(Expr *member) {
    member = withoutVolatile(member);
    if (member && member->isLValue() && member->getObjectKind() == OK_Ordinary)
      encodeWith("obs_rt_encode_nested", member);
    else
      callOn("memberCopy", member);
  }

  // function(encoder, type of `member`, &member)
  void encodeWith(llvm::StringRef function, Expr *member) {
    VarDecl *const type = types_.of(build_, member->getType());
    if (!type)
      return add(nullptr);
    Expr *args[] = {encoder(), build_.reference(type),
                    build_.addressOf(withoutVolatile(member))};
    add(build_.callStmt(function, args));
  }

  void callOn(llvm::StringRef function, Expr *member) {
    Expr *args[] = {encoder(), member};
    add(build_.callStmt(function, args));
  }

  // object.field, whoever may access it.
  Expr *access(Expr *object, const FieldDecl *constField) {
    auto *field = const_cast<FieldDecl *>(constField);
    QualType type = field->getType();
    if (const auto *reference = type->getAs<ReferenceType>()) {
      type = reference->getPointeeType();
    } else {
      Qualifiers qualifiers = object->getType().getQualifiers();
      if (field->isMutable())
        qualifiers.removeConst();
      type = build_.context().getQualifiedType(type, qualifiers);
    }
    return MemberExpr::CreateImplicit(
        build_.context(), object, /*IsArrow=*/false, field, type, VK_LValue,
        field->isBitField() ? OK_BitField : OK_Ordinary);
  }

  void add(Stmt *statement) { statements_.push_back(statement); }

  // Keeps the template's own body if anything was refused.
  void finish() {
    if (Stmt *body = build_.block(statements_))
      function_.setBody(body);
  }

  Sema &sema_;
  FunctionDecl &function_;
  QualType type_;
  const Secrets &secrets_;
  Types &types_;
  Builder build_;
  llvm::SmallVector<Stmt *, 16> statements_;
};

// An atomic object that a library would have to be called for is left alone.
bool canBeRead(const ASTContext &context, const LibraryType &library,
               QualType type) {
  if (library.name != "std::atomic")
    return true;
  const uint64_t bits = context.getTypeSize(type);
  return bits <= 64 && llvm::isPowerOf2_64(bits);
}

} // namespace

bool reflect(Sema &sema, FunctionDecl &function, const Secrets &secrets,
             Types &types) {
  const bool describes = hasAnnotation(function, "obs::describe");
  const bool tellsKind = hasAnnotation(function, "obs::kind");
  const bool encodes = hasAnnotation(function, "obs::encode");
  const bool enumerates = hasAnnotation(function, "obs::enumerators");
  const bool asksForSecret = hasAnnotation(function, "obs::secret");
  const bool asksIfKnown = hasAnnotation(function, "obs::known");
  const bool asksForType = hasAnnotation(function, "obs::type");
  if (!tellsKind && !describes && !encodes && !enumerates && !asksForSecret &&
      !asksIfKnown && !asksForType)
    return false;
  const TemplateArgumentList *arguments =
      function.getTemplateSpecializationArgs();
  if (!arguments || !function.hasBody())
    return true;
  detachAnnotations(function);
  const QualType type = arguments->get(0).getAsType();
  Reflector reflector(sema, function, type, secrets, types);
  if (asksForSecret) {
    reflector.answer(secrets.isSecretType(type));
    return true;
  }
  if (asksIfKnown || asksForType) {
    const std::optional<Known> told =
        types.known(sema, function.getLocation(), type, secrets);
    if (asksIfKnown)
      reflector.answer(told.has_value());
    else if (told)
      reflector.answer(*told);
    return true;
  }
  if (enumerates) {
    if (const auto *pointer = type->getAs<MemberPointerType>())
      reflector.enumerators(*pointer);
    const auto *enumeration = type->getAs<EnumType>();
    if (const EnumDecl *definition =
            enumeration ? enumeration->getDecl()->getDefinition() : nullptr)
      reflector.enumerators(definition);
    return true;
  }
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (record)
    record = record->getDefinition();
  if (!record)
    return true;
  const auto write = [&](const auto &subject) {
    if (tellsKind)
      reflector.answerKind(subject);
    else if (describes)
      reflector.describe(subject);
    else
      reflector.encode(subject);
  };
  if (const LibraryType *library = libraryType(*record)) {
    if (canBeRead(sema.Context, *library, type))
      write(*library);
  } else if (const auto fields = messageFields(*record)) {
    write(llvm::ArrayRef<MessageField>(*fields));
  } else if (isTransparent(record)) {
    write(record);
  }
  return true;
}

} // namespace obs::plugin
