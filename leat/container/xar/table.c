#include "leat/container/xar/table.h"

#include <stdlib.h>
#include <string.h>

#include "leat/container/xar/value.h"
#include "leat/core/bytes.h"

/* What a file adds to the files that links name. */
struct original {
    uint64_t id;
    uint64_t file;
};

static struct xar_table *table_of(struct xar_xml *xml)
{
    return (struct xar_table *)(void *)((uint8_t *)xml - offsetof(struct xar_table, xml));
}

static void refuse(struct xar_table *table, enum leat_fault_code code, const char *reason)
{
    leat_xar_xml_refuse(&table->xml, code, reason);
}

/* What is kept of the table is bounded as the table is. */
static bool keeps(struct xar_table *table, struct leat_gather *gather, const void *data, size_t len)
{
    size_t max = table->c->ctx->limits.header_max;
    if (max > INT32_MAX)
        max = INT32_MAX; /* texts are told by 32 bits */
    size_t held = table->files.len + table->texts.len + table->originals.len + table->text.len;
    if (len > max || held > max - len) {
        refuse(table, LEAT_FAULT_BOUND, "a table of contents longer than the limit allows");
        return false;
    }
    if (leat_gather_add(gather, table->c, data, len) == LEAT_OK)
        return true;
    refuse(table, LEAT_FAULT_MEMORY, NULL);
    return false;
}

/* The file that is open. */
static struct xar_file *open_file(struct xar_table *table)
{
    leat_assert(table->file > 0);
    return (struct xar_file *)(void *)table->files.data + (table->file - 1);
}

/* --- Attributes --- */

static const char *attribute_of(const char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2) {
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    }
    return NULL;
}

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ .data = (const uint8_t *)text, .len = strlen(text) };
}

static const struct leat_digest_kind *kind_of(const char **attributes)
{
    const char *style = attribute_of(attributes, "style");
    return style != NULL ? leat_digest_find(span_of(style)) : NULL;
}

/* --- What begins --- */

static void file_begins(struct xar_table *table, const char **attributes)
{
    struct xar_file file = {
        .parent = table->file,
        .method = leat_xar_method(NULL),
    };
    const char *id = attribute_of(attributes, "id");
    if (id != NULL)
        (void)!leat_xar_number(span_of(id), 10, &file.id);
    if (table->file > 0)
        open_file(table)->folder = true;
    if (keeps(table, &table->files, &file, sizeof(file)))
        table->file = (uint32_t)leat_xar_table_len(table);
}

/* A hard link is one to a file, or is the file to which the others are. */
static void type_begins(struct xar_table *table, const char **attributes)
{
    struct xar_file *file = open_file(table);
    const char *link = attribute_of(attributes, "link");
    file->original = link != NULL && strcmp(link, "original") == 0;
    if (link != NULL && !file->original && !leat_xar_number(span_of(link), 10, &file->links_to))
        file->broken = true;
}

static void encoding_begins(struct xar_table *table, const char **attributes)
{
    open_file(table)->method = leat_xar_method(attribute_of(attributes, "style"));
}

static void known_begins(struct xar_table *table, enum xar_element element, const char **attributes)
{
    const char *encoding;
    switch (element) {
    case XAR_FILE:
        file_begins(table, attributes);
        break;
    case XAR_NAME:
        encoding = attribute_of(attributes, "enctype");
        table->base64 = encoding != NULL && strcmp(encoding, "base64") == 0;
        break;
    case XAR_TYPE:
        type_begins(table, attributes);
        break;
    case XAR_DATA_ENCODING:
        encoding_begins(table, attributes);
        break;
    case XAR_DATA_PACKED_SUM:
        open_file(table)->packed_sum.kind = kind_of(attributes);
        break;
    case XAR_DATA_SUM:
        open_file(table)->sum.kind = kind_of(attributes);
        break;
    case XAR_SUM:
        table->sum_kind = kind_of(attributes);
        break;
    default:
        break;
    }
}

static void element_begins(struct xar_xml *xml, const char *name, const char **attributes)
{
    struct xar_table *table = table_of(xml);
    enum xar_element element = XAR_UNKNOWN;
    if (table->unknown == 0)
        element = leat_xar_element(
            table->path_len > 0 ? table->path[table->path_len - 1] : XAR_DOCUMENT, name);
    if (element == XAR_UNKNOWN) {
        table->unknown++;
        return;
    }
    leat_assert(table->path_len < XAR_XML_DEPTH_MAX);
    table->path[table->path_len++] = element;
    table->text.len = 0;
    known_begins(table, element, attributes);
}

static void text_comes(struct xar_xml *xml, struct leat_span text)
{
    struct xar_table *table = table_of(xml);
    if (table->unknown == 0 && table->path_len > 0 &&
        leat_xar_element_has_text(table->path[table->path_len - 1]))
        (void)!keeps(table, &table->text, text.data, text.len);
}

/* --- What ends --- */

static void keeps_text(struct xar_table *table, struct leat_span text, struct xar_text *ret)
{
    struct xar_text kept = { .at = (uint32_t)table->texts.len, .len = (uint32_t)text.len };
    if (keeps(table, &table->texts, text.data, text.len))
        *ret = kept;
}

/* A name that is no base64 stays as it is. */
static void name_ends(struct xar_table *table)
{
    struct leat_gather *text = &table->text;
    if (table->base64)
        (void)!leat_xar_unbase64(text->data, text->len, &text->len);
    keeps_text(table, leat_gather_span(text), &open_file(table)->name);
}

static void type_ends(struct xar_table *table, struct leat_span text)
{
    static const struct {
        const char *name;
        enum xar_type type;
    } types[] = {
        { "file", XAR_TYPE_FILE },
        { "directory", XAR_TYPE_FOLDER },
        { "symlink", XAR_TYPE_SYMLINK },
        { "hardlink", XAR_TYPE_HARD_LINK },
        { "fifo", XAR_TYPE_PIPE },
        { "character special", XAR_TYPE_CHARACTERS },
        { "block special", XAR_TYPE_BLOCKS },
        { "socket", XAR_TYPE_SOCKET },
    };
    struct xar_file *file = open_file(table);
    file->type = XAR_TYPE_OTHER;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strlen(types[i].name) == text.len &&
            leat_bytes_equal(types[i].name, text.data, text.len))
            file->type = types[i].type;
    }
    if (file->type == XAR_TYPE_HARD_LINK && file->original)
        file->type = XAR_TYPE_FILE;
}

/* The number at which a place in the heap, or a length there, is kept; or NULL. */
static uint64_t *place_of(struct xar_table *table, enum xar_element element)
{
    switch (element) {
    case XAR_SUM_OFFSET:
        return &table->sum_offset;
    case XAR_SUM_SIZE:
        return &table->sum_size;
    case XAR_DATA_LENGTH:
        return &open_file(table)->length;
    case XAR_DATA_OFFSET:
        return &open_file(table)->offset;
    case XAR_DATA_SIZE:
        return &open_file(table)->size;
    default:
        return NULL;
    }
}

/* The same of what is no reason to doubt the bytes where it is wrong. */
static void small_number(struct leat_span text, unsigned base, uint32_t *ret)
{
    uint64_t number;
    if (leat_xar_number(text, base, &number) && number <= UINT32_MAX)
        *ret = (uint32_t)number;
}

static void file_ends(struct xar_table *table)
{
    struct xar_file *file = open_file(table);
    const struct original *last = NULL;
    struct original original = { .id = file->id, .file = table->file - 1 };
    file->whole = true;
    if (file->original) {
        if (table->originals.len > 0)
            last = (const struct original *)(const void *)(table->originals.data +
                                                           table->originals.len) -
                   1;
        table->scattered = table->scattered || (last != NULL && last->id >= original.id);
        (void)!keeps(table, &table->originals, &original, sizeof(original));
    }
    table->file = file->parent;
}

static void text_ends(struct xar_table *table, enum xar_element element, struct leat_span text)
{
    switch (element) {
    case XAR_NAME:
        name_ends(table);
        break;
    case XAR_TYPE:
        type_ends(table, text);
        break;
    case XAR_MODE:
        small_number(text, 8, &open_file(table)->mode);
        break;
    case XAR_MTIME:
        (void)!leat_xar_time(text, &open_file(table)->mtime_s);
        break;
    case XAR_LINK:
        keeps_text(table, text, &open_file(table)->target);
        break;
    case XAR_DEVICE_MAJOR:
        small_number(text, 10, &open_file(table)->major);
        break;
    case XAR_DEVICE_MINOR:
        small_number(text, 10, &open_file(table)->minor);
        break;
    case XAR_DATA_PACKED_SUM:
        keeps_text(table, text, &open_file(table)->packed_sum.digits);
        break;
    case XAR_DATA_SUM:
        keeps_text(table, text, &open_file(table)->sum.digits);
        break;
    default:
        break;
    }
}

static void element_ends(struct xar_xml *xml)
{
    struct xar_table *table = table_of(xml);
    if (table->unknown > 0) {
        table->unknown--;
        return;
    }
    leat_assert(table->path_len > 0);
    enum xar_element element = table->path[--table->path_len];
    struct leat_span text = leat_gather_span(&table->text);
    uint64_t *place = place_of(table, element);
    if (place != NULL && !leat_xar_number(text, 10, place)) {
        if (table->file == 0)
            table->sum_kind = NULL;
        else
            open_file(table)->broken = true;
    } else if (element == XAR_DATA) {
        open_file(table)->whole = true;
    } else if (element == XAR_FILE) {
        file_ends(table);
    } else {
        text_ends(table, element, text);
    }
    table->text.len = 0;
}

/* --- The table --- */

enum leat_status leat_xar_table_begin(struct xar_table *table, struct leat_container *c)
{
    static const struct xar_xml_calls calls = {
        .begins = element_begins,
        .text = text_comes,
        .ends = element_ends,
    };
    table->c = c;
    if (leat_xar_xml_begin(&table->xml, &calls, c->ctx) == LEAT_FAULT_NONE)
        return LEAT_OK;
    return leat_container_fails(c, table->xml.failed, table->xml.reason, 0);
}

enum leat_status leat_xar_table_feed(struct xar_table *table, struct leat_span piece, bool last,
                                     uint64_t offset)
{
    struct xar_xml *xml = &table->xml;
    if (leat_xar_xml_feed(xml, piece, last) == LEAT_FAULT_NONE)
        return LEAT_OK;
    return leat_container_fails(table->c, xml->failed, xml->reason, offset);
}

static int in_order(const void *a, const void *b)
{
    const struct original *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->file < y->file ? -1 : x->file > y->file;
}

void leat_xar_table_close(struct xar_table *table)
{
    leat_xar_xml_end(&table->xml);
    /* Of those that are still open only the last can lack what tells where its bytes are. */
    const struct xar_file *open = table->file > 0 ? open_file(table) : NULL;
    if (open != NULL && !open->whole && !open->folder) {
        leat_assert(table->file == leat_xar_table_len(table));
        table->files.len -= sizeof(*open);
    }
    table->file = 0;
    if (table->scattered)
        qsort(table->originals.data, table->originals.len / sizeof(struct original),
              sizeof(struct original), in_order);
    table->scattered = false;
}

void leat_xar_table_end(struct xar_table *table)
{
    if (table->c == NULL)
        return;
    leat_xar_xml_end(&table->xml);
    leat_gather_fini(&table->files, table->c);
    leat_gather_fini(&table->texts, table->c);
    leat_gather_fini(&table->originals, table->c);
    leat_gather_fini(&table->text, table->c);
    *table = (struct xar_table){ 0 };
}

/* --- What it says --- */

size_t leat_xar_table_len(const struct xar_table *table)
{
    leat_assert(table->files.len % sizeof(struct xar_file) == 0);
    return table->files.len / sizeof(struct xar_file);
}

const struct xar_file *leat_xar_table_file(const struct xar_table *table, size_t i)
{
    leat_assert(i < leat_xar_table_len(table));
    return (const struct xar_file *)(const void *)table->files.data + i;
}

struct leat_span leat_xar_table_text(const struct xar_table *table, struct xar_text text)
{
    leat_assert(text.at <= table->texts.len && text.len <= table->texts.len - text.at);
    struct leat_span all = leat_gather_span(&table->texts);
    return (struct leat_span){ .data = all.data + text.at, .len = text.len };
}

bool leat_xar_table_original(const struct xar_table *table, uint64_t id, size_t *ret)
{
    const struct original *all = (const struct original *)(const void *)table->originals.data;
    size_t from = 0, to = table->originals.len / sizeof(*all);
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (all[middle].id < id)
            from = middle + 1;
        else
            to = middle;
    }
    bool found = from < table->originals.len / sizeof(*all) && all[from].id == id;
    if (found)
        *ret = (size_t)all[from].file;
    return found;
}

enum leat_status leat_xar_table_path(const struct xar_table *table, size_t i,
                                     struct leat_gather *path)
{
    const struct xar_file *files[XAR_XML_DEPTH_MAX];
    size_t depth = 0;
    for (const struct xar_file *file = leat_xar_table_file(table, i);;
         file = leat_xar_table_file(table, file->parent - 1)) {
        leat_assert(depth < XAR_XML_DEPTH_MAX);
        files[depth++] = file;
        if (file->parent == 0)
            break;
    }
    enum leat_status status = LEAT_OK;
    path->len = 0;
    while (depth > 0 && status == LEAT_OK) {
        struct leat_span name = leat_xar_table_text(table, files[--depth]->name);
        status = leat_gather_add(path, table->c, name.data, name.len);
        if (status == LEAT_OK && depth > 0)
            status = leat_gather_add(path, table->c, "/", 1);
    }
    return status;
}
