/* Any bytes as the path of a page and as a name on it: but for the page's own tags there are none,
 * and no attribute ends early.
 *
 *     the length of the path, the path, the name */

#include "apps/http/page.h"

#include <stdlib.h>

#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many there are of a character. */
static size_t count(const struct term_buffer *page, char character)
{
    size_t found = 0;
    for (size_t i = 0; i < page->len; i++)
        found += page->data[i] == character;
    return found;
}

static void put_page(struct term_buffer *page, struct leat_span path, struct leat_span name)
{
    const struct http_page_row row = { .name = name, .archive = name.len % 2, .folder = true };
    http_page_begin(page, path);
    http_page_row(page, &row);
    http_page_end(page, name);
    check(!page->cut);
}

/* The same with letters only, as deep. */
static struct leat_span make_harmless(struct leat_span text, uint8_t *to)
{
    for (size_t i = 0; i < text.len; i++)
        to[i] = text.data[i] == '/' ? '/' : 'x';
    return (struct leat_span){ to, text.len };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const size_t path_len = data[0] % (size - 1);
    const struct leat_span path = { data + 1, path_len };
    const struct leat_span name = { data + 1 + path_len, size - 1 - path_len };
    uint8_t *letters = malloc(size);
    struct term_buffer page = { 0 }, harmless = { 0 };
    check(letters != NULL);
    put_page(&page, path, name);
    put_page(&harmless, make_harmless(path, letters), make_harmless(name, letters + path_len));
    static const char marks[] = "<>\"'\n\r\t";
    for (size_t i = 0; marks[i] != '\0'; i++) {
        check_says("mark", (uint8_t)marks[i]);
        check_equal(count(&page, marks[i]), count(&harmless, marks[i]));
    }
    for (size_t i = 0; i < page.len; i++)
        check((uint8_t)page.data[i] >= 0x20 || page.data[i] == '\n');
    term_buffer_fini(&page);
    term_buffer_fini(&harmless);
    free(letters);
    return 0;
}
