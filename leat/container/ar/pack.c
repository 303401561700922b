/* The packer: the common form, ar(5) of the BSDs. A name that fits into the header is ended as GNU
 * and System V do, by a slash, so that it may have spaces; any other is written as 4.4BSD does,
 * before the member's bytes. A table of long names would have to come before the first member, when
 * the names are not known yet; and GNU's ar reads both. */

#include "leat/container/ar/ar.h"
#include "leat/container/ar/header.h"
#include "leat/core/bytes.h"

enum { MODE_FILE = 0100000, DIGITS_MAX = 20 };

/* In the ten digits of a size. */
#define SIZE_MAX_STORED UINT64_C(9999999999)

/* In the twelve of a time. */
#define TIME_MAX_STORED INT64_C(999999999999)

struct ar_pack {
    struct leat_pack pack;
    size_t name_len; /* before the bytes of the member that is begun */
};

/* A number with spaces behind it, or text with a number behind it. */
static void put_number(char *field, size_t size, const char *before, uint64_t number, unsigned base)
{
    char digits[DIGITS_MAX];
    size_t at = DIGITS_MAX, len = 0;
    do {
        digits[--at] = (char)('0' + number % base);
        number /= base;
    } while (number > 0);
    for (; before[len] != '\0'; len++)
        field[len] = before[len];
    leat_assert(DIGITS_MAX - at <= size - len);
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, field + len, digits + at, DIGITS_MAX - at);
    for (len += DIGITS_MAX - at; len < size; len++)
        field[len] = ' ';
}

/* Whether a name with a slash behind it is told from everything else that a header may have. */
static bool is_short(struct leat_span name)
{
    uint64_t number;
    char text[sizeof(((struct ar_header *)0)->name)];
    if (name.len >= sizeof(text))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] == '/' || name.data[i] == 0x7f)
            return false;
        text[i] = (char)name.data[i];
    }
    text[name.len] = '/';
    const struct leat_span written = { .data = (const uint8_t *)text, .len = name.len + 1 };
    return leat_ar_kind(written, &number) == AR_PLAIN;
}

static int64_t time_of(const struct leat_entry *entry)
{
    if (entry->mtime_s < 0)
        return 0;
    return entry->mtime_s < TIME_MAX_STORED ? entry->mtime_s : TIME_MAX_STORED;
}

static void put_header(struct ar_pack *self, const struct leat_entry *entry)
{
    struct ar_header header = { .end = { '`', '\n' } };
    uint64_t len = entry->name.len;
    self->name_len = is_short(entry->name) ? 0 : (size_t)len;
    if (self->name_len > 0) {
        put_number(header.name, sizeof(header.name), "#1/", len, 10);
    } else {
        for (size_t i = 0; i < sizeof(header.name); i++)
            header.name[i] = i < len ? (char)entry->name.data[i] : i == len ? '/' : ' ';
    }
    put_number(header.mtime, sizeof(header.mtime), "", (uint64_t)time_of(entry), 10);
    put_number(header.user_id, sizeof(header.user_id), "", 0, 10);
    put_number(header.group_id, sizeof(header.group_id), "", 0, 10);
    put_number(header.mode, sizeof(header.mode), "", MODE_FILE | (entry->mode & 07777), 8);
    put_number(header.size, sizeof(header.size), "", self->name_len + entry->size, 10);
    leat_pack_put(&self->pack, &header, sizeof(header));
    leat_pack_put(&self->pack, entry->name.data, self->name_len);
}

/* Why there can be no such member; NULL: there can. */
static const char *judge(const struct leat_entry *entry, enum leat_fault_code *ret_code)
{
    *ret_code = LEAT_FAULT_UNSUPPORTED;
    if (entry->kind != LEAT_ENTRY_FILE)
        return "no such kind of file is packed";
    if (entry->size == LEAT_SIZE_UNKNOWN)
        return "a file's size must be known first";
    if (leat_bytes_find(entry->name.data, entry->name.len, 0) != NULL)
        return "a name with a NUL in it";
    if (leat_ar_is_symbols(entry->name))
        return "the name of a table for linkers";
    *ret_code = LEAT_FAULT_BOUND;
    if (entry->name.len > SIZE_MAX_STORED || entry->size > SIZE_MAX_STORED - entry->name.len)
        return "a file larger than the format allows";
    return NULL;
}

static void put_magic(struct leat_pack *p)
{
    leat_pack_put(p, AR_MAGIC, AR_MAGIC_LEN);
}

static enum leat_status ar_pack_begin(struct leat_pack *p, const struct leat_entry *entry)
{
    enum leat_fault_code code;
    const char *reason = judge(entry, &code);
    if (reason != NULL)
        return leat_pack_fails(p, code, reason);
    if (p->entries == 0)
        put_magic(p);
    put_header((struct ar_pack *)p, entry);
    return LEAT_OK;
}

static void ar_pack_end(struct leat_pack *p, uint64_t size, uint64_t packed)
{
    const struct ar_pack *self = (const struct ar_pack *)p;
    leat_assert(size == packed);
    leat_pack_put(p, "\n", (size_t)((self->name_len + size) % 2));
}

static void ar_pack_finish(struct leat_pack *p)
{
    if (p->entries == 0)
        put_magic(p);
}

struct leat_pack *leat_ar_pack(struct leat_writer *sink, const struct leat_pack_options *options)
{
    static const struct leat_pack_ops ops = {
        .name = "ar",
        .self_size = sizeof(struct ar_pack),
        .begin = ar_pack_begin,
        .end = ar_pack_end,
        .finish = ar_pack_finish,
    };
    return leat_pack_over(sink, &ops, options);
}
