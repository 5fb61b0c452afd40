// SPDX-License-Identifier: Apache-2.0
// Sections of executables, shared objects, object files and archives.
#ifndef OBS_TOOLS_ELF_FILE_H
#define OBS_TOOLS_ELF_FILE_H

#include "absl/status/statusor.h"

#include <string>
#include <vector>

namespace obs::ctl {

// The contents of all sections called `section` in the ELF file `path`, or in
// the members of the archive; none if it has no such section. Errors name the
// file: NotFound (no such file, not readable), DataLoss (neither ELF nor
// archive, or damaged).
absl::StatusOr<std::vector<std::string>>
readSections(const std::string &path, const std::string &section);

// The files below `directory` that begin as ELF files and archives do, sorted;
// symbolic links and what cannot be read are passed over. Errors: NotFound.
absl::StatusOr<std::vector<std::string>>
elfFilesBelow(const std::string &directory);

} // namespace obs::ctl

#endif // OBS_TOOLS_ELF_FILE_H
