#include "apps/test/verdict.h"

#include <string.h>

#include "apps/term/escape.h"
#include "apps/term/json.h"

enum { FAULT_TEXT_MAX = 512 };

static const char *text_of(struct leat_span span)
{
    return (const char *)span.data;
}

/* --- JSON --- */

static void put_string(struct term_buffer *buffer, const char *key, const char *text)
{
    term_printf(buffer, ",\"%s\":", key);
    (void)term_put_json(buffer, text, strlen(text));
}

static void put_number(struct term_buffer *buffer, const char *key, uint64_t number)
{
    term_printf(buffer, ",\"%s\":", key);
    term_put_number(buffer, number);
}

/* An object of this kind, about a place. */
static void begin(struct term_buffer *buffer, const char *kind, struct leat_span place)
{
    term_printf(buffer, "{\"kind\":\"%s\",\"place\":", kind);
    if (!term_put_json(buffer, text_of(place), place.len))
        term_puts(buffer, ",\"not_utf8\":true");
}

static void end(struct term_buffer *buffer)
{
    term_puts(buffer, "}\n");
}

static void put_bool(struct term_buffer *buffer, const char *key, bool is)
{
    term_printf(buffer, ",\"%s\":%s", key, is ? "true" : "false");
}

/* --- Text --- */

/* "1 file", "2 files". */
static void put_counted(struct term_buffer *buffer, uint64_t number, const char *what)
{
    term_put_number(buffer, number);
    term_printf(buffer, " %s%s", what, number == 1 ? "" : "s");
}

static void put_place(struct term_buffer *buffer, struct verdict_style style,
                      struct leat_span place)
{
    term_put_path(buffer, style.escape, text_of(place), place.len);
    term_puts(buffer, ": ");
}

/* --- Both --- */

void verdict_put_problem(struct term_buffer *buffer, struct verdict_style style,
                         struct leat_span place, const struct leat_fault *fault)
{
    char text[FAULT_TEXT_MAX];
    struct leat_fault shown = *fault;
    shown.name = NULL;
    if (!style.json) {
        leat_fault_format(&shown, text, sizeof(text));
        put_place(buffer, style, place);
        term_put_escaped(buffer, text, strlen(text));
        term_putc(buffer, '\n');
        return;
    }
    begin(buffer, "problem", place);
    put_string(buffer, "part", fault->part != NULL ? fault->part : "");
    put_string(buffer, "reason",
               fault->reason != NULL ? fault->reason : leat_fault_code_name(fault->code));
    put_string(buffer, "code", leat_fault_code_name(fault->code));
    if (fault->code == LEAT_FAULT_SYSTEM)
        put_string(buffer, "system", strerror(fault->system_code));
    put_number(buffer, "input_offset", fault->offset);
    end(buffer);
}

void verdict_put_leaf(struct term_buffer *buffer, struct verdict_style style,
                      struct leat_span place, uint64_t bytes, bool sound)
{
    if (!style.json) {
        put_place(buffer, style, place);
        put_counted(buffer, bytes, "byte");
        term_puts(buffer, sound ? "\n" : ", damaged\n");
        return;
    }
    begin(buffer, "leaf", place);
    put_number(buffer, "bytes", bytes);
    put_bool(buffer, "ok", sound);
    end(buffer);
}

static void put_text(struct term_buffer *buffer, const struct verdict *verdict)
{
    if (verdict->problems > 0) {
        put_counted(buffer, verdict->problems, "problem");
        term_puts(buffer, "; ");
    } else {
        term_puts(buffer, "ok: ");
    }
    if (verdict->layers == 0 && verdict->problems == 0) {
        term_puts(buffer, "no layer that could be checked\n");
        return;
    }
    put_counted(buffer, verdict->leaves, "file");
    term_puts(buffer, ", ");
    put_counted(buffer, verdict->bytes, "byte");
    term_puts(buffer, ", ");
    put_counted(buffer, verdict->layers, "layer");
    term_putc(buffer, '\n');
}

void verdict_put(struct term_buffer *buffer, struct verdict_style style,
                 const struct verdict *verdict)
{
    struct leat_span path = { .data = (const uint8_t *)verdict->path, .len = verdict->path_len };
    if (!style.json) {
        put_place(buffer, style, path);
        put_text(buffer, verdict);
        return;
    }
    begin(buffer, "verdict", path);
    put_bool(buffer, "ok", verdict->problems == 0);
    put_number(buffer, "problems", verdict->problems);
    put_number(buffer, "files", verdict->leaves);
    put_number(buffer, "bytes", verdict->bytes);
    put_number(buffer, "layers", verdict->layers);
    end(buffer);
}
