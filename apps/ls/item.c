#include "apps/ls/item.h"

#include "apps/term/escape.h"
#include "apps/term/json.h"

#define TEXT_LEN_MAX 256

enum { SIZE_COLUMNS = 12, LAYERS_COLUMNS = 20 };

static const char *span_text(struct leat_span span)
{
    return (const char *)span.data;
}

/* "gzip, tar": what came off, from the outside in. */
static void put_layers(struct term_buffer *buffer, const struct item *item)
{
    const char *separator = "";
    if (item->entry != NULL && item->entry->method != NULL) {
        term_puts(buffer, item->entry->method);
        separator = ", ";
    }
    if (item->peeled == NULL)
        return;
    for (unsigned i = 0; i < item->peeled->decoded_len; i++) {
        term_puts(buffer, separator);
        term_puts(buffer, item->peeled->decoded[i]->name);
        separator = ", ";
    }
    if (item->peeled->container != NULL) {
        term_puts(buffer, separator);
        term_puts(buffer, item->peeled->container->name);
    }
}

static void put_size(struct term_buffer *buffer, const struct item *item)
{
    char digits[TEXT_LEN_MAX];
    struct term_buffer text = term_buffer_fixed(digits, sizeof(digits));
    if (item->size == LEAT_SIZE_UNKNOWN)
        term_putc(&text, '-');
    else
        term_put_number(&text, item->size);
    if (text.len < SIZE_COLUMNS)
        term_put_repeat(buffer, ' ', SIZE_COLUMNS - text.len);
    term_put(buffer, text.data, text.len);
}

void item_put_text(struct term_buffer *buffer, struct term_style style, const struct item *item)
{
    put_size(buffer, item);
    term_puts(buffer, "  ");
    const size_t before = buffer->len;
    put_layers(buffer, item);
    if (buffer->len == before)
        term_putc(buffer, '-');
    const size_t layers_len = buffer->len - before;
    term_put_repeat(buffer, ' ', layers_len < LAYERS_COLUMNS ? LAYERS_COLUMNS - layers_len : 0);
    term_puts(buffer, "  ");
    term_put_repeat(buffer, ' ', (size_t)item->depth * 2);
    struct leat_span name = { .data = item->place.data + item->name_at,
                              .len = item->place.len - item->name_at };
    term_put_path(buffer, style.escape, span_text(name), name.len);
    if (item->entry != NULL && leat_entry_links(item->entry)) {
        term_puts(buffer, " -> ");
        term_put_path(buffer, style.escape, span_text(item->entry->target),
                      item->entry->target.len);
    }
    term_putc(buffer, '\n');
}

void item_put_fault(struct term_buffer *buffer, unsigned depth, const struct leat_fault *fault)
{
    char text[TEXT_LEN_MAX];
    struct leat_fault shown = *fault;
    shown.name = NULL;
    leat_fault_format(&shown, text, sizeof(text));
    term_put_repeat(buffer, ' ', SIZE_COLUMNS + LAYERS_COLUMNS + 4 + (size_t)depth * 2);
    term_puts(buffer, "! ");
    term_put_escaped(buffer, text, strlen(text));
    term_putc(buffer, '\n');
}

/* --- JSON --- */

static void put_key(struct term_buffer *buffer, const char *key)
{
    term_puts(buffer, ",\"");
    term_puts(buffer, key);
    term_puts(buffer, "\":");
}

/* Whether it was UTF-8. */
static bool put_text(struct term_buffer *buffer, const char *key, struct leat_span text)
{
    put_key(buffer, key);
    return term_put_json(buffer, span_text(text), text.len);
}

static void put_string(struct term_buffer *buffer, const char *key, const char *text)
{
    put_key(buffer, key);
    (void)term_put_json(buffer, text, strlen(text));
}

static void put_number(struct term_buffer *buffer, const char *key, uint64_t number)
{
    put_key(buffer, key);
    if (number == LEAT_SIZE_UNKNOWN)
        term_puts(buffer, "null");
    else
        term_put_number(buffer, number);
}

static bool begin(struct term_buffer *buffer, struct leat_span place, unsigned depth)
{
    term_puts(buffer, "{\"depth\":");
    term_put_number(buffer, depth);
    return put_text(buffer, "place", place);
}

/* What is not UTF-8 is told of once: an object has a key but once. */
static void end(struct term_buffer *buffer, bool is_utf8)
{
    if (!is_utf8) {
        put_key(buffer, "not_utf8");
        term_puts(buffer, "true");
    }
    term_puts(buffer, "}\n");
}

static void put_peeled(struct term_buffer *buffer, const struct leat_peeled *peeled)
{
    put_key(buffer, "layers");
    term_putc(buffer, '[');
    for (unsigned i = 0; i < peeled->decoded_len; i++) {
        term_puts(buffer, i > 0 ? ",\"" : "\"");
        term_puts(buffer, peeled->decoded[i]->name);
        term_putc(buffer, '"');
    }
    term_putc(buffer, ']');
    if (peeled->container != NULL)
        put_string(buffer, "container", peeled->container->name);
}

void item_put_json(struct term_buffer *buffer, const struct item *item)
{
    bool is_utf8 = begin(buffer, item->place, item->depth);
    struct leat_span name = { .data = item->place.data + item->name_at,
                              .len = item->place.len - item->name_at };
    is_utf8 &= put_text(buffer, "name", name);
    put_string(buffer, "kind", item->kind);
    put_number(buffer, "size", item->size);
    if (item->entry != NULL) {
        put_number(buffer, "packed_size", item->entry->packed_size);
        if (item->entry->method != NULL)
            put_string(buffer, "method", item->entry->method);
        if (leat_entry_links(item->entry))
            is_utf8 &= put_text(buffer, "target", item->entry->target);
        put_number(buffer, "mode", item->entry->mode);
        put_key(buffer, "mtime");
        term_printf(buffer, "%lld", (long long)item->entry->mtime_s);
    }
    if (item->peeled != NULL)
        put_peeled(buffer, item->peeled);
    end(buffer, is_utf8);
}

void item_put_fault_json(struct term_buffer *buffer, struct leat_span place, unsigned depth,
                         const struct leat_fault *fault)
{
    const bool is_utf8 = begin(buffer, place, depth);
    put_string(buffer, "kind", "fault");
    put_string(buffer, "part", fault->part != NULL ? fault->part : "");
    put_string(buffer, "reason",
               fault->reason != NULL ? fault->reason : leat_fault_code_name(fault->code));
    put_number(buffer, "input_offset", fault->offset);
    end(buffer, is_utf8);
}
