// SPDX-License-Identifier: Apache-2.0
#include "inlining.h"

#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Passes/PassPlugin.h"

using namespace llvm;

namespace obs::plugin {
namespace {

constexpr StringLiteral kCount = "_ZN3obs6detail5countERj";
constexpr StringLiteral kUntouched = ",~{dirflag},~{fpsr}";

void raiseCost(Function &monitored) {
  if (!monitored.hasFnAttribute(Attribute::InlineHint) &&
      !monitored.hasFnAttribute(Attribute::AlwaysInline))
    monitored.addFnAttr("function-inline-cost-multiplier", "3");
}

void dropClobbers(CallBase &assembly) {
  const auto &text = *cast<InlineAsm>(assembly.getCalledOperand());
  std::string constraints = text.getConstraintString();
  const size_t at = constraints.find(kUntouched);
  if (at == std::string::npos)
    return;
  constraints.erase(at, kUntouched.size());
  assembly.setCalledOperand(
      InlineAsm::get(text.getFunctionType(), text.getAsmString(), constraints,
                     text.hasSideEffects(), text.isAlignStack(),
                     text.getDialect(), text.canThrow()));
}

struct LimitInlining : PassInfoMixin<LimitInlining> {
  static bool isRequired() { return true; }

  // REQUIRES: nothing is inlined yet, so that there is one copy of the
  // assembly, and whoever calls count() is a monitored function, or one of
  // scope.h's for constexpr functions and coroutines, which are always or never
  // inlined.
  static PreservedAnalyses run(Module &module, ModuleAnalysisManager &) {
    Function *const count = module.getFunction(kCount);
    if (!count)
      return PreservedAnalyses::all();
    for (User *user : count->users())
      if (auto *call = dyn_cast<CallBase>(user))
        raiseCost(*call->getFunction());
    for (Instruction &instruction : instructions(*count))
      if (auto *call = dyn_cast<CallBase>(&instruction);
          call && call->isInlineAsm())
        dropClobbers(*call);
    return PreservedAnalyses::all();
  }
};

} // namespace

void limitInlining(clang::CodeGenOptions &options, const std::string &plugin) {
  options.PassPlugins.push_back(plugin);
}

} // namespace obs::plugin

// What LLVM asks a plugin with passes for.
extern "C" PassPluginLibraryInfo llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "obs", "1", [](PassBuilder &builder) {
            builder.registerPipelineStartEPCallback(
                [](ModulePassManager &passes, auto) {
                  passes.addPass(obs::plugin::LimitInlining());
                });
          }};
}
