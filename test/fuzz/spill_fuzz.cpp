// SPDX-License-Identifier: Apache-2.0
// A spill file may hold anything: reading it ends, and takes no more than is
// there. An input is the file.
#include "fuzz.h"
#include "spill_file.h"

#include <fcntl.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace obs;
  const std::string path = fuzz::scratchFile();
  const int file =
      open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  fuzz::require(file >= 0 && write(file, data, size) == ssize_t(size),
                "scratch file");
  close(file);
  const auto reader = rt::SpillReader::open(path);
  if (!reader.ok())
    return 0;
  rt::CallRecord record;
  int64_t position = 0;
  while ((*reader)->next(record)) {
    fuzz::require((*reader)->position() > position, "a record of no bytes");
    position = (*reader)->position();
    fuzz::require(record.function != nullptr, "a record without a function");
  }
  fuzz::require(position <= int64_t(size), "read beyond the end");
  return 0;
}
