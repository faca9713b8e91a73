// What the clients send, and how they connect.
#include "blaster.h"
#include "process.h"

enum { LISTEN_SECONDS = 10 };

char *pattern;
uint64_t pattern_bytes;

static uint64_t digits(uint64_t value)
{
    uint64_t count = 1;
    for (; value >= 10; value /= 10) count++;
    return count;
}

// One request of exactly options.size bytes.
static void write_request(char *to, uint64_t i)
{
    uint64_t size = options.size;
    char *end = to + size;
    char head[128];
    memset(to, 'x', size);
    if (options.shape == 'e') {
        // 13 + 5 + 18 in front of the value's length, a marker and three line ends round it.
        uint64_t value = 0, width = 1;
        for (; width < 9; width++)
            if (size >= 41 + width && digits(value = size - 41 - width) == width) break;
        if (width == 9) die("--size=%lu: no SET of this shape is so long", size);
        int n = snprintf(head, sizeof head, "*3\r\n$3\r\nSET\r\n$16\r\nkey:%012lu\r\n$%lu\r\n", i, value);
        memcpy(to, head, (size_t)n);
        memcpy(end - 2, "\r\n", 2);
    } else if (options.shape == 'l') {
        static const char TAIL[] = " 1 1700000000\n";
        int n = snprintf(head, sizeof head, "metric.%08lu.", i);
        if (size < (uint64_t)n + sizeof TAIL) die("--size=%lu: a line is at least %lu bytes", size, (uint64_t)n + sizeof TAIL);
        memcpy(to, head, (size_t)n);
        memcpy(end - (sizeof TAIL - 1), TAIL, sizeof TAIL - 1);
    } else {
        end[-1] = '\n';
    }
}

void make_pattern(void)
{
    uint64_t requests = (CHUNK + options.size - 1) / options.size;
    pattern_bytes = requests * options.size;
    pattern = need(malloc(2 * pattern_bytes));
    for (uint64_t i = 0; i < 2 * requests; i++) write_request(pattern + i * options.size, i % requests);
}

int connect_client(void)
{
    for (uint64_t began = now_ns();;) {
        int fd = connect_loopback(options.port);
        if (fd >= 0) return fd;
        if (errno != ECONNREFUSED) die_errno("connect");
        if (process_resident_kib(options.pid) == 0) die("process %d has ended before it listened", options.pid);
        if (now_ns() - began > LISTEN_SECONDS * 1000000000ull) die("port %d does not listen", options.port);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

void speak_resp3(int fd)
{
    static const char HELLO[] = "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n", LAST[] = "$7\r\nmodules\r\n*0\r\n";
    char answer[1024] = {0};
    size_t bytes = 0;
    if (send(fd, HELLO, sizeof HELLO - 1, MSG_NOSIGNAL) != sizeof HELLO - 1) die("no room for HELLO");
    for (uint64_t began = now_ns(); strstr(answer, LAST) == NULL;) {
        ssize_t n = recv(fd, answer + bytes, sizeof answer - 1 - bytes, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN)) die("HELLO was not answered: %s", n == 0 ? "closed" : strerror(errno));
        bytes += n > 0 ? (size_t)n : 0;
        if (*answer != 0 && *answer != '%') die("HELLO 3 was answered %s", answer);
        if (bytes == sizeof answer - 1 || now_ns() - began > LISTEN_SECONDS * 1000000000ull) die("no end of the answer to HELLO: %s", answer);
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
}
