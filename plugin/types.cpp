// SPDX-License-Identifier: Apache-2.0
#include "types.h"

#include "builder.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"

using namespace clang;

namespace obs::plugin {

VarDecl *Types::of(Builder &build, QualType type) {
  type = type.getNonReferenceType().getCanonicalType();
  type.removeLocalConst();
  const auto [known, isNew] = known_.try_emplace(type, nullptr);
  if (!isNew)
    return known->second;
  VarDecl *const description = build.chosen("typeOf", type);
  return known_[type] = description; // `known` may have moved
}

// A member of the constant, by its place in Type (abi.h).
static const APValue *member(const VarDecl &description, unsigned index) {
  const APValue *const value = description.evaluateValue();
  return value && value->isStruct() ? &value->getStructField(index) : nullptr;
}

detail::Passing Types::passing(const VarDecl &description) {
  const APValue *const passing = member(description, 1);
  return passing ? detail::Passing(passing->getInt().getZExtValue())
                 : detail::kNotPassed;
}

bool Types::isPlain(const VarDecl &description) {
  const APValue *const encode = member(description, 5);
  return encode && encode->isLValue() && encode->isNullPointer();
}

} // namespace obs::plugin
