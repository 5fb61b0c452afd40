// SPDX-License-Identifier: Apache-2.0
#include "kinds.h"

#include "builder.h"
#include "compat.h"
#include "library_types.h"
#include "protobuf.h"
#include "secrets.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/RecordLayout.h"
#include "clang/Sema/Lookup.h"

using namespace clang;

namespace obs::plugin {
namespace {

// What the templates ask for, for one kind of class or another.
constexpr llvm::StringRef kShapeMembers[] = {"compare",     // a text
                                             "native",      // a path
                                             "rows",        // a shape
                                             "num_rows",    // a shape
                                             "rank",        // a shape
                                             "shape",       // a shape
                                             "object_t",    // JSON
                                             "iterator",    // a sequence, a map
                                             "error_type",  // an expected value
                                             "status",    // a status or a value
                                             "has_value", // an optional value
                                             "element_type", // a smart pointer
                                             "first_type",   // a pair
                                             "valueless_by_exception"};
constexpr llvm::StringRef kErrorMembers[] = {"ok", "error_type", "category"};

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

bool holdsLock(const CXXRecordDecl &record) {
  return llvm::any_of(record.fields(), [](const FieldDecl *field) {
    return isLock(field->getType());
  });
}

// Its own, or of a base.
bool hasMember(Sema &sema, SourceLocation place, CXXRecordDecl *record,
               llvm::StringRef name) {
  LookupResult found(sema, &sema.Context.Idents.get(name), place,
                     Sema::LookupMemberName);
  found.suppressDiagnostics();
  return sema.LookupQualifiedName(found, record);
}

template <size_t N>
bool hasAny(Sema &sema, SourceLocation place, CXXRecordDecl *record,
            const llvm::StringRef (&names)[N]) {
  return llvm::any_of(names, [&](llvm::StringRef name) {
    return hasMember(sema, place, record, name);
  });
}

// Whether argument-dependent lookup finds name(obs::Writer &, const T &), or
// whatever else has that name.
bool hasHook(Sema &sema, SourceLocation place, QualType type,
             llvm::StringRef name) {
  ASTContext &context = sema.Context;
  OpaqueValueExpr value(place, type.withConst(), VK_LValue);
  llvm::SmallVector<Expr *, 2> args = {&value};
  std::optional<OpaqueValueExpr> writer;
  for (NamedDecl *found : detailNamespace(sema)->getParent()->lookup(
           &context.Idents.get("Writer")))
    if (auto *record = dyn_cast<CXXRecordDecl>(found))
      args.push_back(
          &writer.emplace(place, context.getRecordType(record), VK_LValue));
  ADLResult found;
  sema.ArgumentDependentLookup(&context.Idents.get(name), place, args, found);
  return found.begin() != found.end();
}

std::optional<Known> knownBuiltin(const ASTContext &context,
                                  const BuiltinType &type) {
  const unsigned size =
      type.getKind() == BuiltinType::Void
          ? 0
          : unsigned(context.getTypeSizeInChars(&type).getQuantity());
  const auto word = [size](detail::TypeKind kind) {
    return Known{kind, size > 8 ? detail::kByAddress : detail::kAsWord, size};
  };
  switch (type.getKind()) {
  case BuiltinType::Void:
    return Known{detail::kVoid, detail::kNotPassed, 0};
  case BuiltinType::NullPtr:
    return Known{detail::kNull, detail::kNotPassed, 0};
  case BuiltinType::Bool:
    return word(detail::kBool);
  case BuiltinType::Char_S:
  case BuiltinType::Char_U:
  case BuiltinType::WChar_S:
  case BuiltinType::WChar_U:
  case BuiltinType::Char8:
  case BuiltinType::Char16:
  case BuiltinType::Char32:
    return word(detail::kChar);
  case BuiltinType::Float:
  case BuiltinType::Double:
  case BuiltinType::LongDouble:
    return word(detail::kFloat);
  default:
    if (type.isSignedInteger())
      return word(detail::kSigned);
    if (type.isUnsignedInteger())
      return word(detail::kUnsigned);
    return std::nullopt;
  }
}

Known knownPointer(const ASTContext &context, QualType pointee) {
  if (context.hasSameType(pointee, context.CharTy.withConst()))
    return {detail::kTextPointer, detail::kInWord, 1};
  return {pointee->isFunctionType() ? detail::kFunction : detail::kAddress,
          detail::kAsWord, 8};
}

// The pointer that a field is, or the only field of it.
QualType pointerIn(const FieldDecl *field) {
  const CXXRecordDecl *holder = field->getType()->getAsCXXRecordDecl();
  if (!holder)
    return field->getType();
  const auto fields = holder->fields();
  return holder->hasDefinition() && !fields.empty() &&
                 std::next(fields.begin()) == fields.end()
             ? fields.begin()->getType()
             : QualType();
}

// std::string and std::string_view, where their objects begin with the address
// of the text and its length, in either order: libstdc++, and libc++'s views.
std::optional<Known> knownText(Sema &sema, SourceLocation place,
                               QualType type) {
  constexpr unsigned kWord = 64; // bits
  ASTContext &context = sema.Context;
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (!record || !record->getIdentifier() || !record->isInStdNamespace() ||
      (record->getName() != "basic_string" &&
       record->getName() != "basic_string_view") ||
      !sema.isCompleteType(place, type))
    return std::nullopt;
  record = record->getDefinition();
  const llvm::SmallVector<FieldDecl *, 4> fields(record->field_begin(),
                                                 record->field_end());
  if (record->getNumBases() != 0 || fields.size() < 2 ||
      hasHook(sema, place, type, "obsDescribe"))
    return std::nullopt;
  const ASTRecordLayout &layout = context.getASTRecordLayout(record);
  for (unsigned i = 0; i != 2; ++i)
    if (layout.getFieldOffset(i) != i * kWord ||
        context.getTypeSize(fields[i]->getType()) != kWord)
      return std::nullopt;
  for (unsigned at = 0; at != 2; ++at) {
    const QualType pointer = pointerIn(fields[at]);
    const llvm::StringRef count = fields[1 - at]->getName();
    if (!pointer.isNull() && pointer->isPointerType() &&
        context.hasSameUnqualifiedType(pointer->getPointeeType(),
                                       context.CharTy) &&
        (count == "_M_string_length" || count == "_M_len" ||
         count == "__size_"))
      return Known{detail::kText,
                   at == 0 ? detail::kTextFirst : detail::kTextSecond, 1};
  }
  return std::nullopt;
}

std::optional<Known> knownClass(Sema &sema, SourceLocation place,
                                QualType type) {
  CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (!record || !sema.isCompleteType(place, type))
    return std::nullopt;
  record = record->getDefinition();
  if (record->isUnion() || record->isLambda() || !record->getIdentifier() ||
      record->isInvalidDecl() || isLibraryNamespace(record) ||
      detailNamespace(sema)->Encloses(record) || libraryType(*record) ||
      messageFields(*record) || hasAny(sema, place, record, kShapeMembers) ||
      hasHook(sema, place, type, "obsDescribe"))
    return std::nullopt;
  if (holdsLock(*record))
    return Known{detail::kOpaque, detail::kNotPassed, 0};
  return Known{detail::kStruct, detail::kByAddress, 0};
}

} // namespace

bool isTransparent(const CXXRecordDecl *record) {
  if (!record || !record->hasDefinition() || record->isUnion() ||
      record->isLambda() || record->isInvalidDecl() ||
      isLibraryNamespace(record))
    return false;
  return !holdsLock(*record);
}

std::optional<Known> known(Sema &sema, SourceLocation place, QualType type,
                           const Secrets &secrets) {
  ASTContext &context = sema.Context;
  if (type.hasQualifiers())
    return std::nullopt;
  if (const auto *builtin = type->getAs<BuiltinType>())
    return knownBuiltin(context, *builtin);
  if (type->isPointerType())
    return knownPointer(context, type->getPointeeType());
  const bool isEnum = type->isEnumeralType();
  if (!isEnum && !type->isRecordType())
    return std::nullopt;
  if (secrets.isSecretType(type))
    return Known{detail::kSecret, detail::kNotPassed, 0};
  if (!isEnum) {
    const auto text = knownText(sema, place, type);
    return text ? text : knownClass(sema, place, type);
  }
  if (type->isIncompleteType())
    return std::nullopt;
  const auto size = unsigned(context.getTypeSizeInChars(type).getQuantity());
  return Known{detail::kEnum, size > 8 ? detail::kByAddress : detail::kAsWord,
               size};
}

bool mayBeError(Sema &sema, SourceLocation place, QualType type) {
  CXXRecordDecl *record = type->getAsCXXRecordDecl();
  return record && record->hasDefinition() &&
         (hasAny(sema, place, record->getDefinition(), kErrorMembers) ||
          hasHook(sema, place, type, "obsError"));
}

} // namespace obs::plugin
