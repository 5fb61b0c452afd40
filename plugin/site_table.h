// SPDX-License-Identifier: Apache-2.0
// What was done about the functions of a translation unit, left in its object
// file for `obsctl sites`. docs/sites.md defines the format.
#ifndef OBS_PLUGIN_SITE_TABLE_H
#define OBS_PLUGIN_SITE_TABLE_H

#include "selection.h"

#include "clang/Frontend/FrontendOptions.h"

#include <string>
#include <vector>

namespace clang {
class FunctionDecl;
class Sema;
} // namespace clang

namespace obs::plugin {

// Whether there may be code of `function`; of an inline one, at the end of the
// translation unit.
bool isEmitted(const clang::FunctionDecl &function);

// Whether the compiler makes code, and no precompiled header or module.
bool emitsCode(clang::frontend::ActionKind action);

// Functions that come to nothing in the object file, such as inline ones that
// nobody uses, are not listed. One translation unit, one thread.
class SiteTable {
public:
  // `function` is monitored as `selected` says or, with a reason `why`, is not.
  // What `selected` refers to must outlive this.
  void add(clang::FunctionDecl &function, const Selected &selected,
           llvm::StringRef why);

  // Takes over what was added for `function` as it went into a precompiled
  // header or module. Returns whether there is any such thing.
  bool adopt(clang::FunctionDecl &function);

  // At the end of the translation unit, before code generation's: hands the
  // table to code generation or, where there is none, to the declarations that
  // a precompiled header or module keeps. `rules`: if they were read.
  void finish(clang::Sema &sema, clang::frontend::ActionKind action,
              const std::optional<Rules> &rules);

private:
  struct Entry {
    clang::FunctionDecl *function;
    Selected selected;
    std::string why;
    std::string adopted; // the whole text, if it comes from elsewhere
  };
  std::vector<Entry> entries_;
};

} // namespace obs::plugin

#endif // OBS_PLUGIN_SITE_TABLE_H
