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

void moveFront(std::deque<CallRef> &from, size_t count, uint64_t &bytes,
               std::vector<CallRef> &to) {
  for (; count != 0 && !from.empty() && bytes < kTakeBytes; --count) {
    bytes += from.front().bytes() - sizeof(CallRef);
    to.push_back(std::move(from.front()));
    from.pop_front();
  }
}

} // namespace

Queue::Queue(Options options) : options_(std::move(options)) {}

void Queue::push(std::vector<CallRef> &calls) {
  MutexLock lock(&mutex_);
  size_t kept = 0;
  for (CallRef &call : calls) {
    const bool isError = inErrorLane(call);
    const uint64_t bytes = isError ? call.bytes() : 0;
    try {
      (isError ? errors_ : normal_).push_back(std::move(call));
    } catch (const std::bad_alloc &) { // the call has not been moved
      if (isError)
        calls[kept++] = std::move(call);
      else
        giveUp(call);
      continue;
    }
    if (isError) {
      ++pushed_.errors;
      errorBytes_ += bytes;
    } else {
      ++pushed_.normal;
    }
  }
  calls.resize(kept);
  if (normal_.size() > capacity())
    drop(normal_.size() - capacity());
}

std::vector<CallRef> Queue::take(size_t count) {
  std::vector<CallRef> calls;
  uint64_t bytes = 0;
  MutexLock lock(&mutex_);
  takeErrors(count, bytes, calls);
  moveFront(normal_, count - calls.size(), bytes, calls);
  return calls;
}

std::vector<CallRef> Queue::takeErrors(size_t count) {
  std::vector<CallRef> calls;
  uint64_t bytes = 0;
  MutexLock lock(&mutex_);
  takeErrors(count, bytes, calls);
  return calls;
}

void Queue::takeErrors(size_t count, uint64_t &bytes,
                       std::vector<CallRef> &calls) {
  moveFront(errors_, count, bytes, calls);
  for (const CallRef &call : calls)
    errorBytes_ -= call.bytes();
}

size_t Queue::dropOldest(size_t count) {
  MutexLock lock(&mutex_);
  return drop(count);
}

size_t Queue::drop(size_t count) {
  count = std::min(count, normal_.size());
  for (size_t i = 0; i != count; ++i) {
    giveUp(normal_.front());
    normal_.pop_front();
  }
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
      normal_.push_front(std::move(*call));
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
  return {normal_.size(), errors_.size(), errorBytes_};
}

} // namespace obs::rt
