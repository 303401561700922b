#ifndef APPS_TEST_TEST_FLAGS_H
#define APPS_TEST_TEST_FLAGS_H

#include "apps/run/keys.h"
#include "apps/run/limits.h"

enum test_told {
    TEST_TELLS_VERDICTS, /* what is wrong, and a verdict for each file */
    TEST_TELLS_ALL,      /* and each thing that was read in it */
    TEST_TELLS_PROBLEMS, /* only what is wrong */
};

/* What the command line says, zeroed for the defaults. */
struct test_options {
    bool json;
    enum test_told told;
    struct flags_number threads; /* 0 or not set: as many as there are cores */
    struct run_key_files keys;
    struct run_limits limits;
    struct flags_list operands;
};

extern const struct flags_command test_command;

#endif
