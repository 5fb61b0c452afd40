// SPDX-License-Identifier: Apache-2.0
// Rewrites the body of a monitored function.
#ifndef OBS_PLUGIN_INSTRUMENT_H
#define OBS_PLUGIN_INSTRUMENT_H

#include "options.h"

namespace clang {
class Decl;
class FunctionDecl;
class Sema;
} // namespace clang

namespace obs::plugin {

class Secrets;
class Types;

// Why a function with a body or without one cannot be monitored, as the end of
// the sentence "cannot monitor 'f': …"; empty if it can.
std::string whyNot(const clang::Sema &sema,
                   const clang::FunctionDecl &function);

// What is not recorded of a function that is monitored otherwise, as the end of
// the sentence "'f' is monitored in part: …"; empty if nothing.
std::string lossOf(const clang::FunctionDecl &definition,
                   const Options &options);

// Whether the body is rewritten already (by another plugin, or in a
// precompiled header).
bool isInstrumented(const clang::FunctionDecl &definition);

// Whether `decl` is a site that stands outside of its function.
bool isSite(const clang::Decl &decl);

// Rewrites `definition`, for which whyNot() says nothing, which is not
// dependent and has a body. Returns false, and leaves it alone, if its types
// cannot be captured. `mapsCoverage`: with -fcoverage-mapping.
bool instrument(clang::Sema &sema, clang::FunctionDecl &definition,
                const Options &options, const Secrets &secrets, Types &types,
                bool mapsCoverage);

} // namespace obs::plugin

#endif // OBS_PLUGIN_INSTRUMENT_H
