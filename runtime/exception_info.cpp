// SPDX-License-Identifier: Apache-2.0
// What is known of the exception that is being handled.
#include "exception_info.h"

#include "safe_read.h"
#include "throw_notes.h"

#include "obs/detail/abi.h"

#include <charconv>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>

namespace obs::rt {
namespace {

constexpr int kMaxNested = 8;
constexpr size_t kMaxFileName = 1000;

// What is found in one exception. Texts are its own, or in `buffer`.
struct Found {
  std::string_view message;
  bool hasText = false; // the message is the exception's own
  std::exception_ptr nested;
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

// Each handler ends the search.
// REQUIRES: the exception is one of C++: no other may end in a handler.
void look(Found &found) {
  try {
    throw;
  } catch (const std::exception &error) {
    if (const auto *nested =
            dynamic_cast<const std::nested_exception *>(&error))
      found.nested = nested->nested_ptr();
    found.text(error.what());
  } catch (const std::nested_exception &nested) {
    found.nested = nested.nested_ptr();
  } catch (const char *text) {
    found.text(text);
  } catch (const std::string &text) {
    found.text(text);
  } catch (std::string_view text) {
    found.text(text);
  } catch (int value) {
    found.number(value);
  } catch (unsigned value) {
    found.number(value);
  } catch (long value) {
    found.number(value);
  } catch (unsigned long value) {
    found.number(value);
  } catch (long long value) {
    found.number(value);
  } catch (unsigned long long value) {
    found.number(value);
  } catch (double value) {
    found.number(value);
  } catch (float value) {
    found.number(value);
  } catch (bool value) {
    found.message = value ? "true" : "false";
  } catch (char value) {
    found.character(value);
  } catch (...) {
  }
}

// The bytes that FailDetails take.
class Out {
public:
  explicit Out(uint8_t *to) : begin_(to), end_(to) {}

  // False, and nothing is written, if there is no room for all of it.
  bool add(std::string_view type, std::string_view message,
           const std::optional<ThrowPlace> &place) {
    detail::FailDetail head{};
    uint8_t file[kMaxFileName];
    if (place) {
      const uint32_t fileSize = readText(place->file, file, sizeof(file));
      if (fileSize <= sizeof(file)) {
        head.fileSize = uint16_t(fileSize);
        head.line = place->line;
      }
    }
    type = type.substr(0, detail::kMaxTypeName);
    const std::string_view stored = message.substr(0, detail::kMaxText);
    const size_t size =
        sizeof(head) + type.size() + stored.size() + head.fileSize;
    if (size > detail::kMaxFailBytes - this->size())
      return false;
    head.typeSize = uint32_t(type.size());
    head.messageSize = uint32_t(stored.size());
    head.messageFull = uint32_t(message.size());
    head.form = detail::kThrown;
    append({reinterpret_cast<const char *>(&head), sizeof(head)});
    append(type);
    append(stored);
    append({reinterpret_cast<const char *>(file), head.fileSize});
    return true;
  }
  uint32_t size() const { return uint32_t(end_ - begin_); }

private:
  void append(std::string_view text) {
    if (text.empty()) // which may have no bytes to point to
      return;
    memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }

  uint8_t *const begin_;
  uint8_t *end_;
};

// The place of the exception that is handled. An exception_ptr is a pointer to
// the exception's object, and no more.
std::optional<ThrowPlace> placeOf(const std::type_info &type,
                                  const Found &found) {
  const std::exception_ptr current = std::current_exception();
  const void *object;
  static_assert(sizeof(object) == sizeof(current));
  memcpy(&object, &current, sizeof(object));
  if (!object)
    return std::nullopt;
  return findThrow(object, dynamic_cast<const abi::__class_type_info *>(&type),
                   found.hasText ? std::optional(found.message) : std::nullopt);
}

void describe(Out &out, int depth) {
  if (!std::current_exception()) {
    // That of another language, or a thread's end (pthread_cancel,
    // pthread_exit), which must go on: glibc aborts else.
    out.add(typeid(abi::__foreign_exception).name(), {}, std::nullopt);
    return;
  }
  const std::type_info *const type = abi::__cxa_current_exception_type();
  Found found;
  try {
    look(found);
  } catch (...) { // what() threw
  }
  std::optional<ThrowPlace> place;
  if (type)
    place = placeOf(*type, found);
  if (place && dynamic_cast<const abi::__enum_type_info *>(type))
    found.number(place->value); // which no handler can tell
  const bool isWritten =
      out.add(type ? type->name() : "", found.message, place);
  if (!isWritten || !found.nested || depth == kMaxNested)
    return;
  try {
    std::rethrow_exception(found.nested);
  } catch (...) {
    describe(out, depth + 1);
  }
}

// The exceptions that are marked as reported, the last one on top. Their
// addresses are their identity, as they live until the mark is taken off. More
// of them than there is room for are reported twice.
constexpr size_t kMaxReported = 16;
thread_local void *gReported[kMaxReported];
thread_local size_t gReportedCount = 0;

// The innermost exception that is being handled: the first member of the
// Itanium ABI's __cxa_eh_globals.
void *handledException() {
  void *exception;
  memcpy(&exception, abi::__cxa_get_globals(), sizeof(exception));
  return exception;
}

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
  describe(out, 0);
  return out.size();
}

} // namespace obs::rt
