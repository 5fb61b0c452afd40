// SPDX-License-Identifier: Apache-2.0
// Gives the header's reflective templates their bodies, per instantiated type.
#ifndef OBS_PLUGIN_REFLECT_H
#define OBS_PLUGIN_REFLECT_H

namespace clang {
class FunctionDecl;
class Sema;
} // namespace clang

namespace obs::plugin {

class Secrets;
class Types;

// If `function` is an instantiation of classKind, describeFields, encodeFields,
// describeEnumerators (encode.h) or isSecretType (traits.h), writes its body.
// Returns whether it is one.
bool reflect(clang::Sema &sema, clang::FunctionDecl &function,
             const Secrets &secrets, Types &types);

} // namespace obs::plugin

#endif // OBS_PLUGIN_REFLECT_H
