// SPDX-License-Identifier: Apache-2.0
// Names of types as people write them.
#ifndef OBS_RUNTIME_TYPE_NAME_H
#define OBS_RUNTIME_TYPE_NAME_H

#include <string>
#include <string_view>

namespace obs::rt {

// From the compiler's spelling, or a demangler's.
std::string typeName(std::string_view name);

// The same with the first template argument only: a matrix of doubles is one,
// however its size was chosen.
std::string briefTypeName(std::string_view name);

// A mangled name's text; what is none comes back as it is.
std::string demangle(std::string_view name);

} // namespace obs::rt

#endif // OBS_RUNTIME_TYPE_NAME_H
