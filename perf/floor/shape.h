// What requests look like: one request of an exact length, repeated to a text that is sent round and round in large pieces.
#pragma once
#include "floor.h"

struct shape {
  char *text;
  size_t bytes; // a multiple of the request's
};

// SET key:000000000000 xxxx…, so long that all of it has that length. The length of the value's length matters.
static inline void shape_redis(char *to, size_t size) {
  const char *head = "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n";
  for (size_t digits = 1; digits < 8; digits++) {
    long value = (long)size - (long)strlen(head) - 1 - (long)digits - 2 - 2;
    char line[32];
    if (value < 1 || (size_t)snprintf(line, sizeof line, "$%ld\r\n", value) != 1 + digits + 2)
      continue;
    size_t at = (size_t)sprintf(to, "%s%s", head, line);
    memset(to + at, 'x', (size_t)value);
    memcpy(to + size - 2, "\r\n", 2);
    return;
  }
  die("no redis request is %zu bytes long", size);
}

static inline void shape_line(char *to, size_t size) {
  const char *tail = " 1 1700000000\n";
  if (size < strlen(tail) + 2)
    die("a line has at least %zu bytes", strlen(tail) + 2);
  memset(to, 'm', size);
  to[1] = '.';
  memcpy(to + size - strlen(tail), tail, strlen(tail));
}

static inline void shape_make(struct shape *s, bool is_redis, bool is_line, size_t size) {
  size_t count = size >= CHUNK ? 1 : CHUNK / size;
  s->bytes = count * size;
  s->text = must_have(malloc(s->bytes + 64));
  if (is_redis)
    shape_redis(s->text, size);
  else if (is_line)
    shape_line(s->text, size);
  else
    memset(s->text, 'r', size);
  for (size_t i = 1; i < count; i++)
    memcpy(s->text + i * size, s->text, size);
}
