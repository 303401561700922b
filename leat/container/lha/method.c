#include "leat/container/lha/method.h"

static const struct lha_method methods[] = {
    { .name = "lh1", .decoder = &leat_lha_stage_lhasa },
    { .name = "lh2" },
    { .name = "lh3" },
    { .name = "lh4", .decoder = &leat_lha_stage_lhasa },
    { .name = "lh5", .decoder = &leat_lha_stage_lhasa },
    { .name = "lh6", .decoder = &leat_lha_stage_lhasa },
    { .name = "lh7", .decoder = &leat_lha_stage_lhasa },
    { .name = "lhx", .decoder = &leat_lha_stage_lhasa },
    { .name = "lzs", .decoder = &leat_lha_stage_lhasa },
    { .name = "lz5", .decoder = &leat_lha_stage_lhasa },
    { .name = "pm1", .decoder = &leat_lha_stage_lhasa },
    { .name = "pm2", .decoder = &leat_lha_stage_lhasa },
};

/* Of files, and of folders, which have no bytes. */
static const char *const stored_names[] = { "lh0", "lz4", "pm0", "lhd" };

static bool is_named(const struct lha_header *header, const char *name)
{
    return leat_bytes_equal(header->method + 1, name, LHA_METHOD_LEN - 2);
}

const struct lha_method *leat_lha_method(const struct lha_header *header)
{
    static const struct lha_method stored = { .name = "stored", .stored = true };
    static const struct lha_method unknown = { .name = "unknown" };
    /* LHARK calls its own as others call another; liblhasa tells them apart so, and has it from 0.4
     * on. */
    static const struct lha_method lhark = {
        .name = "lk7",
        .decoder = &leat_lha_stage_lhasa,
    };
    if (header->level == 1 && header->system == ' ' && is_named(header, "lh7"))
        return &lhark;
    for (size_t i = 0; i < sizeof(stored_names) / sizeof(stored_names[0]); i++) {
        if (is_named(header, stored_names[i]))
            return &stored;
    }
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (is_named(header, methods[i].name))
            return &methods[i];
    }
    return &unknown;
}
