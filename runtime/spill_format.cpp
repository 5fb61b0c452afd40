// SPDX-License-Identifier: Apache-2.0
// The bytes of a spill file; docs/spill.md is their documentation.
#include "spill_format.h"

#include <array>
#include <cstring>
#include <type_traits>

namespace obs::rt {
namespace {

constexpr std::string_view kMagic = "OBSSPILL";
constexpr int64_t kVersion = 5;
constexpr uint32_t kMark = 0x5245434F; // "OCER"
constexpr size_t kMaxText = 1 << 20;

constexpr std::array<uint32_t, 256> makeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ (value & 1 ? 0x82F63B78u : 0);
    table[i] = value;
  }
  return table;
}

template <typename T> void put(std::string &out, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char *>(&value), sizeof value);
}

void putText(std::string &out, std::string_view text) {
  text = text.substr(0, kMaxText);
  put(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}

template <typename T>
void putOptional(std::string &out, const std::optional<T> &value) {
  put(out, static_cast<uint8_t>(value.has_value()));
  if (!value)
    return;
  if constexpr (std::is_same_v<T, std::string>)
    putText(out, *value);
  else
    put(out, *value);
}

// Takes values off the front; false: too few bytes.
struct Taker {
  std::span<const uint8_t> bytes;

  template <typename T> bool take(T &value) {
    if (bytes.size() < sizeof value)
      return false;
    memcpy(&value, bytes.data(), sizeof value);
    bytes = bytes.subspan(sizeof value);
    return true;
  }

  bool take(std::string &text) {
    uint32_t size = 0;
    if (!take(size) || bytes.size() < size)
      return false;
    text.assign(reinterpret_cast<const char *>(bytes.data()), size);
    bytes = bytes.subspan(size);
    return true;
  }

  template <typename T> bool take(std::optional<T> &value) {
    uint8_t present = 0;
    if (!take(present))
      return false;
    value.reset();
    return !present || take(value.emplace());
  }
};

} // namespace

std::string spillHeader(int64_t start) {
  std::string header(kMagic);
  put(header, start << 8 | kVersion);
  return header;
}

std::optional<int64_t> spillStart(std::span<const uint8_t> bytes) {
  int64_t value;
  if (bytes.size() < kSpillHeaderBytes ||
      memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
    return std::nullopt;
  memcpy(&value, bytes.data() + kMagic.size(), sizeof(value));
  return value >> 8;
}

uint32_t crc32c(std::span<const uint8_t> bytes) {
  static constexpr std::array<uint32_t, 256> kTable = makeCrcTable();
  uint32_t crc = ~0u;
  for (uint8_t byte : bytes)
    crc = (crc >> 8) ^ kTable[(crc ^ byte) & 0xFF];
  return ~crc;
}

void appendSpillRecord(std::string &out, const CallRecord &record) {
  const size_t start = out.size();
  out.append(kSpillFrameBytes, '\0');
  put(out, record.id);
  put(out, record.threadId);
  put(out, record.processId);
  put(out, record.startedNs);
  put(out, static_cast<uint8_t>(record.status));
  putOptional(out, record.parentId);
  putOptional(out, record.durationNs);
  putOptional(out, record.args);
  putOptional(out, record.result);
  putOptional(out, record.errorType);
  putOptional(out, record.errorMessage);
  putOptional(out, record.errorDetail);
  putOptional(out, record.suspensions);
  putOptional(out, record.suspendedNs);
  putOptional(out, record.cpuNs);
  putOptional(out, record.allocatedBytes);
  put(out, record.completesRow);
  put(out, record.function->line);
  put(out, record.function->sampleRate);
  putText(out, record.function->function);
  putText(out, record.function->file);
  putText(out, record.function->signature);

  const size_t payload = start + kSpillFrameBytes;
  const uint32_t size = static_cast<uint32_t>(out.size() - payload);
  const uint32_t crc =
      crc32c({reinterpret_cast<const uint8_t *>(out.data()) + payload, size});
  const uint32_t frame[] = {kMark, size, crc};
  static_assert(sizeof frame == kSpillFrameBytes);
  memcpy(out.data() + start, frame, sizeof frame);
}

size_t spillRecordSize(std::span<const uint8_t> bytes) {
  uint32_t frame[3];
  memcpy(frame, bytes.data(), sizeof frame);
  return frame[0] == kMark && frame[1] <= kSpillMaxRecord
             ? kSpillFrameBytes + frame[1]
             : 0;
}

bool decodeSpillRecord(std::span<const uint8_t> bytes, CallRecord &record) {
  uint32_t frame[3];
  memcpy(frame, bytes.data(), sizeof frame);
  Taker taker{bytes.subspan(kSpillFrameBytes)};
  if (crc32c(taker.bytes) != frame[2])
    return false;
  auto function = std::make_shared<FunctionKey>();
  uint8_t status = 0;
  uint8_t completesRow = 0;
  const bool whole =
      taker.take(record.id) && taker.take(record.threadId) &&
      taker.take(record.processId) && taker.take(record.startedNs) &&
      taker.take(status) && taker.take(record.parentId) &&
      taker.take(record.durationNs) && taker.take(record.args) &&
      taker.take(record.result) && taker.take(record.errorType) &&
      taker.take(record.errorMessage) && taker.take(record.errorDetail) &&
      taker.take(record.suspensions) && taker.take(record.suspendedNs) &&
      taker.take(record.cpuNs) && taker.take(record.allocatedBytes) &&
      taker.take(completesRow) && taker.take(function->line) &&
      taker.take(function->sampleRate) && taker.take(function->function) &&
      taker.take(function->file) && taker.take(function->signature) &&
      taker.bytes.empty() && status <= static_cast<uint8_t>(Status::InFlight);
  record.status = static_cast<Status>(status);
  record.completesRow = completesRow != 0;
  record.function = std::move(function);
  return whole;
}

} // namespace obs::rt
