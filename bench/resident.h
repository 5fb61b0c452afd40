// SPDX-License-Identifier: Apache-2.0
// Resident memory of this process. Not by getrusage(), whose maximum is also
// that of the program that started this one.
#ifndef OBS_BENCH_RESIDENT_H
#define OBS_BENCH_RESIDENT_H

#include <fstream>
#include <string>

namespace bench {

// The most bytes so far; 0 where the kernel does not tell.
inline double mostResident() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      double kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024;
    }
  return 0;
}

} // namespace bench

#endif // OBS_BENCH_RESIDENT_H
