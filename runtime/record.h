// SPDX-License-Identifier: Apache-2.0
// What the collector hands to the store: one row a call, all text made.
#ifndef OBS_RUNTIME_RECORD_H
#define OBS_RUNTIME_RECORD_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace obs::rt {

// `calls.status`; the numbers are stored in the database.
enum class Status : uint8_t { Ok = 0, Error = 1, Abandoned = 2, InFlight = 3 };

// Identity of a monitored function in the store. Equal keys are one row of
// `functions`, whatever the process. Immutable, shared between threads.
struct FunctionKey {
  std::string function;
  std::string file;
  uint32_t line = 0;
  std::string signature;
  double sampleRate = 1;

  friend bool operator==(const FunctionKey &, const FunctionKey &) = default;
};

// One row of `calls`.
struct CallRecord {
  int64_t id = 0; // unique in a database, grows with time; see ids.h
  std::shared_ptr<const FunctionKey> function;
  int64_t threadId = 0; // of the operating system
  int64_t processId = 0;
  std::optional<int64_t> parentId;   // nearest recorded caller on the thread
  int64_t startedNs = 0;             // Unix time
  std::optional<int64_t> durationNs; // absent: unsampled error, or in flight
  Status status = Status::Ok;
  std::optional<std::string> args;   // JSON object; absent if not captured
  std::optional<std::string> result; // JSON
  std::optional<std::string> errorType;
  std::optional<std::string> errorMessage;
  std::optional<std::string> errorDetail; // JSON object
  // Of a coroutine that has ended: how often and how long it was suspended.
  std::optional<int64_t> suspensions;
  std::optional<int64_t> suspendedNs;
  // Of the thread in this call, those in it included; absent: not measured.
  std::optional<int64_t> cpuNs;
  std::optional<int64_t> allocatedBytes;
  // A coroutine's end without what came before, which is stored as in flight.
  bool completesRow = false;
};

// Totals of one function in one process since it started. Absolute, so that
// storing them twice does no harm.
struct FunctionTotals {
  std::shared_ptr<const FunctionKey> function;
  int64_t calls = 0;   // entered, sampled or not
  int64_t dropped = 0; // sampled, but given up for want of room
};

// One row of `health`.
struct HealthEvent {
  int64_t timeNs = 0; // Unix time
  std::string kind;   // "start", "breaker", "retention", "overflow", …
  std::string detail; // JSON object
};

} // namespace obs::rt

#endif // OBS_RUNTIME_RECORD_H
