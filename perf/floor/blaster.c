// The clients: C of them in one thread, each sends M requests and keeps so many in flight, or sends as fast as it is taken.
// Measures the process under test from just before the first byte until the last reply was read and the last byte has
// arrived at every server, as the sink's counters say. All connect first, and warm up; none of that is measured.
//
// With --rate requests are due at fixed times, whatever becomes of those before, and their latency counts from when they
// were due: a pause is felt by all that it delayed (no coordinated omission).
//
// Where anything is not delivered, a reply is wrong or a connection ends, it says so and ends with status 1.
#include "blaster.h"
#include "latency.h"
#include "process.h"
#include <getopt.h>
#include <sys/prctl.h>

static const char USAGE[] =
    "usage: blaster --port PORT --pid PID [option...]\n"
    "\n"
    "  --clients C --requests M   so many clients, so many requests each (default 1, 1000)\n"
    "  --size BYTES               of each request (default 64)\n"
    "  --window W                 requests in flight of each client (default 1); 0: bulk, no reply is waited for or read\n"
    "  --shape raw|redis|line     what a request is: bytes, SET key:000000000000 value, or a line that graphite takes\n"
    "  --resp3 K                  redis: K of each two clients say HELLO 3 first (default 0)\n"
    "  --reply BYTES              all replies to one request together (default 5); with N servers that all answer, N*5\n"
    "  --replies N                so many equal ones are in it (default 1); more than one may come torn and mixed\n"
    "  --counters FILE            the sink's; the first N servers of --servers N must get everything\n"
    "  --warmup M                 requests of each client before the measured ones (default 0)\n"
    "  --rate R                   open loop: R requests a second, of all clients together; --window is the most in flight\n"
    "  --timeout S                for the warm-up, and for the rest (default 30)\n"
    "  --hold                     each client sends one request and stands still; prints the growth of the resident memory\n"
    "\n"
    "Prints one line of key=value. delivered: requests times servers. Latencies are percentiles in microseconds.\n";

enum { TURNS_MAX = 16, POLL_NS = 200000, SETTLE_NS = 20000000, TICK_NS = 100000000 };

struct client {
    int fd;
    bool unfinished;                 // stopped in mid-send to let others send
    uint64_t sent, received, sum;    // bytes of this phase; sum of the replies' bytes
    uint64_t started, done, due;     // requests of this phase
    uint64_t *stamps;                // when each of those in flight was begun
};

struct options options = {.servers = 0, .clients = 1, .requests = 1000, .size = 64, .window = 1, .reply = REPLY_BYTES,
    .replies = 1, .timeout = 30, .shape = 'r'};
static struct client *clients;
static struct counter *counters;
static uint64_t *arrived_before, *misframed_before;
static char buffer[CHUNK], *expected;
static uint64_t unit, unit_sum, per_client, base_ns, scheduled;
static bool open_loop, measured;
static int epoll;

static uint64_t due_ns(uint64_t request) { return base_ns + (uint64_t)((double)request * 1e9 / (double)options.rate); }

static uint64_t begun(struct client *c, uint64_t request)
{
    return open_loop ? due_ns(request * options.clients + (uint64_t)(c - clients)) : c->stamps[request % options.window];
}

// Sends what the window allows.
static void transmit(struct client *c)
{
    uint64_t allowed = open_loop ? c->due : per_client;
    if (options.window > 0 && allowed > c->done + options.window) allowed = c->done + options.window;
    c->unfinished = false;
    for (int turn = 0; c->sent < allowed * options.size; turn++) {
        if (turn == TURNS_MAX) {
            c->unfinished = true;
            return;
        }
        uint64_t left = allowed * options.size - c->sent, most = options.size > CHUNK ? options.size : CHUNK;
        uint64_t now = options.window > 0 && !open_loop ? now_ns() : 0;
        ssize_t n = send(c->fd, pattern + c->sent % pattern_bytes, left < most ? left : most, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) return;
        if (n < 0) die("client %ld: send: %s", (long)(c - clients), strerror(errno));
        c->sent += (uint64_t)n;
        uint64_t started = (c->sent + options.size - 1) / options.size;
        for (; c->started < started; c->started++)
            if (now > 0) c->stamps[c->started % options.window] = now;
    }
}

static void wrong(struct client *c, ssize_t n)
{
    for (ssize_t i = 0; i < n; i++)
        if ((unsigned char)buffer[i] < ' ') buffer[i] = ' ';
    die("client %ld: a wrong reply after %lu requests: %.*s", (long)(c - clients), c->done, n > 200 ? 200 : (int)n, buffer);
}

static void receive(struct client *c)
{
    ssize_t n;
    do {
        n = recv(c->fd, buffer, CHUNK, 0);
        if (n == 0) die("client %ld was closed after %lu requests", (long)(c - clients), c->done);
        if (n < 0 && errno == EAGAIN) return;
        if (n < 0) die("client %ld: receive: %s", (long)(c - clients), strerror(errno));
        if (unit == 0 || (options.replies == 1 && memcmp(buffer, expected + c->received % unit, (size_t)n) != 0)) wrong(c, n);
        for (ssize_t i = 0; i < n && options.replies > 1; i++) c->sum += (unsigned char)buffer[i];
        c->received += (uint64_t)n;
        uint64_t done = c->received / options.reply;
        if (c->received > c->started * options.reply) wrong(c, n);
        for (uint64_t now = now_ns(); c->done < done; c->done++)
            if (measured) latency_record(now - begun(c, c->done));
    } while (n == CHUNK);
}

static bool arrived(void)
{
    for (int i = 0; i < options.servers; i++)
        if (counted(&counters[i].bytes) - arrived_before[i] < options.clients * per_client * options.size) return false;
    return true;
}

__attribute__((noreturn)) static void incomplete(const char *why)
{
    uint64_t sent = 0, done = 0, all = options.clients * per_client;
    for (uint64_t i = 0; i < options.clients; i++) sent += clients[i].started, done += clients[i].done;
    fprintf(stderr, "blaster: %s: %s: %lu of %lu requests sent, %lu answered; at the servers:", why,
        measured ? "measured" : "warm-up", sent, all, done);
    for (int i = 0; i < options.servers; i++)
        fprintf(stderr, " %.2f", (double)(counted(&counters[i].bytes) - arrived_before[i]) / (double)options.size);
    fprintf(stderr, "\n");
    exit(1);
}

static void wait_events(uint64_t ns, struct epoll_event *events, int *ready)
{
    struct timespec most = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    *ready = epoll_pwait2(epoll, events, EVENTS, &most, NULL);
    if (*ready < 0 && errno != EINTR) die_errno("epoll_pwait2");
    for (int i = 0; i < *ready; i++) {
        struct client *c = &clients[events[i].data.u64];
        receive(c);
        transmit(c);
    }
}

// What has become due; returns how long it is until the next.
static uint64_t schedule(void)
{
    uint64_t now = now_ns(), all = options.clients * per_client;
    for (; scheduled < all && due_ns(scheduled) <= now; scheduled++) {
        struct client *c = &clients[scheduled % options.clients];
        c->due++;
        transmit(c);
    }
    if (scheduled == all) return TICK_NS;
    uint64_t next = due_ns(scheduled);
    now = now_ns();
    return next > now ? next - now : 0;
}

static bool finished(void)
{
    for (uint64_t i = 0; i < options.clients; i++)
        if (clients[i].sent < per_client * options.size || (options.window > 0 && clients[i].done < per_client)) return false;
    return true;
}

// So many requests of each client; returns when all are answered and have arrived.
static void run(uint64_t requests)
{
    struct epoll_event events[EVENTS];
    int ready = 0;
    per_client = requests;
    scheduled = 0;
    open_loop = options.rate > 0 && measured;
    for (int i = 0; i < options.servers; i++) arrived_before[i] = counted(&counters[i].bytes);
    for (uint64_t i = 0; i < options.clients; i++)
        clients[i] = (struct client){.fd = clients[i].fd, .stamps = clients[i].stamps};
    base_ns = now_ns();
    uint64_t deadline = base_ns + options.timeout * 1000000000u;
    for (uint64_t i = 0; i < options.clients && !open_loop; i++) transmit(&clients[i]);

    while (!finished()) {
        uint64_t wait = open_loop ? schedule() : TICK_NS;
        for (uint64_t i = 0; i < options.clients && options.window == 0; i++)
            if (clients[i].unfinished) transmit(&clients[i]), wait = 0;
        wait_events(wait, events, &ready);
        if (now_ns() > deadline) incomplete("not all was answered in time");
    }
    while (!arrived()) {
        wait_events(POLL_NS, events, &ready);
        if (now_ns() > deadline) incomplete("not all was delivered in time");
    }
}

// Nothing may come twice, or as something else.
static void check(void)
{
    struct epoll_event events[EVENTS];
    int ready;
    wait_events(SETTLE_NS / 4, events, &ready);
    for (int i = 0; i < options.servers; i++) {
        if (counted(&counters[i].bytes) - arrived_before[i] != options.clients * per_client * options.size)
            incomplete("more arrived than was sent");
        if (counted(&counters[i].misframed) != misframed_before[i]) die("server %d got requests that were none", i);
    }
    for (uint64_t i = 0; i < options.clients && options.replies > 1 && options.window > 0; i++)
        if (clients[i].sum != per_client * options.replies * unit_sum) die("client %lu: the replies' bytes were not what servers sent", i);
}

static void prepare(void)
{
    unit = options.window > 0 ? options.reply / options.replies : 0;
    if (unit > 0) {
        expected = need(malloc(CHUNK + 2 * unit));
        for (uint64_t i = 0; i < CHUNK + unit; i += unit) write_reply(expected + i, unit);
        for (uint64_t i = 0; i < unit; i++) unit_sum += (unsigned char)expected[i];
    }
    if (options.servers > 0) {
        int fd = open(options.counters, O_RDONLY | O_CLOEXEC);
        counters = fd < 0 ? MAP_FAILED : mmap(NULL, (size_t)options.servers * sizeof *counters, PROT_READ, MAP_SHARED, fd, 0);
        if (counters == MAP_FAILED) die("%s: %s", options.counters, strerror(errno));
    }
    arrived_before = need(calloc(SERVERS_MAX, sizeof *arrived_before));
    misframed_before = need(calloc(SERVERS_MAX, sizeof *misframed_before));
    for (int i = 0; i < options.servers; i++) misframed_before[i] = counted(&counters[i].misframed);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    clients = need(calloc(options.clients, sizeof *clients));
    for (uint64_t i = 0; i < options.clients; i++) {
        clients[i].fd = connect_client();
        if (i % 2 < options.resp3) speak_resp3(clients[i].fd);
        clients[i].stamps = options.window > 0 ? need(calloc(options.window, sizeof(uint64_t))) : NULL;
        watch(epoll, EPOLL_CTL_ADD, clients[i].fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, i);
    }
    // Timers to the microsecond, not to the 50 of a process without wishes.
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

static void measure(void)
{
    prepare();
    if (options.warmup > 0) {
        run(options.warmup);
        check();
    }
    nanosleep(&(struct timespec){.tv_nsec = SETTLE_NS}, NULL);
    latency_reset();
    measured = true;
    struct usage before = process_usage(options.pid);
    uint64_t began = now_ns();
    run(options.requests);
    uint64_t ended = now_ns();
    struct usage after = process_usage(options.pid);
    check();

    uint64_t all = options.clients * per_client, delivered = all * (uint64_t)options.servers;
    printf("requests=%lu delivered=%lu bytes=%lu delivered_bytes=%lu wall_us=%lu cpu_us=%.1f user_us=%lu system_us=%lu "
           "p50=%.1f p99=%.1f p999=%.1f peak_kib=%lu switches=%lu\n",
        all, delivered, all * options.size, delivered * options.size, (ended - began) / 1000,
        (double)(after.cpu_ns - before.cpu_ns) / 1000, after.user_us - before.user_us, after.system_us - before.system_us,
        latency_us(0.5), latency_us(0.99), latency_us(0.999), process_peak_kib(options.pid), after.switches - before.switches);
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"port", 1, 0, 'p'}, {"pid", 1, 0, 'P'}, {"clients", 1, 0, 'c'},
        {"requests", 1, 0, 'm'}, {"size", 1, 0, 's'}, {"window", 1, 0, 'w'}, {"shape", 1, 0, 'S'}, {"reply", 1, 0, 'a'},
        {"replies", 1, 0, 'A'}, {"counters", 1, 0, 'C'}, {"servers", 1, 0, 'n'}, {"warmup", 1, 0, 'u'}, {"rate", 1, 0, 'r'},
        {"timeout", 1, 0, 't'}, {"resp3", 1, 0, '3'}, {"hold", 0, 0, 'H'}, {"help", 0, 0, 'h'}, {0, 0, 0, 0}};
    for (int option; (option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1;) {
        switch (option) {
        case 'p': options.port = (int)number("--port", optarg, 1, 65535); break;
        case 'P': options.pid = (pid_t)number("--pid", optarg, 1, 1 << 30); break;
        case 'c': options.clients = number("--clients", optarg, 1, 100000); break;
        case 'm': options.requests = number("--requests", optarg, 1, 1ull << 40); break;
        case 's': options.size = number("--size", optarg, 1, 1 << 24); break;
        case 'w': options.window = number("--window", optarg, 0, 1 << 16); break;
        case 'a': options.reply = number("--reply", optarg, 4, 1 << 24); break;
        case 'A': options.replies = number("--replies", optarg, 1, SERVERS_MAX); break;
        case 'C': options.counters = optarg; break;
        case 'n': options.servers = (int)number("--servers", optarg, 0, SERVERS_MAX); break;
        case 'u': options.warmup = number("--warmup", optarg, 0, 1ull << 40); break;
        case 'r': options.rate = number("--rate", optarg, 1, 100000000); break;
        case 't': options.timeout = number("--timeout", optarg, 1, 86400); break;
        case '3': options.resp3 = number("--resp3", optarg, 0, 2); break;
        case 'H': options.hold = true; break;
        case 'S':
            if (strcmp(optarg, "raw") != 0 && strcmp(optarg, "redis") != 0 && strcmp(optarg, "line") != 0)
                die("--shape=%s is not raw, redis or line", optarg);
            options.shape = *optarg == 'l' ? 'l' : optarg[1];
            if (*optarg == 'r' && optarg[1] == 'a') options.shape = 'r';
            break;
        case 'h': return fputs(USAGE, stdout), 0;
        default: die("see --help");
        }
    }
    if (optind < argc) die("%s is no option; see --help", argv[optind]);
    if (options.port == 0 || options.pid == 0) die("--port and --pid are needed; see --help");
    if (options.servers > 0 && options.counters == NULL) die("--servers needs --counters");
    if (options.reply % options.replies != 0) die("--reply=%lu is not a multiple of --replies=%lu", options.reply, options.replies);
    if (options.rate > 0 && options.window == 0) die("--rate needs a --window");
    if (raise_descriptors() < options.clients + 16) die("this process may not have descriptors for %lu clients", options.clients);
    make_pattern();
    if (options.hold) return hold();
    measure();
    return 0;
}
