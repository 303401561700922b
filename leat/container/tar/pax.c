#include "leat/container/tar/pax.h"
#include "leat/core/bytes.h"

bool leat_tar_decimal(struct leat_span text, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || value > (INT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *ret = value;
    return text.len > 0;
}

/* What is before the first `byte`, which goes from `text` as well; all of it when there is none. */
static struct leat_span cut(struct leat_span *text, uint8_t byte)
{
    const uint8_t *found = leat_bytes_find(text->data, text->len, byte);
    struct leat_span head = *text;
    if (found == NULL) {
        *text = (struct leat_span){ .data = text->data + text->len };
        return head;
    }
    head.len = (size_t)(found - text->data);
    *text = (struct leat_span){ .data = found + 1, .len = text->len - head.len - 1 };
    return head;
}

/* The first nine digits of a fraction, as nanoseconds; what is no digit ends it. */
static uint32_t fraction_value(struct leat_span digits)
{
    uint32_t value = 0;
    uint32_t unit = 100000000;
    for (size_t i = 0; i < digits.len && digits.data[i] >= '0' && digits.data[i] <= '9'; i++) {
        value += unit * (uint32_t)(digits.data[i] - '0');
        unit /= 10;
    }
    return value;
}

/* Seconds, perhaps negative, perhaps with a fraction: the second that it lies in, and how far. */
static bool time_value(struct leat_span value, struct tar_pax *ret)
{
    bool negative = value.len > 0 && value.data[0] == '-';
    if (negative)
        value = (struct leat_span){ .data = value.data + 1, .len = value.len - 1 };
    uint64_t seconds;
    if (!leat_tar_decimal(cut(&value, '.'), &seconds))
        return false;
    uint32_t ns = fraction_value(value);
    ret->mtime_s = (int64_t)seconds;
    ret->mtime_ns = ns;
    if (negative) {
        ret->mtime_s = -(int64_t)seconds - (ns > 0);
        ret->mtime_ns = ns > 0 ? 1000000000 - ns : 0;
    }
    return true;
}

/* --- Records --- */

struct record {
    struct tar_pax *pax;
    struct tar_map *map;
    struct leat_container *c;
    struct leat_span value;
    uint64_t offset; /* of the header, for faults */
};

typedef enum leat_status record_handler(const struct record *record);

static enum leat_status text_record(const struct record *record, struct leat_gather *to)
{
    to->len = 0;
    return leat_gather_add(to, record->c, record->value.data, record->value.len);
}

static enum leat_status path_record(const struct record *record)
{
    if (record->pax->seen & TAR_PAX_SPARSE_NAME)
        return LEAT_OK;
    return text_record(record, &record->pax->path);
}

static enum leat_status sparse_name_record(const struct record *record)
{
    record->pax->seen |= TAR_PAX_PATH;
    record->pax->empty &= ~(unsigned)TAR_PAX_PATH;
    return text_record(record, &record->pax->path);
}

static enum leat_status link_record(const struct record *record)
{
    return text_record(record, &record->pax->link);
}

static enum leat_status size_record(const struct record *record)
{
    if (record->value.len == 0 || leat_tar_decimal(record->value, &record->pax->size))
        return LEAT_OK;
    /* Without it there is no telling where the next header is. */
    return leat_container_fails(record->c, LEAT_FAULT_CORRUPT, "bad size in an extended header",
                                record->offset);
}

static enum leat_status mtime_record(const struct record *record)
{
    if (!time_value(record->value, record->pax))
        record->pax->mtime_s = record->pax->mtime_ns = 0;
    return LEAT_OK;
}

static enum leat_status sparse_major_record(const struct record *record)
{
    uint64_t major = 0;
    if (!leat_tar_decimal(record->value, &major) || major > 1)
        record->map->broken = true;
    record->pax->map_in_data = major == 1;
    return LEAT_OK;
}

static enum leat_status sparse_size_record(const struct record *record)
{
    if (!leat_tar_decimal(record->value, &record->map->file_size))
        record->map->broken = true;
    return LEAT_OK;
}

/* One number, or several with commas between. */
static enum leat_status sparse_map_record(const struct record *record)
{
    struct leat_span rest = record->value;
    enum leat_status status = LEAT_OK;
    while (rest.len > 0 && status == LEAT_OK) {
        uint64_t number = 0;
        if (!leat_tar_decimal(cut(&rest, ','), &number))
            record->map->broken = true;
        status = leat_tar_map_add(record->map, record->c, number);
    }
    return status;
}

/* The keys that mean something here. GNU's are described in its manual, "Sparse Formats": 0.0
 * repeats offset and numbytes, 0.1 has map, 1.0 has major and its map before the data. */
static const struct key {
    const char *name;
    unsigned field;
    record_handler *handle;
} keys[] = {
    { "path", TAR_PAX_PATH, path_record },
    { "linkpath", TAR_PAX_LINK, link_record },
    { "size", TAR_PAX_SIZE, size_record },
    { "mtime", TAR_PAX_MTIME, mtime_record },
    { "GNU.sparse.name", TAR_PAX_SPARSE_NAME, sparse_name_record },
    { "GNU.sparse.major", TAR_PAX_SPARSE, sparse_major_record },
    { "GNU.sparse.size", TAR_PAX_SPARSE, sparse_size_record },
    { "GNU.sparse.realsize", TAR_PAX_SPARSE, sparse_size_record },
    { "GNU.sparse.offset", TAR_PAX_SPARSE, sparse_map_record },
    { "GNU.sparse.numbytes", TAR_PAX_SPARSE, sparse_map_record },
    { "GNU.sparse.map", TAR_PAX_SPARSE, sparse_map_record },
};

static bool key_is(const char *name, struct leat_span key)
{
    size_t i = 0;
    while (i < key.len && name[i] != '\0' && (uint8_t)name[i] == key.data[i])
        i++;
    return i == key.len && name[i] == '\0';
}

static enum leat_status record_read(const struct record *record, struct leat_span key)
{
    struct tar_pax *pax = record->pax;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        unsigned field = keys[i].field;
        if (!key_is(keys[i].name, key))
            continue;
        if (record->map == NULL && (field & (TAR_PAX_SPARSE | TAR_PAX_SPARSE_NAME)))
            return LEAT_OK;
        pax->seen |= field;
        pax->empty &= ~field;
        if (record->value.len == 0)
            pax->empty |= field;
        return keys[i].handle(record);
    }
    return LEAT_OK;
}

/* Take the next record off `body`: "LENGTH KEY=VALUE\n", where LENGTH counts all of it. */
static bool record_cut(struct leat_span *body, struct leat_span *ret_key,
                       struct leat_span *ret_value)
{
    struct leat_span rest = *body;
    struct leat_span digits = cut(&rest, ' ');
    uint64_t len;
    if (digits.len == body->len || !leat_tar_decimal(digits, &len))
        return false;
    /* A space, an equals sign and a newline at least. */
    if (len > body->len || len < digits.len + 3 || body->data[len - 1] != '\n')
        return false;
    struct leat_span value = { .data = rest.data, .len = (size_t)len - digits.len - 2 };
    size_t text_len = value.len;
    *ret_key = cut(&value, '=');
    if (ret_key->len == text_len)
        return false;
    *ret_value = value;
    *body = (struct leat_span){ .data = body->data + len, .len = body->len - (size_t)len };
    return true;
}

enum leat_status leat_tar_pax_read(struct tar_pax *pax, struct tar_map *map,
                                   struct leat_container *c, struct leat_span body, uint64_t offset)
{
    struct record record = { .pax = pax, .map = map, .c = c, .offset = offset };
    enum leat_status status = LEAT_OK;
    /* Some writers pad with NULs. */
    while (status == LEAT_OK && body.len > 0 && body.data[0] != '\0') {
        struct leat_span key;
        if (!record_cut(&body, &key, &record.value))
            return leat_container_fails(c, LEAT_FAULT_CORRUPT, "bad extended header", offset);
        status = record_read(&record, key);
    }
    return status;
}

const struct tar_pax *leat_tar_pax_pick(const struct tar_pax *local, const struct tar_pax *global,
                                        enum tar_pax_field field)
{
    const struct tar_pax *pax = local->seen & field ? local : global;
    return (pax->seen & field) && !(pax->empty & field) ? pax : NULL;
}

void leat_tar_pax_clear(struct tar_pax *pax)
{
    struct tar_pax cleared = { .path = pax->path, .link = pax->link };
    cleared.path.len = 0;
    cleared.link.len = 0;
    *pax = cleared;
}

void leat_tar_pax_fini(struct tar_pax *pax, struct leat_container *c)
{
    leat_gather_fini(&pax->path, c);
    leat_gather_fini(&pax->link, c);
}
