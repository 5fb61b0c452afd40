// SPDX-License-Identifier: Apache-2.0
#include "nearest.h"

namespace obs::plugin {

std::string nearest(llvm::StringRef word,
                    llvm::ArrayRef<llvm::StringRef> candidates) {
  std::string best;
  unsigned least = unsigned(word.size()) / 3 + 2;
  for (llvm::StringRef candidate : candidates) {
    const unsigned distance = word.edit_distance(candidate, true, least);
    if (distance < least) {
      least = distance;
      best = candidate.str();
    }
  }
  return best;
}

} // namespace obs::plugin
