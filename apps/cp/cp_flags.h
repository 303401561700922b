#ifndef APPS_CP_CP_FLAGS_H
#define APPS_CP_CP_FLAGS_H

#include "apps/run/keys.h"

enum cp_progress { CP_PROGRESS_LATE, CP_PROGRESS_NOW, CP_PROGRESS_NEVER };

/* What the command line says, zeroed for the defaults. */
struct cp_options {
    bool recursive; /* for cp's sake: folders are copied whole anyhow */
    bool layers;
    const char *compress;
    bool no_compress;
    struct flags_number level;
    const char *archive;
    bool no_archive;
    bool preserve;
    bool no_clobber;
    bool sparse;
    bool outside_links;
    bool durable;
    bool resume;
    const char *check;
    enum cp_progress progress;
    bool verbose;
    struct run_key_files keys;
    struct flags_list recipients;
    struct run_limits limits;
    struct flags_list operands;
};

extern const struct flags_command cp_command;

#endif
