// SPDX-License-Identifier: Apache-2.0
#include "function_name.h"

#include "mutex.h"
#include "type_name.h"

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <span>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace obs::rt {
namespace {

// A file's bytes, empty if it cannot be read.
class MappedFile {
public:
  explicit MappedFile(const char *path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file >= 0 && fstat(file, &status) == 0 && status.st_size > 0) {
      void *at = mmap(nullptr, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
      if (at != MAP_FAILED)
        bytes_ = {static_cast<const uint8_t *>(at), size_t(status.st_size)};
    }
    if (file >= 0)
      close(file);
  }
  ~MappedFile() {
    if (!bytes_.empty())
      munmap(const_cast<uint8_t *>(bytes_.data()), bytes_.size());
  }
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  // `count` objects at `offset`, or none if they are not all there.
  template <class T>
  std::span<const T> objects(uint64_t offset, uint64_t count) const {
    if (offset % alignof(T) != 0 || offset > bytes_.size() ||
        count > (bytes_.size() - offset) / sizeof(T))
      return {};
    return {reinterpret_cast<const T *>(bytes_.data() + offset), count};
  }

private:
  std::span<const uint8_t> bytes_;
};

// From the table of symbols that a linker leaves for debuggers.
std::string localFunction(const char *path, uint64_t address) {
  const MappedFile file(path);
  const auto header = file.objects<ElfW(Ehdr)>(0, 1);
  if (header.empty() || memcmp(header[0].e_ident, ELFMAG, SELFMAG) != 0)
    return {};
  const auto sections =
      file.objects<ElfW(Shdr)>(header[0].e_shoff, header[0].e_shnum);
  for (const ElfW(Shdr) & section : sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size())
      continue;
    const ElfW(Shdr) &strings = sections[section.sh_link];
    const auto text = file.objects<char>(strings.sh_offset, strings.sh_size);
    for (const ElfW(Sym) & symbol : file.objects<ElfW(Sym)>(
             section.sh_offset, section.sh_size / sizeof(ElfW(Sym)))) {
      if (symbol.st_value != address || (symbol.st_info & 15) != STT_FUNC ||
          symbol.st_name >= text.size())
        continue;
      const char *name = text.data() + symbol.st_name;
      return {name, strnlen(name, text.size() - symbol.st_name)};
    }
  }
  return {};
}

std::string find(uint64_t address) {
  Dl_info info;
  link_map *map = nullptr;
  if (!dladdr1(reinterpret_cast<void *>(address), &info,
               reinterpret_cast<void **>(&map), RTLD_DL_LINKMAP))
    return {};
  if (info.dli_sname && info.dli_saddr == reinterpret_cast<void *>(address))
    return demangle(info.dli_sname);
  // The program itself has no name there, or one relative to a directory that
  // it may have left.
  const bool isProgram = !map || !map->l_name[0];
  const uint64_t base = map ? map->l_addr : 0;
  return demangle(localFunction(isProgram ? "/proc/self/exe" : info.dli_fname,
                                address - base));
}

Mutex gMutex;
constexpr size_t kMaxKnown = 10'000;

} // namespace

std::string functionName(uint64_t address) {
  static auto &known = *new absl::flat_hash_map<uint64_t, std::string>();
  MutexLock lock(&gMutex);
  if (known.size() > kMaxKnown)
    known.clear();
  const auto [it, isNew] = known.try_emplace(address);
  if (isNew)
    it->second = find(address);
  return it->second;
}

} // namespace obs::rt
