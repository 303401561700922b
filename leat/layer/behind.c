#include "leat/layer/behind.h"

#include "leat/container/program.h"
#include "leat/layer/catalogue.h"
#include "leat/layer/ending.h"

/* Whether the format at a step may be asked at all. */
static bool may_ask(const struct leat_behind *at, const struct leat_peel_options *options,
                    bool program)
{
    const struct leat_format *format = at->format;
    bool judges = at->by_end ? format->probe_end != NULL : format->probe_within != NULL;
    return judges && !options->keep_layers &&
           (program || leat_format_ending(format, options->name) > 0);
}

bool leat_behind_next(struct leat_behind *at, const struct leat_peel_options *options, bool program)
{
    size_t formats = 0;
    while (leat_formats[formats] != NULL)
        formats++;
    for (; at->step < 2 * formats; at->step++) {
        at->by_end = at->step < formats;
        at->format = leat_formats[at->by_end ? at->step : 2 * formats - 1 - at->step];
        if (may_ask(at, options, program))
            return true;
    }
    return false;
}

enum leat_match leat_behind_may(const struct leat_peel_options *options, struct leat_span head)
{
    struct leat_behind first = { 0 };
    enum leat_match program = leat_program_begins(head.data, head.len);
    if (program == LEAT_MATCH_MORE && !options->keep_layers)
        return program;
    bool may = leat_behind_next(&first, options, program == LEAT_MATCH_YES);
    return may ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

size_t leat_behind_len(const struct leat_behind *at, uint64_t len)
{
    size_t most = at->by_end ? at->format->probe_end_max : at->format->probe_within_max;
    return len < most ? (size_t)len : most;
}

enum leat_match leat_behind_judge(const struct leat_behind *at, struct leat_span bytes)
{
    size_t len = leat_behind_len(at, bytes.len);
    if (at->by_end)
        return at->format->probe_end(bytes.data + bytes.len - len, len);
    enum leat_match match = at->format->probe_within(bytes.data, len, bytes.len);
    return match == LEAT_MATCH_YES ? match : LEAT_MATCH_NO;
}

const struct leat_format *leat_behind_told(struct leat_span bytes, bool all)
{
    static const struct leat_peel_options any;
    struct leat_behind at = { 0 };
    for (; leat_behind_next(&at, &any, true) && (all || at.by_end); at.step++) {
        if (leat_behind_judge(&at, bytes) == LEAT_MATCH_YES)
            return at.format;
    }
    return NULL;
}
