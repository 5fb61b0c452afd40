// SPDX-License-Identifier: Apache-2.0
// What is never read: [[obs::secret]], and names such as `password`.
#ifndef OBS_PLUGIN_SECRETS_H
#define OBS_PLUGIN_SECRETS_H

#include "clang/AST/Type.h"
#include "clang/Basic/SourceLocation.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace clang {
class ASTContext;
class Decl;
class FieldDecl;
class FunctionDecl;
class NamedDecl;
class ParmVarDecl;
} // namespace clang

namespace obs::plugin {

// Marks travel on the declaration, so that templates, redeclarations and
// precompiled headers carry them. `isSecret` false: [[obs::secret(false)]].
void attachSecret(clang::ASTContext &context, clang::Decl &decl, bool isSecret,
                  clang::SourceRange range);

// Decides what is secret; docs/secrets.md is for users.
class Secrets {
public:
  Secrets();

  // The argument -fplugin-arg-obs-secrets: "none", a list of names that
  // replaces the present one, or names with '+' or '-' that change it. Returns
  // what is wrong with it, and leaves the list alone then; empty: nothing.
  std::string change(llvm::StringRef argument);

  // Whether an identifier has one of the names in it: as one or several of its
  // words, or as the end of a word.
  bool matches(llvm::StringRef identifier) const;

  // By its mark or name on any declaration of the function, on those of the
  // template that it comes from, or of what it overrides; or by the alias that
  // is its type.
  bool isSecret(const clang::FunctionDecl &function,
                const clang::ParmVarDecl &parameter) const;
  bool isSecret(const clang::FieldDecl &field) const;

  // Whether the result is: by a mark on any declaration, or by the alias that
  // is its type.
  bool hasSecretResult(const clang::FunctionDecl &function) const;

  // Whether a class or enumeration is marked. So is a union that has a secret
  // member, as its bytes may be that member.
  bool isSecretType(clang::QualType type) const;

private:
  // The list, in lower case and without underscores.
  std::vector<std::string> names_;

  bool isNamedSecret(const clang::NamedDecl &decl, clang::QualType type) const;
  bool hasSecretMember(clang::QualType type) const;
};

} // namespace obs::plugin

#endif // OBS_PLUGIN_SECRETS_H
