// SPDX-License-Identifier: Apache-2.0
// Totals by site to totals by function.
#ifndef OBS_RUNTIME_TOTALS_H
#define OBS_RUNTIME_TOTALS_H

#include "record.h"
#include "registry.h"
#include "rings.h"

#include <vector>

namespace obs::rt {

// Sums the sites of one function (a function may have several: instances that
// differ in the types they capture). Sites without a key or without
// calls (entries of a rate that is never used) are left out.
std::vector<FunctionTotals> totalsByFunction(const RegistrySnapshot &registry,
                                             const Rings::Totals &totals);

} // namespace obs::rt

#endif // OBS_RUNTIME_TOTALS_H
