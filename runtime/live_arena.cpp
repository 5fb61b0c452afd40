// SPDX-License-Identifier: Apache-2.0
// The arena of a process that runs, as obsctl sees it.
#include "live_arena.h"

#include "arena.h"
#include "dead_arena.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <pwd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace obs::rt {
namespace {

using std::chrono::steady_clock;

std::vector<std::string> arenaDirectories() {
  const std::string own = arenaDirectory();
  if (geteuid() != 0)
    return {own};
  const std::string base = own.substr(0, own.rfind('/'));
  std::vector<std::string> directories;
  for (const std::string &name : namesIn(base)) {
    const std::string path = absl::StrCat(base, "/", name);
    uint32_t user;
    struct stat info {};
    if (absl::StartsWith(name, "obs-") &&
        absl::SimpleAtoi(name.substr(4), &user) &&
        lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
        info.st_uid == user)
      directories.push_back(path);
  }
  return directories;
}

std::string userName(uid_t user) {
  const passwd *entry = getpwuid(user);
  return entry ? entry->pw_name : absl::StrCat("number ", user);
}

bool loadsRuntime(int64_t pid) {
  std::ifstream maps(absl::StrCat("/proc/", pid, "/maps"));
  for (std::string line; std::getline(maps, line);)
    if (line.find("/libobs.so") != line.npos)
      return true;
  return false;
}

absl::Status whyNone(int64_t pid) {
  struct stat info {};
  if (stat(absl::StrCat("/proc/", pid).c_str(), &info) != 0)
    return absl::NotFoundError(absl::StrCat(
        "there is no process ", pid, "; obsctl ps lists those monitored"));
  if (geteuid() != 0 && info.st_uid != geteuid())
    return absl::PermissionDeniedError(
        absl::StrCat("process ", pid, " belongs to user ",
                     userName(info.st_uid), ": only that user and root may"));
  if (loadsRuntime(pid))
    return absl::NotFoundError(absl::StrCat(
        "process ", pid,
        " cannot be reached: it is disabled, has not called a monitored "
        "function yet, or has no shared memory (obsctl health --kind start "
        "says so); OBS_SHM_DIR must be the same here as there"));
  return absl::NotFoundError(absl::StrCat(
      "process ", pid, " is not monitored; obsctl ps lists those that are"));
}

} // namespace

absl::StatusOr<std::unique_ptr<LiveArena>>
LiveArena::open(const std::string &path) {
  std::unique_ptr<LiveArena> arena(new LiveArena);
  arena->file_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (arena->file_ < 0)
    return absl::ErrnoToStatus(errno, path);
  struct stat info {};
  if (fstat(arena->file_, &info) != 0 || !S_ISREG(info.st_mode) ||
      uint64_t(info.st_size) < kPieceBytes)
    return absl::DataLossError(absl::StrCat(path, ": not an arena"));
  arena->inode_ = info.st_ino;
  void *memory = mmap(nullptr, kPieceBytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                      arena->file_, 0);
  if (memory == MAP_FAILED)
    return absl::ErrnoToStatus(errno, path);
  arena->header_ = reinterpret_cast<ArenaHeader *>(
      static_cast<ChunkHeader *>(memory)->data());
  const ArenaHeader &header = *arena->header_;
  if (memcmp(header.magic, kArenaMagic, sizeof(kArenaMagic)) != 0)
    return absl::DataLossError(absl::StrCat(path, ": not an arena"));
  if (header.version != kArenaVersion) {
    if (kill(pid_t(header.pid), 0) != 0 && errno == ESRCH)
      return absl::NotFoundError(path);
    return absl::FailedPreconditionError(absl::StrCat(header.pid));
  }
  // Recovery has one as well, without a key.
  if (header.processKey <= 0 || !isAlive(header, arena->inode_))
    return absl::NotFoundError(path);
  return arena;
}

LiveArena::~LiveArena() {
  if (header_)
    munmap(reinterpret_cast<uint8_t *>(header_) - sizeof(ChunkHeader),
           kPieceBytes);
  if (file_ >= 0)
    close(file_);
}

std::string LiveArena::executable() const {
  return textOf(header_->executable);
}
std::string LiveArena::database() const {
  return textOf(header_->database);
}

bool LiveArena::responds() const {
  const LiveFigures &figures = header_->figures;
  const int64_t age = steady_clock::now().time_since_epoch().count() -
                      figures.seenNs.load(std::memory_order_relaxed);
  constexpr int64_t kPatience = 5'000'000'000;
  return age < kPatience +
                   10 * figures.drainIntervalNs.load(std::memory_order_relaxed);
}

absl::StatusOr<LiveArena::Answer>
LiveArena::ask(ControlCommand command, const std::string &glob, double rate,
               std::chrono::milliseconds timeout) {
  ControlArea &area = header_->control;
  if (glob.size() >= sizeof(area.glob))
    return absl::InvalidArgumentError(
        absl::StrCat("a glob may have ", sizeof(area.glob) - 1, " bytes"));
  const auto deadline = steady_clock::now() + timeout;
  const auto noAnswer = [&] {
    return absl::UnavailableError(absl::StrCat(
        "process ", header_->pid, " does not answer (is it stopped?)"));
  };
  while (flock(file_, LOCK_EX | LOCK_NB) != 0) { // another obsctl asks
    if (steady_clock::now() > deadline)
      return noAnswer();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  area.command = command;
  area.rate = rate;
  memcpy(area.glob, glob.c_str(), glob.size() + 1);
  const uint64_t number = area.asked.load(std::memory_order_relaxed) + 1;
  area.asked.store(number, std::memory_order_release);
  while (area.answered.load(std::memory_order_acquire) != number) {
    if (!isAlive(*header_, inode_))
      return absl::NotFoundError(
          absl::StrCat("process ", header_->pid, " has just ended"));
    if (steady_clock::now() > deadline)
      return noAnswer();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const Answer answer{area.matched, area.functions, area.recording != 0};
  flock(file_, LOCK_UN);
  return answer;
}

LiveArenas liveArenas() {
  LiveArenas found;
  for (const std::string &directory : arenaDirectories())
    for (const std::string &name : namesIn(directory)) {
      auto arena = LiveArena::open(absl::StrCat(directory, "/", name));
      int64_t pid;
      if (arena.ok())
        found.arenas.push_back(*std::move(arena));
      else if (absl::IsFailedPrecondition(arena.status()) &&
               absl::SimpleAtoi(arena.status().message(), &pid))
        found.otherVersions.push_back(pid);
    }
  std::sort(found.arenas.begin(), found.arenas.end(),
            [](const auto &a, const auto &b) {
              return a->header().startedNs < b->header().startedNs;
            });
  return found;
}

absl::StatusOr<std::unique_ptr<LiveArena>> liveArenaOf(int64_t pid) {
  LiveArenas all = liveArenas();
  for (std::unique_ptr<LiveArena> &arena : all.arenas)
    if (arena->header().pid == pid)
      return std::move(arena);
  if (std::count(all.otherVersions.begin(), all.otherVersions.end(), pid) != 0)
    return absl::FailedPreconditionError(absl::StrCat(
        "process ", pid,
        " runs with another version of obs; use the obsctl of that one"));
  return whyNone(pid);
}

} // namespace obs::rt
