// SPDX-License-Identifier: Apache-2.0
// What functions are called in records and rules.
#ifndef OBS_PLUGIN_NAMES_H
#define OBS_PLUGIN_NAMES_H

#include <string>

namespace clang {
class FunctionDecl;
}

namespace obs::plugin {

// With namespaces, classes and template arguments: app::Box<int>::get. A
// lambda is called by where it stands: app::run::(lambda).
std::string qualifiedName(const clang::FunctionDecl &function);

// As a user would declare it, under its qualified name.
std::string signature(const clang::FunctionDecl &function);

} // namespace obs::plugin

#endif // OBS_PLUGIN_NAMES_H
