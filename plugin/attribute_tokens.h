// SPDX-License-Identifier: Apache-2.0
// The tokens between the parentheses of [[obs::monitor(…)]] and
// [[obs::secret(…)]].
//
// Clang's parser skips the arguments of an attribute that it knows from a
// plugin; they are recorded here as the preprocessor hands them out. So is a
// name in `obs` that is none of ours, which clang would only warn of.
#ifndef OBS_PLUGIN_ATTRIBUTE_TOKENS_H
#define OBS_PLUGIN_ATTRIBUTE_TOKENS_H

#include "clang/Lex/Token.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

namespace clang {
class Preprocessor;
} // namespace clang

namespace obs::plugin {

class AttributeTokens {
public:
  // Watches the preprocessor until the end of the compilation.
  static void watch(clang::Preprocessor &preprocessor);
  // Stops watching; what `find` returned is gone then.
  static void forget(clang::Preprocessor &preprocessor);

  // The argument tokens, closing parenthesis included, of the attribute whose
  // name stands at `name`; empty if it has no parentheses.
  static llvm::ArrayRef<clang::Token>
  find(const clang::Preprocessor &preprocessor, clang::SourceLocation name);

private:
  explicit AttributeTokens(clang::Preprocessor &preprocessor);

  void see(const clang::Token &token);
  void seeInAttribute(const clang::Token &token);
  void seeName(const clang::Token &name);

  clang::Preprocessor &preprocessor_;
  const clang::IdentifierInfo *const obs_;
  const clang::IdentifierInfo *const monitor_;
  const clang::IdentifierInfo *const ignore_;
  const clang::IdentifierInfo *const secret_;

  clang::Token last_[2];     // the token before this one, and the one before it
  bool inAttribute_ = false; // after [[
  bool usingObs_ = false;    // after [[using obs:
  unsigned nesting_ = 0;     // open brackets and parentheses behind [[
  llvm::SmallVector<clang::Token, 8> *recording_ = nullptr; // behind a name(
  llvm::DenseMap<clang::SourceLocation, llvm::SmallVector<clang::Token, 8>>
      arguments_;
};

} // namespace obs::plugin

#endif // OBS_PLUGIN_ATTRIBUTE_TOKENS_H
