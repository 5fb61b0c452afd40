// SPDX-License-Identifier: Apache-2.0
// The contract between generated code and runtime: names, layouts, version.
//
// Leaf header: includes nothing, and nothing else is shared. The plugin reads
// names from it, generated code (scope.h, encode.h) writes through it, the
// runtime reads what was written, possibly in another process after a crash.
#ifndef OBS_ATTRIBUTES_ABI_H
#define OBS_ATTRIBUTES_ABI_H
#pragma clang system_header

namespace obs::detail {

// Raised whenever anything in this file changes its meaning. It is part of the
// name of every entry point, so objects of two versions do not link.
#define OBS_ABI_NAME(name) __asm__("obs_rt_" name "_abi_v2")
inline constexpr unsigned kAbiVersion = 2;

using U8 = unsigned char;
using U16 = __UINT16_TYPE__;
using U32 = __UINT32_TYPE__;
using U64 = __UINT64_TYPE__;

// Kinds and flags that generated code compares are integers: clang considers
// every built-in operator where an operand is of an enumeration, which would
// take most of the time to parse these headers.

// --- Sites ------------------------------------------------------------------

struct Schema; // the runtime's side of a type description, opaque here

// Describes one type to the runtime: one obs_rt_schema_type call, then its
// children. Runs once per type and process, off the hot path.
using Describe = void (*)(Schema &);

enum SiteFlags : U32 {
  kCaptureArguments = 1, // `parameterCount` values follow an EnterEvent
  kCaptureResult = 2,    // `types[0]` describes the result
  kReturnsErrors = 4,    // `types[1 + parameterCount]` describes the code of an
                         // error that is returned
};

inline constexpr U32 kUnregistered = 0xFFFFFFFF;

// How much of a value is stored. A monitored function's own, 0: the process's.
struct Limits {
  U32 items;   // of a container; one with more is only counted
  U32 text;    // code units of a text
  U16 depth;   // nesting of values
  U16 pointer; // 1: a `const char *` is shown as its address, 2: it is read
  U32 record;  // bytes of the encoded arguments, or of the result
};
inline constexpr Limits kDefaultLimits = {1000, 1000, 5, 2, 60 * 1024};
// The runtime keeps to these, whatever is asked.
inline constexpr U32 kMinRecord = 64;
inline constexpr U32 kMaxRecord = kDefaultLimits.record; // with the rest of the
                                                         // event: 64 KB

// One monitored function: a constant-initialized static in its body. All
// strings are literals. Only `limits` and `id` change: from kUnregistered to
// the number that the runtime gives, once (relaxed: whoever reads the number
// also finds it in a slot table of its own thread).
struct Site {
  U32 id;
  U32 flags; // SiteFlags
  U32 line;
  U32 parameterCount;   // captured parameters only
  double rate;          // sampling rate, 0 … 1
  const char *function; // qualified name, or the attribute's `name`
  const char *file;
  const char *signature;  // as a user would write it
  const char *parameters; // names of the captured ones, comma-separated; if the
                          // body moves from any: ';', and those in the same way
  const Describe *types;  // [0] result or null, [1 + i] parameter i; SiteFlags
  Limits limits;          // complete once there is an id: as `id`
};
static_assert(sizeof(Site) == 80);

// --- Threads ----------------------------------------------------------------

// One thread's sampling state for one site. The owner writes (relaxed), the
// collector reads: calls so far = end - countdown.
struct Slot {
  int countdown; // calls up to and including the next sampled one; never 0
                 // outside of obs_rt_rearm
  U32 always;    // 1: every call is sampled (rate 1), no need to rearm
  U64 end;       // number of the next sampled call, counted from 1
};
static_assert(sizeof(Slot) == 16);

// What generated code may touch of a thread. Owner only, except `*published`.
struct Thread {
  U32 slotCount; // slots that may be used; 0 while an event is being written,
                 // so that a nested call (monitored container, signal handler)
                 // takes the slow path and is refused there
  U32 slotLimit; // what slotCount returns to
  Slot *slots;
  U8 *cursor;     // where the next event goes; 8-byte aligned
  U8 *end;        // one past the current chunk
  U8 *origin;     // position of an event = its address - origin
  U64 *published; // the collector may read events below this position
                  // (release by the owner, acquire by the collector)
  U32 open;       // recorded calls that have not returned; each holds
            // kExitReserve bytes before `end`, so that an exit always fits
  U32 unused;
  void *ring; // the runtime's own
  // A coroutine that is being suspended in favour of another one, and the
  // frame of that one: if it takes its first step then, it was awaited.
  U64 awaiter; // id; 0: none
  const void *awaited;
};
static_assert(sizeof(Thread) == 80);

// --- Events -----------------------------------------------------------------
//
// A ring is a sequence of events with growing positions (bytes, 8-aligned).
// Each starts with EventHeader; `words * 8` is its size. A call is paired by
// `call`: the low 32 bits of (position of its EnterEvent / 8).
//
// A coroutine may go on and end on any thread, so its events carry its id
// instead, and the flag kCoroutine. It is on the stack of a thread's open calls
// from kEnter or kResume to kSuspend or its end.

enum EventKind : U8 {
  kEnter = 1, // EnterEvent, then the encoded arguments; of a coroutine: first
              // the U64 id of its awaiter, or 0
  kResult =
      2, // EventHeader, then the encoded result (if over 8 bytes or no scalar)
  kExit = 3,    // ExitEvent, then 0 or 8 bytes of scalar result
  kFail = 4,    // ExitEvent, then FailDetails: ended in an error
  kThrow = 5,   // EnterEvent, then U32 size of the arguments, U32 zero, the
                // arguments padded to 8, FailDetails: an unsampled (or dropped)
                // call that ended in an error; tsc is its end
  kSkip = 6,    // the rest of the chunk is unused
  kSuspend = 7, // EventHeader: the coroutine on top of the stack leaves it
  kResume = 8,  // EventHeader, then U64 id: a coroutine runs on this thread
  kFailDetail = 9, // as kFail, of a call that is about to end in that error;
                   // its kFail has kDetailAside
};

using EventFlags = U8;
inline constexpr EventFlags kPaddingMask =
                                7, // unused bytes at the end of the event
    kCoroutine = 8,    // kEnter: its id is there already; kResult: U64 id
                       // before the result; kExit, kFail: a CoroutineEnd before
                       // what else follows ExitEvent
    kHasResult = 16,   // kExit: 8 bytes of scalar result follow
    kDetailAside = 32, // kFail: the detail is in a side event for the same
                       // call, or in its kFailDetail
    kAbandoned = 64,   // kExit: a coroutine destroyed before its end
    kResultLost = 128; // kExit: the result did not fit the ring

struct EventHeader {
  U16 words; // size / 8
  U8 kind;   // EventKind
  U8 flags;  // EventFlags
  U32 call;  // kEnter, kThrow: the site's id; others: the call (see above)
};

struct EnterEvent {
  EventHeader header;
  U64 tsc;
  U64 id; // 0, and the collector writes the call's identity here, so that it
          // outlives the process; of a coroutine: obs_rt_call_id()
};

struct ExitEvent {
  EventHeader header;
  U64 tsc;
};

// All that a row needs but arguments and result: those may be stored by then.
struct CoroutineEnd {
  U64 id;
  U64 startTsc;
  U64 suspendedTicks;
  U32 suspensions;
  U32 site; // id
};

enum FailForm : U8 {
  kThrown = 0, // the type name is mangled; the exceptions nested in it follow,
               // each as another FailDetail, the outer ones first
  kReturned = 1, // the encoded code (Site, kReturnsErrors) follows, or nothing
};

struct FailDetail {
  U32 typeSize;    // bytes of the type name, 0: not known
  U32 messageSize; // bytes of the message stored
  U32 messageFull; // bytes of the whole message
  U16 fileSize;    // bytes of the name of the file where it was thrown, 0: not
                   // known
  U8 form;         // FailForm
  U8 unused;
  U32 line;
  // then the type name, the message, the file name, no terminators
};

static_assert(sizeof(EventHeader) == 8 && sizeof(EnterEvent) == 24 &&
              sizeof(ExitEvent) == 16 && sizeof(FailDetail) == 20 &&
              sizeof(CoroutineEnd) == 32);

inline constexpr U32 kExitReserve = sizeof(ExitEvent) + 8;
// What a running coroutine holds, in units of kExitReserve: for its end.
inline constexpr U32 kCoroutineReserve = 2;
inline constexpr U32 kMaxEventBytes =
    64 * 1024;                                // of one event, header included
inline constexpr U32 kUsualEventBytes = 1024; // room to ask for at first

// The counter behind every `tsc`.
__attribute__((always_inline, nodebug, no_instrument_function)) inline U64
readTsc() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  U64 ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
#error "obs::monitor supports x86-64 and AArch64"
#endif
}

// --- Values -----------------------------------------------------------------
//
// The encoding of a value is decided by its type alone; all numbers are in
// host byte order and unaligned. `[x]` is the encoding of x. A value nested
// deeper than Limits::depth has no bytes at all (it is shown as "...").
//
// kind           children      encoding
using TypeKind = U8;
// clang-format off
inline constexpr TypeKind
    kVoid = 0,         //               nothing
    kBool = 1,         //               1 byte
    kSigned = 2,       //               `size` bytes (1, 2, 4, 8, 16)
    kUnsigned = 3,     //               `size` bytes
    kChar = 4,         //               `size` bytes: a character (1, 2, 4)
    kFloat = 5,        //               `size` bytes (4, 8, 16 = x87 long double)
    kEnum = 6,         // int or U32    `size` bytes, signed as the child is;
                       //               enumerators: name, value
    kAddress = 7,      //               8 bytes: any pointer that is not followed
    kNull = 8,         //               nothing: nullptr_t, std::monostate
    kText = 9,         //               U32 stored, U32 full (code units), the units;
                       //               `size` = bytes of a unit (1, 2, 4)
    kTextPointer = 10, //               text up to a terminator: U8 state, 0: null,
                       //               1: then as kText, 2: not read, then its 8 bytes
    kSequence = 11,    // element       U32 stored, U64 full, stored × [element];
                       //               stored = 0 if full > Limits::items
    kMap = 12,         // key, value    U32 stored, U64 full, stored × ([key] [value])
    kStruct = 13,      // fields        [field]…
    kTuple = 14,       // elements      [element]…
    kOptional = 15,    // value         U8 present, [value] if present
    kPointer = 16,     // pointee       8 bytes address, U8 followed, [pointee] if so
    kVariant = 17,     // alternatives  U8 index (255: valueless), [alternative]
    kShape = 18,       //               U8 dimensions, U64 each: a tabular thing
    kOpaque = 19,      //               nothing: shown by its type's name only
    kSecret = 20,      //               nothing: shown as "***", also as a result that
                       //               no event has
    kFunction = 21,    //               8 bytes: the address of a function
    kMember = 22,      //               8 bytes: a pointer to a member, its offset or
                       //               -1; enumerators: qualified name, offset
    kMethod = 23,      //               16 bytes: a pointer to a member function
    kBytes = 24,       //               U32 stored, U32 full, the bytes
    kBits = 25,        //               U32 stored, U64 full, bits from the lowest one,
                       //               8 a byte; stored = 0 if full > Limits::items
    kExpected = 26,    // value, error  U8 present, [value] or [error]
    kChoice = 27,      // alternatives
                       //               U8 index (255: null), [alternative] of equal depth
    kWrapper = 28,     // value         [value] of equal depth, shown in its place
    kTypeName = 29,    //               as kTextPointer: a type's mangled name
    kDynamicType = 30, //               the same, of a polymorphic object, as the first
                       //               field of a struct
    kDuration = 31,    // count         [count]; enumerators: num, den (of a second)
    kTime = 32,        // kDuration     [child] since 1970
    kSplitTime = 33,   //               S64 seconds, U32 quarters of nanoseconds;
                       //               `size` = 1: since 1970, 0: a duration
    kDescribed = 34;   //               U32 size, then DescribedTag …
// clang-format on

// What obsDescribe() wrote: a value, or several between kBegin… and kEnd.
enum DescribedTag : U8 {
  kTagNull,
  kTagBool,     // U8
  kTagSigned,   // S64
  kTagUnsigned, // U64
  kTagFloat,    // double
  kTagText,     // U32 stored, U32 full, the bytes
  kTagKey,      // the same: of the value that follows
  kTagType,     // the same: stands for a value of this type
  kTagThrew,    // the same: obsDescribe() threw this, instead of all it wrote
  kTagAddress,  // U64
  kTagTextPointer, // as kTextPointer
  kTagObject,      // keys and values follow
  kTagList,        // values follow
  kTagEnd,         // of an object or list
  kTagMore,        // U64: so many more items of the list
  kTagCut,         // stands for a value nested too deep
};

inline constexpr U32 kMaxText = 1000;      // bytes of an error's message
inline constexpr U32 kMaxTypeName = 500;   // bytes of an error's type name
inline constexpr U32 kMaxFailBytes = 3072; // of an error: all its FailDetails
inline constexpr U32 kUnreadable = 0xFFFFFFFF; // see obs_rt_text
inline constexpr U64 kUnknownSize = ~U64(0);   // a container without size() has
                                               // more than Limits::items

// --- Entry points of the runtime --------------------------------------------

// What is about to be thrown, and where. Of a class its memory, which will be
// the exception's, and what its what() says, or its text; else its bytes.
struct Throwing {
  const void *object;  // null: no class
  const char *message; // or null
  U64 messageSize;
  U64 value;     // the first bytes of what is no class
  U32 valueSize; // 0: a class
  U32 line;
  const char *file;
};

extern "C" {
// The calling thread's state; never null. Initially a thread without slots.
extern __thread Thread *obs_rt_thread OBS_ABI_NAME("thread")
    __attribute__((tls_model("initial-exec")));

// Makes the calling thread ready for `site`: starts the runtime, attaches the
// thread, registers the site, grows the slots, as needed. Returns the thread,
// or null if this call is not to be monitored (disabled, out of memory, nested
// in the runtime or in the writing of an event). Async-signal-safe only when
// it refuses.
Thread *obs_rt_attach(Site *site) noexcept OBS_ABI_NAME("attach");

// The slot's countdown is used up: draws the next gap. Returns whether this
// call is to be recorded.
bool obs_rt_rearm(Thread *thread, U32 site) noexcept OBS_ABI_NAME("rearm");

// Makes room for an event of `bytes` besides the reserves of the open calls,
// in a new chunk if need be. False: there is none, write nothing.
bool obs_rt_refill(Thread *thread, U32 bytes) noexcept OBS_ABI_NAME("refill");

// Counts a call that was sampled but found no room, on whatever thread it ends.
void obs_rt_drop(Thread *thread, U32 site) noexcept OBS_ABI_NAME("drop");

// Memory for an event that must not be lost and found no room in the ring;
// null only if the process is out of memory. Commit publishes it.
U8 *obs_rt_side_begin(Thread *thread, U32 bytes) noexcept
    OBS_ABI_NAME("side_begin");
void obs_rt_side_commit(Thread *thread, U8 *event) noexcept
    OBS_ABI_NAME("side_commit");

// A call entered on `owner` ends on another thread, or in a forked child
// (where it is ignored). `exit` is a complete kExit or kFail event.
void obs_rt_exit_elsewhere(Thread *owner, const ExitEvent *exit) noexcept
    OBS_ABI_NAME("exit_elsewhere");

// The id of a call that is about to be recorded; 0: it cannot be.
U64 obs_rt_call_id(Thread *thread) noexcept OBS_ABI_NAME("call_id");

// Writes the FailDetails of the exception that the caller's handler is
// handling, and returns their size, at most kMaxFailBytes.
U32 obs_rt_exception(U8 *to) noexcept OBS_ABI_NAME("exception");

// Notes the place of a throw until the next few ones on the same thread. Weak:
// files that only throw need no runtime.
void obs_rt_throwing(const Throwing *throwing) noexcept OBS_ABI_NAME("throwing")
    __attribute__((weak));

// An exception that leaves a constructor's body passes one handler in it and
// another one around it. The first marks the exception that it handles as
// reported; the second asks whether it is, which takes the mark off.
void obs_rt_mark_reported() noexcept OBS_ABI_NAME("mark_reported");
bool obs_rt_take_reported() noexcept OBS_ABI_NAME("take_reported");

// Copies a null-terminated text of at most `limit` bytes to `to` and returns
// its length, or `limit` + 1 if it is longer; kUnreadable if `text` cannot be
// read. Never faults, whatever the pointer.
U32 obs_rt_text(const char *text, U8 *to, U32 limit) noexcept
    OBS_ABI_NAME("text");

// Called by a Describe function: what the type is, then its children in order.
// `name` has `nameSize` bytes, and no terminator.
void obs_rt_schema_type(Schema *, TypeKind kind, U32 size, const char *name,
                        U32 nameSize) noexcept OBS_ABI_NAME("schema_type");
void obs_rt_schema_child(Schema *, const char *name, Describe type) noexcept
    OBS_ABI_NAME("schema_child");
void obs_rt_schema_enumerator(Schema *, const char *name, U64 value) noexcept
    OBS_ABI_NAME("schema_enumerator");
} // extern "C"

#undef OBS_ABI_NAME

} // namespace obs::detail

#endif // OBS_ATTRIBUTES_ABI_H
