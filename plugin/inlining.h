// SPDX-License-Identifier: Apache-2.0
#ifndef OBS_PLUGIN_INLINING_H
#define OBS_PLUGIN_INLINING_H

#include "clang/Basic/CodeGenOptions.h"

#include <string>

namespace obs::plugin {

// Has LLVM keep down what inlining a monitored function costs the compiler, as
// each copy brings code to count, enter and leave along:
// - The inliner takes such a function for three times as costly, unless it is
//   declared `inline`.
// - The assembly of obs::detail::count (scope.h) loses two of the three
//   clobbers that clang puts on all assembly for x86, of registers that it does
//   not touch.
// `plugin`: the file of this plugin.
void limitInlining(clang::CodeGenOptions &options, const std::string &plugin);

} // namespace obs::plugin

#endif // OBS_PLUGIN_INLINING_H
