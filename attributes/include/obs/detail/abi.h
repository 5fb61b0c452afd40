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

// Raised whenever anything in this file, in described_tags.h or in the runtime's
// events.h changes its meaning. It is part of the name of every entry point, so
// objects of two versions do not link.
#define OBS_ABI_VERSION 8
#define OBS_ABI_VERSIONED(name, version) "obs_rt_" name "_abi_v" #version
#define OBS_ABI_EXPANDED(name, version) OBS_ABI_VERSIONED(name, version)
#define OBS_ABI_SYMBOL(name) OBS_ABI_EXPANDED(name, OBS_ABI_VERSION)
#define OBS_ABI_NAME(name) __asm__(OBS_ABI_SYMBOL(name))
#define OBS_THREAD_NAME OBS_ABI_SYMBOL("thread")
inline constexpr unsigned kAbiVersion = OBS_ABI_VERSION;
// Of those to which a program's file may refer that only throws, and needs no
// runtime.
#ifdef __OBS_MONITOR__
#define OBS_ABI_WEAK(name) OBS_ABI_NAME(name) __attribute__((weak))
#define OBS_ABI_COLD_CALL __attribute__((cold)) // but not the runtime's function
#else
#define OBS_ABI_WEAK(name) OBS_ABI_NAME(name)
#define OBS_ABI_COLD_CALL
#endif

using U8 = unsigned char;
using U16 = __UINT16_TYPE__;
using U32 = __UINT32_TYPE__;
using U64 = __UINT64_TYPE__;

// Kinds and flags that generated code compares are integers: clang considers
// every built-in operator where an operand is of an enumeration, which would
// take most of the time to parse these headers.

// --- Sites ------------------------------------------------------------------

struct Type; // below

enum SiteFlags : U32 {
  kCaptureArguments = 1, // `parameterCount` values follow an EnterEvent
  kCaptureResult = 2,    // `types[0]` describes the result
  kReturnsErrors = 4,    // `types[1 + parameterCount]` describes the code of an
                         // error that is returned
  kMeasuresUsage = 8,    // ThreadUsage at both ends of a call; of no coroutine
  kResultInScope = 16,   // each return leaves the result in Scope::result; as
                         // kHasResult
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
// strings are literals. Only `limits` and the number at `id` change, that from
// kUnregistered to what the runtime gives, once (relaxed: whoever reads the
// number also finds it in a slot table of its own thread). Each call reads it,
// so those of all functions lie side by side, sixteen in a cache line.
struct Site {
  U32 *id;
  U32 flags; // SiteFlags
  U32 line;
  U32 parameterCount;   // captured parameters only
  double rate;          // sampling rate, 0 … 1
  const char *function; // qualified name, or the attribute's `name`
  const char *file;
  const char *signature;  // as a user would write it
  const char *parameters; // names of the captured ones, comma-separated; if the
                          // body moves from any: ';', and those in the same way
  const Type *const *types; // [0] result or null, [1 + i] parameter i;
                            // SiteFlags
  Limits limits;            // complete once there is a number: as that
};
static_assert(sizeof(Site) == 88);

// --- Threads ----------------------------------------------------------------

// One thread's sampling state for one site. The owner writes (relaxed), the
// collector reads: calls so far = end - countdown.
struct Slot {
  int countdown; // calls up to and including the next sampled one; never 0
                 // outside of the runtime
  U32 entry;     // the site's id with its present rate, which is what events
                 // carry; kAlways: every call is sampled, no need to rearm
  U64 end;       // number of the next sampled call, counted from 1
};
static_assert(sizeof(Slot) == 16);
inline constexpr U32 kAlways = 1u << 31;

// What generated code may touch of a thread. Owner only, except `*published`,
// and the first two (relaxed).
struct Thread {
  U32 slotCount; // slots that may be used; 0 while an event is being written,
                 // so that a nested call (monitored container, signal handler)
                 // takes the slow path and is refused there
  U32 slotLimit; // what slotCount returns to. The runtime makes both 1, where
                 // no site is, to have the owner come for new rates
  Slot *slots;
  U8 *cursor;     // where the next event goes; 8-byte aligned
  U8 *end;        // one past the current chunk
  U8 *origin;     // position of an event = its address - origin
  U64 *published; // the collector may read events below this position
                  // (release by the owner, acquire by the collector)
  U32 reserved;   // bytes before `end` that recorded calls hold which have not
                  // returned, so that an exit always fits
  U32 unused;
  void *ring; // the runtime's own
  // A coroutine that is being suspended in favour of another one, and the
  // frame of that one: if it takes its first step then, it was awaited.
  U64 awaiter; // id; 0: none
  const void *awaited;
};
static_assert(sizeof(Thread) == 80);

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
    kText = 9,         //               U8 count < 255 of code units, the units; or
                       //               255, U32 stored, U32 full, the units stored;
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
    kBytes = 24,       //               as kText
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

// How a value is handed to the runtime: as a U64 in a variable argument list.
using Passing = U8;
inline constexpr Passing kByAddress = 0, // its address
    kAsWord = 1,    // the value (floating point: its bits): no `encode`
    kInWord = 2,    // the same, and `encode` gets the U64's address
    kNotPassed = 3, // not at all: it has no bytes
    kTextFirst = 4, // as kByAddress, of kText: the object begins with the
                    // address of its units of a byte, then their U64 number
    kTextSecond = 5; // with the number, then the address

struct Encoder; // below
struct Schema;  // the runtime's side of a type description, opaque here
class MemoryCheck; // the runtime's, opaque here

// Appends the value at `value` to what is being encoded.
using Encode = void (*)(Encoder &, const void *value);
// Tells the runtime the children and enumerators of a type, in their order,
// each by a call of obs_rt_schema_…. Runs once per type and process, off the
// hot path.
using Describe = void (*)(Schema &);

// A type of values, constant.
struct Type {
  TypeKind kind;
  Passing passing;
  U32 size;         // as the table above has it
  const char *name; // as the compiler prints it, without a terminator
  U32 nameSize;
  Encode encode;     // null: `size` bytes, or none
  Describe describe; // null: neither children nor enumerators
};
static_assert(sizeof(Type) == 40);

// A piece of memory to which values are appended. At the first one that does
// not fit it stops for good, `cut` says so; only a container ends with the last
// item that fitted and lets the values behind it follow. Generated code reads
// `cursor`, `depth` and `limits`, the rest is the runtime's.
struct Encoder {
  U8 *cursor;
  U8 *end;
  const Limits *limits;
  U32 depth = 0;
  U32 inItems = 0;      // containers that are being encoded
  U32 blank = 0;        // items so far that took no room
  bool inBase = false;  // the next polymorphic class is a base
  bool cut = false;     // something did not fit
  bool stopped = false; // and it was no item of a container
  MemoryCheck *check = nullptr; // what is read may be gone; null: it is there
};

// A container whose items are being encoded, see obs_rt_items_begin.
struct Items {
  U8 *head;
  U8 *item;
  U8 *limit;
  U64 full;
  U64 most;
  U32 depth;
  U32 around;
  U32 stored;
};

inline constexpr U64 kUnknownSize = ~U64(0); // a container without size() has
                                             // more than Limits::items

// --- Scopes -----------------------------------------------------------------

// Of an event of the runtime's (runtime/events.h). Generated code sets
// kResultLost.
using EventFlags = U8;
inline constexpr EventFlags kPaddingMask =
                                7, // unused bytes at the end of the event
    kMeasured = 1,     // in a scope, where there is no padding: of a site with
                       // kMeasuresUsage
    kCoroutine = 8,    // kEnter: its id is there already; kResult: U64 id
                       // before the result; kExit, kFail: a CoroutineEnd before
                       // what else follows ExitEvent
    kHasResult = 16,   // kBriefExit, kExit: 8 bytes of scalar result follow
    kInBatch = 16,     // kEnter, kThrow: set by the writer, see arena_layout.h
    kDetailAside = 32, // kFail: the detail is in a side event for the same
                       // call, or in its kFailDetail
    kAbandoned = 64,   // kExit: a coroutine destroyed before its end
    kResultLost = 128; // kExit: the result did not fit the ring

using ScopeState = U8;
inline constexpr ScopeState kRefused = 0, // disabled, or nested in the runtime
    kUnsampled = 1, // counted only; an error will be recorded
    kDropped = 2,   // sampled, but there was no room
    kRecorded = 3,  // its enter event is written
    kDone = 4;      // nothing left to write

// A call while it runs, if it has been given to obs_rt_enter.
struct ScopeData {
  U64 result; // if the site has kResultInScope: as kAsWord
  // All below but the state: set when that is kDropped or kRecorded.
  U16 briefCall; // the low bits of `call`
  U8 briefKind;
  EventFlags flags; // of the exit event; kMeasured
  U32 call;         // position / 8 of the enter event; kDropped: Slot::entry
  U64 tsc;          // of the enter event
  ScopeState state;
  U32 reserved;     // thread->reserved before this call
  Site *site;
  Thread *thread; // where the enter event is
};

// A coroutine that is recorded, in its frame. Thread safety: whoever resumes a
// coroutine on another thread orders that behind its suspension, and so orders
// all accesses to this.
struct CoroutineData {
  U64 id; // 0: not recorded, or its end is
  ScopeState state;
  bool suspended;
  bool finished;
  EventFlags flags; // of the exit event
  U32 suspensions;
  U64 startTsc;
  U64 suspendedAt;
  U64 suspendedTicks;
  Site *site;
  Thread *running; // whose ring knows that it runs; kDropped: of its enter
  U32 reserved;    // running->reserved without this coroutine
  U32 entry;       // Slot::entry as it began
};

// An error that is returned, while it is being told.
struct Failure;
using TellError = void (*)(Failure &, const void *error);

// --- Entry points of the runtime --------------------------------------------

// A type whose exceptions are shown by their value. Only `id` changes: from
// kUnregistered to the number that the runtime gives (relaxed).
struct ThrownType {
  const Type *type;
  U32 id;
};

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
  const void *typeInfo; // the type's std::type_info; null: not told
  ThrownType *type;     // null: no value is to be shown
};

extern "C" {
// The calling thread's state; never null. Initially a thread without slots.
extern __thread Thread *obs_rt_thread __asm__(OBS_THREAD_NAME)
    __attribute__((tls_model("initial-exec")));

// In all of these, `...` are the values of the captured parameters: a U64 each,
// as the `passing` of its type says.

// The call is the first one of its thread, or the countdown is used up: starts
// the runtime, attaches the thread, registers the site, draws the next gap, as
// needed, and writes the enter event if the call is sampled. Returns its
// argument, or null: the call is kUnsampled. Async-signal-safe only when it
// refuses.
ScopeData *obs_rt_enter(ScopeData *, Site *, ...) noexcept OBS_ABI_NAME("enter")
    OBS_ABI_COLD_CALL;
// The end of a call that is not kUnsampled.
void obs_rt_leave(ScopeData *) noexcept OBS_ABI_NAME("leave");
// A result of a call that is not kUnsampled, at its address.
void obs_rt_result(ScopeData *, const void *value) noexcept
    OBS_ABI_NAME("result");
// An exception leaves the call; null: it is kUnsampled. REQUIRES: called in the
// exception's handler.
void obs_rt_failed(ScopeData *, Site *, ...) noexcept OBS_ABI_NAME("failed")
    __attribute__((cold));
// The call, or null, is about to return an error.
void obs_rt_failed_with(ScopeData *, Site *, TellError, const void *error,
                        ...) noexcept OBS_ABI_NAME("failed_with")
    __attribute__((cold));

// The `size` bytes, 8 at most, at `from`, which may be gone; 0 if they are.
U64 obs_rt_word(const volatile void *from, U32 size) noexcept
    OBS_ABI_NAME("word") __attribute__((cold));

// An exception that leaves a constructor's body passes one handler in it and
// another one around it. The first is obs_rt_failed with a mark on the
// exception that it is reported; the second takes that off, or reports.
void obs_rt_failed_in_body(ScopeData *, Site *, ...) noexcept
    OBS_ABI_NAME("failed_in_body") __attribute__((cold));
void obs_rt_not_initialized(Site *, ...) noexcept
    OBS_ABI_NAME("not_initialized") __attribute__((cold));

// The same of a coroutine: `frame` is its frame's address.
void obs_rt_coroutine_enter(CoroutineData *, Site *, const void *frame,
                            ...) noexcept OBS_ABI_NAME("coroutine_enter");
// The end of one that is recorded.
void obs_rt_coroutine_end(CoroutineData *) noexcept
    OBS_ABI_NAME("coroutine_end");
void obs_rt_coroutine_result(CoroutineData *, const void *value) noexcept
    OBS_ABI_NAME("coroutine_result");
void obs_rt_coroutine_failed(CoroutineData *, Site *, ...) noexcept
    OBS_ABI_NAME("coroutine_failed") __attribute__((cold));
void obs_rt_coroutine_failed_with(CoroutineData *, Site *, TellError,
                                  const void *error, ...) noexcept
    OBS_ABI_NAME("coroutine_failed_with") __attribute__((cold));
// It is being suspended; `transfers`: in favour of another coroutine.
void obs_rt_suspend(CoroutineData *, bool transfers) noexcept
    OBS_ABI_NAME("suspend");
void obs_rt_resume(CoroutineData *) noexcept OBS_ABI_NAME("resume");
// An unrecorded coroutine is being suspended in favour of another one.
void obs_rt_not_awaiting() noexcept OBS_ABI_NAME("not_awaiting");
// Control goes to the coroutine of `frame`, which is returned.
void *obs_rt_transferring(void *frame) noexcept OBS_ABI_NAME("transferring");

// Notes the place of a throw until the next few ones on the same thread.
void obs_rt_throwing(const Throwing *throwing) noexcept
    OBS_ABI_WEAK("throwing");

// What a TellError function may say, each at most once: what to call the error,
// its message, and the value of its code.
void obs_rt_error_type(Failure &, const char *text, U64 size) noexcept
    OBS_ABI_NAME("error_type");
void obs_rt_error_message(Failure &, const char *text, U64 size) noexcept
    OBS_ABI_NAME("error_message");
void obs_rt_error_code(Failure &, const Type &, const void *value)
    OBS_ABI_NAME("error_code");

// What an Encode function appends. Those that take a Type may run its `encode`
// and throw what that throws.
//
// A value of another type in place of this one; one inside of this one; the
// same as a base, whose dynamic type has been told.
void obs_rt_encode(Encoder &, const Type &, const void *value)
    OBS_ABI_WEAK("encode");
void obs_rt_encode_nested(Encoder &, const Type &, const void *value)
    OBS_ABI_WEAK("encode_nested");
void obs_rt_encode_base(Encoder &, const Type &, const void *value)
    OBS_ABI_WEAK("encode_base");
void obs_rt_encode_bytes(Encoder &, const void *from, U64 size) noexcept
    OBS_ABI_WEAK("encode_bytes");
// kText: `count` code units of `unit` bytes.
void obs_rt_encode_text(Encoder &, const void *units, U64 count,
                        U32 unit) noexcept OBS_ABI_WEAK("encode_text");
// kTextPointer: a text of bytes up to its terminator, which may not be there;
// one in an array of `count` units, all of it if there is no terminator.
void obs_rt_encode_text_pointer(Encoder &, const char *text) noexcept
    OBS_ABI_WEAK("encode_text_pointer");
void obs_rt_encode_text_array(Encoder &, const void *units, U64 count,
                              U32 unit) noexcept
    OBS_ABI_WEAK("encode_text_array");
// kDynamicType, of a polymorphic object.
void obs_rt_encode_dynamic_type(Encoder &, const void *object) noexcept
    OBS_ABI_WEAK("encode_dynamic_type");
// kSequence in one piece of memory, of `count` items of `stride` bytes.
void obs_rt_encode_array(Encoder &, const Type &, const void *first, U64 count,
                         U64 stride) OBS_ABI_WEAK("encode_array");
// kBits, from the lowest of the first byte on.
void obs_rt_encode_bits(Encoder &, const void *from, U64 count) noexcept
    OBS_ABI_WEAK("encode_bits");
// kSequence and kMap: `full` items, or as many as there are (kUnknownSize).
// False: none is to be encoded, and obs_rt_items_end not to be called. Each
// item is followed by obs_rt_items_next; false: it was the last one. The last
// call says whether the container came to its end, or reading it threw.
bool obs_rt_items_begin(Encoder &, Items &, U64 full) noexcept
    OBS_ABI_WEAK("items_begin");
bool obs_rt_items_next(Encoder &, Items &) noexcept OBS_ABI_WEAK("items_next");
void obs_rt_items_end(Encoder &, Items &, bool all, bool threw) noexcept
    OBS_ABI_WEAK("items_end");
// kText that comes in pieces, of `full` bytes in all: the first call, then one
// a piece while it returns true, then the last.
bool obs_rt_pieces_begin(Encoder &, Items &, U64 full) noexcept
    OBS_ABI_WEAK("pieces_begin");
bool obs_rt_pieces_next(Encoder &, Items &, const void *piece,
                        U64 size) noexcept OBS_ABI_WEAK("pieces_next");
void obs_rt_pieces_end(Encoder &, Items &) noexcept OBS_ABI_WEAK("pieces_end");
// The message of the exception being handled, or its type, as kText.
void obs_rt_encode_exception(Encoder &) noexcept
    OBS_ABI_WEAK("encode_exception");

// What a Describe function says.
void obs_rt_schema_child(Schema &, const char *name, const Type &) noexcept
    OBS_ABI_WEAK("schema_child");
void obs_rt_schema_enumerator(Schema &, const char *name, U64 value) noexcept
    OBS_ABI_WEAK("schema_enumerator");
} // extern "C"

#undef OBS_ABI_WEAK
#undef OBS_ABI_COLD_CALL
#undef OBS_ABI_NAME

} // namespace obs::detail

#endif // OBS_ATTRIBUTES_ABI_H
