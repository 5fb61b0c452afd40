// SPDX-License-Identifier: Apache-2.0
// What a monitored function's attribute asks for.
#ifndef OBS_PLUGIN_OPTIONS_H
#define OBS_PLUGIN_OPTIONS_H

#include "clang/Basic/SourceLocation.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>
#include <vector>

namespace clang {
class ASTContext;
class Decl;
class FunctionDecl;
} // namespace clang

namespace obs::plugin {

// The keys of [[obs::monitor(…)]]; docs/attribute.md documents them.
struct Options {
  double sample = 1;
  bool args = true;
  bool result = true;
  std::string name;              // empty: the qualified name
  std::vector<std::string> skip; // parameters that are not captured
};

// The options travel on the declaration as an annotation, so that templates,
// redeclarations, precompiled headers and modules carry them like any other
// attribute.
void attachOptions(clang::ASTContext &context, clang::Decl &decl,
                   const Options &options, clang::SourceRange range);
std::optional<Options> attachedOptions(const clang::FunctionDecl &function);

// Takes the annotation off a definition, so that code generation does not emit
// it.
void detachAnnotations(clang::FunctionDecl &function);

// The annotation `obs::<name>` of the header's reflective templates.
bool hasAnnotation(const clang::FunctionDecl &function, llvm::StringRef text);

} // namespace obs::plugin

#endif // OBS_PLUGIN_OPTIONS_H
