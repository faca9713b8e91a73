// --hold: clients connect, each sends one request and has its replies, and then they stand still. What the process under
// test grew by, for each of them.
#include "blaster.h"
#include "process.h"
#include <poll.h>

enum { AT_ONCE = 64, SETTLE_SECONDS = 2 };

static void transmit(int fd)
{
    for (uint64_t sent = 0; sent < options.size;) {
        ssize_t n = send(fd, pattern + sent, options.size - sent, MSG_NOSIGNAL);
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        if (n < 0 && errno != EAGAIN) die_errno("send");
        if (n < 0 && poll(&room, 1, (int)options.timeout * 1000) != 1) die("a request was not taken");
        if (n > 0) sent += (uint64_t)n;
    }
}

static void receive(int fd)
{
    char bytes[4096];
    for (uint64_t got = 0; got < options.reply;) {
        struct pollfd more = {.fd = fd, .events = POLLIN};
        if (poll(&more, 1, (int)options.timeout * 1000) != 1)
            die("%lu of %lu bytes of reply within %lu s", got, options.reply, options.timeout);
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n == 0) die("a client's connection was ended");
        if (n < 0) die_errno("receive");
        got += (uint64_t)n;
    }
}

int hold(void)
{
    int *clients = need(calloc(options.clients, sizeof *clients));
    // What a process takes to serve anybody is not its clients'.
    int first_client = connect_client();
    transmit(first_client);
    receive(first_client);
    uint64_t before = process_resident_kib(options.pid), began = now_ns();
    for (uint64_t first = 0; first < options.clients; first += AT_ONCE) {
        uint64_t end = first + AT_ONCE < options.clients ? first + AT_ONCE : options.clients;
        for (uint64_t i = first; i < end; i++) transmit(clients[i] = connect_client());
        for (uint64_t i = first; i < end; i++) receive(clients[i]);
    }
    uint64_t connected = now_ns();
    sleep(SETTLE_SECONDS);
    for (uint64_t i = 0; i < options.clients; i++) {
        char byte;
        ssize_t n = recv(clients[i], &byte, 1, 0);
        if (n >= 0 || errno != EAGAIN) die("client %lu %s", i, n == 0 ? "was closed" : "got more than its replies");
    }
    uint64_t after = process_resident_kib(options.pid);
    if (before == 0 || after == 0) die("process %d has ended", options.pid);
    printf("clients=%lu before_kib=%lu after_kib=%lu peak_kib=%lu per_client_kib=%.3f wall_us=%lu\n", options.clients, before,
        after, process_peak_kib(options.pid), ((double)after - (double)before) / (double)options.clients,
        (connected - began) / 1000);
    return 0;
}
