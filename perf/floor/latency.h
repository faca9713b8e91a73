// Latencies in logarithmic buckets: any quantile to within 1 %, in a fixed room.
#pragma once
#include <stdint.h>

void latency_reset(void);
void latency_record(uint64_t ns);
// Of 0.99: so many microseconds, or less, took 99 % of them.
double latency_us(double quantile);
