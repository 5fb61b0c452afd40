// SPDX-License-Identifier: Apache-2.0
// Gives the ids of calls, see ids.h.
#include "id_source.h"

#include "ids.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace obs::rt {
namespace {

// One for all databases: a slot's ids may as well grow across them.
std::string lastFile(const std::string &arenaPath) {
  return arenaPath.empty()
             ? std::string()
             : absl::StrCat(arenaPath.substr(0, arenaPath.rfind('/')), "/last");
}

constexpr int64_t tickOf(int64_t id) {
  return id >> (kIdSlotBits + kIdCounterBits);
}

// `given`: tick and counter.
constexpr int64_t idOf(int64_t given, int64_t slot) {
  const int64_t counter = given & ((int64_t{1} << kIdCounterBits) - 1);
  return (given >> kIdCounterBits << (kIdSlotBits + kIdCounterBits)) |
         (slot << kIdCounterBits) | counter;
}

constexpr int64_t givenOf(int64_t id) {
  const int64_t counter = id & ((int64_t{1} << kIdCounterBits) - 1);
  return (tickOf(id) << kIdCounterBits) | counter;
}

} // namespace

IdSource::IdSource(Arena &arena, std::function<int64_t()> now)
    : arena_(arena), now_(now ? std::move(now) : unixNow),
      file_(lastFile(arena.path())) {
  const ArenaHeader &header = arena_.header();
  int64_t last = 0;
  const int file =
      file_.empty() ? -1 : open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    if (pread(file, &last, sizeof(last), header.idSlot * off_t{sizeof(last)}) !=
        sizeof(last))
      last = 0;
    close(file);
  }
  // Right behind the kept one: with a tick for each, processes that live for
  // milliseconds would run ahead of the clock. A clock that was set back by far
  // must not stop time for good: beyond ten seconds the kept id is not
  // believed.
  const int64_t nowTick = tickOf(firstIdAt(now_()));
  if (tickOf(last) < nowTick + 100)
    advance(givenOf(last) + 1);
  refresh();
}

void IdSource::advance(int64_t first) {
  std::atomic<int64_t> &next = arena_.header().nextId;
  int64_t now = next.load(std::memory_order_relaxed);
  while (now < first &&
         !next.compare_exchange_weak(now, first, std::memory_order_relaxed)) {
  }
}

void IdSource::refresh() {
  advance(tickOf(firstIdAt(now_())) << kIdCounterBits);
}

int64_t IdSource::next() {
  ArenaHeader &header = arena_.header();
  // Faster than one tick's numbers, it borrows from the next tick.
  int64_t given = header.nextId.fetch_add(1, std::memory_order_relaxed);
  if ((given & 63) == 0) {
    refresh();
    given = header.nextId.fetch_add(1, std::memory_order_relaxed);
  }
  return idOf(given, header.idSlot);
}

void IdSource::keepLast() {
  if (!file_.empty())
    keepLastId(arena_.path(), arena_.header());
}

int64_t lastIdOf(const ArenaHeader &header) {
  const int64_t next = header.nextId.load(std::memory_order_relaxed);
  return next == 0 ? 0 : idOf(next - 1, header.idSlot);
}

void keepLastId(const std::string &arenaPath, const ArenaHeader &header) {
  const int64_t lastId = lastIdOf(header);
  const int file =
      open(lastFile(arenaPath).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return; // without it, ids could clash within one tenth of a second
  int64_t kept = 0;
  const auto at = off_t(header.idSlot * sizeof(kept));
  if (pread(file, &kept, sizeof(kept), at) != sizeof(kept) || kept < lastId)
    kept = pwrite(file, &lastId, sizeof(lastId), at);
  close(file);
}

} // namespace obs::rt
