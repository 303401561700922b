#include "apps/serve/listing.h"

bool listing_add(struct listing *self, const struct http_page_row *row)
{
    if (self->len == LISTING_ROWS_MAX) {
        self->is_full = true;
        return true;
    }
    if (self->len == self->size) {
        size_t size = self->size > 0 ? 2 * self->size : 64;
        struct listing_row *rows = reallocarray(self->rows, size, sizeof(rows[0]));
        if (rows == NULL)
            return false;
        self->rows = rows;
        self->size = size;
    }
    self->rows[self->len++] = (struct listing_row){ *row, self->names.len };
    term_put(&self->names, row->name.data, row->name.len);
    return !self->names.cut;
}

/* By name; of one name, first what is known best. An archive may have a file and a folder of one
 * name, which are two. */
static int in_order(const void *a, const void *b)
{
    const struct http_page_row *left = &((const struct listing_row *)a)->row;
    const struct http_page_row *right = &((const struct listing_row *)b)->row;
    size_t len = left->name.len < right->name.len ? left->name.len : right->name.len;
    int order = memcmp(left->name.data, right->name.data, len);
    if (order != 0)
        return order;
    if (left->name.len != right->name.len)
        return left->name.len < right->name.len ? -1 : 1;
    if (left->folder != right->folder)
        return (int)left->folder - (int)right->folder;
    return (int)right->has_modified - (int)left->has_modified;
}

/* The names lie still from now on. */
static void names_find(struct listing *self)
{
    for (size_t i = 0; i < self->len; i++)
        self->rows[i].row.name.data = (const uint8_t *)self->names.data + self->rows[i].name_at;
}

static bool is_same(const struct http_page_row *a, const struct http_page_row *b)
{
    return a->folder == b->folder && a->name.len == b->name.len &&
           memcmp(a->name.data, b->name.data, a->name.len) == 0;
}

static void put_rows(const struct listing *self, struct exchange *x, struct term_buffer *page)
{
    for (size_t i = 0; i < self->len; i++) {
        const struct http_page_row *row = &self->rows[i].row;
        if (i == 0 || !is_same(row, &self->rows[i - 1].row))
            http_page_row(page, row);
        leat_fiber_breathe(x->site->fibers);
    }
}

enum leat_status listing_answer(struct listing *self, struct exchange *x, struct leat_span path,
                                const char *note)
{
    struct term_buffer page = { 0 }, notes = { 0 };
    names_find(self);
    if (self->len > 0)
        qsort(self->rows, self->len, sizeof(self->rows[0]), in_order);
    if (self->is_full)
        term_printf(&notes, "Only %u names are shown. ", LISTING_ROWS_MAX);
    term_puts(&notes, note);
    http_page_begin(&page, path);
    put_rows(self, x, &page);
    http_page_end(&page, (struct leat_span){ (uint8_t *)notes.data, notes.len });
    struct http_response response = { .status = 200, .content_type = "text/html; charset=utf-8" };
    struct leat_span body = { (uint8_t *)page.data, page.len };
    enum leat_status status = page.cut || notes.cut ? exchange_error(x, 503, "", false)
                                                    : exchange_text(x, &response, body);
    term_buffer_fini(&page);
    term_buffer_fini(&notes);
    return status;
}

void listing_fini(struct listing *self)
{
    free(self->rows);
    term_buffer_fini(&self->names);
    *self = (struct listing){ 0 };
}
