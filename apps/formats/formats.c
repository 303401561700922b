#include "apps/formats/formats.h"

#include "apps/formats/formats_flags.h"
#include "leat/core/format.h"
#include "leat/layer/catalogue.h"

enum { NAME_COLUMNS = 18, ENDING_COLUMNS = 24 };

static void put_padded(struct term_buffer *buffer, const char *text, size_t columns)
{
    size_t len = strlen(text);
    term_put(buffer, text, len);
    term_put_repeat(buffer, ' ', len < columns ? columns - len : 1);
}

static void put_format(struct term_buffer *buffer, const struct leat_format *format)
{
    char text[64];
    struct term_buffer endings = term_buffer_fixed(text, sizeof(text) - 1);
    for (size_t i = 0; format->endings != NULL && format->endings[i] != NULL; i++) {
        term_puts(&endings, i > 0 ? " " : "");
        term_puts(&endings, format->endings[i]);
    }
    text[endings.len] = '\0';
    put_padded(buffer, format->name, NAME_COLUMNS);
    term_puts(buffer, format->decoder != NULL || format->unpack != NULL ? "r" : "-");
    bool writes = format->encoder != NULL || format->pack != NULL;
    term_puts(buffer, writes ? "w  " : "-  ");
    put_padded(buffer, text, ENDING_COLUMNS);
    term_puts(buffer, format->summary);
    term_putc(buffer, '\n');
}

int formats_run(struct run *run, int argc, char *const *argv)
{
    struct formats_options options = { 0 };
    int status;
    if (!run_parse(run, &formats_command, argc, argv, &options, &status))
        return status;
    struct term_buffer buffer = { 0 };
    for (size_t i = 0; leat_formats[i] != NULL; i++)
        put_format(&buffer, leat_formats[i]);
    for (size_t i = 0; leat_formats_missing[i] != NULL; i++)
        term_printf(&buffer, "not in this build: %s\n", leat_formats_missing[i]);
    flags_release(&formats_command, &options);
    return run_print(run, &buffer, RUN_OK);
}
