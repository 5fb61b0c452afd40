// SPDX-License-Identifier: Apache-2.0
// The plugin's own errors, warnings and notes.
#ifndef OBS_PLUGIN_DIAGNOSTICS_H
#define OBS_PLUGIN_DIAGNOSTICS_H

#include "clang/Basic/Diagnostic.h"
#include "clang/Sema/Sema.h"

namespace obs::plugin {

// The caller streams the arguments of `text`. An invalid place: none is shown.
template <unsigned N>
clang::DiagnosticBuilder
report(clang::DiagnosticsEngine &engine, clang::DiagnosticsEngine::Level level,
       clang::SourceLocation place, const char (&text)[N]) {
  return engine.Report(place, engine.getCustomDiagID(level, text));
}

template <unsigned N>
clang::DiagnosticBuilder reportError(clang::Sema &sema,
                                     clang::SourceLocation place,
                                     const char (&text)[N]) {
  return report(sema.getDiagnostics(), clang::DiagnosticsEngine::Error, place,
                text);
}

} // namespace obs::plugin

#endif // OBS_PLUGIN_DIAGNOSTICS_H
