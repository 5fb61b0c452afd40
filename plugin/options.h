// SPDX-License-Identifier: Apache-2.0
// What is asked for a monitored function.
#ifndef OBS_PLUGIN_OPTIONS_H
#define OBS_PLUGIN_OPTIONS_H

#include "clang/Basic/SourceLocation.h"
#include "llvm/ADT/StringRef.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace clang {
class ASTContext;
class Decl;
class FunctionDecl;
} // namespace clang

namespace obs::plugin {

// The keys that limit what is stored of a value, and what they may be. The
// runtime keeps to the same (obs/config.h).
struct LimitKey {
  llvm::StringRef name;
  unsigned least;
  unsigned most;
};
inline constexpr LimitKey kLimitKeys[] = {{"items", 1, 1'000'000},
                                          {"text", 1, 60'000},
                                          {"depth", 1, 100},
                                          {"record", 64, 60 * 1024}};
inline constexpr size_t kLimitCount = std::size(kLimitKeys);

// The keys of [[obs::monitor(…)]] on a function, class or namespace, or of a
// rule; docs/attribute.md documents them. Absent: not said here.
struct Options {
  std::optional<double> sample;
  std::optional<bool> args;
  std::optional<bool> result;
  std::optional<bool> returnedErrors; // whether they count as errors
  std::optional<std::string> name;    // functions only
  std::vector<std::string> skip;      // parameters that are not captured
  std::array<std::optional<unsigned>, kLimitCount> limits; // as kLimitKeys
  std::optional<bool> pointers;  // false: a `const char *` is an address
  std::optional<bool> resources; // processor time and memory of the call
  std::optional<bool> accessors; // classes, namespaces and rules only
  std::optional<bool> system;    // rules only

  // Takes over from `outer` what is not said here.
  void inherit(const Options &outer);
};

// [[obs::monitor]] or [[obs::ignore]] as it stands on a declaration.
struct Mark {
  bool ignore = false;
  Options options;
};

// Marks travel on the declaration as annotations, so that templates,
// redeclarations, precompiled headers and modules carry them like any other
// attribute.
void attachMark(clang::ASTContext &context, clang::Decl &decl, const Mark &mark,
                clang::SourceRange range);
std::optional<Mark> attachedMark(const clang::Decl &decl);

// Two marks with different contents on a declaration: its own, and one that it
// inherits from an earlier declaration.
struct Conflict {
  clang::SourceLocation own;
  clang::SourceLocation inherited;
};
std::optional<Conflict> conflictingMarks(const clang::Decl &decl);

// Takes marks and the header's annotations off a definition, so that code
// generation does not emit them.
void detachAnnotations(clang::FunctionDecl &function);

// The annotation `text` of the header's reflective templates.
bool hasAnnotation(const clang::FunctionDecl &function, llvm::StringRef text);

} // namespace obs::plugin

#endif // OBS_PLUGIN_OPTIONS_H
