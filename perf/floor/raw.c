// The limit for protocol=raw: the least that a program can do with this machine's system calls. One thread; for each
// client a connection to every server, made at its accept; what one read brings is written to each at once, and replies go
// back as they come. Nothing is kept for anybody: an error of any connection ends the program.
//
// When a server (or the client) does not take all, the bytes of that one read wait, and nothing more is read from that
// side of that session before all have taken them: at most two reads a session are held.
#include "floor.h"

static const char USAGE[] =
    "usage: raw PORT SERVERPORT...\n"
    "\n"
    "Listens on 127.0.0.1:PORT (0: a free one), prints the port, and relays to all of 127.0.0.1:SERVERPORT.\n";

enum { READS_MAX = 8 };

struct end {
    struct session *session;
    int fd;
    uint32_t done;      // of the waiting read, what this one has taken
    bool readable, fin, eof; // fin: it has come, and may still be behind bytes; eof: it was read
};

struct session {
    struct session *next;            // in the list of those that can go on
    char *request, *reply;           // reads that wait for room; made when first needed
    uint32_t request_bytes, reply_bytes;
    bool listed;
    int waiting, eofs;               // servers that have not taken the waiting request; servers that have ended
    struct end client, server[];
};

static int epoll, listener, ports[SERVERS_MAX], servers;
static char buffer[CHUNK];
static struct session *first;

static void list(struct session *s)
{
    if (s->listed) return;
    s->listed = true;
    s->next = first;
    first = s;
}

static void open_end(struct end *e, struct session *s, int fd)
{
    *e = (struct end){.session = s, .fd = fd};
    watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, (uint64_t)(uintptr_t)e);
}

static void open_session(int fd)
{
    struct session *s = need(calloc(1, sizeof *s + (size_t)servers * sizeof s->server[0]));
    for (int i = 0; i < servers; i++) {
        int server = connect_loopback(ports[i]);
        if (server < 0) die("server %d: %s", ports[i], strerror(errno));
        open_end(&s->server[i], s, server);
    }
    open_end(&s->client, s, fd);
}

static void close_session(struct session *s)
{
    for (int i = 0; i < servers; i++) close(s->server[i].fd);
    close(s->client.fd);
    free(s->request);
    free(s->reply);
    free(s);
}

// Returns what was read; 0: nothing now, or the end.
static uint32_t receive(struct end *e)
{
    ssize_t n = recv(e->fd, buffer, CHUNK, 0);
    if (n < 0 && errno != EAGAIN) die_errno("receive");
    if (n == 0) e->eof = true;
    // A read that was not filled has emptied the socket, but for a FIN.
    if (n < CHUNK) e->readable = n > 0 && e->fin;
    return n < 0 ? 0 : (uint32_t)n;
}

static uint32_t transmit(struct end *e, const char *bytes, uint32_t n)
{
    ssize_t sent = send(e->fd, bytes, n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) die_errno("send");
    return sent < 0 ? 0 : (uint32_t)sent;
}

static char *keep(char *kept, const char *bytes, uint32_t n)
{
    if (kept == NULL) kept = need(malloc(CHUNK));
    return memcpy(kept, bytes, n);
}

static void requests(struct session *s)
{
    for (int turn = 0; turn < READS_MAX && s->waiting == 0 && s->client.readable; turn++) {
        uint32_t n = receive(&s->client);
        if (s->client.eof)
            for (int i = 0; i < servers; i++) shutdown(s->server[i].fd, SHUT_WR);
        if (n == 0) return;
        for (int i = 0; i < servers; i++) {
            struct end *e = &s->server[i];
            e->done = transmit(e, buffer, n);
            s->waiting += e->done < n;
        }
        if (s->waiting == 0) continue;
        s->request = keep(s->request, buffer, n);
        s->request_bytes = n;
    }
}

static void replies(struct session *s, struct end *e)
{
    for (int turn = 0; turn < READS_MAX && s->reply_bytes == 0 && e->readable; turn++) {
        uint32_t n = receive(e);
        if (e->eof && ++s->eofs == servers) shutdown(s->client.fd, SHUT_WR);
        if (n == 0) return;
        s->client.done = transmit(&s->client, buffer, n);
        if (s->client.done == n) continue;
        s->reply = keep(s->reply, buffer, n);
        s->reply_bytes = n;
    }
}

// There may be room again.
static void flush(struct end *e)
{
    struct session *s = e->session;
    if (e == &s->client && s->reply_bytes > 0) {
        e->done += transmit(e, s->reply + e->done, s->reply_bytes - e->done);
        if (e->done == s->reply_bytes) s->reply_bytes = 0;
    } else if (e != &s->client && s->waiting > 0 && e->done < s->request_bytes) {
        e->done += transmit(e, s->request + e->done, s->request_bytes - e->done);
        s->waiting -= e->done == s->request_bytes;
    }
}

// One turn of a session; whatever it leaves readable and unhindered gets another.
static void turn(struct session *s)
{
    requests(s);
    for (int i = 0; i < servers; i++) replies(s, &s->server[i]);
    if (s->client.eof && s->eofs == servers && s->reply_bytes == 0) {
        close_session(s);
        return;
    }
    bool more = s->client.readable && s->waiting == 0;
    for (int i = 0; i < servers && !more; i++) more = s->server[i].readable && s->reply_bytes == 0;
    if (more) list(s);
}

// Most events are done with at once. A session is closed in its turn alone: more of its events may stand in this round.
static void handle(struct end *e, uint32_t events)
{
    struct session *s = e->session;
    if (events & EPOLLERR) die("a connection broke");
    if (events & EPOLLRDHUP) e->fin = true;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) e->readable = !e->eof;
    bool held = e == &s->client ? s->reply_bytes > 0 : s->waiting > 0;
    if (held && (events & EPOLLOUT)) flush(e);
    if (e == &s->client)
        requests(s);
    else
        replies(s, e);
    if (e->readable || e->eof || held) list(s);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) return fputs(USAGE, stdout), 0;
    if (argc < 3) return fputs(USAGE, stderr), 2;
    int port = (int)number("PORT", argv[1], 0, 65535);
    if (argc - 2 > SERVERS_MAX) die("at most %d servers", SERVERS_MAX);
    for (servers = 0; servers < argc - 2; servers++) ports[servers] = (int)number("SERVERPORT", argv[servers + 2], 1, 65535);
    raise_descriptors();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    listener = bind_loopback(&port, true);
    watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, 0);
    printf("%d\n", port);
    fflush(stdout);

    for (struct epoll_event events[EVENTS];;) {
        int ready = epoll_wait(epoll, events, EVENTS, first == NULL ? -1 : 0);
        for (int i = 0; i < ready; i++) {
            struct end *e = (struct end *)(uintptr_t)events[i].data.u64;
            if (e == NULL) {
                for (int fd; (fd = accept_one(listener)) >= 0;) open_session(fd);
                continue;
            }
            handle(e, events[i].events);
        }
        struct session *s = first;
        first = NULL;
        for (struct session *next; s != NULL; s = next) {
            next = s->next;
            s->listed = false;
            turn(s);
        }
    }
}
