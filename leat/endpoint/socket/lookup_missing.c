/* Without c-ares no name is looked up. */

#include "leat/endpoint/socket/lookup.h"

enum leat_status leat_lookup(struct leat_fibers *fibers, const char *host, unsigned port,
                             const struct leat_resolve_options *options, struct leat_resolved *ret)
{
    (void)fibers;
    (void)port;
    (void)options;
    ret->fault = (struct leat_fault){
        .code = LEAT_FAULT_UNSUPPORTED,
        .part = "resolve",
        .reason = "this build looks up no names: it was made without libc-ares-dev",
        .name = host,
    };
    return LEAT_FAULT;
}
