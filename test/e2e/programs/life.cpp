// SPDX-License-Identifier: Apache-2.0
// Processes and threads that come to life and end in every way there is. The
// first argument says which; life.py knows how many calls each makes.
#include <atomic>
#include <chrono>
#include <coroutine>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <obs/obs.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <string>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#define M [[obs::monitor]]

extern char **environ;

namespace {

M int work(int n) {
  return n + 1;
}
M int child(int n) {
  return n;
}
M int outer(int n) {
  return work(n);
}

void require(bool condition, const char *what) {
  if (!condition) {
    std::fprintf(stderr, "life: %s\n", what);
    std::_Exit(9);
  }
}

void await(pid_t pid, int code = 0) {
  int status = -1;
  require(waitpid(pid, &status, 0) == pid, "waitpid");
  require(WIFEXITED(status) && WEXITSTATUS(status) == code, "exit code of a child");
}

// Six threads in monitored calls, until it is destroyed; prints how many calls.
class Busy {
public:
  Busy() {
    for (int i = 0; i < 6; ++i)
      threads_.emplace_back([this] {
        long calls = 0;
        for (; !done_; calls += 2) {
          outer(int(calls));
          if (calls % 64 == 0)
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        calls_ += calls;
      });
  }
  ~Busy() {
    done_ = true;
    for (std::thread &thread : threads_)
      thread.join();
    std::printf("busy %ld\n", calls_.load());
    std::fflush(stdout);
  }

private:
  std::atomic<bool> done_{false};
  std::atomic<long> calls_{0};
  std::vector<std::thread> threads_;
};

void forks(const char *self) {
  Busy busy;
  for (int i = 0; i < 30; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      alarm(60);
      child(i);
      switch (i % 3) {
      case 0: // goes on, with threads of its own
        std::thread([] { child(0); }).join();
        std::_Exit(0);
      case 1:
        execl(self, self, "once", nullptr);
        _exit(8);
      default:
        _exit(0);
      }
    }
    await(pid);
  }
}

void nested(int level) {
  child(level);
  if (level == 12)
    return;
  const pid_t pid = fork();
  if (pid == 0) {
    nested(level + 1);
    _exit(0);
  }
  await(pid);
  child(level);
}

void vforks(const char *self) {
  Busy busy;
  for (int i = 0; i < 20; ++i) {
    const pid_t pid = vfork();
    if (pid == 0) {
      if (i % 2)
        execl(self, self, "once", nullptr);
      _exit(i % 2 ? 8 : 0);
    }
    await(pid);
    child(i);
  }
}

void spawns(const char *self) {
  Busy busy;
  for (int i = 0; i < 20; ++i) {
    pid_t pid = 0;
    char *const arguments[] = {const_cast<char *>(self), const_cast<char *>("once"), nullptr};
    require(posix_spawn(&pid, self, nullptr, nullptr, arguments, environ) == 0, "posix_spawn");
    await(pid);
  }
}

// The process goes on under another number, its parent in _exit.
void daemonize() {
  child(1);
  require(daemon(/*nochdir=*/0, /*noclose=*/1) == 0, "daemon");
  Busy busy;
  for (int i = 0; i < 100; ++i)
    child(i);
}

// A program that replaces itself, and goes on for long.
void replaces(const char *self) {
  child(1);
  execl(self, self, "replaced", nullptr);
}

char cloneStack[256 * 1024] __attribute__((aligned(16)));

int inClone(void *) {
  for (int i = 0; i < 100; ++i)
    child(i);
  return 0;
}

// Tasks that share the memory, but are no threads of pthreads. They have the
// thread-local storage of who made them, who waits for them.
void clones() {
  child(0);
  for (int i = 0; i < 10; ++i) {
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_VFORK | SIGCHLD;
    const pid_t pid = clone(inClone, cloneStack + sizeof(cloneStack), flags, nullptr);
    require(pid > 0, "clone");
    await(pid);
  }
}

// A child of the bare clone(), which runs no fork handlers, in the middle of a
// monitored call; it ends as a program does, and so do its own children.
M int copied(int n) {
  if (n < 0)
    throw n;
  child(n);
  return n;
}

M int copies() {
  for (int i = 0; i < 10; ++i) {
    // Nothing is left to do for others then, who might be in malloc, and whose
    // locks the child would find taken.
    require(obs::flush(), "flush");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const pid_t pid = pid_t(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (pid == 0) {
      if (i % 2)
        return 1; // whose scope began in another process
      for (int n = 0; n < 1000; ++n)
        copied(n);
      try {
        copied(-1);
      } catch (int) {
      }
      const pid_t next = fork();
      if (next == 0)
        std::exit(copied(0));
      await(next);
      throw 1;
    }
    await(pid, 7);
    child(i);
  }
  return 0;
}

void copyAll() {
  try {
    if (copies() == 1)
      std::exit(7);
  } catch (int) {
    std::exit(7);
  }
}

void shortThreads() {
  for (int i = 0; i < 20'000; ++i)
    std::thread([i] { work(i); }).join();
}

void manyThreads() {
  std::vector<std::thread> threads;
  std::atomic<int> ready{0};
  for (int i = 0; i < 500; ++i)
    threads.emplace_back([&ready] {
      ++ready;
      while (ready < 500)
        std::this_thread::yield();
      for (int j = 0; j < 20; ++j)
        work(j);
    });
  for (std::thread &thread : threads)
    thread.join();
}

void *cancelled(void *) {
  struct AtUnwinding {
    ~AtUnwinding() { child(-1); }
  } atUnwinding;
  for (int i = 0;; ++i) {
    work(i);
    pthread_testcancel();
  }
}

M void *sleeper(void *) {
  pause(); // a cancellation point within a monitored call
  return nullptr;
}

M void *leaves(void *) {
  pthread_exit(PTHREAD_CANCELED);
}

void cancels() {
  void *(*const starts[])(void *) = {cancelled, sleeper, cancelled, leaves, sleeper};
  for (int i = 0; i < 50; ++i) {
    pthread_t thread;
    require(pthread_create(&thread, nullptr, starts[i % 5], nullptr) == 0, "pthread_create");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    pthread_cancel(thread);
    void *result = nullptr;
    pthread_join(thread, &result);
    require(result == PTHREAD_CANCELED, "a cancelled thread");
  }
}

struct ThreadLocal {
  ~ThreadLocal() {
    child(1);
    std::thread([] { child(2); }).join();
  }
};

void threadLocals() {
  for (int i = 0; i < 100; ++i)
    std::thread([] {
      static thread_local ThreadLocal local;
      (void)&local;
      work(0);
    }).join();
  // Not the runtime's own key's turn: those made later are destroyed later.
  static pthread_key_t key;
  pthread_key_create(&key, [](void *) { child(3); });
  for (int i = 0; i < 100; ++i)
    std::thread([] { pthread_setspecific(key, &key); }).join();
}

struct Static {
  Static() { work(1); }
  ~Static() {
    for (int i = 0; i < 10; ++i)
      child(i);
  }
} staticObject;

void atExit() {
  std::atexit([] {
    for (int i = 0; i < 10; ++i)
      child(i);
    std::thread([] { child(10); }).join();
  });
}

// As many open at once as are asked for, each resumed twice.
struct Task {
  struct promise_type {
    Task get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(int) {}
    void unhandled_exception() { std::abort(); }
  };
  std::coroutine_handle<promise_type> handle;
};

M Task waits(int n) {
  co_await std::suspend_always();
  work(n);
  co_await std::suspend_always();
  co_return n;
}

void coroutines() {
  std::vector<Task> tasks;
  for (int i = 0; i < 20'000; ++i)
    tasks.push_back(waits(i));
  for (int step = 0; step < 2; ++step)
    std::thread([&tasks] { // on another thread than where it began
      for (Task &task : tasks)
        task.handle.resume();
    }).join();
  for (Task &task : tasks) {
    require(task.handle.done(), "a coroutine at its end");
    task.handle.destroy();
  }
}

} // namespace

int main(int, char **argv) {
  const std::string how = argv[1];
  const char *self = argv[0];
  if (how == "once")
    child(-1);
  else if (how == "replaced") {
    child(2);
    std::puts("replaced");
    std::fflush(stdout);
    std::getchar(); // until it is told to end
  } else if (how == "forks")
    forks(self);
  else if (how == "nested")
    nested(1);
  else if (how == "vforks")
    vforks(self);
  else if (how == "spawns")
    spawns(self);
  else if (how == "daemon")
    daemonize();
  else if (how == "replaces")
    replaces(self);
  else if (how == "clones")
    clones();
  else if (how == "copies")
    copyAll();
  else if (how == "short_threads")
    shortThreads();
  else if (how == "many_threads")
    manyThreads();
  else if (how == "cancels")
    cancels();
  else if (how == "thread_locals")
    threadLocals();
  else if (how == "at_exit")
    atExit();
  else if (how == "coroutines")
    coroutines();
}
