// N servers on loopback in one thread, as cheap as servers can be: they swallow everything, or answer each request of a
// fixed size with one fixed reply. What they got stands in a file of counters that other programs map.
//
// The replies to all that one wake-up read are sent with one write. In raw, and where nothing is answered, the bytes are
// not even copied out of the kernel (MSG_TRUNC); in redis and line they are, for each request is looked at: it must begin
// with SET (line: end with a newline). Long redis requests are copied at their head alone.
//
// redis: a new connection may first say what it likes (PING, INFO, AUTH, SELECT), one reply each; so may a SELECT stand
// between requests. Neither is counted.
#include "floor.h"
#include <getopt.h>

static const char USAGE[] =
    "usage: sink --servers N [--request BYTES] [--reply BYTES] [--protocol raw|redis|line] [--counters FILE]\n"
    "            [--ports A,B,...] [--down K]\n"
    "\n"
    "Prints its ports on one line when it listens, and runs until it is killed.\n"
    "\n"
    "  --servers N       how many (default 1)\n"
    "  --request BYTES   every request is so long; it gets one reply\n"
    "  --swallow         no replies; --request is then for counting alone, and may be left out\n"
    "  --reply BYTES     of each reply, at least 4 (default 5: +OK and a line end)\n"
    "  --protocol P      raw (default): bytes are counted, and not looked at\n"
    "                    redis: requests are SET, after whatever a connection says first\n"
    "                    line: requests end with a newline\n"
    "  --counters FILE   made anew: 64 bytes a server, five numbers of 64 bits:\n"
    "                    bytes, requests, connections accepted, open, requests mis-framed\n"
    "  --ports A,B,...   these instead of free ones; a server is started for each\n"
    "  --down K          the last K are bound and do not listen: a connect is refused\n"
    "  --dump FILE       prints the counters in FILE, one server a line, and ends\n";

enum { HEAD_MAX = 512, COPY_ALL_BELOW = 4096, READS_MAX = 16, SKIP = 1 << 20 };
static const char SET_HEAD[] = "*3\r\n$3\r\nSET\r\n";
enum { SET_BYTES = sizeof SET_HEAD - 1 };

// A connection, by its descriptor.
struct conn {
    uint32_t server, at;  // at: how far into the current request we are
    uint32_t phase;       // how far into a reply the next byte to send is
    bool waits;           // for room to send
    uint32_t head_bytes;  // of a beginning that is no whole SET yet
    char *head;
    uint64_t owed;        // reply bytes; as all replies are equal, no buffer is needed
};

static enum { RAW, REDIS, LINE } protocol;
static uint64_t request, reply = REPLY_BYTES;
static bool swallow;
static struct counter *counters;
static struct conn *conns;
static size_t descriptors;
static int epoll;
static char buffer[SKIP], *replies;

static void end(int fd)
{
    struct conn *c = &conns[fd];
    _Atomic uint64_t *open = &counters[c->server].open;
    atomic_store_explicit(open, counted(open) - 1, memory_order_release);
    free(c->head);
    close(fd);
}

static bool flush(int fd)
{
    struct conn *c = &conns[fd];
    while (c->owed > 0) {
        ssize_t n = send(fd, replies + c->phase, c->owed < CHUNK ? c->owed : CHUNK, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) return false;
        if (n < 0) break;
        c->owed -= (uint64_t)n;
        c->phase = (uint32_t)((c->phase + (uint64_t)n) % reply);
    }
    if ((c->owed > 0) != c->waits) {
        c->waits = !c->waits;
        watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN | (c->waits ? EPOLLOUT : 0), (uint64_t)fd);
    }
    return true;
}

// Whether these bytes are one whole RESP request of another kind, as an array.
static bool whole(const char *head, size_t bytes)
{
    char *at = (char *)head + 1;
    if (head[0] != '*' || bytes < 4 || memcmp(head + bytes - 2, "\r\n", 2) != 0) return false;
    long parts = strtol(at, &at, 10);
    for (; parts > 0; parts--) {
        if (at + 3 >= head + bytes || memcmp(at, "\r\n$", 3) != 0) return false;
        long part = strtol(at + 3, &at, 10);
        at += 2 + part;
        if (part < 0 || at + 2 > head + bytes) return false;
    }
    return at + 2 == head + bytes;
}

// One byte more of a beginning that is no whole SET yet.
static void begin(int fd, char byte)
{
    struct conn *c = &conns[fd];
    if (c->head == NULL) c->head = need(malloc(HEAD_MAX + 1));
    c->head[c->head_bytes++] = byte;
    c->head[c->head_bytes] = 0;
    if (c->head_bytes == SET_BYTES && memcmp(c->head, SET_HEAD, SET_BYTES) == 0) {
        c->at = SET_BYTES;
        c->head_bytes = 0;
    } else if (whole(c->head, c->head_bytes)) {
        const char *answer = strstr(c->head, "\r\nPING\r\n") ? "+PONG\r\n"
            : strstr(c->head, "\r\nINFO\r\n")                ? "$11\r\nrole:master\r\n"
                                                             : "+OK\r\n";
        if (!flush(fd) || c->owed > 0) die("no room for the answer to %s", c->head);
        if (send(fd, answer, strlen(answer), MSG_NOSIGNAL) != (ssize_t)strlen(answer)) die("no room for an answer");
        c->head_bytes = 0;
    } else if (c->head_bytes == HEAD_MAX) {
        count(&counters[c->server].misframed, 1);
        c->head_bytes = 0;
    }
}

// What was read; returns how many requests it ended.
static uint64_t take(int fd, const char *bytes, uint64_t n)
{
    struct conn *c = &conns[fd];
    uint64_t ended = 0, taken = 0, bad = 0;
    for (uint64_t i = 0; i < n;) {
        if (protocol == REDIS && c->at == 0) {
            if (c->head_bytes > 0 || n - i < SET_BYTES || memcmp(bytes + i, SET_HEAD, SET_BYTES) != 0) {
                begin(fd, bytes[i++]);
                taken += c->at; // not 0 when this made it a SET
                continue;
            }
        }
        uint64_t step = request - c->at < n - i ? request - c->at : n - i;
        i += step;
        taken += step;
        c->at += (uint32_t)step;
        if (c->at < request) break;
        c->at = 0;
        ended++;
        bad += protocol == LINE && bytes[i - 1] != '\n';
    }
    if (bad > 0) count(&counters[c->server].misframed, bad);
    count(&counters[c->server].requests, ended);
    count(&counters[c->server].bytes, taken);
    return ended;
}

static bool receive(int fd)
{
    struct conn *c = &conns[fd];
    bool looks = protocol != RAW && !swallow, longs = protocol == REDIS && request >= COPY_ALL_BELOW;
    for (int turn = 0; turn < READS_MAX; turn++) {
        bool skip = !looks || (longs && c->at > 0);
        size_t most = !looks ? SKIP : !longs ? CHUNK : skip ? request - c->at : SET_BYTES;
        ssize_t n = recv(fd, buffer, most, skip ? MSG_TRUNC : 0);
        if (n == 0 || (n < 0 && errno != EAGAIN)) return false;
        if (n < 0) break;
        if (looks) {
            c->owed += reply * take(fd, buffer, (uint64_t)n);
        } else {
            uint64_t ended = request == 0 ? 0 : (c->at + (uint64_t)n) / request;
            if (request > 0) c->at = (uint32_t)((c->at + (uint64_t)n) % request);
            count(&counters[c->server].requests, ended);
            count(&counters[c->server].bytes, (uint64_t)n);
            if (!swallow) c->owed += reply * ended;
        }
        if ((size_t)n < most) break;
    }
    return flush(fd);
}

static void dump(const char *file)
{
    FILE *in = fopen(file, "rb");
    struct counter c;
    if (in == NULL) die("%s: %s", file, strerror(errno));
    for (int i = 0; fread(&c, sizeof c, 1, in) == 1; i++)
        printf("server=%d bytes=%lu requests=%lu accepted=%lu open=%lu misframed=%lu\n", i, counted(&c.bytes),
            counted(&c.requests), counted(&c.accepted), counted(&c.open), counted(&c.misframed));
    exit(0);
}

static struct counter *map_counters(const char *file, size_t servers)
{
    int fd = file == NULL ? -1 : open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size_t bytes = servers * sizeof(struct counter);
    if (file != NULL && (fd < 0 || ftruncate(fd, (off_t)bytes) != 0)) die("%s: %s", file, strerror(errno));
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) die_errno("mmap");
    return map;
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"servers", 1, 0, 's'}, {"request", 1, 0, 'r'}, {"reply", 1, 0, 'a'},
        {"swallow", 0, 0, 'w'}, {"protocol", 1, 0, 'p'}, {"counters", 1, 0, 'c'}, {"ports", 1, 0, 'P'}, {"down", 1, 0, 'd'},
        {"dump", 1, 0, 'D'}, {"help", 0, 0, 'h'}, {0, 0, 0, 0}};
    size_t servers = 1, down = 0;
    const char *file = NULL;
    char *wanted = NULL;
    for (int option; (option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1;) {
        switch (option) {
        case 's': servers = number("--servers", optarg, 1, SERVERS_MAX); break;
        case 'r': request = number("--request", optarg, 1, 1 << 30); break;
        case 'a': reply = number("--reply", optarg, 4, CHUNK); break;
        case 'w': swallow = true; break;
        case 'c': file = optarg; break;
        case 'P': wanted = optarg; break;
        case 'd': down = number("--down", optarg, 0, SERVERS_MAX); break;
        case 'D': dump(optarg); break;
        case 'p':
            if (strcmp(optarg, "raw") != 0 && strcmp(optarg, "redis") != 0 && strcmp(optarg, "line") != 0)
                die("--protocol=%s is not raw, redis or line", optarg);
            protocol = *optarg == 'l' ? LINE : optarg[1] == 'e' ? REDIS : RAW;
            break;
        case 'h': fputs(USAGE, stdout); return 0;
        default: die("see --help");
        }
    }
    if (optind < argc) die("%s is no option; see --help", argv[optind]);
    if (!swallow && request == 0) die("--request is needed, or --swallow");
    if (protocol == REDIS && (swallow || request < 32)) die("--protocol=redis answers requests of at least 32 bytes");

    descriptors = raise_descriptors();
    conns = need(calloc(descriptors, sizeof *conns));
    replies = need(malloc(CHUNK + 2 * reply));
    for (size_t i = 0; i < CHUNK + reply; i += reply) write_reply(replies + i, reply);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int ports[SERVERS_MAX] = {0};
    if (wanted != NULL) {
        servers = 0;
        for (char *port; (port = strsep(&wanted, ",")) != NULL;) {
            if (servers == SERVERS_MAX) die("--ports: at most %d", SERVERS_MAX);
            ports[servers++] = (int)number("--ports", port, 1, 65535);
        }
    }
    if (down > servers) die("--down=%zu is more than there are servers", down);
    counters = map_counters(file, servers);
    // A listener's descriptor stands in conns too, with its server; what is below the first connection is a listener.
    int last = 0;
    for (size_t i = 0; i < servers; i++) {
        bool up = i < servers - down;
        last = bind_loopback(&ports[i], up);
        conns[last].server = (uint32_t)i;
        if (up) watch(epoll, EPOLL_CTL_ADD, last, EPOLLIN, (uint64_t)last);
        printf("%d%c", ports[i], i + 1 < servers ? ' ' : '\n');
    }
    fflush(stdout);

    for (struct epoll_event events[EVENTS];;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int fd = (int)events[i].data.u64;
            if (fd <= last) {
                for (int new; (new = accept_one(fd)) >= 0;) {
                    if ((size_t)new >= descriptors) die("too many connections");
                    conns[new] = (struct conn){.server = conns[fd].server};
                    count(&counters[conns[fd].server].accepted, 1);
                    count(&counters[conns[fd].server].open, 1);
                    watch(epoll, EPOLL_CTL_ADD, new, EPOLLIN, (uint64_t)new);
                }
                continue;
            }
            bool alive = !(events[i].events & EPOLLOUT) || flush(fd);
            if (!alive || ((events[i].events & ~(uint32_t)EPOLLOUT) && !receive(fd))) end(fd);
        }
    }
}
