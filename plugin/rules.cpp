// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include "argument_parser.h"
#include "diagnostics.h"
#include "names.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/Sema.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace clang;

namespace obs::plugin {
namespace {

// The tokens of `text`, an end-of-file token last. `start`: where it stands.
std::vector<Token> lex(Sema &sema, llvm::StringRef text, SourceLocation start) {
  Preprocessor &preprocessor = sema.getPreprocessor();
  Lexer lexer(start, sema.getLangOpts(), text.begin(), text.begin(),
              text.end());
  std::vector<Token> tokens;
  do {
    tokens.emplace_back();
    lexer.LexFromRawLexer(tokens.back());
    if (tokens.back().is(tok::raw_identifier))
      preprocessor.LookUpIdentifierInfo(tokens.back());
  } while (tokens.back().isNot(tok::eof));
  return tokens;
}

} // namespace

Rules Rules::read(Sema &sema, const std::string &path) {
  Rules rules;
  rules.path_ = path;
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer) {
    reportError(sema, SourceLocation(), "cannot read the rules '%0': %1")
        << path << buffer.getError().message();
    return rules;
  }
  SourceManager &sources = sema.getSourceManager();
  const FileID file = sources.createFileID(std::move(*buffer));
  const SourceLocation begin = sources.getLocForStartOfFile(file);
  const llvm::StringRef whole = sources.getBufferData(file);
  unsigned number = 0;
  for (size_t offset = 0; offset < whole.size();) {
    ++number;
    const size_t end = std::min(whole.find('\n', offset), whole.size());
    // A lexer wants its text to end with a null.
    auto text = std::make_unique<std::string>(whole.slice(offset, end));
    text->resize(std::min(text->find('#'), text->size()));
    const size_t indent = text->find_first_not_of(" \t\r");
    const SourceLocation line = begin.getLocWithOffset(int(offset));
    offset = end + 1;
    if (indent == std::string::npos)
      continue;
    llvm::StringRef rest = llvm::StringRef(*text).substr(indent);
    llvm::StringRef pattern = rest.take_until(llvm::isSpace);
    const llvm::StringRef keys = rest.substr(pattern.size());
    const SourceLocation place = line.getLocWithOffset(int(indent));
    const bool exclude = pattern.consume_front("!");
    const bool onFile = pattern.consume_front("file:");
    llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(pattern);
    if (pattern.empty() || !glob) {
      reportError(sema, place, "'%0' is no pattern: %1")
          << pattern
          << (glob ? "it is empty" : llvm::toString(glob.takeError()));
      continue;
    }
    const std::optional<Options> options = parseArguments(
        sema, Place::Rule, /*function=*/nullptr,
        lex(sema, keys,
            place.getLocWithOffset(int(keys.data() - rest.data()))));
    if (!options)
      continue;
    if (exclude && !keys.trim().empty()) {
      reportError(sema, place, "a rule that excludes takes no keys");
      continue;
    }
    rules.rules_.push_back(
        {std::move(*glob), onFile, exclude, *options, number, rest.rtrim()});
    rules.texts_.push_back(std::move(text));
  }
  return rules;
}

const Rules::Rule *Rules::find(const FunctionDecl &definition) {
  if (rules_.empty())
    return nullptr;
  const SourceManager &sources = definition.getASTContext().getSourceManager();
  const SourceLocation place =
      sources.getExpansionLoc(definition.getLocation());
  const PresumedLoc presumed = sources.getPresumedLoc(place);
  const bool isSystem = sources.isInSystemHeader(place);
  std::string name; // when it is first needed
  for (Rule &rule : rules_) {
    if (isSystem && !rule.exclude && !rule.options.system.value_or(false))
      continue;
    if (!rule.onFile && name.empty())
      name = qualifiedName(definition);
    const llvm::StringRef subject =
        !rule.onFile         ? llvm::StringRef(name)
        : presumed.isValid() ? llvm::StringRef(presumed.getFilename())
                             : llvm::StringRef();
    if (rule.glob.match(subject)) {
      rule.matched = true;
      return &rule;
    }
  }
  return nullptr;
}

} // namespace obs::plugin
