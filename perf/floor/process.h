// What the kernel says of another process. All of its threads count, also those that have ended (but for switches).
#pragma once
#include <stdint.h>
#include <sys/types.h>

struct usage {
    uint64_t cpu_ns;            // exact
    uint64_t user_us, system_us; // in ticks of 10 ms: the split alone, for long runs
    uint64_t switches;          // of the threads that live
};

struct usage process_usage(pid_t pid);
// 0: it has ended.
uint64_t process_resident_kib(pid_t pid);
uint64_t process_peak_kib(pid_t pid);
