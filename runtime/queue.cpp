// SPDX-License-Identifier: Apache-2.0
// Calls between collector and writer: bounded for normal ones, not for errors.
#include "queue.h"

#include <algorithm>
#include <iterator>
#include <new>

namespace obs::rt {
namespace {

// The end of a parked coroutine is no more to be lost than an error: its row
// would be in flight for good.
bool inErrorLane(const CallRef &call) {
  return call.status == Status::Error || !call.enter;
}

// Of events that become text at one time, which may be several times as much.
constexpr uint64_t kTakeBytes = 1 << 20;

} // namespace

Queue::Queue(Options options) : options_(std::move(options)) {}

void Queue::push(std::vector<CallRef> &calls) {
  MutexLock lock(&mutex_);
  size_t kept = 0;
  for (CallRef &call : calls) {
    const bool isError = inErrorLane(call);
    const uint64_t bytes = call.bytes();
    try {
      if (isError) {
        errors_.push_back(std::move(call));
        errorBytes_ += bytes;
        ++pushed_.errors;
      } else {
        normalBytes_ += normal_.emplace_back(std::move(call)).bytes();
        ++pushed_.normal;
      }
    } catch (const std::bad_alloc &) { // the call has not been moved
      if (isError)
        calls[kept++] = std::move(call);
      else
        giveUp(call);
    }
  }
  calls.resize(kept);
  if (normal_.size() > capacity())
    drop(normal_.size() - capacity());
}

std::vector<CallRef> Queue::take(size_t count) {
  return take(count, /*withNormal=*/true);
}

std::vector<CallRef> Queue::takeErrors(size_t count) {
  return take(count, /*withNormal=*/false);
}

std::vector<CallRef> Queue::take(size_t count, bool withNormal) {
  std::vector<CallRef> calls;
  uint64_t bytes = 0;
  MutexLock lock(&mutex_);
  while (calls.size() < count && bytes < kTakeBytes &&
         (!errors_.empty() || (withNormal && !normal_.empty()))) {
    CallRef &call = calls.emplace_back(); // nothing is taken without room
    call = errors_.empty() ? takeNormal() : takeError();
    bytes += call.bytes() - sizeof(CallRef);
  }
  return calls;
}

CallRef Queue::takeError() {
  CallRef call = std::move(errors_.front());
  errors_.pop_front();
  errorBytes_ -= call.bytes();
  return call;
}

CallRef Queue::takeNormal() {
  normalBytes_ -= normal_.front().bytes();
  CallRef call = normal_.front().take();
  normal_.pop_front();
  return call;
}

size_t Queue::dropOldest(size_t count) {
  MutexLock lock(&mutex_);
  return drop(count);
}

size_t Queue::drop(size_t count) {
  count = std::min(count, normal_.size());
  for (size_t i = 0; i != count; ++i)
    giveUp(takeNormal());
  completed_.normal += count;
  return count;
}

void Queue::giveUp(const CallRef &call) {
  if (call.isSnapshot) {
    givenUpSnapshots_.push_back(call.id);
    return;
  }
  options_.onGiveUp(call);
}

std::vector<int64_t> Queue::takeGivenUpSnapshots() {
  MutexLock lock(&mutex_);
  return std::exchange(givenUpSnapshots_, {});
}

void Queue::countLost(uint32_t site) {
  MutexLock lock(&mutex_);
  options_.onLost(site);
}

void Queue::countLost(const CallRef &call) {
  MutexLock lock(&mutex_);
  options_.onGiveUp(call);
}

void Queue::putBack(std::vector<CallRef> calls) {
  MutexLock lock(&mutex_);
  for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
    if (inErrorLane(*call)) {
      errorBytes_ += call->bytes();
      errors_.push_front(std::move(*call));
    } else {
      normalBytes_ += normal_.emplace_front(std::move(*call)).bytes();
    }
  }
}

void Queue::done(const std::vector<CallRef> &calls) {
  MutexLock lock(&mutex_);
  for (const CallRef &call : calls)
    ++(inErrorLane(call) ? completed_.errors : completed_.normal);
}

Queue::Progress Queue::pushed() const {
  MutexLock lock(&mutex_);
  return pushed_;
}

Queue::Progress Queue::completed() const {
  MutexLock lock(&mutex_);
  return completed_;
}

Queue::Stats Queue::stats() const {
  MutexLock lock(&mutex_);
  return {normal_.size(), errors_.size(), normalBytes_, errorBytes_};
}

} // namespace obs::rt
