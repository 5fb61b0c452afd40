// SPDX-License-Identifier: Apache-2.0
// Lets a process fork while its threads use SQLite.
#ifndef OBS_RUNTIME_FORK_GATE_H
#define OBS_RUNTIME_FORK_GATE_H

namespace obs::rt {

// SQLite keeps the file locks of a process in static tables and mutexes, which
// a child inherits in whatever state they are: an open connection would make
// the child believe that it holds locks, or wait for ever. So nothing of
// SQLite is open across a fork: whoever holds connections uses them inside a
// ForkGate::Use and closes them when asked to; the next use opens them again,
// in the parent as in the child.
class ForkGate {
public:
  // Marks the use of SQLite by the calling thread; waits while a fork is in
  // progress. Not to be nested.
  class Use {
  public:
    Use();
    ~Use();
    Use(const Use &) = delete;
    Use &operator=(const Use &) = delete;
  };

  // Somebody with connections.
  class Member {
  public:
    // Called by the forking thread, with no Use anywhere: closes connections.
    virtual void closeForFork() = 0;

  protected:
    Member();
    ~Member();
    Member(const Member &) = delete;
    Member &operator=(const Member &) = delete;

  private:
    friend class ForkGate;
    Member *next_ = nullptr;
  };

  // For pthread_atfork, in this order. beforeFork() waits for uses in progress
  // (milliseconds: those that wait for a lock give up at once, with the status
  // Unavailable) and closes all connections.
  static void beforeFork();
  static void afterForkInParent();
  static void afterForkInChild();
  // In a child that was made without these: its uses and members are not there.
  static void abandon();

  // A fork is waiting: stop waiting for locks.
  static bool closing();
};

} // namespace obs::rt

#endif // OBS_RUNTIME_FORK_GATE_H
