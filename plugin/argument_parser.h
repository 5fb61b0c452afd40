// SPDX-License-Identifier: Apache-2.0
// Argument tokens of [[obs::monitor(…)]] to Options, with diagnostics.
#ifndef OBS_PLUGIN_ARGUMENT_PARSER_H
#define OBS_PLUGIN_ARGUMENT_PARSER_H

#include "options.h"

#include "clang/Lex/Token.h"
#include "llvm/ADT/ArrayRef.h"

namespace clang {
class Sema;
}

namespace obs::plugin {

// What arguments stand on; it decides which keys there are.
enum class Place { Function, Scope /* class or namespace */, Rule };

// Parses `tokens` (up to and including a closing parenthesis or the end of the
// file). `function`: the one that has the attribute, for Place::Function.
// Nothing if there is an error, which is reported at its place.
std::optional<Options> parseArguments(clang::Sema &sema, Place place,
                                      const clang::FunctionDecl *function,
                                      llvm::ArrayRef<clang::Token> tokens);

} // namespace obs::plugin

#endif // OBS_PLUGIN_ARGUMENT_PARSER_H
