#include "apps/flags/suggest.h"

#include <assert.h>

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t flags_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len > FLAGS_NAME_MAX || b_len > FLAGS_NAME_MAX)
        return SIZE_MAX;
    /* rows[i][j]: from the first i of a to the first j of b (optimal string alignment). */
    size_t rows[FLAGS_NAME_MAX + 1][FLAGS_NAME_MAX + 1];
    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            size_t replaced = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            rows[i][j] = min(replaced, min(rows[i - 1][j], rows[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1);
        }
    }
    assert(rows[a_len][b_len] <= a_len + b_len);
    return rows[a_len][b_len];
}

/* The nearest name so far. */
struct nearest {
    const char *typed;
    size_t len;
    const char *name;
    size_t distance;
};

static void consider(struct nearest *nearest, const char *name)
{
    if (name == NULL)
        return;
    size_t name_len = strlen(name);
    size_t distance = flags_distance(nearest->typed, nearest->len, name, name_len);
    /* A name begun and not finished is the best guess, however much is missing. */
    if (nearest->len >= 3 && name_len > nearest->len &&
        memcmp(name, nearest->typed, nearest->len) == 0)
        distance = 1;
    size_t allowed = 1 + min(nearest->len, name_len) / 4;
    if (distance <= allowed && distance < nearest->distance) {
        nearest->distance = distance;
        nearest->name = name;
    }
}

const char *flags_suggest(const struct flags_command *command, const char *typed, size_t len)
{
    assert(command != NULL && typed != NULL);
    struct nearest nearest = { .typed = typed, .len = len, .distance = SIZE_MAX };
    for (size_t i = 0; i < flags_count(command); i++) {
        const struct flags_flag *flag = flags_get(command, i);
        consider(&nearest, flag->name);
        consider(&nearest, flag->negation);
    }
    return nearest.name;
}

const char *flags_suggest_command(const struct flags_program *program, const char *typed)
{
    assert(program != NULL && typed != NULL);
    struct nearest nearest = { .typed = typed, .len = strlen(typed), .distance = SIZE_MAX };
    for (size_t i = 0; program->commands[i] != NULL; i++)
        consider(&nearest, program->commands[i]->name);
    return nearest.name;
}
