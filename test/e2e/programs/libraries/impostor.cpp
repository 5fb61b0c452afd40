// SPDX-License-Identifier: Apache-2.0
// A program that has another SQLite and another abseil, and exports them, as
// programs do that are linked with -rdynamic. Nobody else is to call them.
#include <cstdio>
#include <cstdlib>
#include <string>

#define IMPOSTOR(name)                                                         \
  __attribute__((visibility("default"))) void name() {                         \
    std::fputs("the program's own " #name " is called\n", stderr);            \
    std::abort();                                                              \
  }

extern "C" {
IMPOSTOR(sqlite3_open)
IMPOSTOR(sqlite3_open_v2)
IMPOSTOR(sqlite3_close)
IMPOSTOR(sqlite3_close_v2)
IMPOSTOR(sqlite3_exec)
IMPOSTOR(sqlite3_prepare_v2)
IMPOSTOR(sqlite3_step)
IMPOSTOR(sqlite3_reset)
IMPOSTOR(sqlite3_finalize)
IMPOSTOR(sqlite3_malloc)
IMPOSTOR(sqlite3_free)
IMPOSTOR(sqlite3_initialize)
IMPOSTOR(sqlite3_bind_int64)
IMPOSTOR(sqlite3_bind_text)
}

// As they are in a release of abseil, and in one built from its head.
namespace absl {
IMPOSTOR(Now)
inline namespace lts_20240722 {
IMPOSTOR(GetCurrentTimeNanos)
IMPOSTOR(SleepFor)
} // namespace lts_20240722
} // namespace absl

[[obs::monitor]] std::string work(int n) {
  if (n % 10 == 9)
    throw n;
  return std::to_string(n);
}

int main() {
  for (int i = 0; i < 1000; ++i)
    try {
      work(i);
    } catch (int) {
    }
  std::puts("end");
}
