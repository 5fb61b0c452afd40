// SPDX-License-Identifier: Apache-2.0
// Names of functions by their addresses.
#ifndef OBS_RUNTIME_FUNCTION_NAME_H
#define OBS_RUNTIME_FUNCTION_NAME_H

#include <cstdint>
#include <string>

namespace obs::rt {

// The function of this process that begins at `address`, such as "f(int)";
// empty if it is not known: no function, or one of a stripped file that it does
// not export. Reads the file's symbols once for each address. Thread-safe.
std::string functionName(uint64_t address);

} // namespace obs::rt

#endif // OBS_RUNTIME_FUNCTION_NAME_H
