// SPDX-License-Identifier: Apache-2.0
// Files of C++20 modules, where nothing may stand before `module`.
#ifndef OBS_PLUGIN_MODULE_UNIT_H
#define OBS_PLUGIN_MODULE_UNIT_H

namespace clang {
class CompilerInstance;
} // namespace clang

namespace obs::plugin {

// Whether the main file is one of a module: it begins with `module;` or with a
// module declaration. Then what is predefined may open the global module
// fragment itself: a `module;` of the file's own is not read again.
//
// Before them may stand comments and directives, as they do in preprocessed
// source; before `module;` only directives that name the line.
// REQUIRES: the main file and the preprocessor are there, nothing is lexed yet.
bool enterModuleUnit(clang::CompilerInstance &compiler);

} // namespace obs::plugin

#endif // OBS_PLUGIN_MODULE_UNIT_H
