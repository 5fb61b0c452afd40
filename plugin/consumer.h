// SPDX-License-Identifier: Apache-2.0
// What sees each declaration before code generation does, and has the bodies
// rewritten that are to be.
#ifndef OBS_PLUGIN_CONSUMER_H
#define OBS_PLUGIN_CONSUMER_H

#include "secrets.h"

#include <memory>
#include <string>

namespace clang {
class ASTConsumer;
class CompilerInstance;
} // namespace clang

namespace obs::plugin {

// The plugin's own arguments.
struct Arguments {
  bool print = false;
  std::string include;   // where obs/detail/scope.h is
  std::string functions; // a file of rules
  Secrets secrets;
};

// Puts lines ahead of what the command line defines and includes.
void predefine(clang::CompilerInstance &compiler, const std::string &lines);

// `lines` are to be predefined.
std::unique_ptr<clang::ASTConsumer>
makeConsumer(clang::CompilerInstance &compiler, Arguments arguments,
             std::string lines);

} // namespace obs::plugin

#endif // OBS_PLUGIN_CONSUMER_H
