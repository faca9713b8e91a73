// A power of two has 64 buckets, as in HdrHistogram: a bucket is at most 1/64 wide, and its middle stands for it.
#include "latency.h"
#include <string.h>

enum { SUB_BITS = 6, SUB = 1 << SUB_BITS, BUCKETS = (64 - SUB_BITS + 1) * SUB };

static uint64_t buckets[BUCKETS], total;

void latency_reset(void)
{
    memset(buckets, 0, sizeof buckets);
    total = 0;
}

void latency_record(uint64_t ns)
{
    // Below 64 each value has its own bucket.
    int shift = ns < SUB ? 0 : 63 - __builtin_clzll(ns) - SUB_BITS;
    buckets[(uint64_t)shift * SUB + (ns >> shift)]++;
    total++;
}

double latency_us(double quantile)
{
    uint64_t wanted = (uint64_t)(quantile * (double)total), seen = 0;
    if (wanted >= total && total > 0) wanted = total - 1;
    for (uint64_t i = 0; i < BUCKETS; i++) {
        seen += buckets[i];
        if (seen <= wanted) continue;
        uint64_t shift = i < 2 * SUB ? 0 : i / SUB - 1;
        return ((double)((i - shift * SUB) << shift) + (double)((1ull << shift) - 1) / 2) / 1000;
    }
    return 0;
}
