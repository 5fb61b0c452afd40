// SPDX-License-Identifier: Apache-2.0
// Totals by site to totals by function.
#include "totals.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

#include <algorithm>

namespace obs::rt {

std::vector<FunctionTotals> totalsByFunction(const RegistrySnapshot &registry,
                                             const Rings::Totals &totals) {
  std::vector<FunctionTotals> all;
  absl::flat_hash_map<std::string, size_t> known;
  const size_t sites = std::min(registry.functions.size(), totals.calls.size());
  for (size_t site = 0; site != sites; ++site) {
    const auto &key = registry.functions[site];
    const bool isUsed = totals.calls[site] != 0 || totals.drops[site] != 0;
    if (!key || !isUsed)
      continue;
    const auto [it, isNew] = known.try_emplace(
        absl::StrCat(key->function, "\n", key->file, "\n", key->line, "\n",
                     key->signature, "\n", key->sampleRate),
        all.size());
    if (isNew)
      all.push_back({key, 0, 0});
    all[it->second].calls += int64_t(totals.calls[site]);
    all[it->second].dropped += int64_t(totals.drops[site]);
  }
  return all;
}

} // namespace obs::rt
