// SPDX-License-Identifier: Apache-2.0
#include "types.h"

#include "builder.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"

using namespace clang;

namespace obs::plugin {

VarDecl *Types::of(Builder &build, QualType type) {
  type = type.getNonReferenceType().getCanonicalType();
  type.removeLocalConst(); // as Plain<T> does
  if (type->isScalarType())
    type.removeLocalVolatile();
  const auto [known, isNew] = descriptions_.try_emplace(type, nullptr);
  if (!isNew)
    return known->second;
  VarDecl *const description = type->isArrayType()
                                   ? build.chosen("typeOf", type)
                                   : build.specialized("kType", type);
  return descriptions_[type] = description; // `known` may have moved
}

std::optional<Known> Types::known(Sema &sema, SourceLocation place,
                                  QualType type, const Secrets &secrets) {
  const auto [found, isNew] = known_.try_emplace(type);
  if (!isNew)
    return found->second;
  const auto told = plugin::known(sema, place, type, secrets);
  return known_[type] = told; // `found` may have moved
}

detail::Passing Types::passing(const VarDecl &description) {
  constexpr unsigned kPassing = 1; // its place in Type (abi.h)
  const APValue *const value = description.evaluateValue();
  return value && value->isStruct()
             ? detail::Passing(
                   value->getStructField(kPassing).getInt().getZExtValue())
             : detail::kNotPassed;
}

} // namespace obs::plugin
