// SPDX-License-Identifier: Apache-2.0
#include "attribute_tokens.h"

#include "clang/Lex/Preprocessor.h"

#include <map>
#include <memory>

using namespace clang;

namespace obs::plugin {

// Attributes are looked up by clang itself, which hands them nothing but Sema.
static std::map<const Preprocessor *, std::unique_ptr<AttributeTokens>> &
instances() {
  static std::map<const Preprocessor *, std::unique_ptr<AttributeTokens>> all;
  return all;
}

void AttributeTokens::watch(Preprocessor &preprocessor) {
  auto tokens = std::make_unique<AttributeTokens>();
  AttributeTokens *watcher = tokens.get();
  watcher->monitor_ = preprocessor.getIdentifierInfo("monitor");
  instances()[&preprocessor] = std::move(tokens);
  preprocessor.setTokenWatcher(
      [watcher](const Token &token) { watcher->see(token); });
}

void AttributeTokens::forget(Preprocessor &preprocessor) {
  preprocessor.setTokenWatcher(nullptr);
  instances().erase(&preprocessor);
}

llvm::ArrayRef<Token> AttributeTokens::find(const Preprocessor &preprocessor,
                                            SourceLocation name) {
  auto instance = instances().find(&preprocessor);
  if (instance == instances().end())
    return {};
  auto found = instance->second->arguments_.find(name);
  if (found == instance->second->arguments_.end())
    return {};
  return found->second;
}

void AttributeTokens::see(const Token &token) {
  if (name_.isInvalid()) {
    if (token.is(tok::identifier) && token.getIdentifierInfo() == monitor_)
      name_ = token.getLocation();
    return;
  }
  if (depth_ == 0) {
    if (token.is(tok::l_paren)) {
      depth_ = 1;
      arguments_[name_].clear();
    } else {
      name_ = {};
      see(token);
    }
    return;
  }
  if (token.is(tok::l_paren))
    ++depth_;
  else if (token.is(tok::r_paren))
    --depth_;
  arguments_[name_].push_back(token);
  if (depth_ == 0 || token.is(tok::eof))
    name_ = {}, depth_ = 0;
}

} // namespace obs::plugin
