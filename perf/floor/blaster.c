// blaster: C clients that send M requests each through whatever listens on a port, and measure what that costs the process there:
// its CPU time by its own clock in the kernel, from just before the first byte until every reply has come and every server has
// every byte. One thread; it costs as little as a client can. (latency.h: percentiles; shape.h: what requests look like.)
//
// usage: blaster --port P --pid PID --clients C --requests M --size BYTES [option]...
//
//   --window K        requests of one client that wait for replies at a time; 0 (default): no replies, as fast as they are taken
//   --reply BYTES     of all that comes back for one request
//   --counters FILE --servers N    those of sink: the first N must have received everything
//   --protocol P      raw (default), redis: SET key:… value, line: name value time
//   --warmup M        requests of each client before the measured ones (default 1)
//   --rate R          requests a second of all clients together, each at its time, whatever became of the one before; what
//                     one waits to be sent counts as its latency
//   --timeout S       of it all (default 60)
//   --hold            measures resident memory instead: each client sends one request and stays
//
// Prints one line of key=value. Anything lost, torn or late: a line on standard error and exit status 1.
#include "floor.h"
#include "latency.h"
#include "shape.h"
#include <getopt.h>

enum { WINDOW_MAX = 256 };

struct client {
  int fd;
  uint64_t unsent;       // requests that may still be sent in this phase
  uint64_t waiting;      // sent, wholly or in part, and not answered
  size_t sending;        // bytes that are to be sent now
  size_t offset;         // in the text: where they begin
  size_t replied;        // bytes of the reply that is under way
  bool waits_to_send;
  uint64_t began[WINDOW_MAX]; // when each waiting request was sent, or should have been
  uint64_t first;        // index of the oldest of them
  uint64_t scheduled;    // open loop: when the one after the waiting ones is due
  uint64_t due;          // open loop: how many are due and not sent
};

static int port, servers, client_count, epoll;
static long pid, rate, window, timeout_s = 60;
static uint64_t requests, warmup = 1, deadline, left_unsent, left_waiting;
static size_t size, reply;
static bool is_redis, is_line, holds;
static const char *counters_path;
static struct server_counters *counters;
static uint64_t baseline[SERVERS_MAX];
static struct client *clients;
static struct shape text;
static struct latency latency;
static char buffer[1 << 18];

static void fail_undelivered(void) {
  fprintf(stderr, "not delivered: %lu requests not sent, %lu without a reply;", left_unsent, left_waiting);
  for (int i = 0; i < servers; i++)
    fprintf(stderr, " server %d has %lu bytes of them", i, counters[i].bytes - baseline[i]);
  fputc('\n', stderr);
  exit(1);
}

static void check_time(void) {
  if (now_ns(CLOCK_MONOTONIC) > deadline)
    fail_undelivered();
}

static void interest(struct client *c, bool sends) {
  if (sends == c->waits_to_send)
    return;
  c->waits_to_send = sends;
  watch(epoll, EPOLL_CTL_MOD, c->fd, EPOLLIN | (sends ? EPOLLOUT : 0), c);
}

// Sends what is to be sent; all that the kernel takes goes in large pieces.
static void flush(struct client *c) {
  while (c->sending > 0) {
    size_t count = text.bytes - c->offset < c->sending ? text.bytes - c->offset : c->sending;
    size_t sent = send_some(c->fd, text.text + c->offset, count);
    c->sending -= sent;
    c->offset = (c->offset + sent) % text.bytes;
    if (sent < count)
      break;
  }
  interest(c, c->sending > 0);
}

static void push(struct client *c, uint64_t count, uint64_t since) {
  c->unsent -= count;
  left_unsent -= count;
  if (window > 0) {
    for (uint64_t i = 0; i < count; i++)
      c->began[(c->first + c->waiting + i) % WINDOW_MAX] = since;
    c->waiting += count;
    left_waiting += count;
  }
  c->sending += count * size;
}

// Fills the window. In bulk: all that is left, which the kernel takes bit by bit.
static void go_on(struct client *c, uint64_t now) {
  if (rate > 0) {
    while (c->due > 0 && c->waiting < (uint64_t)window && c->unsent > 0) {
      uint64_t interval = (uint64_t)client_count * 1000000000u / (uint64_t)rate;
      push(c, 1, c->scheduled);
      c->scheduled += interval;
      c->due--;
    }
  } else {
    uint64_t room = window > 0 ? (uint64_t)window - c->waiting : c->unsent;
    uint64_t count = room < c->unsent ? room : c->unsent;
    if (count > 0)
      push(c, count, now);
  }
  if (c->sending > 0 && !c->waits_to_send)
    flush(c);
}

static void receive(struct client *c) {
  ssize_t count = recv(c->fd, buffer, sizeof buffer, 0);
  if (count <= 0) {
    if (has_ended(count))
      die("a connection was ended, with %lu requests not sent and %lu without a reply", left_unsent, left_waiting);
    return;
  }
  if (window == 0)
    die("%zd bytes of replies where none are expected: %.*s", count, (int)(count < 80 ? count : 80), buffer);
  uint64_t now = now_ns(CLOCK_MONOTONIC);
  if (reply > 0 && c->replied == 0 && buffer[0] != '+')
    die("a wrong reply: %.*s", (int)(count < 80 ? count : 80), buffer);
  c->replied += (size_t)count;
  for (; c->replied >= reply; c->replied -= reply) {
    if (c->waiting == 0)
      die("more replies than requests");
    latency_add(&latency, now - c->began[c->first % WINDOW_MAX]);
    c->first++;
    c->waiting--;
    left_waiting--;
  }
  go_on(c, now);
}

static bool all_delivered(uint64_t bytes) {
  for (int i = 0; i < servers; i++)
    if (__atomic_load_n(&counters[i].bytes, __ATOMIC_ACQUIRE) - baseline[i] < bytes)
      return false;
  return true;
}

// Open loop: marks what is due by now. Gives the time of the next one.
static uint64_t mark_due(uint64_t began, uint64_t *marked, uint64_t total) {
  uint64_t now = now_ns(CLOCK_MONOTONIC);
  while (*marked < total && began + *marked * 1000000000u / (uint64_t)rate <= now) {
    struct client *c = &clients[*marked % (uint64_t)client_count];
    c->due++;
    ++*marked;
    go_on(c, now);
  }
  return *marked < total ? began + *marked * 1000000000u / (uint64_t)rate : UINT64_MAX;
}

// One phase: every client sends count requests, gets its replies, and every server gets the bytes.
static void run(uint64_t count) {
  struct epoll_event events[EVENTS_MAX];
  uint64_t total = count * (uint64_t)client_count, began = now_ns(CLOCK_MONOTONIC), marked = 0;
  for (int i = 0; i < servers; i++)
    baseline[i] = counters[i].bytes;
  left_unsent = total;
  left_waiting = 0;
  for (int i = 0; i < client_count; i++) {
    clients[i].unsent = count;
    if (rate > 0)
      clients[i].scheduled = began + (uint64_t)i * 1000000000u / (uint64_t)rate;
  }
  if (rate == 0)
    for (int i = 0; i < client_count; i++)
      go_on(&clients[i], now_ns(CLOCK_MONOTONIC));
  while (true) {
    bool sending = left_unsent > 0 || left_waiting > 0;
    for (int i = 0; !sending && i < client_count; i++)
      sending = clients[i].sending > 0;
    if (!sending)
      break;
    struct timespec wait = {.tv_nsec = 100000000};
    if (rate > 0 && marked < total) {
      uint64_t next = mark_due(began, &marked, total), now = now_ns(CLOCK_MONOTONIC);
      if (next != UINT64_MAX)
        wait.tv_nsec = next > now ? (long)(next - now < 100000000 ? next - now : 100000000) : 0;
    }
    int ready = epoll_pwait2(epoll, events, EVENTS_MAX, &wait, NULL);
    for (int i = 0; i < ready; i++) {
      struct client *c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT)
        flush(c);
      if (events[i].events & ~EPOLLOUT)
        receive(c);
    }
    if (ready == 0)
      check_time();
  }
  struct timespec pause = {.tv_nsec = 200000};
  while (!all_delivered(total * size)) {
    check_time();
    nanosleep(&pause, NULL);
  }
}

static long status_kib(const char *name) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%ld/status", pid);
  FILE *file = fopen(path, "r");
  if (!file)
    die("process %ld is gone", pid);
  long value = -1;
  while (fgets(line, sizeof line, file))
    if (strncmp(line, name, strlen(name)) == 0)
      value = atol(line + strlen(name) + 1);
  fclose(file);
  return value;
}

static void connect_all(void) {
  for (int i = 0; i < client_count; i++) {
    clients[i].fd = connect_to(port);
    watch(epoll, EPOLL_CTL_ADD, clients[i].fd, EPOLLIN, &clients[i]);
  }
}

// What an idle client keeps resident, once it has sent a request.
static void hold(void) {
  long before = status_kib("VmRSS");
  connect_all();
  run(1);
  sleep(2);
  long after = status_kib("VmRSS");
  printf("clients=%d resident_before_kib=%ld resident_after_kib=%ld bytes_per_client=%ld\n", client_count, before, after,
    (after - before) * 1024 / client_count);
}

static void measure(clockid_t cpu) {
  connect_all();
  long r = rate;
  rate = 0;
  run(warmup);
  rate = r;
  latency_reset(&latency);
  uint64_t cpu_from = now_ns(cpu), from = now_ns(CLOCK_MONOTONIC);
  run(requests);
  uint64_t cpu_ns = now_ns(cpu) - cpu_from, wall_ns = now_ns(CLOCK_MONOTONIC) - from;
  uint64_t total = requests * (uint64_t)client_count;
  uint64_t misframed = 0;
  for (int i = 0; i < servers; i++)
    misframed += counters[i].misframed;
  if (misframed > 0)
    die("%lu requests came misframed", misframed);
  printf("requests=%lu delivered=%lu bytes=%lu wall_us=%lu cpu_us=%lu p50_us=%.1f p99_us=%.1f p999_us=%.1f peak_kib=%ld\n", total,
    total * (uint64_t)servers, total * size, wall_ns / 1000, cpu_ns / 1000, latency_at(&latency, 0.5) / 1e3, latency_at(&latency, 0.99) / 1e3,
    latency_at(&latency, 0.999) / 1e3, status_kib("VmHWM"));
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"port", 1, 0, 'p'}, {"pid", 1, 0, 'i'}, {"clients", 1, 0, 'c'}, {"requests", 1, 0, 'm'},
    {"size", 1, 0, 's'}, {"window", 1, 0, 'w'}, {"reply", 1, 0, 'r'}, {"counters", 1, 0, 'f'}, {"servers", 1, 0, 'n'},
    {"protocol", 1, 0, 'k'}, {"warmup", 1, 0, 'u'}, {"rate", 1, 0, 'a'}, {"timeout", 1, 0, 't'}, {"hold", 0, 0, 'h'}, {0}};
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (option) {
    case 'p': port = (int)number(optarg, "--port", 1, 65535); break;
    case 'i': pid = number(optarg, "--pid", 1, 1 << 22); break;
    case 'c': client_count = (int)number(optarg, "--clients", 1, 20000); break;
    case 'm': requests = (uint64_t)number(optarg, "--requests", 1, 1L << 40); break;
    case 's': size = (size_t)number(optarg, "--size", 1, 1 << 20); break;
    case 'w': window = number(optarg, "--window", 0, WINDOW_MAX); break;
    case 'r': reply = (size_t)number(optarg, "--reply", 1, 1 << 20); break;
    case 'f': counters_path = optarg; break;
    case 'n': servers = (int)number(optarg, "--servers", 1, SERVERS_MAX); break;
    case 'k': is_redis = strcmp(optarg, "redis") == 0; is_line = strcmp(optarg, "line") == 0; break;
    case 'u': warmup = (uint64_t)number(optarg, "--warmup", 1, 1 << 30); break;
    case 'a': rate = number(optarg, "--rate", 1, 100000000); break;
    case 't': timeout_s = number(optarg, "--timeout", 1, 3600); break;
    case 'h': holds = true; break;
    default: die("usage: blaster --port P --pid PID --clients C --requests M --size BYTES [option]... (see its first lines)");
    }
  }
  if (port == 0 || pid == 0 || client_count == 0 || size == 0 || (requests == 0 && !holds))
    die("blaster needs --port, --pid, --clients, --requests and --size");
  if ((window > 0) != (reply > 0) || (rate > 0 && window == 0) || (servers > 0) != (counters_path != NULL))
    die("--window and --reply go together, --rate needs them, and --servers goes with --counters");
  raise_descriptors();
  shape_make(&text, is_redis, is_line, size);
  clients = must_have(calloc((size_t)client_count, sizeof *clients));
  counters = counters_path ? map_counters(counters_path, false) : NULL;
  epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  deadline = now_ns(CLOCK_MONOTONIC) + (uint64_t)timeout_s * 1000000000u;
  clockid_t cpu;
  int error = clock_getcpuclockid((pid_t)pid, &cpu);
  if (error != 0)
    die("process %ld: %s", pid, strerror(error));
  if (holds)
    hold();
  else
    measure(cpu);
  return 0;
}
