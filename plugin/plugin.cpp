// SPDX-License-Identifier: Apache-2.0
// The plugin's entry: its arguments, and what a file needs of it.
#include "attribute_tokens.h"
#include "attributes.h"
#include "compat.h"
#include "consumer.h"
#include "diagnostics.h"
#include "inlining.h"
#include "module_unit.h"
#include "source_scan.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/Basic/Version.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendPluginRegistry.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

using namespace clang;

namespace obs::plugin {
namespace {

// As the plugin is loaded, before anything of clang is touched: its classes
// differ from version to version, and the linker does not notice.
struct VersionCheck {
  VersionCheck() {
    const std::string running = getClangFullVersion();
    const size_t at = running.find("version ");
    const int major =
        at == std::string::npos ? 0 : std::atoi(running.c_str() + at + 8);
    if (major == compat::kClangMajor)
      return;
    std::fprintf(stderr,
                 "error: this obs plugin is for clang %d, but it was loaded "
                 "into %s; use obs-plugin-%d.so, or clang++-%d\n",
                 compat::kClangMajor, running.c_str(), major,
                 compat::kClangMajor);
    std::_Exit(1);
  }
};
// First of all static objects of the plugin.
__attribute__((init_priority(101))) const VersionCheck gVersionCheck;

class Action : public PluginASTAction {
protected:
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &compiler,
                                                 llvm::StringRef) override {
    if (isAnalyzed(compiler.getPreprocessor()))
      return std::make_unique<ASTConsumer>();
    if (!compiler.getLangOpts().CPlusPlus17) {
      if (!arguments_.functions.empty() && compiler.getLangOpts().CPlusPlus) {
        DiagnosticsEngine &engine = compiler.getDiagnostics();
        report(engine, DiagnosticsEngine::Warning, SourceLocation(),
               "nothing is monitored: the rules need C++17 or later; compile "
               "with -std=c++17");
      }
      return std::make_unique<ASTConsumer>();
    }
    std::string lines;
    if (!isPrecompiled(compiler)) {
      lines = "#define __OBS_MONITOR__ 1\n";
      if (!isNeeded(compiler)) {
        predefine(compiler, lines);
        return std::make_unique<ASTConsumer>();
      }
      lines += includingHeader(compiler);
      AttributeTokens::watch(compiler.getPreprocessor());
    }
    limitInlining(compiler.getCodeGenOpts(), file());
    return makeConsumer(compiler, arguments_, std::move(lines));
  }

  bool ParseArgs(const CompilerInstance &compiler,
                 const std::vector<std::string> &args) override {
    for (llvm::StringRef arg : args) {
      if (arg == "print")
        arguments_.print = true;
      else if (arg.consume_front("include="))
        arguments_.include = arg.str();
      else if (arg.consume_front("functions="))
        arguments_.functions = arg.str();
      else if (arg.consume_front("secrets=")) {
        const std::string wrong = arguments_.secrets.change(arg);
        if (wrong.empty())
          continue;
        DiagnosticsEngine &engine = compiler.getDiagnostics();
        report(engine, DiagnosticsEngine::Error, SourceLocation(),
               "'-fplugin-arg-obs-secrets=%0': %1")
            << arg << wrong;
        return false;
      } else {
        DiagnosticsEngine &engine = compiler.getDiagnostics();
        report(engine, DiagnosticsEngine::Error, SourceLocation(),
               "unknown argument '-fplugin-arg-obs-%0'; valid are "
               "'-fplugin-arg-obs-print', '-fplugin-arg-obs-functions=<file>', "
               "'-fplugin-arg-obs-secrets=<names>' and "
               "'-fplugin-arg-obs-include=<dir>'")
            << arg;
        return false;
      }
    }
    return true;
  }

  ActionType getActionType() override { return AddBeforeMainAction; }

private:
  // Whether the input is a module's interface or the like: nothing is lexed.
  static bool isPrecompiled(const CompilerInstance &compiler) {
    const auto &inputs = compiler.getFrontendOpts().Inputs;
    return !inputs.empty() &&
           inputs[0].getKind().getFormat() == InputKind::Precompiled;
  }

  // Rules may mean any function; what is precompiled cannot be looked through.
  bool isNeeded(CompilerInstance &compiler) const {
    return !arguments_.functions.empty() ||
           !compiler.getPreprocessorOpts().ImplicitPCHInclude.empty() ||
           mayHaveAttributes(compiler);
  }

  // Of this plugin.
  static std::string file() {
    Dl_info self;
    static const char anchor = 0;
    dladdr(&anchor, &self);
    llvm::SmallString<256> path(self.dli_fname);
    llvm::sys::fs::make_absolute(path);
    return std::string(path);
  }

  // By default the header lies beside the plugin, in the build tree as in an
  // installed one: <prefix>/lib/obs-plugin-N.so, <prefix>/include/obs/detail.
  std::string headerPath() const {
    llvm::SmallString<256> path;
    if (!arguments_.include.empty()) {
      path = arguments_.include;
    } else {
      path = file();
      llvm::sys::path::remove_filename(path);
      llvm::sys::path::append(path, "..", "include");
      llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/true);
    }
    llvm::sys::path::append(path, "obs", "detail", "scope.h");
    return std::string(path);
  }

  std::string includingHeader(CompilerInstance &compiler) const {
    const std::string path = headerPath();
    if (!llvm::sys::fs::exists(path)) {
      DiagnosticsEngine &engine = compiler.getDiagnostics();
      report(engine, DiagnosticsEngine::Error, SourceLocation(),
             "the obs plugin does not find its header '%0'; pass "
             "'-fplugin-arg-obs-include=<dir>' with the directory that has "
             "'obs/detail/scope.h'")
          << path;
      return {};
    }
    return (enterModuleUnit(compiler) ? "module;\n" : "") +
           ("#include \"" + path + "\"\n");
  }

  Arguments arguments_;
};

FrontendPluginRegistry::Add<Action>
    gAction("obs", "instruments functions marked [[obs::monitor]]");

} // namespace
} // namespace obs::plugin

// The static analyzer, also in clang-tidy, takes every plugin for one with
// checkers of its own, and warns of one that does not say for which version.
extern "C" const char clang_analyzerAPIVersionString[];
const char clang_analyzerAPIVersionString[] = CLANG_VERSION_STRING;
