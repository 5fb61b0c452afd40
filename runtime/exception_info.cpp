// SPDX-License-Identifier: Apache-2.0
// What is known of the exception that is being handled.
#include "exception_info.h"

#include <charconv>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <string>
#include <typeinfo>

namespace obs::rt {
namespace {

void setMessage(detail::Exception &out, const char *text, size_t size) {
  out.message = text;
  out.messageSize = detail::U32(size);
}

void setMessage(detail::Exception &out, const char *text) {
  if (text)
    setMessage(out, text, strlen(text));
}

template <class T> void setNumber(detail::Exception &out, T value) {
  static thread_local char text[24];
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  setMessage(out, text, size_t(end - text));
}

// Each handler ends the search; a foreign exception matches only the last.
void findMessage(detail::Exception &out) {
  try {
    throw;
  } catch (const std::exception &error) {
    setMessage(out, error.what());
  } catch (const char *text) {
    setMessage(out, text);
  } catch (const std::string &text) {
    setMessage(out, text.data(), text.size());
  } catch (int value) {
    setNumber(out, value);
  } catch (unsigned value) {
    setNumber(out, value);
  } catch (long value) {
    setNumber(out, value);
  } catch (unsigned long value) {
    setNumber(out, value);
  } catch (...) {
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

void describeException(detail::Exception &out) {
  out = {};
  if (const std::type_info *type = abi::__cxa_current_exception_type()) {
    out.type = type->name();
    out.typeSize = detail::U32(strlen(out.type));
  }
  try {
    findMessage(out);
  } catch (...) { // what() threw
  }
}

} // namespace obs::rt
