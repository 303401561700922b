#ifndef BENCH_NET_WATCH_H
#define BENCH_NET_WATCH_H

#include <stdint.h>
#include <sys/types.h>

/* What another process has used so far, from /proc. A process that is gone ends the program. */

/* CPU time of all its threads, workers that the kernel started for it among them. */
uint64_t watch_cpu_ns(pid_t pid);

/* Resident memory, counted page by page: the quick count of statm is off by some hundred pages. */
uint64_t watch_resident_bytes(pid_t pid);

#endif
