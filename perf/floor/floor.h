// What the programs of this folder share: arguments, sockets, the clock, and the counters that the sink writes and the
// blaster reads. Everything listens on 127.0.0.1 and nowhere else.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
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

enum {
    CHUNK = 64 * 1024,      // one read, and the most of one write of many requests
    EVENTS = 256,           // of one epoll_wait
    BACKLOG = 4096,         // connections that wait to be accepted
    SERVERS_MAX = 1024,
    REPLY_BYTES = 5,        // "+OK\r\n", where nothing else is asked for
};

// One server of the sink. The sink alone writes; bytes and requests are those of the log, without what a connection says first.
struct counter {
    _Alignas(64) _Atomic uint64_t bytes;
    _Atomic uint64_t requests;
    _Atomic uint64_t accepted;
    _Atomic uint64_t open;
    _Atomic uint64_t misframed; // requests that did not begin (line: end) as they must
};

// The sink alone writes, so it needs no locked addition.
static inline void count(_Atomic uint64_t *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more, memory_order_release);
}

static inline uint64_t counted(_Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_acquire);
}

__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

__attribute__((noreturn)) static inline void die_errno(const char *what)
{
    die("%s: %s", what, strerror(errno));
}

static inline uint64_t number(const char *name, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || *text == '-' || value < least || value > most)
        die("%s=%s is not a number from %llu to %llu", name, text, (unsigned long long)least, (unsigned long long)most);
    return value;
}

static inline void *need(void *memory)
{
    if (memory == NULL) die("out of memory");
    return memory;
}

static inline uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// All descriptors that this process may have; returns how many.
static inline size_t raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) die_errno("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) die_errno("setrlimit");
    return limit.rlim_cur > 1u << 20 ? 1u << 20 : (size_t)limit.rlim_cur;
}

static inline void no_delay(int fd)
{
    int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) die_errno("TCP_NODELAY");
}

static inline struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

// port 0: any free one. Returns the socket, and the port by *port.
static inline int bind_loopback(int *port, bool listening)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) die_errno("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = loopback(*port);
    socklen_t length = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, length) != 0) die("port %d: %s", *port, strerror(errno));
    if (listening && listen(fd, BACKLOG) != 0) die("port %d: %s", *port, strerror(errno));
    getsockname(fd, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return fd;
}

// Waits for the connection, then makes the socket non-blocking; -1 with errno where it is refused.
static inline int connect_loopback(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die_errno("socket");
    struct sockaddr_in address = loopback(port);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    no_delay(fd);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) die_errno("O_NONBLOCK");
    return fd;
}

static inline int accept_one(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return -1;
        die_errno("accept");
    }
    no_delay(fd);
    return fd;
}

static inline void watch(int epoll, int operation, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data = {.u64 = data}};
    if (epoll_ctl(epoll, operation, fd, &event) != 0) die_errno("epoll_ctl");
}

// A reply of so many bytes: a RESP status, and a line.
static inline void write_reply(char *to, size_t bytes)
{
    memset(to, 'O', bytes);
    to[0] = '+';
    if (bytes == REPLY_BYTES) to[2] = 'K';
    to[bytes - 2] = '\r';
    to[bytes - 1] = '\n';
}
