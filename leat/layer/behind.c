#include "leat/layer/behind.h"

#include "leat/layer/catalogue.h"
#include "leat/layer/ending.h"

enum leat_match leat_behind_program(struct leat_span head)
{
    static const struct {
        uint8_t bytes[4];
        size_t len;
    } starts[] = { { { 'M', 'Z' }, 2 }, { { '#', '!' }, 2 }, { { 0x7f, 'E', 'L', 'F' }, 4 } };
    enum leat_match match = LEAT_MATCH_NO;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]) && match == LEAT_MATCH_NO; i++)
        match = leat_match_magic(head.data, head.len, starts[i].bytes, starts[i].len);
    return match;
}

const struct leat_format *const *leat_behind_next(const struct leat_format *const *at,
                                                  const struct leat_peel_options *options,
                                                  bool program)
{
    while (*at != NULL && ((*at)->probe_end == NULL || options->keep_layers ||
                           (!program && leat_format_ending(*at, options->name) == 0)))
        at++;
    return at;
}

enum leat_match leat_behind_may(const struct leat_peel_options *options, struct leat_span head)
{
    enum leat_match program = leat_behind_program(head);
    if (program == LEAT_MATCH_MORE && !options->keep_layers)
        return program;
    bool may = *leat_behind_next(leat_formats, options, program == LEAT_MATCH_YES) != NULL;
    return may ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

const struct leat_format *leat_behind_told(struct leat_span tail)
{
    static const struct leat_peel_options any;
    const struct leat_format *const *at = leat_behind_next(leat_formats, &any, true);
    for (; *at != NULL; at = leat_behind_next(at + 1, &any, true)) {
        size_t len = tail.len < (*at)->probe_end_max ? tail.len : (*at)->probe_end_max;
        if ((*at)->probe_end(tail.data + tail.len - len, len) == LEAT_MATCH_YES)
            return *at;
    }
    return NULL;
}
