// What the two halves of the blaster share: its arguments, the bytes it sends, and its way to connect.
#pragma once
#include "floor.h"

struct options {
    int port, servers;
    pid_t pid;
    uint64_t clients, requests, warmup, size, window, reply, replies, rate, timeout;
    char shape;             // of a request: 'r' raw, 'e' redis, 'l' line
    uint64_t resp3;         // so many of each two clients say HELLO 3 first
    const char *counters;
    bool hold;
};

extern struct options options;

// Requests, one behind the other: from any offset below pattern_bytes, CHUNK bytes or one whole request can be read.
extern char *pattern;
extern uint64_t pattern_bytes;
void make_pattern(void);

// Connects; waits for a listener that does not listen yet.
int connect_client(void);

// Says HELLO 3, and reads the map that answers it.
void speak_resp3(int fd);

// --hold: what idle clients cost. Returns the exit status.
int hold(void);
