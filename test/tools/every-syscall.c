/*
 * Makes system calls, each in a process of its own, and prints a line for each: the call as it was asked for and "ok",
 * "errno N", "signal N", or "blocks". Static, so that it is all that a root filesystem needs. Arguments:
 *
 *   FIRST-LAST       every number of the range, with six zeros
 *   NUMBER,ARG,...   one call with these arguments, the rest zero
 *   i386:NUMBER      one call through int 0x80
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 300, ARGUMENTS = 6 };

static volatile long *answer;

static long call(long number, const long *a) {
  long result;
  register long a4 __asm__("r10") = a[3], a5 __asm__("r8") = a[4], a6 __asm__("r9") = a[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(a4), "r"(a5), "r"(a6)
                   : "rcx", "r11", "memory");
  return result;
}

static long call_i386(long number) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"((int)number), "b"(0), "c"(0), "d"(0) : "memory");
  return result;
}

static int wait_for(pid_t child, int *status) {
  struct timespec tick = {0, 1000000};
  for (int i = 0; i < PATIENCE_MS; i++) {
    if (waitpid(child, status, WNOHANG) == child) return 1;
    nanosleep(&tick, 0);
  }
  return 0;
}

static void probe(const char *name, long number, const long *arguments) {
  int status = 0;
  *answer = 0;
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    pid_t self = getpid();
    long result = arguments ? call(number, arguments) : call_i386(number);
    /* A child that fork or clone has made may come here while the next call is being made: the answer is not its. */
    if (getpid() == self) *answer = result < 0 && result >= -4095 ? result : 0;
    _exit(0);
  }
  if (!wait_for(child, &status)) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    printf("%s blocks\n", name);
  } else if (WIFSIGNALED(status)) {
    printf("%s signal %d\n", name, WTERMSIG(status));
  } else if (*answer < 0) {
    printf("%s errno %ld\n", name, -*answer);
  } else {
    printf("%s ok\n", name);
  }
}

static void probe_range(long first, long last) {
  const long zeros[ARGUMENTS] = {0};
  for (long number = first; number <= last; number++) {
    char name[32];
    snprintf(name, sizeof name, "%ld", number);
    probe(name, number, zeros);
  }
}

static void probe_one(const char *name) {
  long arguments[ARGUMENTS] = {0};
  char *at;
  long number = strtol(name, &at, 0);
  for (int i = 0; i < ARGUMENTS && *at == ','; i++) arguments[i] = (long)strtoull(at + 1, &at, 0);
  probe(name, number, arguments);
}

int main(int argc, char **argv) {
  answer = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  /* Some runtimes put a pipe before standard input: calls on descriptor 0 are to answer the same everywhere. */
  dup2(open("/dev/null", O_RDONLY), 0);
  setvbuf(stdout, 0, _IOFBF, 1 << 16);
  for (int i = 1; i < argc; i++) {
    const char *dash = strchr(argv[i], '-');
    if (strncmp(argv[i], "i386:", 5) == 0) probe(argv[i], atol(argv[i] + 5), 0);
    else if (dash) probe_range(atol(argv[i]), atol(dash + 1));
    else probe_one(argv[i]);
  }
  return 0;
}
