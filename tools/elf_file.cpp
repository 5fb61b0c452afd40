// SPDX-License-Identifier: Apache-2.0
#include "elf_file.h"

#include "concat.h"

#include <algorithm>
#include <ar.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gelf.h>
#include <memory>
#include <string_view>
#include <unistd.h>

namespace obs::ctl {
namespace {

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0)
      close(number);
  }
};

struct EndElf {
  void operator()(Elf *elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, EndElf>;

absl::Status damaged(const std::string &path) {
  return absl::DataLossError(concat(path, " is damaged: ", elf_errmsg(-1)));
}

bool startsAs(std::string_view file, std::string_view magic) {
  return file.substr(0, magic.size()) == magic;
}

std::string firstBytes(const std::string &path) {
  std::string bytes(8, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

// Why libelf does not know the file.
absl::Status notElf(const std::string &path) {
  const std::string bytes = firstBytes(path);
  if (startsAs(bytes, "BC\xC0\xDE"))
    return absl::DataLossError(
        concat(path, " is LLVM bitcode (-flto); name the linked file"));
  if (startsAs(bytes, "!<thin>\n"))
    return absl::DataLossError(
        concat(path, " is a thin archive; name the object files"));
  return absl::DataLossError(
      concat(path, " is no ELF file: neither an executable, a shared object, "
                   "an object file nor an archive of them"));
}

// Adds the contents of the sections of one ELF object.
absl::Status addSections(Elf *elf, const std::string &path,
                         const std::string &section,
                         std::vector<std::string> &contents) {
  GElf_Ehdr file;
  size_t names = 0;
  if (!gelf_getehdr(elf, &file) || elf_getshdrstrndx(elf, &names) != 0)
    return damaged(path);
  if (file.e_shoff != 0 && !elf_nextscn(elf, nullptr))
    return absl::DataLossError(
        concat(path, " is damaged: it ends before its section headers"));
  for (Elf_Scn *each = nullptr; (each = elf_nextscn(elf, each));) {
    GElf_Shdr header;
    if (!gelf_getshdr(each, &header))
      return damaged(path);
    const char *name = elf_strptr(elf, names, header.sh_name);
    if (!name || section != name)
      continue;
    const Elf_Data *data = elf_rawdata(each, nullptr);
    if (!data)
      return damaged(path);
    contents.emplace_back(static_cast<const char *>(data->d_buf), data->d_size);
  }
  return absl::OkStatus();
}

} // namespace

absl::StatusOr<std::vector<std::string>>
readSections(const std::string &path, const std::string &section) {
  elf_version(EV_CURRENT);
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0)
    return absl::NotFoundError(
        concat("cannot open ", path, ": ", std::strerror(errno)));
  const ElfHandle whole(elf_begin(file.number, ELF_C_READ, nullptr));
  if (!whole)
    return damaged(path);
  std::vector<std::string> contents;
  switch (elf_kind(whole.get())) {
  case ELF_K_ELF:
    if (absl::Status status = addSections(whole.get(), path, section, contents);
        !status.ok())
      return status;
    return contents;
  case ELF_K_AR: {
    Elf_Cmd next = ELF_C_READ;
    while (const ElfHandle member{elf_begin(file.number, next, whole.get())}) {
      // Others are the index and what is no object file.
      if (elf_kind(member.get()) == ELF_K_ELF)
        if (absl::Status status =
                addSections(member.get(), path, section, contents);
            !status.ok())
          return status;
      next = elf_next(member.get());
    }
    return contents;
  }
  default:
    return notElf(path);
  }
}

absl::StatusOr<std::vector<std::string>>
elfFilesBelow(const std::string &directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::recursive_directory_iterator walk(
      directory, fs::directory_options::skip_permission_denied, error);
  if (error)
    return absl::NotFoundError(
        concat("cannot open ", directory, ": ", error.message()));
  std::vector<std::string> files;
  for (; !error && walk != fs::recursive_directory_iterator();
       walk.increment(error)) {
    std::error_code ignored;
    if (walk->symlink_status(ignored).type() != fs::file_type::regular)
      continue;
    const std::string bytes = firstBytes(walk->path().string());
    if (startsAs(bytes, ELFMAG) || startsAs(bytes, ARMAG))
      files.push_back(walk->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace obs::ctl
