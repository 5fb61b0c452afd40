// SPDX-License-Identifier: Apache-2.0
// What is known of the exception that is being handled.
#include "exception_info.h"

#include "event_writer.h"
#include "log.h"
#include "safe_read.h"
#include "throw_notes.h"

#include "obs/detail/abi.h"

#include <charconv>
#include <cstddef>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <unwind.h>

namespace obs::rt {
namespace {

constexpr int kMaxNested = 8;
constexpr size_t kMaxFileName = 1000;

// What is found in one exception. Texts are its own, or in `buffer`.
struct Found {
  std::string_view message;
  bool hasText = false;   // the message is the exception's own
  void *nested = nullptr; // object
  char buffer[64];

  template <class T> void number(T value) {
    const auto end = std::to_chars(buffer, std::end(buffer), value).ptr;
    message = {buffer, size_t(end - buffer)};
  }
  void character(char value) {
    buffer[0] = value;
    message = {buffer, 1};
  }
  void text(const char *value) {
    if (value)
      text(std::string_view(value));
  }
  void text(std::string_view value) {
    message = value;
    hasText = true;
  }
};

// What is in front of an exception's object, by the Itanium C++ ABI. Counted
// from the object libstdc++ and libc++abi agree.
struct Header {
  const std::type_info *type;
  void *others[9];
  _Unwind_Exception unwind;
};
static_assert(sizeof(Header) == 112 && offsetof(Header, unwind) == 80);

// The innermost exception that is being handled: the first member of
// __cxa_eh_globals.
void *handledException() {
  void *exception;
  memcpy(&exception, abi::__cxa_get_globals(), sizeof(exception));
  return exception;
}

// Its object; null: it is of another language, or a thread's end
// (pthread_cancel, pthread_exit). Of one that has been thrown again from an
// exception_ptr: that of the first throw. Without std::exception_ptr, whose
// counts libstdc++ and libc++ keep in different places: the program's may be
// the other one than that of this library.
void *handledObject() {
  struct Library {
    uint64_t vendor; // of Header::unwind
    size_t before;   // bytes of its own in front of Header
    size_t first;    // where the first throw's object is told
  };
  constexpr Library kLibraries[] = {{0x474E5543432B2B00, 0, 0},   // GNUCC++
                                    {0x434C4E47432B2B00, 16, 8}}; // CLNGC++
  auto *const handled = static_cast<uint8_t *>(handledException());
  if (!handled)
    return nullptr;
  for (const Library &library : kLibraries) {
    auto *const header = reinterpret_cast<Header *>(handled + library.before);
    const uint64_t kind = header->unwind.exception_class - library.vendor;
    if (kind == 0)
      return header + 1;
    if (kind == 1) {
      void *object;
      memcpy(&object, handled + library.first, sizeof(object));
      return object;
    }
  }
  return nullptr;
}

// An exception: its object and the type of that.
struct Thrown {
  void *object;
  const std::type_info *type;

  explicit Thrown(void *thrown)
      : object(thrown), type((static_cast<Header *>(thrown) - 1)->type) {}

  // As a handler would, but without throwing it once more, which is as
  // expensive as the throw itself: the T that it is or is derived from, or
  // null. The function is libstdc++'s for its own handlers; libc++abi has one
  // that takes the same in the same place.
  template <class T> const T *as() const {
    void *base = object;
    return typeid(T).__do_catch(type, &base, 1) ? static_cast<const T *>(base)
                                                : nullptr;
  }
  // Of other types than classes. Null: it is no T.
  template <class T> const T *exactly() const {
    return *type == typeid(T) ? static_cast<const T *>(object) : nullptr;
  }
};

template <class... T> bool lookForNumber(const Thrown &it, Found &found) {
  const auto isOne = [&](const auto *value) {
    if (value)
      found.number(*value);
    return value != nullptr;
  };
  return (isOne(it.exactly<T>()) || ...);
}

// May throw what what() throws. (no_sanitize: the program may be without RTTI,
// where the table of virtual functions does not tell a class.)
__attribute__((no_sanitize("vptr"))) void look(const Thrown &it, Found &found) {
  // Behind the pointer to its virtual functions is an exception_ptr, and that
  // is a pointer to the object.
  static_assert(sizeof(std::nested_exception) == 2 * sizeof(void *));
  if (const auto *nested = it.as<std::nested_exception>())
    memcpy(&found.nested,
           reinterpret_cast<const char *>(nested) + sizeof(void *),
           sizeof(found.nested));
  if (const auto *error = it.as<std::exception>())
    found.text(error->what());
  else if (const auto *constant = it.exactly<const char *>())
    found.text(*constant);
  else if (const auto *variable = it.exactly<char *>())
    found.text(*variable);
  else if (const auto *string = it.as<std::string>())
    found.text(*string);
  else if (const auto *view = it.as<std::string_view>())
    found.text(*view);
  else if (const auto *truth = it.exactly<bool>())
    found.message = *truth ? "true" : "false";
  else if (const auto *letter = it.exactly<char>())
    found.character(*letter);
  else
    lookForNumber<int, unsigned, long, unsigned long, long long,
                  unsigned long long, short, unsigned short, signed char,
                  unsigned char, double, float, long double>(it, found);
}

// The value of an exception whose type is shown by it, encoded.
struct Value {
  uint32_t type = detail::kUnregistered; // the registry's number
  uint32_t size = 0;
  uint8_t bytes[kMaxThrownValue];

  // Allocates for the first one of a type.
  void encode(detail::ThrownType &thrown, const void *object) {
    if (thrown.type->kind == detail::kOpaque)
      return;
    type = relaxedLoad(thrown.id);
    if (type == detail::kUnregistered) {
      Runtime *const runtime = currentRuntime();
      if (!runtime)
        return;
      type = runtime->registry().addType(*thrown.type);
      relaxedStore(thrown.id, type);
    }
    detail::Encoder encoder = {bytes, std::end(bytes), &detail::kDefaultLimits};
    encodeGuarded(encoder, *thrown.type, object);
    size = uint32_t(encoder.cursor - bytes);
  }
};

// The bytes that FailDetails take.
class Out {
public:
  explicit Out(uint8_t *to) : begin_(to), end_(to) {}

  // False, and nothing is written, if there is no room for all of it.
  bool add(std::string_view type, std::string_view message,
           const std::optional<ThrowNote> &note, const Value &value) {
    FailDetail head{};
    uint8_t file[kMaxFileName];
    if (note) {
      const uint32_t fileSize = readText(note->file, file, sizeof(file));
      if (fileSize <= sizeof(file)) {
        head.fileSize = uint16_t(fileSize);
        head.line = note->line;
      }
    }
    type = type.substr(0, kMaxTypeName);
    const std::string_view stored = message.substr(0, kMaxMessage);
    const size_t size =
        sizeof(head) + type.size() + stored.size() + head.fileSize + value.size;
    if (size > kMaxFailBytes - this->size())
      return false;
    head.typeSize = uint32_t(type.size());
    head.messageSize = uint32_t(stored.size());
    head.messageFull = uint32_t(message.size());
    head.form = kThrown;
    head.valueType = value.type;
    head.valueSize = value.size;
    append(&head, sizeof(head));
    append(type.data(), type.size());
    append(stored.data(), stored.size());
    append(file, head.fileSize);
    append(value.bytes, value.size);
    return true;
  }
  uint32_t size() const { return uint32_t(end_ - begin_); }

private:
  void append(const void *from, size_t size) {
    if (size == 0) // which may have no bytes to point to
      return;
    memcpy(end_, from, size);
    end_ += size;
  }

  uint8_t *const begin_;
  uint8_t *end_;
};

// Returns the exception that is nested in it, or null.
void *describe(Out &out, void *object) {
  const Thrown it(object);
  Found found;
  try {
    look(it, found);
  } catch (...) { // what() threw
  }
  const std::optional<ThrowNote> note =
      findThrow(object, *it.type,
                found.hasText ? std::optional(found.message) : std::nullopt);
  Value value;
  try {
    if (note && note->type && !found.hasText)
      value.encode(*note->type, object);
  } catch (const std::exception &error) {
    logLine(LogKind::Memory, error.what());
  }
  return out.add(it.type->name(), found.message, note, value) ? found.nested
                                                              : nullptr;
}

// The exceptions that are marked as reported, the last one on top. Their
// addresses are their identity, as they live until the mark is taken off. More
// of them than there is room for are reported twice.
constexpr size_t kMaxReported = 16;
thread_local void *gReported[kMaxReported];
thread_local size_t gReportedCount = 0;

} // namespace

void markReported() {
  if (gReportedCount < kMaxReported)
    gReported[gReportedCount++] = handledException();
}

bool takeReported() {
  if (!gReportedCount || gReported[gReportedCount - 1] != handledException())
    return false;
  --gReportedCount;
  return true;
}

uint32_t describeException(uint8_t *to) {
  Out out(to);
  void *object = handledObject();
  if (!object)
    out.add(typeid(abi::__foreign_exception).name(), {}, std::nullopt, Value());
  for (int depth = 0; object && depth <= kMaxNested; ++depth)
    object = describe(out, object);
  return out.size();
}

} // namespace obs::rt
