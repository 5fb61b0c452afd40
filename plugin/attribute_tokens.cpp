// SPDX-License-Identifier: Apache-2.0
#include "attribute_tokens.h"

#include "diagnostics.h"
#include "nearest.h"

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

AttributeTokens::AttributeTokens(Preprocessor &preprocessor)
    : preprocessor_(preprocessor), obs_(preprocessor.getIdentifierInfo("obs")),
      monitor_(preprocessor.getIdentifierInfo("monitor")),
      ignore_(preprocessor.getIdentifierInfo("ignore")),
      secret_(preprocessor.getIdentifierInfo("secret")) {
  for (Token &token : last_)
    token.startToken();
}

void AttributeTokens::watch(Preprocessor &preprocessor) {
  auto *watcher = new AttributeTokens(preprocessor);
  instances()[&preprocessor].reset(watcher);
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
  if (inAttribute_) {
    seeInAttribute(token);
    last_[1] = last_[0];
  } else if (token.is(tok::l_square) && last_[0].is(tok::l_square)) {
    inAttribute_ = true;
    usingObs_ = false;
    nesting_ = 0;
    recording_ = nullptr;
  }
  last_[0] = token;
}

void AttributeTokens::seeInAttribute(const Token &token) {
  if (recording_)
    recording_->push_back(token);
  if (token.isOneOf(tok::l_paren, tok::l_square)) {
    if (nesting_++ == 0 && token.is(tok::l_paren) &&
        (last_[0].getIdentifierInfo() == monitor_ ||
         last_[0].getIdentifierInfo() == secret_)) {
      recording_ = &arguments_[last_[0].getLocation()];
      recording_->clear();
    }
  } else if (token.isOneOf(tok::r_paren, tok::r_square) && nesting_ > 0) {
    if (--nesting_ == 0)
      recording_ = nullptr;
  } else if (token.isOneOf(tok::r_square, tok::eof)) {
    inAttribute_ = false;
  } else if (nesting_ == 0) {
    const bool scoped =
        last_[0].is(tok::coloncolon) && last_[1].getIdentifierInfo() == obs_;
    const bool inUsing = usingObs_ && last_[0].isOneOf(tok::colon, tok::comma);
    if (token.getIdentifierInfo() && (scoped || inUsing))
      seeName(token);
    else if (token.is(tok::colon) && last_[0].getIdentifierInfo() == obs_)
      usingObs_ = true;
  }
}

void AttributeTokens::seeName(const Token &name) {
  if (name.getIdentifierInfo() == monitor_ ||
      name.getIdentifierInfo() == ignore_ ||
      name.getIdentifierInfo() == secret_)
    return;
  DiagnosticsEngine &engine = preprocessor_.getDiagnostics();
  const llvm::StringRef spelling = name.getIdentifierInfo()->getName();
  const std::string meant = nearest(
      spelling, {monitor_->getName(), ignore_->getName(), secret_->getName()});
  if (meant.empty())
    report(engine, DiagnosticsEngine::Error, name.getLocation(),
           "unknown attribute 'obs::%0'")
        << spelling;
  else
    report(engine, DiagnosticsEngine::Error, name.getLocation(),
           "unknown attribute 'obs::%0'; did you mean 'obs::%1'?")
        << spelling << meant
        << FixItHint::CreateReplacement(name.getLocation(), meant);
  report(engine, DiagnosticsEngine::Note, name.getLocation(),
         "there are 'obs::monitor', 'obs::ignore' and "
         "'obs::secret'");
}

} // namespace obs::plugin
