/* leat serve in a build without fibers. */

#include "apps/serve/serve.h"

int serve_run(struct run *run, int argc, char *const *argv)
{
    (void)argc;
    (void)argv;
    run_tell(run, "serve", 5, "this build has no fibers: there are none for its processor yet");
    return RUN_FAILED;
}
