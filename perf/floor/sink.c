// sink: N servers in one thread, which swallow what comes or answer it, and cost as little as a server can.
//
// usage: sink --servers N --counters FILE [--down K] [--protocol raw|redis|line] [--request BYTES --reply BYTES]
//
//   --servers N       how many; their ports are printed on one line, with commas, once they listen
//   --counters FILE   what each has received; made anew (floor.h says what is in it)
//   --down K          the last K of them have a port and refuse every connect
//   --request BYTES   of each request; with --reply, for each of them one reply is sent, in one call for all that came in one read
//   --reply BYTES     0 (default): no replies, and what comes is thrown away by the kernel, uncopied
//   --protocol redis  requests are looked at: what does not begin as the blaster's is a preamble, answered on its own, as long as
//                     the connection is young; after that it is counted as misframed
#include "floor.h"
#include <getopt.h>

struct connection {
  int fd;
  int server; // index; listeners have one too
  bool is_listener, is_begun, waits_to_send;
  size_t partial; // bytes of a request that is not whole yet
  size_t owed;    // bytes of replies that the kernel has not taken
};

static const char redis_start[] = "*3\r\n$3\r\nSET\r\n";
static struct server_counters *counters;
static size_t request_bytes, reply_bytes;
static bool is_redis;
static char *replies;
static size_t replies_bytes;
static char buffer[1 << 18];
static int epoll;

static void flush(struct connection *c) {
  while (c->owed > 0) {
    // Replies are all alike, so what is left of the first one decides where in them to begin.
    size_t offset = (reply_bytes - c->owed % reply_bytes) % reply_bytes;
    size_t count = replies_bytes - offset < c->owed ? replies_bytes - offset : c->owed;
    size_t sent = send_some(c->fd, replies + offset, count);
    c->owed -= sent;
    if (sent < count)
      break;
  }
  bool waits = c->owed > 0;
  if (waits != c->waits_to_send)
    watch(epoll, EPOLL_CTL_MOD, c->fd, waits ? EPOLLOUT : EPOLLIN, c);
  c->waits_to_send = waits;
}

static void say(struct connection *c, const char *text) {
  if (send_some(c->fd, text, strlen(text)) != strlen(text))
    die("a preamble's reply was not taken");
}

// A preamble is asked step by step, so it comes in reads of its own.
static bool is_preamble(struct connection *c, size_t count) {
  if (c->is_begun || !is_redis)
    return false;
  if (count >= sizeof redis_start - 1 && memcmp(buffer, redis_start, sizeof redis_start - 1) == 0) {
    c->is_begun = true;
    return false;
  }
  buffer[count < sizeof buffer ? count : count - 1] = 0;
  if (strstr(buffer, "INFO")) {
    char text[128];
    const char *body = "# Replication\r\nrole:master\r\n";
    snprintf(text, sizeof text, "$%zu\r\n%s\r\n", strlen(body), body);
    say(c, text);
  } else {
    say(c, strstr(buffer, "PING") ? "+PONG\r\n" : "+OK\r\n");
  }
  return true;
}

static void look(struct connection *c, size_t count) {
  size_t first = c->partial == 0 ? 0 : request_bytes - c->partial;
  for (size_t at = first; at + sizeof redis_start - 1 <= count; at += request_bytes)
    if (memcmp(buffer + at, redis_start, sizeof redis_start - 1) != 0)
      counters[c->server].misframed++;
}

static void receive(struct connection *c) {
  bool copies = is_redis;
  ssize_t count = recv(c->fd, buffer, sizeof buffer, copies ? 0 : MSG_TRUNC);
  if (count <= 0) {
    if (has_ended(count)) {
      close(c->fd);
      free(c);
    }
    return;
  }
  if (is_preamble(c, (size_t)count))
    return;
  if (copies)
    look(c, (size_t)count);
  if (request_bytes > 0) {
    c->partial += (size_t)count;
    c->owed += c->partial / request_bytes * reply_bytes;
    c->partial %= request_bytes;
  }
  // After the replies' sum, before they are sent: who has all replies finds all bytes counted.
  __atomic_fetch_add(&counters[c->server].bytes, (uint64_t)count, __ATOMIC_RELEASE);
  if (c->owed > 0)
    flush(c);
}

static void accept_all(struct connection *listener) {
  for (int fd; (fd = accept_from(listener->fd)) >= 0;) {
    struct connection *c = must_have(calloc(1, sizeof *c));
    c->fd = fd;
    c->server = listener->server;
    counters[c->server].accepted++;
    watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, c);
  }
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"servers", 1, 0, 's'}, {"counters", 1, 0, 'c'}, {"down", 1, 0, 'd'},
    {"request", 1, 0, 'q'}, {"reply", 1, 0, 'a'}, {"protocol", 1, 0, 'p'}, {0}};
  int servers = 0, down = 0;
  const char *path = NULL;
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (option) {
    case 's': servers = (int)number(optarg, "--servers", 1, SERVERS_MAX); break;
    case 'c': path = optarg; break;
    case 'd': down = (int)number(optarg, "--down", 0, SERVERS_MAX); break;
    case 'q': request_bytes = (size_t)number(optarg, "--request", 1, 1 << 24); break;
    case 'a': reply_bytes = (size_t)number(optarg, "--reply", 0, CHUNK); break;
    case 'p': is_redis = strcmp(optarg, "redis") == 0; break;
    default: die("usage: sink --servers N --counters FILE [--down K] [--protocol P] [--request BYTES --reply BYTES]");
    }
  }
  if (servers == 0 || path == NULL || (reply_bytes > 0 && request_bytes == 0) || down > servers)
    die("sink needs --servers and --counters, with --reply also --request, and --down at most --servers");
  raise_descriptors();
  counters = map_counters(path, true);
  replies_bytes = reply_bytes > 0 ? CHUNK / reply_bytes * reply_bytes : 0;
  replies = must_have(malloc(replies_bytes + 1));
  for (size_t at = 0; at < replies_bytes; at += reply_bytes) {
    memset(replies + at, 'r', reply_bytes);
    replies[at] = '+';
    if (reply_bytes >= 3)
      memcpy(replies + at + reply_bytes - 2, "\r\n", 2);
  }

  epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  for (int i = 0; i < servers; i++) {
    struct connection *c = must_have(calloc(1, sizeof *c));
    int port = 0;
    *c = (struct connection){.fd = listen_on(&port, i >= servers - down), .server = i, .is_listener = true};
    if (i < servers - down)
      watch(epoll, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
    printf("%s%d", i ? "," : "", port);
  }
  printf("\n");
  fflush(stdout);

  struct epoll_event events[EVENTS_MAX];
  while (true) {
    int ready = epoll_wait(epoll, events, EVENTS_MAX, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (c->is_listener)
        accept_all(c);
      else if (c->waits_to_send)
        flush(c);
      else
        receive(c);
    }
  }
}
