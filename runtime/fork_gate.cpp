// SPDX-License-Identifier: Apache-2.0
// Lets a process fork while its threads use SQLite.
#include "fork_gate.h"

#include "happens_before.h"

#include <atomic>
#include <pthread.h>

namespace obs::rt {
namespace {

// POSIX locks, because the child can give them a fresh start; the initializer
// makes a waiting fork go before new uses.
pthread_rwlock_t useLock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
pthread_mutex_t membersLock = PTHREAD_MUTEX_INITIALIZER;
ForkGate::Member *members = nullptr; // guarded by membersLock
std::atomic<bool> forkWaits{false};

// Threads that waited for the locks do not exist in the child.
void resetLocks() {
  forkWaits.store(false, std::memory_order_relaxed);
  membersLock = PTHREAD_MUTEX_INITIALIZER;
  useLock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
}

} // namespace

ForkGate::Use::Use() {
  pthread_rwlock_rdlock(&useLock);
}

ForkGate::Use::~Use() {
  pthread_rwlock_unlock(&useLock);
}

ForkGate::Member::Member() {
  pthread_mutex_lock(&membersLock);
  next_ = members;
  members = this;
  pthread_mutex_unlock(&membersLock);
}

ForkGate::Member::~Member() {
  pthread_mutex_lock(&membersLock);
  Member **link = &members;
  while (*link != this)
    link = &(*link)->next_;
  *link = next_;
  pthread_mutex_unlock(&membersLock);
}

void ForkGate::beforeFork() {
  // Relaxed: only shortens a wait; the locks order everything else.
  forkWaits.store(true, std::memory_order_relaxed);
  pthread_rwlock_wrlock(&useLock);
  pthread_mutex_lock(&membersLock);
  for (Member *member = members; member; member = member->next_)
    member->closeForFork();
}

void ForkGate::afterForkInParent() {
  forkWaits.store(false, std::memory_order_relaxed);
  pthread_mutex_unlock(&membersLock);
  pthread_rwlock_unlock(&useLock);
}

void ForkGate::afterForkInChild() {
  noteReset(&membersLock);
  noteReset(&useLock);
  resetLocks();
}

void ForkGate::abandon() {
  resetLocks();
  members = nullptr;
}

bool ForkGate::closing() {
  return forkWaits.load(std::memory_order_relaxed);
}

} // namespace obs::rt
