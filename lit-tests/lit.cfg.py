# SPDX-License-Identifier: Apache-2.0
import os

import lit.formats

config.name = "obs-plugin"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".cpp"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.environment["PATH"] = config.llvm_bin + os.pathsep + os.environ["PATH"]

load = f"-fplugin={config.plugin} -fplugin-arg-obs-include={config.include}"
config.substitutions += [
    # The plain compiler, and the same with the plugin.
    ("%clang", f"{config.llvm_bin}/clang++"),
    ("%obs", f"{config.llvm_bin}/clang++ {load}"),
    # What is generated: the functions after rewriting, on standard output.
    ("%print", f"{config.llvm_bin}/clang++ {load} -fplugin-arg-obs-print "
               "-fsyntax-only -Wno-unknown-warning-option -Wno-c++23-lambda-attributes"),
    ("%plugin", config.plugin),
    ("%include", config.include),
]

# What not every clang knows: REQUIRES: clang18.
for major in (16, 17, 18, 19):
    if config.llvm_major >= major:
        config.available_features.add(f"clang{major}")

# Another clang, if there is one, for what happens when it loads the plugin.
for major in ("14", "15", "16", "19"):
    other = f"/usr/lib/llvm-{major}/bin"
    if other != config.llvm_bin and os.path.exists(f"{other}/clang++"):
        config.available_features.add("other-clang")
        config.substitutions.append(("%other", f"{other}/clang++"))
        break
