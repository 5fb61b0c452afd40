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

} // namespace

IdSource::IdSource(Arena &arena, std::function<int64_t()> now)
    : arena_(arena), now_(now ? std::move(now) : unixNow),
      file_(lastFile(arena.path())), slot_(arena.header().idSlot) {
  int64_t last = 0;
  const int file =
      file_.empty() ? -1 : open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    if (pread(file, &last, sizeof(last), slot_ * off_t{sizeof(last)}) !=
        sizeof(last))
      last = 0;
    close(file);
  }
  // A clock that was set back by far must not stop time for good: beyond ten
  // seconds the kept id is not believed.
  const int64_t nowTick = tickOf(firstIdAt(now_()));
  if (tickOf(last) < nowTick + 100)
    tick_ = tickOf(last) + 1;
}

void IdSource::refresh() {
  const int64_t tick = tickOf(firstIdAt(now_()));
  if (tick > tick_) {
    tick_ = tick;
    counter_ = 0;
  }
}

int64_t IdSource::next() {
  if ((counter_ & 63) == 0)
    refresh();
  if (counter_ == int64_t{1} << kIdCounterBits) {
    ++tick_; // faster than one tick's numbers: borrow from the next
    counter_ = 0;
  }
  const int64_t id = (tick_ << (kIdSlotBits + kIdCounterBits)) |
                     (slot_ << kIdCounterBits) | counter_++;
  arena_.header().lastId.store(id, std::memory_order_relaxed);
  return id;
}

void IdSource::keepLast() {
  if (!file_.empty())
    keepLastId(arena_.path(), uint32_t(slot_),
               arena_.header().lastId.load(std::memory_order_relaxed));
}

void keepLastId(const std::string &arenaPath, uint32_t slot, int64_t lastId) {
  const int file =
      open(lastFile(arenaPath).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return; // without it, ids could clash within one tenth of a second
  int64_t kept = 0;
  const auto at = off_t(slot * sizeof(kept));
  if (pread(file, &kept, sizeof(kept), at) != sizeof(kept) || kept < lastId)
    kept = pwrite(file, &lastId, sizeof(lastId), at);
  close(file);
}

} // namespace obs::rt
