// SPDX-License-Identifier: Apache-2.0
#include "source_scan.h"

#include "compat.h"

#include "clang/Frontend/CompilerInstance.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Path.h"

using namespace clang;
using llvm::StringRef;

namespace obs::plugin {
namespace {

constexpr StringRef kBlanks = " \t";

bool isWord(StringRef text, size_t begin, size_t size) {
  const auto isInWord = [&](size_t at) {
    return at < text.size() && isAsciiIdentifierContinue(text[at]);
  };
  return !isInWord(begin - 1) && !isInWord(begin + size);
}

// What stands on the line before a place, without blanks.
StringRef lineBefore(StringRef text, size_t at) {
  const size_t end = text.take_front(at).rfind('\n');
  return text.slice(end == StringRef::npos ? 0 : end + 1, at).trim(kBlanks);
}

class SourceScan {
public:
  explicit SourceScan(CompilerInstance &compiler)
      : files_(compiler.getFileManager()),
        sources_(compiler.getSourceManager()),
        headers_(compiler.getPreprocessor().getHeaderSearchInfo()),
        hasModules_(compiler.getLangOpts().CPlusPlusModules) {}

  // `directory` is that of the file with the text, empty: the working one.
  void read(StringRef text, StringRef directory) {
    const auto search = [&](StringRef what, auto found) {
      for (size_t at = text.find(what); at != StringRef::npos && !found_;
           at = text.find(what, at + what.size()))
        found(at);
    };
    search("obs", [&](size_t at) { found_ = isWord(text, at, 3); });
    search("#", [&](size_t at) { readDirective(text, at, directory); });
    if (!hasModules_)
      return;
    // What a module has marked is instantiated by those who import it.
    search("import", [&](size_t at) {
      const StringRef before = lineBefore(text, at);
      found_ = isWord(text, at, 6) && (before.empty() || before == "export");
    });
    // Its interface marks for a unit that implements it, too.
    search("module", [&](size_t at) {
      found_ = isWord(text, at, 6) && lineBefore(text, at).empty() &&
               !compat::startsWith(text.drop_front(at + 6).ltrim(kBlanks), ";");
    });
  }

  // Reads all that is included, down to the first find. Conditions are not
  // looked at.
  bool finish() {
    while (!found_ && !todo_.empty()) {
      const FileEntryRef file = todo_.pop_back_val();
      if (const auto buffer = sources_.getMemoryBufferForFileOrNone(file))
        read(buffer->getBuffer(), llvm::sys::path::parent_path(file.getName()));
    }
    return found_;
  }

private:
  void readDirective(StringRef text, size_t hash, StringRef directory) {
    StringRef rest = text.drop_front(hash + 1).ltrim(kBlanks);
    if (!rest.consume_front("include"))
      return;
    const bool isNext = rest.consume_front("_next");
    rest = rest.ltrim(kBlanks);
    if (rest.empty())
      return;
    if (rest[0] == '"' || rest[0] == '<') {
      const bool isQuoted = rest[0] == '"';
      const StringRef name = rest.drop_front().take_until(
          [&](char c) { return c == (isQuoted ? '"' : '>') || c == '\n'; });
      include(name, isQuoted, isNext, directory);
    } else if (isAsciiIdentifierStart(rest[0]) &&
               lineBefore(text, hash).empty()) {
      found_ = true; // a macro says what is included
    }
  }

  void include(StringRef name, bool isQuoted, bool isNext,
               StringRef directory) {
    if (name.empty())
      return;
    if (llvm::sys::path::is_absolute(name)) {
      add(name);
      return;
    }
    if (isQuoted && addIn(directory, name))
      return;
    // All of that name for include_next, which goes on from the last one.
    for (auto at = headers_.search_dir_begin(), end = headers_.search_dir_end();
         at != end; ++at) {
      if (!at->isNormalDir())
        found_ = true; // a framework or header map
      else if (addIn(at->getName(), name, isStandardLibrary(*at)) && !isNext)
        return;
    }
  }

  // `isKnown`: it has no marks, and need not be read.
  bool addIn(StringRef directory, StringRef name, bool isKnown = false) {
    llvm::SmallString<256> path(directory);
    llvm::sys::path::append(path, name);
    return add(path, isKnown);
  }

  bool add(StringRef path, bool isKnown = false) {
    const auto file = files_.getOptionalFileRef(path);
    if (!file)
      return false;
    if (!isKnown && seen_.insert(&file->getFileEntry()).second)
      todo_.push_back(*file);
    return true;
  }

  // Its headers mark nothing, and are most of what most files include. (The
  // file manager remembers what it has looked for.)
  bool isStandardLibrary(const DirectoryLookup &directory) {
    if (!directory.isSystemHeaderDirectory())
      return false;
    llvm::SmallString<256> path(directory.getName());
    llvm::sys::path::append(path, "cstddef");
    return bool(files_.getOptionalFileRef(path));
  }

  FileManager &files_;
  SourceManager &sources_;
  HeaderSearch &headers_;
  const bool hasModules_;
  bool found_ = false;
  llvm::DenseSet<const FileEntry *> seen_;
  llvm::SmallVector<FileEntryRef, 32> todo_;
};

} // namespace

bool mayHaveAttributes(CompilerInstance &compiler) {
  const SourceManager &sources = compiler.getSourceManager();
  const FileID main = sources.getMainFileID();
  StringRef directory;
  if (const auto name = sources.getNonBuiltinFilenameForID(main))
    directory = llvm::sys::path::parent_path(*name);
  SourceScan scan(compiler);
  scan.read(sources.getBufferData(main), directory);
  scan.read(compiler.getPreprocessor().getPredefines(), "");
  return scan.finish();
}

} // namespace obs::plugin
