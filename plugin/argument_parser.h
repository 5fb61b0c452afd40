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

// Parses `tokens` (up to and including the closing parenthesis) as they stand
// on `function`. Nothing if there is an error, which is reported at its place.
std::optional<Options> parseArguments(clang::Sema &sema,
                                      const clang::FunctionDecl &function,
                                      llvm::ArrayRef<clang::Token> tokens);

} // namespace obs::plugin

#endif // OBS_PLUGIN_ARGUMENT_PARSER_H
