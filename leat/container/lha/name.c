#include "leat/container/lha/name.h"

#include "leat/container/utf16.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/utf/utf.h"

enum { CODE_PAGE_UTF8 = 65001, ENCODING_LEN = 13 /* "CP4294967295" and its NUL */ };

/* What stands between folders, in a header of its own for them. */
enum { SEPARATOR = 0xff };

static struct leat_span up_to_nul(struct leat_span text)
{
    const uint8_t *nul = leat_bytes_find(text.data, text.len, 0);
    return (struct leat_span){
        .data = text.data,
        .len = nul != NULL ? (size_t)(nul - text.data) : text.len,
    };
}

static void replace(struct leat_gather *text, size_t from, uint8_t byte)
{
    for (size_t i = from; i < text->len; i++)
        text->data[i] = text->data[i] == byte ? '/' : text->data[i];
}

static enum leat_status add_utf16(struct leat_gather *to, struct leat_gather *scratch,
                                  struct leat_container *c, struct leat_span units)
{
    scratch->len = 0;
    if (leat_gather_add(scratch, c, units.data, units.len & ~(size_t)1) != LEAT_OK)
        return LEAT_FAULT;
    for (size_t i = 0; i + 1 < scratch->len; i += 2) {
        if (scratch->data[i] == SEPARATOR && scratch->data[i + 1] == SEPARATOR) {
            scratch->data[i] = '/';
            scratch->data[i + 1] = 0;
        }
    }
    return leat_gather_utf16(to, c, leat_gather_span(scratch), false);
}

/* What a page does not have becomes U+FFFD. */
static enum leat_status add_decoded(struct leat_gather *to, struct leat_container *c,
                                    struct leat_span text, const char *encoding)
{
    struct leat_iconv_options options = { .encoding = encoding };
    struct leat_reader *r =
        leat_pull(leat_memory(c->ctx, text.data, text.len), &leat_stage_iconv_decode, &options);
    enum leat_status status;
    do {
        struct leat_span window;
        status = leat_peek(r, 1, &window);
        if (leat_gather_add(to, c, window.data, window.len) != LEAT_OK)
            status = LEAT_FAULT;
        leat_consume(r, window.len);
    } while (status == LEAT_OK);
    if (status == LEAT_FAULT && c->fault.code == LEAT_FAULT_NONE)
        c->fault = *leat_reader_fault(r);
    leat_reader_close(r);
    return status == LEAT_END ? LEAT_OK : LEAT_FAULT;
}

/* What iconv(3) calls a page: "CP932". */
static void encoding_of(uint32_t page, char to[ENCODING_LEN])
{
    unsigned len = 3;
    for (uint32_t rest = page; rest >= 10; rest /= 10)
        len++;
    to[0] = 'C';
    to[1] = 'P';
    to[len] = '\0';
    for (; len > 2; page /= 10)
        to[--len] = (char)('0' + page % 10);
}

static enum leat_status add_stored(struct leat_gather *to, struct leat_gather *scratch,
                                   struct leat_container *c, struct leat_span text, bool folder,
                                   uint32_t code_page)
{
    char encoding[ENCODING_LEN];
    text = up_to_nul(text);
    scratch->len = 0;
    if (leat_gather_add(scratch, c, text.data, text.len) != LEAT_OK)
        return LEAT_FAULT;
    if (folder)
        replace(scratch, 0, SEPARATOR);
    text = leat_gather_span(scratch);
    encoding_of(code_page, encoding);
    if (code_page == 0 || code_page == CODE_PAGE_UTF8 || !leat_iconv_knows(encoding))
        return leat_gather_add(to, c, text.data, text.len);
    return add_decoded(to, c, text, encoding);
}

static enum leat_status add_text(struct leat_gather *to, struct leat_gather *scratch,
                                 struct leat_container *c, const struct lha_text *text, bool folder,
                                 uint32_t code_page)
{
    if (text->span.len == 0)
        return LEAT_OK;
    if (text->utf16)
        return add_utf16(to, scratch, c, text->span);
    return add_stored(to, scratch, c, text->span, folder, code_page);
}

enum leat_status leat_lha_name(struct leat_gather *to, struct leat_gather *scratch,
                               struct leat_container *c, const struct lha_header *header)
{
    to->len = 0;
    enum leat_status status = add_text(to, scratch, c, &header->folder, true, header->code_page);
    /* LHA 1.22 of the Amiga leaves out the last one. */
    if (status == LEAT_OK && to->len > 0 && to->data[to->len - 1] != '/')
        status = leat_gather_add(to, c, "/", 1);
    if (status == LEAT_OK)
        status = add_text(to, scratch, c, &header->name, false, header->code_page);
    /* Level 0 is as MS-DOS writes it; and what comes of Shift-JIS is not told from that. */
    if (header->level == 0)
        replace(to, 0, '\\');
    return status;
}
