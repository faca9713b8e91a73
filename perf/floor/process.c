#include "process.h"
#include "floor.h"
#include <dirent.h>

// The number behind name in a file of lines "name: number"; 0 where there is none.
static uint64_t field(const char *file, const char *name)
{
    char line[256];
    uint64_t value = 0;
    FILE *in = fopen(file, "re");
    if (in == NULL) return 0;
    while (fgets(line, sizeof line, in) != NULL)
        if (strncmp(line, name, strlen(name)) == 0) value = strtoull(line + strlen(name), NULL, 10);
    fclose(in);
    return value;
}

static uint64_t status(pid_t pid, const char *name)
{
    char file[64];
    snprintf(file, sizeof file, "/proc/%d/status", pid);
    return field(file, name);
}

uint64_t process_resident_kib(pid_t pid) { return status(pid, "VmRSS:"); }
uint64_t process_peak_kib(pid_t pid) { return status(pid, "VmHWM:"); }

static uint64_t switches(pid_t pid)
{
    char name[300];
    uint64_t sum = 0;
    snprintf(name, sizeof name, "/proc/%d/task", pid);
    DIR *threads = opendir(name);
    if (threads == NULL) return 0;
    for (struct dirent *thread; (thread = readdir(threads)) != NULL;) {
        if (thread->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "/proc/%d/task/%s/status", pid, thread->d_name);
        sum += field(name, "voluntary_ctxt_switches:") + field(name, "nonvoluntary_ctxt_switches:");
    }
    closedir(threads);
    return sum;
}

struct usage process_usage(pid_t pid)
{
    struct usage usage = {0};
    clockid_t clock;
    struct timespec cpu;
    int fault = clock_getcpuclockid(pid, &clock);
    if (fault != 0 || clock_gettime(clock, &cpu) != 0) die("process %d has ended", pid);
    usage.cpu_ns = (uint64_t)cpu.tv_sec * 1000000000u + (uint64_t)cpu.tv_nsec;

    char text[1024];
    snprintf(text, sizeof text, "/proc/%d/stat", pid);
    FILE *in = fopen(text, "re");
    if (in != NULL) {
        // The name, in brackets, may hold anything; after it utime and stime are the 12th and 13th word.
        unsigned long long user = 0, system = 0;
        text[fread(text, 1, sizeof text - 1, in)] = 0;
        fclose(in);
        char *behind = strrchr(text, ')');
        long ticks = sysconf(_SC_CLK_TCK);
        if (behind != NULL &&
            sscanf(behind + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) == 2) {
            usage.user_us = user * 1000000 / (uint64_t)ticks;
            usage.system_us = system * 1000000 / (uint64_t)ticks;
        }
    }
    usage.switches = switches(pid);
    return usage;
}
