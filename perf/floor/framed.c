// The limit for protocol=redis and protocol=line: the least that a program can do with this machine's system calls. One
// thread; one connection to each server. A round gathers what all ready clients sent (whole requests of a fixed size; what
// is half stays with its client), writes it once to each server, takes replies of a fixed size by their count, and gives
// the first server's to the clients that wait, in order, with one write for each client. Nothing is kept for a server that
// goes, and no request is looked at: an error of any connection ends the program.
//
// What is unsent is bounded: while any server has not taken all of a round, nothing more is read from clients. So are
// the requests that wait for a reply.
#include "floor.h"
#include <getopt.h>

static const char USAGE[] =
    "usage: framed --request BYTES [--reply BYTES] PORT SERVERPORT...\n"
    "\n"
    "Listens on 127.0.0.1:PORT (0: a free one), prints the port, and relays to all of 127.0.0.1:SERVERPORT.\n"
    "\n"
    "  --request BYTES   every request is so long, at least 16\n"
    "  --reply BYTES     so is every reply (default 5); 0: servers answer nothing\n";

enum { ROUND = 256 * 1024, RING = 1 << 16, OUT_MAX = 256 * 1024, REQUEST_MIN = 16 };

struct client {
    struct client *next_ready, *next_answered;
    int fd;
    bool readable, fin, eof, ready, answered;
    uint32_t waits;         // requests without a reply
    uint32_t part_bytes;    // of a request that is not whole yet
    uint32_t out_bytes, out_room;
    char *part, *out;       // made when first needed
};

struct server {
    int fd;
    uint32_t done;          // of the round, what it has taken
    uint32_t part;          // of a reply that is not whole yet
    bool readable;
};

static int epoll, listener, servers, behind; // behind: servers that have not taken the whole round
static uint32_t request, reply = REPLY_BYTES;
static struct server server[SERVERS_MAX];
static char *round_bytes, buffer[CHUNK], part_reply[CHUNK];
static uint32_t gathered;
static struct client *ready_first, **ready_last = &ready_first, *answered_first;
// Who waits for a reply, in the order of the log. Small enough to stay in the cache, and a round always fits into it.
static struct client *ring[RING];
static uint64_t asked, answered;

static void make_ready(struct client *c)
{
    if (c->ready) return;
    c->ready = true;
    c->next_ready = NULL;
    *ready_last = c;
    ready_last = &c->next_ready;
}

// A client goes when it has had all its replies; the ring still names it until then.
static void end_if_done(struct client *c)
{
    if (!c->eof || c->waits > 0 || c->out_bytes > 0 || c->ready || c->answered) return;
    close(c->fd);
    free(c->part);
    free(c->out);
    free(c);
}

static bool ring_full(void)
{
    return reply > 0 && asked - answered + (ROUND + request) / request >= RING;
}

// False: the round has no room for more.
static bool gather(struct client *c)
{
    if (gathered >= ROUND || ring_full()) return false;
    uint32_t room = ROUND + request - gathered;
    char *to = round_bytes + gathered;
    memcpy(to, c->part, c->part_bytes);
    size_t most = room - c->part_bytes < CHUNK ? room - c->part_bytes : CHUNK;
    ssize_t n = recv(c->fd, to + c->part_bytes, most, 0);
    if (n < 0 && errno != EAGAIN) die_errno("receive");
    if (n == 0) c->eof = true;
    if (n < (ssize_t)most) c->readable = n > 0 && c->fin;
    uint32_t bytes = c->part_bytes + (n > 0 ? (uint32_t)n : 0);
    uint32_t whole = bytes / request;
    c->part_bytes = bytes - whole * request;
    if (c->part_bytes > 0) {
        if (c->part == NULL) c->part = need(malloc(request));
        memcpy(c->part, to + whole * request, c->part_bytes);
    }
    gathered += whole * request;
    if (reply == 0) return true;
    c->waits += whole;
    for (uint32_t i = 0; i < whole; i++) ring[asked++ % RING] = c;
    return true;
}

static void transmit(struct server *s)
{
    ssize_t n = send(s->fd, round_bytes + s->done, gathered - s->done, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) die_errno("send to a server");
    if (n > 0) s->done += (uint32_t)n;
}

// To every server; true: all have taken it, and the next round begins.
static bool transmit_all(void)
{
    if (gathered == 0) return true;
    behind = 0;
    for (int i = 0; i < servers; i++) {
        server[i].done = 0;
        transmit(&server[i]);
        behind += server[i].done < gathered;
    }
    if (behind == 0) gathered = 0;
    return behind == 0;
}

static void give(struct client *c, const char *bytes)
{
    if (c->out_bytes + reply > c->out_room) {
        c->out_room = 2 * c->out_room + 16 * reply;
        c->out = need(realloc(c->out, c->out_room));
    }
    memcpy(c->out + c->out_bytes, bytes, reply);
    c->out_bytes += reply;
    c->waits--;
    if (c->answered) return;
    c->answered = true;
    c->next_answered = answered_first;
    answered_first = c;
}

static void replies(struct server *s)
{
    while (s->readable) {
        ssize_t n = recv(s->fd, buffer, CHUNK, 0);
        if (n == 0) die("a server ended its connection");
        if (n < 0 && errno != EAGAIN) die_errno("receive from a server");
        s->readable = n == CHUNK;
        // Without replies whatever comes is thrown away; of the others' the number is all that matters.
        if (n < 0 || reply == 0) continue;
        if (s != &server[0]) {
            s->part = (uint32_t)((s->part + (uint64_t)n) % reply);
            continue;
        }
        for (uint32_t at = 0, end = (uint32_t)n; at < end;) {
            const char *whole = buffer + at;
            uint32_t step = reply - s->part < end - at ? reply - s->part : end - at;
            if (step < reply) memcpy(part_reply + s->part, buffer + at, step), whole = part_reply;
            at += step;
            s->part += step;
            if (s->part < reply) break;
            s->part = 0;
            if (answered == asked) die("a reply that nobody waits for");
            give(ring[answered++ % RING], whole);
        }
    }
}

static void flush(struct client *c)
{
    if (c->out_bytes == 0) return;
    ssize_t n = send(c->fd, c->out, c->out_bytes, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) die_errno("send to a client");
    if (n <= 0) return;
    c->out_bytes -= (uint32_t)n;
    memmove(c->out, c->out + n, c->out_bytes);
}

static void client_event(struct client *c, uint32_t events)
{
    if (events & EPOLLERR) die("a client's connection broke");
    if (events & EPOLLRDHUP) c->fin = true;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) c->readable = !c->eof;
    if (events & EPOLLOUT) flush(c);
    // Also one that was not read because it did not take its replies.
    if (c->readable) make_ready(c);
}

static void server_event(struct server *s, uint32_t events)
{
    if (events & (EPOLLERR | EPOLLRDHUP | EPOLLHUP)) die("a server's connection ended");
    if (events & EPOLLIN) s->readable = true;
    if ((events & EPOLLOUT) && behind > 0 && s->done < gathered) {
        transmit(s);
        behind -= s->done == gathered;
        if (behind == 0) gathered = 0;
    }
    replies(s);
}

static void accept_all(void)
{
    for (int fd; (fd = accept_one(listener)) >= 0;) {
        struct client *c = need(calloc(1, sizeof *c));
        c->fd = fd;
        watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, (uint64_t)(uintptr_t)c);
    }
}

// Each ready client once; those that have more stand behind the others.
static void gather_all(void)
{
    struct client *c = ready_first;
    ready_first = NULL;
    ready_last = &ready_first;
    for (struct client *next; c != NULL; c = next) {
        next = c->next_ready;
        c->ready = false;
        if (c->out_bytes > OUT_MAX) continue; // its next EPOLLOUT makes it ready again
        bool room = behind == 0 && (gather(c) || (transmit_all() && gather(c)));
        if (!room || c->readable) make_ready(c);
        end_if_done(c);
    }
    if (behind == 0) transmit_all();
}

static void answer_all(void)
{
    struct client *c = answered_first;
    answered_first = NULL;
    for (struct client *next; c != NULL; c = next) {
        next = c->next_answered;
        c->answered = false;
        flush(c);
        end_if_done(c);
    }
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"request", 1, 0, 'r'}, {"reply", 1, 0, 'a'}, {"help", 0, 0, 'h'}, {0, 0, 0, 0}};
    for (int option; (option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1;) {
        switch (option) {
        case 'r': request = (uint32_t)number("--request", optarg, REQUEST_MIN, 1 << 24); break;
        case 'a': reply = (uint32_t)number("--reply", optarg, 0, CHUNK); break;
        case 'h': return fputs(USAGE, stdout), 0;
        default: die("see --help");
        }
    }
    if (request == 0 || argc - optind < 2 || argc - optind - 1 > SERVERS_MAX) return fputs(USAGE, stderr), 2;
    int port = (int)number("PORT", argv[optind++], 0, 65535);
    raise_descriptors();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    round_bytes = need(malloc(ROUND + 2 * (size_t)request));
    for (; optind < argc; optind++, servers++) {
        int to = (int)number("SERVERPORT", argv[optind], 1, 65535);
        server[servers].fd = connect_loopback(to);
        if (server[servers].fd < 0) die("server %d: %s", to, strerror(errno));
        watch(epoll, EPOLL_CTL_ADD, server[servers].fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
            (uint64_t)(uintptr_t)&server[servers]);
    }
    listener = bind_loopback(&port, true);
    watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, 0);
    printf("%d\n", port);
    fflush(stdout);

    for (struct epoll_event events[EVENTS];;) {
        bool go_on = ready_first != NULL && behind == 0 && !ring_full();
        int ready = epoll_wait(epoll, events, EVENTS, go_on ? 0 : -1);
        for (int i = 0; i < ready; i++) {
            void *who = (void *)(uintptr_t)events[i].data.u64;
            if (who == NULL)
                accept_all();
            else if (who >= (void *)server && who < (void *)(server + servers))
                server_event(who, events[i].events);
            else
                client_event(who, events[i].events);
        }
        gather_all();
        answer_all();
    }
}
