#ifndef APPS_SERVE_SERVE_FLAGS_H
#define APPS_SERVE_SERVE_FLAGS_H

#include "apps/flags/flags.h"
#include "apps/run/limits.h"

/* What the command line says, zeroed for the defaults. */
struct serve_options {
    struct flags_list listen; /* where; none: 127.0.0.1:8080 */
    struct flags_number threads;
    struct flags_number connections;
    struct flags_number idle_seconds;
    struct flags_number head_seconds;
    struct flags_number send_seconds;
    struct flags_number grace_seconds;
    struct flags_number head_bytes;
    struct flags_number fresh_ms;
    struct flags_number watchdog_ms;
    struct run_limits limits;
    bool no_layers;
    bool no_folders;
    struct flags_list operands;
};

/* The defaults, which the help names as well. */
enum {
    SERVE_CONNECTIONS = 10000,
    SERVE_IDLE_SECONDS = 60,
    SERVE_HEAD_SECONDS = 10,
    SERVE_SEND_SECONDS = 30,
    SERVE_GRACE_SECONDS = 10,
    SERVE_FRESH_MS = 1000,
    SERVE_WATCHDOG_MS = 1000,
    SERVE_LIMIT_TIME_S = 600,
};
#define SERVE_LIMIT_TOTAL ((uint64_t)1 << 40)

extern const struct flags_command serve_command;

#endif
