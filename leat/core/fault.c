#include "leat/core/fault.h"
#include "leat/core/assert.h"

const char *leat_fault_code_name(enum leat_fault_code code)
{
    switch (code) {
    case LEAT_FAULT_NONE:
        return "no fault";
    case LEAT_FAULT_SYSTEM:
        return "system error";
    case LEAT_FAULT_MEMORY:
        return "out of memory";
    case LEAT_FAULT_CORRUPT:
        return "corrupt";
    case LEAT_FAULT_CHECKSUM:
        return "wrong checksum";
    case LEAT_FAULT_TRUNCATED:
        return "truncated";
    case LEAT_FAULT_BOUND:
        return "limit reached";
    case LEAT_FAULT_CHANGED:
        return "changed while it was read";
    case LEAT_FAULT_CANCELLED:
        return "cancelled";
    case LEAT_FAULT_UNSUPPORTED:
        return "not supported";
    }
    return "unknown fault";
}

bool leat_fault_is_damage(const struct leat_fault *fault)
{
    return fault->code == LEAT_FAULT_CORRUPT || fault->code == LEAT_FAULT_CHECKSUM;
}

bool leat_fault_same(const struct leat_fault *a, const struct leat_fault *b)
{
    return a->code == b->code && a->system_code == b->system_code && a->part == b->part &&
           a->reason == b->reason && a->offset == b->offset;
}

/* Text that is cut at `size` but counted in full. */
struct line {
    char *text;
    size_t size;
    size_t len;
};

static void put(struct line *line, const char *text)
{
    for (; *text != '\0'; text++) {
        if (line->len + 1 < line->size)
            line->text[line->len] = *text;
        line->len++;
    }
}

static void put_number(struct line *line, uint64_t n)
{
    char digits[21];
    unsigned at = sizeof(digits) - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    put(line, digits + at);
}

size_t leat_fault_format(const struct leat_fault *fault, char *text, size_t size)
{
    leat_assert(fault->code != LEAT_FAULT_NONE);
    leat_assert(text != NULL || size == 0);
    struct line line = { .text = text, .size = size };
    if (fault->part != NULL) {
        put(&line, fault->part);
        put(&line, ": ");
    }
    put(&line, fault->reason != NULL ? fault->reason : leat_fault_code_name(fault->code));
    if (fault->code != LEAT_FAULT_SYSTEM && fault->code != LEAT_FAULT_MEMORY) {
        put(&line, ", at input offset ");
        put_number(&line, fault->offset);
    }
    if (fault->name != NULL && fault->name[0] != '\0') {
        put(&line, ", in ");
        put(&line, fault->name);
    }
    if (size > 0)
        text[line.len < size ? line.len : size - 1] = '\0';
    return line.len;
}
