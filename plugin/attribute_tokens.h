// SPDX-License-Identifier: Apache-2.0
// The tokens between the parentheses of [[obs::monitor(…)]].
//
// Clang's parser skips the arguments of an attribute that it knows from a
// plugin; they are recorded here as the preprocessor hands them out.
#ifndef OBS_PLUGIN_ATTRIBUTE_TOKENS_H
#define OBS_PLUGIN_ATTRIBUTE_TOKENS_H

#include "clang/Lex/Token.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

namespace clang {
class IdentifierInfo;
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
  void see(const clang::Token &token);

  const clang::IdentifierInfo *monitor_ = nullptr;
  // Idle: no name seen; otherwise where the last `monitor` stood.
  clang::SourceLocation name_;
  unsigned depth_ = 0; // open parentheses behind the name
  llvm::DenseMap<clang::SourceLocation, llvm::SmallVector<clang::Token, 8>>
      arguments_;
};

} // namespace obs::plugin

#endif // OBS_PLUGIN_ATTRIBUTE_TOKENS_H
