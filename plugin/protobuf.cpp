// SPDX-License-Identifier: Apache-2.0
#include "protobuf.h"

#include "compat.h"
#include "library_types.h"

#include "clang/AST/DeclCXX.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace clang;

namespace obs::plugin {
namespace {

bool isMessage(const CXXRecordDecl &record) {
  for (const CXXBaseSpecifier &base : record.bases()) {
    const CXXRecordDecl *type = base.getType()->getAsCXXRecordDecl();
    if (type && (type = type->getDefinition()) &&
        (plainName(*type) == "google::protobuf::MessageLite" ||
         isMessage(*type)))
      return true;
  }
  return false;
}

// What order_id and OrderId have in common.
std::string squeezed(llvm::StringRef name) {
  std::string result = name.lower();
  llvm::erase_if(result, [](char c) { return c == '_'; });
  return result;
}

bool isAccessor(const CXXMethodDecl &method) {
  return method.isConst() && method.getAccess() == AS_public &&
         method.getNumParams() == 0 && method.getIdentifier() &&
         !method.getReturnType()->isVoidType();
}

} // namespace

std::optional<std::vector<MessageField>>
messageFields(const CXXRecordDecl &record) {
  if (!isMessage(record))
    return std::nullopt;
  llvm::StringMap<const CXXMethodDecl *> accessors;
  for (const CXXMethodDecl *method : record.methods())
    if (isAccessor(*method))
      accessors.try_emplace(squeezed(method->getName()), method);

  // kOrderIdFieldNumber = 7
  std::vector<const EnumConstantDecl *> numbers;
  for (const Decl *decl : record.decls())
    if (const auto *enumeration = dyn_cast<EnumDecl>(decl))
      for (const EnumConstantDecl *constant : enumeration->enumerators())
        if (compat::startsWith(constant->getName(), "k") &&
            compat::endsWith(constant->getName(), "FieldNumber"))
          numbers.push_back(constant);
  llvm::sort(numbers, [](const auto *a, const auto *b) {
    return a->getInitVal() < b->getInitVal();
  });

  std::vector<MessageField> fields;
  for (const EnumConstantDecl *number : numbers) {
    llvm::StringRef name = number->getName().drop_front();
    name = name.drop_back(llvm::StringRef("FieldNumber").size());
    const CXXMethodDecl *get = accessors.lookup(squeezed(name));
    if (!get)
      continue;
    const CXXMethodDecl *has = accessors.lookup("has" + squeezed(name));
    fields.push_back({get->getName(), get->getDeclName(),
                      has ? has->getDeclName() : DeclarationName()});
  }
  return fields;
}

} // namespace obs::plugin
