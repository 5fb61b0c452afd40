// SPDX-License-Identifier: Apache-2.0
// Whether a translation unit may have anything for the plugin to do.
//
// Most files of a program have no mark. They shall not pay for the header that
// generated code needs, and it can only come first, where no macro of theirs
// gets at it. So all that a file may include is looked through beforehand: for
// the word `obs`, as no attribute of ours is written without it. Headers of the
// C++ standard library are taken to have none.
#ifndef OBS_PLUGIN_SOURCE_SCAN_H
#define OBS_PLUGIN_SOURCE_SCAN_H

namespace clang {
class CompilerInstance;
} // namespace clang

namespace obs::plugin {

// False: nothing that the compiler is about to read can have one of our
// attributes, unless its name is pasted together from pieces. True is no
// promise. Files that are read stay in the compiler's cache, where it finds
// them when it includes them.
// REQUIRES: the main file and the preprocessor are there, nothing is lexed yet.
bool mayHaveAttributes(clang::CompilerInstance &compiler);

} // namespace obs::plugin

#endif // OBS_PLUGIN_SOURCE_SCAN_H
