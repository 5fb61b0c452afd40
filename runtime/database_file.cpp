// SPDX-License-Identifier: Apache-2.0
// The database as a file: created once, recognised, moved aside when damaged.
#include "database_file.h"

#include "fork_gate.h"
#include "log.h"
#include "schema.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace obs::rt {
namespace {

// Serializes creation and replacement of databases in one directory, by a lock
// on the directory itself: it leaves no file behind. Where it cannot be had
// (a directory that may not be read, a file system without locks) one goes on
// without: it only matters when two processes create the file at once.
class DirectoryLock {
public:
  static absl::StatusOr<DirectoryLock> take(const std::string &path,
                                            std::chrono::milliseconds timeout) {
    const std::string directory =
        std::filesystem::path(path).parent_path().string();
    DirectoryLock lock(
        open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock.descriptor_ < 0) {
      if (errno == ENOENT || errno == ENOTDIR)
        return absl::NotFoundError(
            absl::StrCat("directory '", directory, "' does not exist"));
      return lock;
    }
    for (auto waited = std::chrono::milliseconds(0);
         flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0 &&
         (errno == EWOULDBLOCK || errno == EINTR);
         waited += std::chrono::milliseconds(2)) {
      if (waited >= timeout || ForkGate::closing())
        return absl::UnavailableError(
            absl::StrCat("directory '", directory, "' is locked"));
      usleep(2000);
    }
    return lock;
  }

  DirectoryLock(DirectoryLock &&other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}

  ~DirectoryLock() {
    if (descriptor_ < 0)
      return;
    flock(descriptor_, LOCK_UN); // for forked copies of the descriptor, too
    close(descriptor_);
  }

private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

absl::Status errnoStatus(absl::string_view what) {
  return absl::ErrnoToStatus(errno, what);
}

std::string logPath(const std::string &path) {
  return path + "-wal";
}

void removeLog(const std::string &path) {
  unlink(logPath(path).c_str());
  unlink((path + "-shm").c_str());
}

// Makes sure that there is a regular file.
absl::Status ensureFile(const std::string &path) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    fchmod(descriptor, 0600); // whatever the umask
    close(descriptor);
    // What is left of a database that was deleted: SQLite would take it for the
    // log of the new one, or shorten memory that another thread has mapped.
    removeLog(path);
    return absl::OkStatus();
  }
  const int error = errno;
  struct stat info;
  if (stat(path.c_str(), &info) != 0)
    return absl::ErrnoToStatus(error, "cannot create the file");
  return S_ISREG(info.st_mode)
             ? absl::OkStatus()
             : absl::FailedPreconditionError("not a regular file");
}

absl::StatusOr<std::string> moveAside(const std::string &path) {
  char stamp[32];
  const time_t now = time(nullptr);
  tm utc;
  strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", gmtime_r(&now, &utc));
  std::string target = absl::StrCat(path, ".corrupt-", stamp);
  for (int i = 2; access(target.c_str(), F_OK) == 0; ++i)
    target = absl::StrCat(path, ".corrupt-", stamp, "-", i);
  if (rename(path.c_str(), target.c_str()) != 0)
    return errnoStatus("damaged, and cannot be moved aside");
  // With its log, so that tools can salvage what is in it.
  (void)rename(logPath(path).c_str(), logPath(target).c_str());
  removeLog(path);
  logLine(LogKind::Database,
          absl::StrCat("database '", path, "' is damaged; moved to '", target,
                       "', a new one is begun"));
  return target;
}

// `before`: statements that bring an older schema half the way.
absl::Status createSchema(Database &database, const std::string &before) {
  absl::StatusOr<Transaction> transaction = Transaction::begin(database);
  if (!transaction.ok())
    return transaction.status();
  const std::string sql = absl::StrCat(
      before, kCreateSchema, "PRAGMA application_id = ", kApplicationId,
      "; PRAGMA user_version = ", kSchemaVersion, ";");
  if (absl::Status status = database.execute(sql.c_str()); !status.ok())
    return status;
  return transaction->commit();
}

// Refuses what is not ours, makes the tables if there are none.
absl::Status prepareSchema(Database &database) {
  const absl::StatusOr<int64_t> application =
      database.queryInt64("PRAGMA application_id");
  if (!application.ok())
    return application.status();
  const absl::StatusOr<int64_t> version =
      database.queryInt64("PRAGMA user_version");
  if (!version.ok())
    return version.status();
  const absl::StatusOr<int64_t> objects =
      database.queryInt64("SELECT count(*) FROM sqlite_schema");
  if (!objects.ok())
    return objects.status();

  if (*application == kApplicationId) {
    if (*version > kSchemaVersion)
      return absl::FailedPreconditionError(
          absl::StrCat("schema ", *version, " is newer than this runtime's ",
                       kSchemaVersion, "; use a newer obs, or another file"));
    if (*version == kSchemaVersion)
      return absl::OkStatus();
    std::string upgrades;
    for (int64_t from = std::max<int64_t>(*version, 1); from < kSchemaVersion;
         ++from)
      upgrades += kUpgrades[from - 1];
    return createSchema(database, upgrades);
  }
  if (*application != 0 || *version != 0 || *objects != 0)
    return absl::FailedPreconditionError(
        "a database of another program; use another file");

  if (absl::Status status = database.execute(kPrepareFile); !status.ok())
    return status;
  return createSchema(database, "");
}

absl::StatusOr<OpenDatabase> tryOpen(const std::string &path,
                                     std::chrono::milliseconds busyTimeout) {
  if (absl::Status status = ensureFile(path); !status.ok())
    return status;
  absl::StatusOr<Database> database =
      Database::open(path, OpenMode::ReadWrite, busyTimeout);
  if (!database.ok())
    return database.status();
  if (absl::Status status = prepareSchema(*database); !status.ok())
    return status;
  if (absl::Status status = database->execute(kConfigureWriter); !status.ok())
    return status;
  const std::optional<FileIdentity> identity = FileIdentity::of(path);
  if (!identity)
    return absl::UnavailableError("the file went away");
  return OpenDatabase{
      *std::move(database), *identity, FileIdentity::of(logPath(path)), {}};
}

} // namespace

std::string absolutePath(std::string_view path) {
  std::error_code error; // no working directory: keep what there is
  const auto absolute = std::filesystem::absolute(path, error);
  return error ? std::string(path) : absolute.lexically_normal().string();
}

std::optional<FileIdentity> FileIdentity::of(const std::string &path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0)
    return std::nullopt;
  return FileIdentity{info.st_dev, info.st_ino};
}

absl::StatusOr<OpenDatabase> openDatabaseFile(const OpenRequest &request) {
  const std::string &path = request.path;
  absl::StatusOr<DirectoryLock> lock =
      DirectoryLock::take(path, request.busyTimeout);
  if (!lock.ok())
    return lock.status();
  // SQLite would read the log of the former file into the present one.
  if (request.staleLog &&
      FileIdentity::of(logPath(path)) == request.staleLog->log &&
      FileIdentity::of(path) != request.staleLog->database)
    removeLog(path);
  std::string movedTo;
  absl::StatusOr<OpenDatabase> opened = absl::DataLossError("");
  if (!request.damaged || FileIdentity::of(path) != request.damaged)
    opened = tryOpen(path, request.busyTimeout);
  if (absl::IsDataLoss(opened.status())) {
    absl::StatusOr<std::string> moved = moveAside(path);
    if (!moved.ok())
      return moved.status();
    movedTo = *std::move(moved);
    opened = tryOpen(path, request.busyTimeout);
  }
  if (opened.ok())
    opened->movedTo = std::move(movedTo);
  return opened;
}

} // namespace obs::rt
