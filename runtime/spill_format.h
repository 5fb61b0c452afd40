// SPDX-License-Identifier: Apache-2.0
// The bytes of a spill file; docs/spill.md is their documentation.
#ifndef OBS_RUNTIME_SPILL_FORMAT_H
#define OBS_RUNTIME_SPILL_FORMAT_H

#include "record.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace obs::rt {

inline constexpr int64_t kSpillHeaderBytes = 16;
inline constexpr size_t kSpillFrameBytes = 12;      // mark, size, checksum
inline constexpr size_t kSpillMaxRecord = 16 << 20; // payload of a record

// The first bytes of a file: magic, version, and the position of the file in
// all that its process has spilled.
std::string spillHeader(int64_t start);
// The start in a header; nothing if the bytes are none.
std::optional<int64_t> spillStart(std::span<const uint8_t> bytes);

// Appends one whole record; each of its texts is cut at 1 MB.
void appendSpillRecord(std::string &out, const CallRecord &record);

// Size of the record that starts here, 0 if none does.
// REQUIRES: bytes.size() >= kSpillFrameBytes
size_t spillRecordSize(std::span<const uint8_t> bytes);

// `bytes`: exactly one record. False: damaged.
bool decodeSpillRecord(std::span<const uint8_t> bytes, CallRecord &record);

// CRC-32C (Castagnoli).
uint32_t crc32c(std::span<const uint8_t> bytes);

} // namespace obs::rt

#endif // OBS_RUNTIME_SPILL_FORMAT_H
