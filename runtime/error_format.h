// SPDX-License-Identifier: Apache-2.0
// How a call ended in an error (FailDetail, events.h) to what its row says.
#ifndef OBS_RUNTIME_ERROR_FORMAT_H
#define OBS_RUNTIME_ERROR_FORMAT_H

#include "record.h"
#include "type_table.h"

#include <cstdint>
#include <span>

namespace obs::rt {

// Fills in the error of a record. `bytes`: the FailDetails of a call of `site`.
// Never fails: of what is missing or damaged nothing is said.
void setError(CallRecord &record, const TypeTable &types, const SiteInfo &site,
              std::span<const uint8_t> bytes);

// Whether it was returned, and not thrown.
bool isReturned(std::span<const uint8_t> bytes);

} // namespace obs::rt

#endif // OBS_RUNTIME_ERROR_FORMAT_H
