// SPDX-License-Identifier: Apache-2.0
// Where arenas lie, and whose they are.
#include "arena.h"
#include "process_figures.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include <climits>
#include <cstdlib>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

namespace obs::rt {
namespace {

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text)
    hash = (hash ^ uint8_t(c)) * 0x100000001b3;
  return hash;
}

} // namespace

std::string arenaDirectory() {
  const char *base = getenv("OBS_SHM_DIR");
  return absl::StrCat(base && *base ? base : "/dev/shm", "/obs-", geteuid());
}

std::string arenaPrefix(std::string_view database) {
  return absl::StrFormat("%016x.", fnv1a(database));
}

std::vector<std::string> namesIn(const std::string &directory) {
  std::vector<std::string> names;
  DIR *entries = opendir(directory.c_str());
  if (!entries)
    return names;
  while (const dirent *entry = readdir(entries))
    if (entry->d_name[0] != '.')
      names.emplace_back(entry->d_name);
  closedir(entries);
  return names;
}

std::string canonicalDatabase(std::string_view database,
                              std::string_view base) {
  std::string path(database);
  if (path.empty() || path[0] != '/') {
    std::string directory(base);
    char buffer[PATH_MAX];
    if (directory.empty() && getcwd(buffer, sizeof(buffer)))
      directory = buffer;
    path = directory + "/" + path;
  }
  const size_t slash = path.rfind('/');
  const std::string directory = path.substr(0, slash + 1);
  char resolved[PATH_MAX];
  if (!realpath(directory.c_str(), resolved))
    return path;
  const std::string prefix = resolved;
  return (prefix == "/" ? "" : prefix) + path.substr(slash);
}

uint64_t processStartTime(int64_t pid) {
  return uint64_t(
      readProcField(absl::StrCat("/proc/", pid, "/stat"), 22).value_or(0));
}

ProcessIdentity ProcessIdentity::self() {
  ProcessIdentity identity;
  identity.pid = getpid();
  identity.start = processStartTime(identity.pid);
  struct stat space {};
  if (stat("/proc/self/ns/pid", &space) == 0)
    identity.pidNamespace = space.st_ino;
  return identity;
}

} // namespace obs::rt
