#ifndef APPS_GREP_JOB_H
#define APPS_GREP_JOB_H

#include <stdatomic.h>

#include "apps/grep/print.h"
#include "apps/run/encoding.h"
#include "apps/walk/walk.h"

/* Searching one file, through all its layers, on one thread. */

/* The same for all threads. */
struct job_options {
    struct run *run;
    struct print_options print;
    struct search_options named;  /* for files that were named */
    struct search_options walked; /* for files that were found */
    struct search_options piped;  /* for standard input */
    const struct glob_set *globs; /* NULL: every name will do */
    enum run_decoding decoding;   /* how text is read */
    const char *encoding;         /* its name, where it is RUN_DECODES_NAMED */
    bool guesses_files;           /* RUN_DECODES_MARKED: what is read of files is guessed as well */
    bool flat;                    /* no layers */
    bool maps;                    /* named files are mapped */
    bool writes_file;             /* which must not be searched: run_is_output */
    bool quits;                   /* the first match is enough for everyone */
    atomic_bool *over;            /* no more is wanted, by anyone */
    struct pool *pool;            /* whose threads the jobs are */
    struct job *jobs;
};

/* One thread's part: what it uses, and what it found so far. */
struct job {
    const struct job_options *options;
    unsigned thread;
    struct leat_ctx ctx;
    struct print print;
    bool matched;
    bool failed;
    uint64_t lines;   /* that matched */
    uint64_t matches; /* single ones, where they are counted */
    uint64_t files;   /* searched: leaves, with layers */
    uint64_t files_matched;
    uint64_t bytes; /* searched */
};

/* Whether something that is called so may hold other names: walk_options.opens. */
bool job_opens(const char *name, size_t len);

/* Search a file that a walk found or was given. Returns false when the whole search is over: a
 * match was all that was asked for, or nobody reads the output. */
LEAT_MUST_USE bool job_search(struct job *job, const struct walk_file *file);

/* Search standard input. As job_search. */
LEAT_MUST_USE bool job_search_stdin(struct job *job);

#endif
