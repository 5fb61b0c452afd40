// SPDX-License-Identifier: Apache-2.0
// Which functions are monitored, and how.
#ifndef OBS_PLUGIN_SELECTION_H
#define OBS_PLUGIN_SELECTION_H

#include "options.h"
#include "rules.h"

namespace clang {
class DiagnosticsEngine;
}

namespace obs::plugin {

// What asked for a function to be monitored. Only who named the function
// itself wants to hear about each one that cannot be.
enum class Asker { Function, Scope, Rule };

struct Selected {
  Options options;
  Asker asker;
  const clang::Decl *scope = nullptr; // the class or namespace that asked
  const Rules::Rule *rule = nullptr;  // the rule that asked
  bool leftOut = false; // an accessor that nobody asked for by name
};

// The mark of the function itself wins, key by key, over that of its class,
// the class over its namespace, the innermost first; the first rule that
// matches decides about what has no mark at all. Of a class, namespace or rule
// accessors and what has no body of its own are left out. `definition` is not
// dependent and has a body.
std::optional<Selected> select(const clang::FunctionDecl &definition,
                               Rules &rules);

// Reports different arguments on two declarations of the same function.
// Returns whether there are any.
bool reportConflict(clang::DiagnosticsEngine &engine,
                    const clang::FunctionDecl &function);

} // namespace obs::plugin

#endif // OBS_PLUGIN_SELECTION_H
