// SPDX-License-Identifier: Apache-2.0
// Where arenas lie, and whose they are.
#include "arena.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
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
  const std::string path = absl::StrCat("/proc/", pid, "/stat");
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return 0;
  char text[1024];
  const ssize_t size = read(file, text, sizeof(text) - 1);
  close(file);
  if (size <= 0)
    return 0;
  text[size] = 0;
  const char *field = strrchr(text, ')'); // the name may hold anything
  for (int number = 2; field && number != 22; ++number)
    field = strchr(field + 1, ' ');
  return field ? strtoull(field, nullptr, 10) : 0;
}

ProcessIdentity ProcessIdentity::self() {
  ProcessIdentity identity;
  identity.pid = getpid();
  identity.start = processStartTime(identity.pid);
  struct stat space{};
  if (stat("/proc/self/ns/pid", &space) == 0)
    identity.pidNamespace = space.st_ino;
  return identity;
}

} // namespace obs::rt
