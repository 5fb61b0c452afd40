// SPDX-License-Identifier: Apache-2.0
// What a misspelled word may have been meant to be.
#ifndef OBS_PLUGIN_NEAREST_H
#define OBS_PLUGIN_NEAREST_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace obs::plugin {

// The candidate nearest to `word` if it is near enough to be meant; else empty.
std::string nearest(llvm::StringRef word,
                    llvm::ArrayRef<llvm::StringRef> candidates);

} // namespace obs::plugin

#endif // OBS_PLUGIN_NEAREST_H
