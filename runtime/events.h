// SPDX-License-Identifier: Apache-2.0
// What a thread leaves in its ring for the collector, possibly of another
// process after a crash. A change of the meaning of anything here raises
// OBS_ABI_VERSION, as one in abi.h does.
#ifndef OBS_RUNTIME_EVENTS_H
#define OBS_RUNTIME_EVENTS_H

#include "obs/detail/abi.h"

#include <cstddef>
#include <cstdint>

namespace obs::rt {

// A ring is a sequence of events with growing positions (bytes, 8-aligned).
// Each but kBriefExit starts with EventHeader; `words * 8` is its size; every
// `tsc` is of the processor's time-stamp counter (cntvct_el0 on AArch64). A
// call is paired by `call`: the low 32 bits of (position of its EnterEvent /
// 8).
//
// A coroutine may go on and end on any thread, so its events carry its id
// instead, and the flag kCoroutine. It is on the stack of a thread's open calls
// from kEnter or kResume to kSuspend or its end.

enum EventKind : uint8_t {
  kEnter = 1, // EnterEvent, then the encoded arguments; before them, of a
              // coroutine: the uint64_t id of its awaiter, or 0; of a site with
              // kMeasuresUsage: ThreadUsage
  kResult = 2, // EventHeader, then the encoded result (if over 8 bytes or no
               // scalar)
  kExit = 3,   // ExitEvent, then 0 or 8 bytes of scalar result; of a site with
               // kMeasuresUsage: ThreadUsage between them
  kFail = 4,   // the same with FailDetails for a result: ended in an error
  kThrow = 5, // EnterEvent, then uint32_t size of the arguments, uint32_t zero,
              // the arguments padded to 8, FailDetails: an unsampled (or
              // dropped) call that ended in an error; tsc is its end
  kSkip = 6,  // the rest of the chunk is unused
  kSuspend = 7, // EventHeader: the coroutine on top of the stack leaves it
  kResume = 8, // EventHeader, then uint64_t id: a coroutine runs on this thread
  kFailDetail = 9, // as kFail, of a call that is about to end in that error;
                   // its kFail has kDetailAside
  kBriefExit = 10, // BriefExit, then 0 or 8 bytes of scalar result: in place of
                   // kExit, of a call as most are
};

struct EventHeader {
  uint16_t words; // size / 8
  uint8_t kind;   // EventKind
  uint8_t flags;  // EventFlags
  uint32_t call;  // kEnter, kThrow: Slot::entry; others: the call (see above)
};

struct EnterEvent {
  EventHeader header;
  uint64_t tsc;
  uint64_t id; // 0, and the collector writes the call's identity here, so that
               // it outlives the process; of a coroutine: there already
};

struct ExitEvent {
  EventHeader header;
  uint64_t tsc;
};

// The end of a call that began less than kBriefReach words before, on the same
// ring, and less than 2^32 ticks ago.
struct BriefExit {
  uint16_t call; // the low 16 bits
  uint8_t kind;
  uint8_t flags; // kHasResult or none
  uint32_t ticks;
};
inline constexpr uint32_t kBriefReach = 1 << 16;
static_assert(offsetof(BriefExit, kind) == offsetof(EventHeader, kind) &&
              offsetof(BriefExit, flags) == offsetof(EventHeader, flags) &&
              sizeof(BriefExit) == sizeof(EventHeader));

// What the thread has used since its start.
struct ThreadUsage {
  uint64_t cpuNs; // processor time
  uint64_t allocatedBytes;
};
inline constexpr uint64_t kUsageUnknown = ~uint64_t(0);

// All that a row needs but arguments and result: those may be stored by then.
struct CoroutineEnd {
  uint64_t id;
  uint64_t startTsc;
  uint64_t suspendedTicks;
  uint32_t suspensions;
  uint32_t entry; // as that of its kEnter
};

enum FailForm : uint8_t {
  kThrown = 0, // the type name is mangled; the exceptions nested in it follow,
               // each as another FailDetail, the outer ones first
  kReturned = 1, // the encoded code (Site, kReturnsErrors) follows, or nothing
};

struct FailDetail {
  uint32_t typeSize;    // bytes of the type name, 0: not known
  uint32_t messageSize; // bytes of the message stored
  uint32_t messageFull; // bytes of the whole message
  uint16_t fileSize;    // bytes of the name of the file where it was thrown,
                        // 0: not known
  uint8_t form;         // FailForm
  uint8_t unused;
  uint32_t line;
  uint32_t valueType; // kThrown: the registry's number of the type of the
                      // value; kUnregistered: there is no value
  uint32_t valueSize; // bytes of the encoded value, with kDefaultLimits
  // then the type name, the message, the file name, no terminators, the value
};

static_assert(sizeof(EventHeader) == 8 && sizeof(EnterEvent) == 24 &&
              sizeof(ExitEvent) == 16 && sizeof(FailDetail) == 28 &&
              sizeof(ThreadUsage) == 16 && sizeof(CoroutineEnd) == 32);

// Bytes of the longest kExit: of a call, of one whose site has kMeasuresUsage,
// of a coroutine.
inline constexpr uint32_t kExitReserve = sizeof(ExitEvent) + 8;
inline constexpr uint32_t kMeasuredReserve = kExitReserve + sizeof(ThreadUsage);
inline constexpr uint32_t kCoroutineReserve =
    sizeof(ExitEvent) + sizeof(CoroutineEnd);
inline constexpr uint32_t kUsualEventBytes = 1024; // room to ask for at first

// Bytes of an error: of its message, its type's name, an exception's value, and
// all its FailDetails.
inline constexpr uint32_t kMaxMessage = 1000;
inline constexpr uint32_t kMaxTypeName = 500;
inline constexpr uint32_t kMaxThrownValue = 1000;
inline constexpr uint32_t kMaxFailBytes = 3072;

} // namespace obs::rt

#endif // OBS_RUNTIME_EVENTS_H
