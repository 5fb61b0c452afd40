// SPDX-License-Identifier: Apache-2.0
// Rules that choose functions without touching the source.
#ifndef OBS_PLUGIN_RULES_H
#define OBS_PLUGIN_RULES_H

#include "options.h"

#include "llvm/Support/GlobPattern.h"

namespace clang {
class Sema;
}

namespace obs::plugin {

// The file of -fplugin-arg-obs-functions=FILE, one rule a line:
//
//   # comment
//   !leveldb::Test*                        # not these
//   leveldb::DBImpl::*  sample=0.01, args=false
//   file:*/table/*.cc   sample=0.1
//   *
//
// A glob on the qualified name (or, behind `file:`, on the file that it is
// defined in), then the keys of the attribute. The first rule that matches
// decides; `!` excludes. Functions of system headers only with system=true.
class Rules {
public:
  // Reads `path`; errors are reported with their place in it.
  static Rules read(clang::Sema &sema, const std::string &path);

  struct Rule {
    llvm::GlobPattern glob;
    bool onFile;
    bool exclude;
    Options options;
    unsigned line;
    llvm::StringRef text; // without its comment
    bool matched = false; // has decided about a function
  };

  // The first rule that matches, which may be one that excludes; null if there
  // is none. It counts as matched from then on.
  const Rule *find(const clang::FunctionDecl &definition);

  const std::string &path() const { return path_; }
  llvm::ArrayRef<Rule> rules() const { return rules_; }

private:
  std::string path_;
  std::vector<std::unique_ptr<std::string>> texts_; // what the rules refer to
  std::vector<Rule> rules_;
};

} // namespace obs::plugin

#endif // OBS_PLUGIN_RULES_H
