// raw: the least that a broadcaster of bytes can do. For each client one connection to each server, made when it is accepted; what a
// client sends is read once and written to each; what servers say is relayed. One thread, no protocol, no counting, no death of a
// server survived.
//
// usage: raw PORT SERVERPORT...        PORT 0: one of the system's choice; it is printed once clients can connect
#include "floor.h"

struct client;

// One socket: the client's, or one to a server.
struct side {
  struct client *client; // NULL: the listener
  int fd;
  bool is_client, has_ended;
  char *waiting; // bytes that the kernel has not taken
  size_t from, count;
};

struct client {
  struct side own;
  int blocked; // servers that have bytes waiting: it is not read
  int ended;   // servers whose end has come
  struct side servers[];
};

static int ports[SERVERS_MAX], servers, epoll;
static char buffer[CHUNK];

static void interest(struct side *s) {
  bool reads = !s->has_ended && (s->is_client ? s->client->blocked == 0 : s->client->own.count == 0);
  watch(epoll, EPOLL_CTL_MOD, s->fd, (reads ? EPOLLIN : 0) | (s->count > 0 ? EPOLLOUT : 0), s);
}

static void interest_of_servers(struct client *c) {
  for (int i = 0; i < servers; i++)
    interest(&c->servers[i]);
}

// Writes what is in the buffer; true: some of it waits now.
static bool give(struct side *to, const char *bytes, size_t count) {
  size_t sent = to->count == 0 ? send_some(to->fd, bytes, count) : 0;
  if (sent == count)
    return false;
  if (!to->waiting)
    to->waiting = must_have(malloc(2 * CHUNK));
  if (to->count > 0)
    memmove(to->waiting, to->waiting + to->from, to->count);
  to->from = 0;
  memcpy(to->waiting + to->count, bytes + sent, count - sent);
  to->count += count - sent;
  return true;
}

static void flush(struct side *s) {
  size_t sent = send_some(s->fd, s->waiting + s->from, s->count);
  s->from += sent;
  s->count -= sent;
  if (s->count > 0)
    return;
  interest(s);
  if (s->is_client)
    interest_of_servers(s->client);
  else if (--s->client->blocked == 0)
    interest(&s->client->own);
}

static void forget(struct client *c) {
  for (int i = 0; i < servers; i++) {
    close(c->servers[i].fd);
    free(c->servers[i].waiting);
  }
  close(c->own.fd);
  free(c->own.waiting);
  c->own.fd = -1;
}

static void ended(struct side *s) {
  struct client *c = s->client;
  s->has_ended = true;
  if (s->is_client) {
    for (int i = 0; i < servers; i++)
      shutdown(c->servers[i].fd, SHUT_WR);
    interest(s);
  } else if (++c->ended == servers) {
    forget(c);
  } else {
    interest(s);
  }
}

static void receive(struct side *s) {
  ssize_t count = recv(s->fd, buffer, sizeof buffer, 0);
  if (count <= 0) {
    if (has_ended(count))
      ended(s);
    return;
  }
  struct client *c = s->client;
  if (!s->is_client) {
    if (give(&c->own, buffer, (size_t)count)) {
      interest(&c->own);
      interest_of_servers(c);
    }
    return;
  }
  for (int i = 0; i < servers; i++) {
    if (give(&c->servers[i], buffer, (size_t)count)) {
      c->blocked++;
      interest(&c->servers[i]);
    }
  }
  if (c->blocked > 0)
    interest(s);
}

static void accept_all(int listener) {
  for (int fd; (fd = accept_from(listener)) >= 0;) {
    struct client *c = must_have(calloc(1, sizeof *c + (size_t)servers * sizeof(struct side)));
    c->own = (struct side){.client = c, .fd = fd, .is_client = true};
    for (int i = 0; i < servers; i++) {
      c->servers[i] = (struct side){.client = c, .fd = connect_to(ports[i])};
      watch(epoll, EPOLL_CTL_ADD, c->servers[i].fd, EPOLLIN, &c->servers[i]);
    }
    watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, &c->own);
  }
}

int main(int argc, char **argv) {
  if (argc < 3 || argc - 2 > SERVERS_MAX)
    die("usage: raw PORT SERVERPORT... (at most %d)", SERVERS_MAX);
  int port = (int)number(argv[1], "PORT", 0, 65535);
  for (servers = 0; servers < argc - 2; servers++)
    ports[servers] = (int)number(argv[servers + 2], "SERVERPORT", 1, 65535);
  raise_descriptors();
  epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  struct side listener = {.fd = listen_on(&port, false)};
  watch(epoll, EPOLL_CTL_ADD, listener.fd, EPOLLIN, &listener);
  printf("%d\n", port);
  fflush(stdout);

  struct epoll_event events[EVENTS_MAX];
  while (true) {
    int ready = epoll_wait(epoll, events, EVENTS_MAX, -1);
    for (int i = 0; i < ready; i++) {
      struct side *s = events[i].data.ptr;
      // A client that is over stays in memory: later events of the same wait may name it, and runs are short.
      if (s->client == NULL)
        accept_all(s->fd);
      else if (s->client->own.fd < 0)
        continue;
      else if (events[i].events & EPOLLOUT)
        flush(s);
      else
        receive(s);
    }
  }
}
