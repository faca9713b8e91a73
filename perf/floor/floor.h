// What the programs of this folder share: small wrappers that end the program with a sentence where something fails, and the
// counters that sink keeps in a file for blaster to look at.
#pragma once
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS_MAX = 128, EVENTS_MAX = 1024, CHUNK = 65536 };

// One server's, alone on its cache line; written by sink, read by blaster.
struct server_counters {
  uint64_t bytes;     // of requests; a redis preamble is not counted
  uint64_t accepted;  // connections
  uint64_t misframed; // requests that did not begin as one must
  uint64_t padding[5];
};

__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

static inline int check(int result, const char *what) {
  if (result < 0)
    die("%s: %s", what, strerror(errno));
  return result;
}

static inline void *must_have(void *memory) {
  if (!memory)
    die("no memory");
  return memory;
}

static inline uint64_t now_ns(clockid_t clock) {
  struct timespec t;
  check(clock_gettime(clock, &t), "clock_gettime");
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline long number(const char *text, const char *name, long least, long most) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno || end == text || *end || value < least || value > most)
    die("%s takes a number from %ld to %ld, not %s", name, least, most, text);
  return value;
}

static inline void raise_descriptors(void) {
  struct rlimit limit;
  check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

static inline struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return address;
}

static inline void tune(int fd) {
  int one = 1;
  check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
  check(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
}

// Connected, then non-blocking.
static inline int connect_to(int port) {
  struct sockaddr_in address = loopback(port);
  int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
    die("connect to port %d: %s", port, strerror(errno));
  tune(fd);
  return fd;
}

// Bound to 127.0.0.1 and, unless it is to refuse, listening. Port 0: one of the system's choice. Gives the port back.
static inline int listen_on(int *port, bool refuses) {
  struct sockaddr_in address = loopback(*port);
  socklen_t length = sizeof address;
  int one = 1, fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
  check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), "SO_REUSEADDR");
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
    die("port %d: %s", *port, strerror(errno));
  if (!refuses)
    check(listen(fd, 4096), "listen");
  check(getsockname(fd, (struct sockaddr *)&address, &length), "getsockname");
  *port = ntohs(address.sin_port);
  return fd;
}

static inline int accept_from(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0)
    tune(fd);
  else if (errno != EAGAIN && errno != ECONNABORTED)
    die("accept: %s", strerror(errno));
  return fd;
}

static inline void watch(int epoll, int operation, int fd, uint32_t events, void *data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  check(epoll_ctl(epoll, operation, fd, &event), "epoll_ctl");
}

// True: the connection has ended; false: nothing now. Anything else ends the program.
static inline bool has_ended(ssize_t count) {
  if (count == 0 || (count < 0 && (errno == ECONNRESET || errno == EPIPE)))
    return true;
  if (errno != EAGAIN && errno != EINTR)
    die("receive: %s", strerror(errno));
  return false;
}

// What the kernel took; 0: nothing, or the connection is no more, which a receive will say.
static inline size_t send_some(int fd, const void *bytes, size_t count) {
  ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EPIPE && errno != ECONNRESET)
    die("send: %s", strerror(errno));
  return sent < 0 ? 0 : (size_t)sent;
}

static inline struct server_counters *map_counters(const char *path, bool create) {
  size_t size = SERVERS_MAX * sizeof(struct server_counters);
  int fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_TRUNC : 0), 0600);
  if (fd < 0 || (create && ftruncate(fd, (off_t)size) < 0))
    die("%s: %s", path, strerror(errno));
  void *counters = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (counters == MAP_FAILED)
    die("%s: %s", path, strerror(errno));
  close(fd);
  return counters;
}
