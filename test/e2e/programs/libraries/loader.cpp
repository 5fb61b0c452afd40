// SPDX-License-Identifier: Apache-2.0
// loader TIMES LIBRARY...: loads, uses and unloads each library, so many times.
// Prints by how many KB its memory has grown from a tenth of them on, and how
// many collectors run.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <dlfcn.h>
#include <string>
#include <unistd.h>

[[obs::monitor]] int own(int n) {
  return n;
}

namespace {

long residentKb() {
  long pages = 0, resident = 0;
  if (FILE *file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2)
      resident = 0;
    std::fclose(file);
  }
  return resident * 4;
}

int collectors() {
  int count = 0;
  DIR *threads = opendir("/proc/self/task");
  while (const dirent *entry = readdir(threads)) {
    char name[32] = {};
    const std::string path = std::string("/proc/self/task/") + entry->d_name + "/comm";
    if (FILE *file = std::fopen(path.c_str(), "r")) {
      if (std::fgets(name, sizeof(name), file))
        count += std::strcmp(name, "obs-collector\n") == 0;
      std::fclose(file);
    }
  }
  closedir(threads);
  return count;
}

} // namespace

int main(int argc, char **argv) {
  const int times = std::atoi(argv[1]);
  long before = 0;
  for (int i = 0; i < times; ++i) {
    if (i == times / 10)
      before = residentKb();
    own(i);
    for (int library = 2; library < argc; ++library) {
      void *handle = dlopen(argv[library], RTLD_NOW | RTLD_LOCAL);
      if (!handle) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 1;
      }
      if (reinterpret_cast<int (*)(int)>(dlsym(handle, "enter"))(i) != i + 3)
        return 2;
      dlclose(handle);
      if (dlopen(argv[library], RTLD_NOW | RTLD_NOLOAD)) {
        std::fprintf(stderr, "%s is not unloaded\n", argv[library]);
        return 3;
      }
    }
  }
  std::printf("%ld %d\n", residentKb() - before, collectors());
}
