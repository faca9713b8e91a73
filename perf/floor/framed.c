// framed: the least that a broadcaster of requests can do. One connection to each server for all clients; in each round what all ready
// clients have sent is gathered, written once to each server, and the first server's replies, matched by their count alone, are
// written once to each client. Requests and replies have a length known beforehand: nothing is parsed. One thread.
//
// usage: framed PORT REQUEST_BYTES REPLY_BYTES SERVERPORT...     PORT 0: one of the system's choice; it is printed
//                                                               REPLY_BYTES 0: nobody replies
#include "floor.h"

enum { SHORT_REPLIES = 4096, WAITING_MAX = 4 << 20, ROUND_BYTES = 4 << 20, RING = 1 << 20 };

enum kind { LISTENER, SERVER, CLIENT };

struct side {
  enum kind kind;
  int fd;
  bool is_over, is_dirty, waits_to_send;
  char *part;    // client: of a request that is not whole; server: of a reply
  size_t part_bytes;
  char *out;     // what the kernel is to take: client: replies; server: requests
  size_t out_from, out_bytes, out_room;
};

static struct side servers[SERVERS_MAX], **clients, *dirty[1 << 16];
static struct side *ring[RING]; // who waits for a reply, in the order of the log
static uint64_t ring_head, ring_tail;
static int server_count, client_count, dirty_count, epoll;
static size_t request_bytes, reply_bytes, round_bytes;
static char round_buffer[ROUND_BYTES + CHUNK], reply_buffer[1 << 18];
static bool is_paused;

static void interest(struct side *s, bool reads) {
  watch(epoll, EPOLL_CTL_MOD, s->fd, (reads ? EPOLLIN : 0) | (s->out_bytes > 0 ? EPOLLOUT : 0), s);
}

static void keep(struct side *s, const char *bytes, size_t count) {
  if (s->out_from + s->out_bytes + count > s->out_room) {
    if (s->out_from > 0)
      memmove(s->out, s->out + s->out_from, s->out_bytes);
    s->out_from = 0;
    if (s->out_bytes + count > s->out_room) {
      s->out_room = 2 * (s->out_bytes + count) + SHORT_REPLIES;
      s->out = must_have(realloc(s->out, s->out_room));
    }
  }
  memcpy(s->out + s->out_from + s->out_bytes, bytes, count);
  s->out_bytes += count;
}

static void flush(struct side *s) {
  size_t sent = send_some(s->fd, s->out + s->out_from, s->out_bytes);
  s->out_bytes -= sent;
  s->out_from = s->out_bytes == 0 ? 0 : s->out_from + sent;
  if (s->waits_to_send != (s->out_bytes > 0)) {
    s->waits_to_send = s->out_bytes > 0;
    interest(s, s->kind == SERVER || !is_paused);
  }
}

// Clients are not read while a server has much waiting.
static void pause_if_full(void) {
  bool full = ring_tail - ring_head > RING / 2;
  for (int i = 0; i < server_count; i++)
    full |= servers[i].out_bytes > WAITING_MAX;
  if (full == is_paused)
    return;
  is_paused = full;
  for (int i = 0; i < client_count; i++)
    if (!clients[i]->is_over)
      interest(clients[i], !is_paused);
}

static void over(struct side *s) {
  if (s->kind == SERVER)
    die("a server has ended its connection");
  close(s->fd);
  s->is_over = true;
}

static void receive_requests(struct side *c) {
  if (is_paused || round_bytes + request_bytes + CHUNK > sizeof round_buffer)
    return;
  char *begin = round_buffer + round_bytes;
  memcpy(begin, c->part, c->part_bytes);
  ssize_t count = recv(c->fd, begin + c->part_bytes, CHUNK, 0);
  if (count <= 0) {
    if (has_ended(count))
      over(c);
    return;
  }
  size_t have = c->part_bytes + (size_t)count, whole = have / request_bytes * request_bytes;
  c->part_bytes = have - whole;
  memcpy(c->part, begin + whole, c->part_bytes);
  round_bytes += whole;
  if (reply_bytes > 0)
    for (size_t at = 0; at < whole; at += request_bytes)
      ring[ring_tail++ % RING] = c;
}

static void receive_replies(struct side *s) {
  bool is_first = s == servers;
  ssize_t count = recv(s->fd, reply_buffer + s->part_bytes, sizeof reply_buffer - s->part_bytes, is_first ? 0 : MSG_TRUNC);
  if (count <= 0) {
    if (has_ended(count))
      over(s);
    return;
  }
  if (!is_first)
    return;
  size_t have = s->part_bytes + (size_t)count, at = 0;
  for (; at + reply_bytes <= have; at += reply_bytes) {
    if (ring_head == ring_tail)
      die("a reply that nothing had asked for");
    struct side *c = ring[ring_head++ % RING];
    if (c->is_over)
      continue;
    keep(c, reply_buffer + at, reply_bytes);
    if (!c->is_dirty && !c->waits_to_send) {
      c->is_dirty = true;
      dirty[dirty_count++] = c;
    }
  }
  s->part_bytes = have - at;
  memmove(reply_buffer, reply_buffer + at, s->part_bytes);
}

static void end_round(void) {
  for (int i = 0; i < server_count && round_bytes > 0; i++) {
    struct side *s = &servers[i];
    size_t sent = s->out_bytes == 0 ? send_some(s->fd, round_buffer, round_bytes) : 0;
    if (sent < round_bytes) {
      keep(s, round_buffer + sent, round_bytes - sent);
      s->waits_to_send = true;
      interest(s, true);
    }
  }
  round_bytes = 0;
  for (int i = 0; i < dirty_count; i++) {
    dirty[i]->is_dirty = false;
    if (!dirty[i]->is_over)
      flush(dirty[i]);
  }
  dirty_count = 0;
  pause_if_full();
}

static void accept_all(int listener) {
  for (int fd; (fd = accept_from(listener)) >= 0;) {
    struct side *c = must_have(calloc(1, sizeof *c));
    *c = (struct side){.kind = CLIENT, .fd = fd, .part = must_have(malloc(request_bytes))};
    clients = must_have(realloc(clients, (size_t)(client_count + 1) * sizeof *clients));
    clients[client_count++] = c;
    if (client_count > (int)(sizeof dirty / sizeof *dirty))
      die("too many clients");
    watch(epoll, EPOLL_CTL_ADD, fd, is_paused ? 0 : EPOLLIN, c);
  }
}

int main(int argc, char **argv) {
  if (argc < 5 || argc - 4 > SERVERS_MAX)
    die("usage: framed PORT REQUEST_BYTES REPLY_BYTES SERVERPORT... (at most %d)", SERVERS_MAX);
  int port = (int)number(argv[1], "PORT", 0, 65535);
  request_bytes = (size_t)number(argv[2], "REQUEST_BYTES", 1, 1 << 20);
  reply_bytes = (size_t)number(argv[3], "REPLY_BYTES", 0, CHUNK);
  raise_descriptors();
  epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  for (; server_count < argc - 4; server_count++) {
    struct side *s = &servers[server_count];
    *s = (struct side){.kind = SERVER, .fd = connect_to((int)number(argv[server_count + 4], "SERVERPORT", 1, 65535))};
    watch(epoll, EPOLL_CTL_ADD, s->fd, EPOLLIN, s);
  }
  struct side listener = {.kind = LISTENER, .fd = listen_on(&port, false)};
  watch(epoll, EPOLL_CTL_ADD, listener.fd, EPOLLIN, &listener);
  printf("%d\n", port);
  fflush(stdout);

  struct epoll_event events[EVENTS_MAX];
  while (true) {
    int ready = epoll_wait(epoll, events, EVENTS_MAX, -1);
    for (int i = 0; i < ready; i++) {
      struct side *s = events[i].data.ptr;
      if (s->kind == LISTENER) {
        accept_all(s->fd);
        continue;
      }
      if (events[i].events & EPOLLOUT)
        flush(s);
      if (!(events[i].events & ~EPOLLOUT) || s->is_over)
        continue;
      if (s->kind == SERVER)
        receive_replies(s);
      else
        receive_requests(s);
    }
    end_round();
  }
}
