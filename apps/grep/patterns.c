#include "apps/grep/patterns.h"

#include <string.h>

enum { PATTERNS_MAX = 1 << 20 };
#define PATTERN_FILE_LEN_MAX (64 * LEAT_MIB)

static bool add(struct patterns *patterns, const void *data, size_t len)
{
    if (patterns->count == patterns->size) {
        size_t size = patterns->size > 0 ? patterns->size * 2 : 16;
        struct leat_span *items =
            size > PATTERNS_MAX ? NULL : realloc(patterns->items, size * sizeof(*items));
        if (items == NULL)
            return false;
        patterns->items = items;
        patterns->size = size;
    }
    patterns->items[patterns->count++] = (struct leat_span){ .data = data, .len = len };
    return true;
}

/* Each line is a pattern, without a carriage return before its end; a newline at the very end
 * begins no further one. */
static bool add_lines(struct patterns *patterns, const struct term_buffer *text)
{
    size_t at = 0;
    while (at < text->len) {
        const char *newline = memchr(text->data + at, '\n', text->len - at);
        size_t end = newline != NULL ? (size_t)(newline - text->data) : text->len;
        size_t len = end - at;
        if (len > 0 && text->data[end - 1] == '\r')
            len--;
        if (!add(patterns, text->data + at, len))
            return false;
        at = end + 1;
    }
    return true;
}

static bool read_file(struct run *run, const char *path, struct term_buffer *ret)
{
    struct leat_ctx ctx;
    run_ctx_init(run, &ctx, NULL, NULL);
    struct leat_reader *r = run_open(&ctx, path);
    struct leat_span window;
    enum leat_status status;
    while ((status = leat_peek(r, 1, &window)) == LEAT_OK && ret->len <= PATTERN_FILE_LEN_MAX) {
        term_put(ret, window.data, window.len);
        leat_consume(r, window.len);
    }
    bool whole = status == LEAT_END && !ret->cut;
    if (status == LEAT_FAULT)
        run_tell_fault(run, path, strlen(path), leat_reader_fault(r));
    else if (!whole)
        run_tell(run, path, strlen(path), "too many patterns");
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    return whole;
}

static bool add_file(struct patterns *patterns, struct run *run, const char *path)
{
    struct term_buffer *text = &patterns->texts[patterns->texts_count++];
    if (!read_file(run, path, text))
        return false;
    if (add_lines(patterns, text))
        return true;
    run_tell(run, path, strlen(path), "too many patterns");
    return false;
}

bool patterns_gather(struct patterns *patterns, struct run *run, const struct grep_options *options)
{
    *patterns = (struct patterns){ 0 };
    const struct flags_list *given = &options->patterns;
    const struct flags_list *files = &options->pattern_files;
    if (given->count == 0 && files->count == 0) {
        if (options->operands.count == 0) {
            run_tell(run, NULL, 0, "no pattern: try leat grep --help");
            return false;
        }
        given = &options->operands;
        patterns->operands = 1;
    }
    patterns->texts = calloc(files->count + 1, sizeof(*patterns->texts));
    bool fits = patterns->texts != NULL;
    size_t count = patterns->operands > 0 ? 1 : given->count;
    for (size_t i = 0; i < count && fits; i++)
        fits = add(patterns, given->items[i], strlen(given->items[i]));
    if (!fits)
        run_tell(run, NULL, 0, "too many patterns");
    for (size_t i = 0; i < files->count && fits; i++)
        fits = add_file(patterns, run, files->items[i]);
    return fits;
}

void patterns_fini(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->texts_count; i++)
        term_buffer_fini(&patterns->texts[i]);
    free(patterns->texts);
    free(patterns->items);
    *patterns = (struct patterns){ 0 };
}
