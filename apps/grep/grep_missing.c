/* leat grep in a build that found no PCRE2. */

#include "apps/grep/grep.h"

int grep_run(struct run *run, int argc, char *const *argv)
{
    (void)argc;
    (void)argv;
    run_tell(run, "grep", 4, "this build has no regular expressions: it was made without PCRE2");
    return RUN_FAILED;
}
