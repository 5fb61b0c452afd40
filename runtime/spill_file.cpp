// SPDX-License-Identifier: Apache-2.0
// Where errors wait when the database is away and memory is short.
#include "spill_file.h"

#include "spill_format.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace obs::rt {
namespace {

constexpr std::string_view kInfix = ".spill-";

// Where spill files go if the database's directory cannot be written to. In
// it, the database is told by a hash of its path.
std::string fallbackDirectory() {
  return absl::StrCat("/var/tmp/obs-", geteuid());
}

std::string fallbackStem(std::string_view database) {
  uint64_t hash = 14695981039346656037u; // FNV-1a
  for (char c : database)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return absl::StrFormat("%s/%016x", fallbackDirectory(), hash);
}

// A directory that nobody else can put files into.
bool isPrivate(const std::string &directory) {
  struct stat info;
  return lstat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
         info.st_uid == geteuid() && (info.st_mode & 022) == 0;
}

std::string hexKey(int64_t key) {
  return absl::StrFormat("%x", static_cast<uint64_t>(key));
}

absl::Status errnoStatus(absl::string_view what, const std::string &path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " '", path, "'"));
}

bool writeAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::optional<int64_t> startOf(int descriptor) {
  uint8_t bytes[kSpillHeaderBytes];
  const ssize_t got = pread(descriptor, bytes, sizeof(bytes), 0);
  if (got != ssize_t(sizeof(bytes)))
    return std::nullopt;
  return spillStart(bytes);
}

void addFilesOf(const std::string &stem, std::vector<SpillFileName> &found) {
  const std::filesystem::path path(stem);
  const std::string prefix = absl::StrCat(path.filename().string(), ".spill-");
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path.parent_path(), error),
       end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!std::string_view(name).starts_with(prefix))
      continue;
    uint64_t key = 0;
    const char *digits = name.data() + prefix.size();
    const char *last = name.data() + name.size();
    if (std::from_chars(digits, last, key, 16).ptr == last && digits != last)
      found.push_back({entry->path().string(), static_cast<int64_t>(key)});
  }
}

} // namespace

SpillFile::SpillFile(std::string database, int64_t processKey)
    : database_(std::move(database)), processKey_(processKey) {}

absl::Status SpillFile::append(std::span<const CallRecord> records) {
  std::string bytes;
  for (const CallRecord &record : records)
    appendSpillRecord(bytes, record);

  MutexLock lock(&mutex_);
  const std::string name =
      absl::StrCat(std::string(kInfix), hexKey(processKey_));
  if (!path_.empty())
    return appendTo(path_, bytes);
  const absl::Status status = appendTo(database_ + name, bytes);
  if (status.ok())
    return status;
  // A full disk would be full there as well.
  if (absl::IsResourceExhausted(status))
    return status;
  mkdir(fallbackDirectory().c_str(), 0700);
  if (!isPrivate(fallbackDirectory()) ||
      !appendTo(fallbackStem(database_) + name, bytes).ok())
    return status;
  return absl::OkStatus();
}

absl::Status SpillFile::appendTo(const std::string &path,
                                 std::string_view bytes) {
  const int descriptor = open(
      path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return errnoStatus("cannot open", path);
  absl::Status status;
  struct stat info;
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode) ||
      info.st_uid != geteuid()) {
    close(descriptor);
    return absl::PermissionDeniedError(
        absl::StrCat("not a file of ours: '", path, "'"));
  }
  fchmod(descriptor, 0600); // whatever the umask
  if (info.st_size == 0)
    start_ = end_;
  else if (path_.empty()) // of an earlier life
    start_ = startOf(descriptor).value_or(0);
  if (info.st_size == 0 && !writeAll(descriptor, spillHeader(start_)))
    status = errnoStatus("cannot write to", path);
  else if (!writeAll(descriptor, bytes))
    status = errnoStatus("cannot write to", path);
  if (!status.ok()) {
    // All or nothing; if this fails too, the reader skips the torn record.
    [[maybe_unused]] int truncated = ftruncate(descriptor, info.st_size);
  } else {
    path_ = path;
    end_ = start_ + std::max<int64_t>(info.st_size, kSpillHeaderBytes) +
           static_cast<int64_t>(bytes.size());
  }
  close(descriptor);
  return status;
}

std::string SpillFile::path() const {
  MutexLock lock(&mutex_);
  return path_;
}

int64_t SpillFile::end() const {
  MutexLock lock(&mutex_);
  return end_;
}

bool SpillFile::removeIfRead(int64_t position) {
  MutexLock lock(&mutex_);
  if (path_.empty() || position != end_)
    return false;
  if (unlink(path_.c_str()) != 0 && errno != ENOENT)
    return false;
  path_.clear();
  return true;
}

std::vector<SpillFileName> findSpillFiles(std::string_view database) {
  std::vector<SpillFileName> found;
  addFilesOf(std::string(database), found);
  if (isPrivate(fallbackDirectory()))
    addFilesOf(fallbackStem(database), found);
  return found;
}

absl::StatusOr<std::unique_ptr<SpillReader>>
SpillReader::open(const std::string &path, int64_t position) {
  const int descriptor =
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0)
    return errnoStatus("cannot open", path);
  return std::unique_ptr<SpillReader>(new SpillReader(descriptor, position));
}

SpillReader::SpillReader(int descriptor, int64_t position)
    : descriptor_(descriptor) {
  const std::optional<int64_t> start = startOf(descriptor);
  start_ = start.value_or(0);
  // Of a file that does not say where it is, everything.
  position_ = std::max(start ? position : 0, start_ + kSpillHeaderBytes);
}

SpillReader::~SpillReader() {
  close(descriptor_);
}

bool SpillReader::fill(size_t bytes) {
  if (buffer_.size() - used_ >= bytes)
    return true;
  buffer_.erase(buffer_.begin(),
                buffer_.begin() + static_cast<ptrdiff_t>(used_));
  used_ = 0;
  constexpr size_t kRead = 64 * 1024;
  while (buffer_.size() < bytes) {
    const size_t have = buffer_.size();
    buffer_.resize(std::max(bytes, have + kRead));
    const ssize_t got =
        pread(descriptor_, buffer_.data() + have, buffer_.size() - have,
              offset() + static_cast<int64_t>(have));
    buffer_.resize(have + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0 || (got < 0 && errno != EINTR))
      return false;
  }
  return true;
}

bool SpillReader::next(CallRecord &record) {
  // Steps over bytes until a whole record starts. An incomplete one may be in
  // the middle of being written: the position stays before it, unless whole
  // records follow.
  const int64_t start = position_;
  const int64_t skippedBefore = skipped_;
  while (fill(kSpillFrameBytes)) {
    const std::span<const uint8_t> bytes(buffer_.data() + used_,
                                         buffer_.size() - used_);
    const size_t size = spillRecordSize(bytes);
    if (size > 0 && fill(size) &&
        decodeSpillRecord({buffer_.data() + used_, size}, record)) {
      used_ += size;
      position_ += static_cast<int64_t>(size);
      shareKey(record);
      return true;
    }
    ++used_;
    ++position_;
    ++skipped_;
  }
  position_ = start;
  skipped_ = skippedBefore;
  buffer_.clear();
  used_ = 0;
  return false;
}

void SpillReader::shareKey(CallRecord &record) {
  record.function = *keys_.insert(record.function).first;
}

} // namespace obs::rt
