// SPDX-License-Identifier: Apache-2.0
#include "module_unit.h"

#include "clang/Frontend/CompilerInstance.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/LiteralSupport.h"
#include "clang/Lex/Preprocessor.h"

using namespace clang;

namespace obs::plugin {
namespace {

// The first tokens of the main file. Macros and conditions are not looked at:
// none may stand before the first token of a module's file.
class FirstTokens {
public:
  explicit FirstTokens(CompilerInstance &compiler)
      : preprocessor_(compiler.getPreprocessor()),
        sources_(compiler.getSourceManager()),
        lexer_(sources_.getMainFileID(),
               sources_.getBufferOrFake(sources_.getMainFileID()), sources_,
               compiler.getLangOpts()) {
    next();
    while (token_.is(tok::hash) && token_.isAtStartOfLine())
      passDirective();
  }

  bool enterModuleUnit() {
    const bool isExported = takeWord("export");
    if (!takeWord("module"))
      return false;
    if (isExported || token_.isNot(tok::semi))
      return token_.is(tok::raw_identifier);
    if (hasOtherDirectives_)
      return false;
    preprocessor_.setSkipMainFilePreamble(
        sources_.getFileOffset(token_.getEndLoc()), /*StartOfLine=*/false);
    if (marker_.isValid())
      sources_.AddLineNote(marker_, line_, file_, /*IsFileEntry=*/false,
                           /*IsFileExit=*/false, SrcMgr::C_User);
    return true;
  }

private:
  void next() { lexer_.LexFromRawLexer(token_); }

  bool takeWord(llvm::StringRef word) {
    if (token_.isNot(tok::raw_identifier) || token_.getRawIdentifier() != word)
      return false;
    next();
    return true;
  }

  // Keeps what `# 7 "file"` says.
  void passDirective() {
    next();
    const Token number = token_;
    next();
    if (number.is(tok::numeric_constant) && token_.is(tok::string_literal)) {
      const StringLiteralParser file(token_, preprocessor_);
      marker_ = number.getLocation();
      file_ = sources_.getLineTableFilenameID(file.GetString());
      hasOtherDirectives_ |=
          llvm::StringRef(number.getLiteralData(), number.getLength())
              .getAsInteger(10, line_);
    } else {
      hasOtherDirectives_ = true;
    }
    while (!token_.isAtStartOfLine() && token_.isNot(tok::eof))
      next();
  }

  Preprocessor &preprocessor_;
  SourceManager &sources_;
  Lexer lexer_;
  Token token_;
  bool hasOtherDirectives_ = false;
  // The last directive that names the line; invalid: there is none.
  SourceLocation marker_;
  unsigned line_ = 0;
  int file_ = -1;
};

} // namespace

bool enterModuleUnit(CompilerInstance &compiler) {
  return compiler.getLangOpts().CPlusPlusModules &&
         FirstTokens(compiler).enterModuleUnit();
}

} // namespace obs::plugin
