#include "apps/cp/item.h"

#include <string.h>

#include "apps/term/escape.h"

void cp_tell(struct cp *cp, struct leat_span place, const char *reason)
{
    cp->failed = true;
    progress_clear(&cp->progress);
    run_tell(cp->run, (const char *)place.data, place.len, reason);
}

void cp_tell_code(struct cp *cp, struct leat_span place, int code)
{
    const char *reason = strerrordesc_np(code);
    cp_tell(cp, place, reason != NULL ? reason : "unknown error");
}

void cp_tell_fault(struct cp *cp, struct leat_span place, const struct leat_fault *fault)
{
    cp->failed = true;
    progress_clear(&cp->progress);
    run_tell_fault(cp->run, (const char *)place.data, place.len, fault);
}

void cp_tell_memory(struct cp *cp)
{
    cp->stopped = true;
    cp_tell(cp, (struct leat_span){ 0 }, "out of memory");
}

bool cp_is_written(struct cp *cp, struct leat_span place, struct identity file)
{
    if (!identity_same(file, cp->written) && !identity_same(file, cp->replaced))
        return false;
    cp_tell(cp, place, "this is what is being written: not copied into itself");
    return true;
}

void cp_say(struct cp *cp, const struct item *item, struct leat_span to, const char *route)
{
    if (!cp->flags.verbose)
        return;
    struct term_buffer line = { 0 };
    progress_clear(&cp->progress);
    term_put_escaped(&line, (const char *)item->place.data, item->place.len);
    term_puts(&line, " -> ");
    term_put_escaped(&line, (const char *)to.data, to.len);
    if (route != NULL)
        term_printf(&line, ": %s", route);
    term_putc(&line, '\n');
    (void)!term_flush(&cp->run->err, &line);
    term_buffer_fini(&line);
}
