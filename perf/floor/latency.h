// Latencies in buckets whose width grows with the value: 64 to each power of two, so a percentile is right within 1.6 %.
#pragma once
#include <stdint.h>
#include <string.h>

enum { SUB_BITS = 7, SUB = 1 << SUB_BITS, BUCKETS = (64 - SUB_BITS) * SUB };

struct latency {
  uint64_t count;
  uint64_t buckets[BUCKETS];
};

static inline void latency_reset(struct latency *l) { memset(l, 0, sizeof *l); }

static inline void latency_add(struct latency *l, uint64_t ns) {
  int shift = ns < SUB ? 0 : 63 - __builtin_clzll(ns) - SUB_BITS + 1;
  l->buckets[((uint64_t)shift << SUB_BITS) + ((ns >> shift) & (SUB - 1))]++;
  l->count++;
}

// The upper end of the bucket that the fraction falls into, in ns; 0 of none.
static inline double latency_at(const struct latency *l, double fraction) {
  uint64_t rank = (uint64_t)(fraction * (double)l->count), seen = 0;
  for (int i = 0; i < BUCKETS && l->count > 0; i++) {
    seen += l->buckets[i];
    if (seen > rank)
      return (double)((((uint64_t)i & (SUB - 1)) + 1) << (i >> SUB_BITS));
  }
  return 0;
}
