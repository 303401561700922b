/* The packer: ustar headers (POSIX.1-2017, pax, "ustar Interchange Format"), and before one an
 * extended header of pax for what does not fit into its fields. */

#include "leat/container/tar/header.h"
#include "leat/container/tar/tar.h"
#include "leat/core/bytes.h"

/* What tar programs write at once, and fill up to at the end. */
enum { RECORD_LEN = 20 * TAR_BLOCK };

/* The largest number in the 11 octal digits of a field. */
#define OCTAL_11_MAX ((UINT64_C(1) << 33) - 1)

/* Digits of a record's length, and of its numbers. */
enum { DIGITS_MAX = 20, NANOSECOND_DIGITS = 9 };

#define NS_PER_S 1000000000

/* One entry, as its header will have it. */
struct plan {
    const struct leat_entry *entry;
    struct leat_span name; /* in ustar's name field, and in its prefix; cut where pax has it */
    struct leat_span prefix;
    bool slash; /* to be put behind the name: it is a folder */
    bool pax_path, pax_link, pax_size, pax_mtime;
    char type;
};

/* --- Fields --- */

static void put_octal(char *field, size_t size, uint64_t number)
{
    for (size_t i = size - 1; i-- > 0; number >>= 3)
        field[i] = (char)('0' + (number & 7));
    leat_assert(number == 0);
}

static void put_text(char *field, size_t size, struct leat_span text)
{
    leat_assert(text.len <= size);
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, field, text.data, text.len);
}

/* Decimal digits, into the end of `text`. */
static struct leat_span decimal(char text[DIGITS_MAX], uint64_t number)
{
    size_t at = DIGITS_MAX;
    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return (struct leat_span){ .data = (const uint8_t *)text + at, .len = DIGITS_MAX - at };
}

/* The sum of all bytes with the checksum's own as spaces, in six digits. */
static void seal(struct tar_header *header)
{
    const uint8_t *bytes = (const uint8_t *)header;
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof(header->checksum); i++)
        header->checksum[i] = ' ';
    for (size_t i = 0; i < sizeof(*header); i++)
        sum += bytes[i];
    put_octal(header->checksum, sizeof(header->checksum) - 1, sum);
}

static void put_header(struct leat_pack *p, const struct plan *plan, char type, uint64_t size)
{
    const struct leat_entry *entry = plan->entry;
    struct tar_header header = { .magic = "ustar", .version = { '0', '0' }, .type = type };
    bool late = entry->mtime_s < 0 || (uint64_t)entry->mtime_s > OCTAL_11_MAX;
    put_text(header.name, sizeof(header.name), plan->name);
    if (plan->slash)
        header.name[plan->name.len] = '/';
    put_text(header.prefix, sizeof(header.prefix), plan->prefix);
    put_octal(header.mode, sizeof(header.mode), entry->mode & 07777);
    put_octal(header.user_id, sizeof(header.user_id), 0);
    put_octal(header.group_id, sizeof(header.group_id), 0);
    put_octal(header.size, sizeof(header.size), size <= OCTAL_11_MAX ? size : 0);
    put_octal(header.mtime, sizeof(header.mtime), late ? 0 : (uint64_t)entry->mtime_s);
    put_octal(header.device_major, sizeof(header.device_major), 0);
    put_octal(header.device_minor, sizeof(header.device_minor), 0);
    if (!plan->pax_link)
        put_text(header.link, sizeof(header.link), entry->target);
    seal(&header);
    leat_pack_put(p, &header, sizeof(header));
}

static void put_padding(struct leat_pack *p, uint64_t size)
{
    leat_pack_put_zeros(p, (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK));
}

/* --- Extended headers --- */

/* A record is "LENGTH KEY=VALUE\n", and its length counts its own digits. */
static size_t record_len(size_t key_len, size_t value_len)
{
    char text[DIGITS_MAX];
    size_t rest = key_len + value_len + 3;
    size_t len = rest + decimal(text, rest).len;
    return rest + decimal(text, len).len;
}

static void put_record(struct leat_pack *p, struct leat_span key, struct leat_span value,
                       const char *after)
{
    char text[DIGITS_MAX];
    size_t after_len = after[0] != '\0';
    struct leat_span len = decimal(text, record_len(key.len, value.len + after_len));
    leat_pack_put(p, len.data, len.len);
    leat_pack_put(p, " ", 1);
    leat_pack_put(p, key.data, key.len);
    leat_pack_put(p, "=", 1);
    leat_pack_put(p, value.data, value.len);
    leat_pack_put(p, after, after_len);
    leat_pack_put(p, "\n", 1);
}

#define SPAN(text) ((struct leat_span){ (const uint8_t *)(text), sizeof(text) - 1 })

/* "-12.000000345": a sign, seconds, and the nanoseconds where there are any. Time goes on as the
 * number grows, so before 1970 the whole second that is named is the one after. */
enum { TIME_LEN_MAX = 1 + DIGITS_MAX + 1 + NANOSECOND_DIGITS };

static struct leat_span time_text(char text[TIME_LEN_MAX], const struct leat_entry *entry)
{
    char digits[DIGITS_MAX];
    size_t len = 0;
    bool negative = entry->mtime_s < 0;
    uint32_t ns = entry->mtime_ns;
    uint64_t seconds = negative ? -(uint64_t)entry->mtime_s : (uint64_t)entry->mtime_s;
    leat_assert(ns < NS_PER_S);
    if (negative && ns > 0) {
        seconds--;
        ns = NS_PER_S - ns;
    }
    if (negative)
        text[len++] = '-';
    struct leat_span number = decimal(digits, seconds);
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, text + len, number.data, number.len);
    len += number.len;
    if (ns > 0) {
        text[len++] = '.';
        for (size_t i = NANOSECOND_DIGITS; i-- > 0; ns /= 10)
            text[len + i] = (char)('0' + ns % 10);
        len += NANOSECOND_DIGITS;
    }
    return (struct leat_span){ .data = (const uint8_t *)text, .len = len };
}

/* What the records of a plan are, each by this function: put, or counted. */
typedef void put_one(struct leat_pack *p, size_t *len, struct leat_span key, struct leat_span value,
                     const char *after);

static void count_one(struct leat_pack *p, size_t *len, struct leat_span key,
                      struct leat_span value, const char *after)
{
    (void)p;
    *len += record_len(key.len, value.len + (after[0] != '\0'));
}

static void write_one(struct leat_pack *p, size_t *len, struct leat_span key,
                      struct leat_span value, const char *after)
{
    count_one(p, len, key, value, after);
    put_record(p, key, value, after);
}

static size_t each_record(struct leat_pack *p, const struct plan *plan, put_one *one)
{
    char digits[DIGITS_MAX], text[TIME_LEN_MAX];
    const struct leat_entry *entry = plan->entry;
    size_t len = 0;
    if (plan->pax_path)
        one(p, &len, SPAN("path"), entry->name, plan->slash ? "/" : "");
    if (plan->pax_link)
        one(p, &len, SPAN("linkpath"), entry->target, "");
    if (plan->pax_size)
        one(p, &len, SPAN("size"), decimal(digits, entry->size), "");
    if (plan->pax_mtime)
        one(p, &len, SPAN("mtime"), time_text(text, entry), "");
    return len;
}

static void put_extended(struct leat_pack *p, const struct plan *plan)
{
    size_t len = each_record(p, plan, count_one);
    if (len == 0)
        return;
    struct leat_entry about = { .mode = 0644 };
    struct plan extended = { .entry = &about, .name = SPAN("PaxHeader"), .type = 'x' };
    put_header(p, &extended, 'x', len);
    each_record(p, plan, write_one);
    put_padding(p, len);
}

/* --- Entries --- */

/* Share the name out to ustar's two fields, at a slash. */
static void plan_name(struct plan *plan, struct leat_span name)
{
    enum {
        NAME_MAX_LEN = sizeof(((struct tar_header *)0)->name),
        PREFIX_MAX_LEN = sizeof(((struct tar_header *)0)->prefix)
    };
    size_t room = NAME_MAX_LEN - plan->slash;
    plan->name = name;
    if (name.len <= room)
        return;
    size_t first = name.len - room - 1; /* a slash from here on leaves little enough behind it */
    for (size_t i = first; i <= PREFIX_MAX_LEN && i + 1 < name.len; i++) {
        if (i > 0 && name.data[i] == '/') {
            plan->prefix = (struct leat_span){ .data = name.data, .len = i };
            plan->name = (struct leat_span){ .data = name.data + i + 1, .len = name.len - i - 1 };
            return;
        }
    }
    plan->pax_path = true;
    plan->name.len = room;
}

static char type_of(enum leat_entry_kind kind)
{
    switch (kind) {
    case LEAT_ENTRY_FILE:
        return '0';
    case LEAT_ENTRY_HARD_LINK:
        return '1';
    case LEAT_ENTRY_LINK:
        return '2';
    case LEAT_ENTRY_FOLDER:
        return '5';
    case LEAT_ENTRY_OTHER:
        break;
    }
    return '\0';
}

static bool has_nul(struct leat_span text)
{
    return leat_bytes_find(text.data, text.len, 0) != NULL;
}

static enum leat_status tar_pack_begin(struct leat_pack *p, const struct leat_entry *entry)
{
    struct plan plan = { .entry = entry, .type = type_of(entry->kind) };
    uint64_t size = entry->kind == LEAT_ENTRY_FILE ? entry->size : 0;
    struct leat_span name = entry->name;
    if (plan.type == '\0')
        return leat_pack_fails(p, LEAT_FAULT_UNSUPPORTED, "no such kind of file is packed");
    if (size == LEAT_SIZE_UNKNOWN)
        return leat_pack_fails(p, LEAT_FAULT_UNSUPPORTED, "a file's size must be known first");
    if (has_nul(name) || has_nul(entry->target))
        return leat_pack_fails(p, LEAT_FAULT_UNSUPPORTED, "a name with a NUL in it");
    plan.slash = entry->kind == LEAT_ENTRY_FOLDER && name.data[name.len - 1] != '/';
    plan_name(&plan, name);
    plan.pax_link = entry->target.len > sizeof(((struct tar_header *)0)->link);
    plan.pax_size = size > OCTAL_11_MAX;
    plan.pax_mtime =
        entry->mtime_ns != 0 || entry->mtime_s < 0 || (uint64_t)entry->mtime_s > OCTAL_11_MAX;
    put_extended(p, &plan);
    put_header(p, &plan, plan.type, size);
    return LEAT_OK;
}

static void tar_pack_end(struct leat_pack *p, uint64_t size, uint64_t packed)
{
    leat_assert(size == packed);
    put_padding(p, size);
}

static void tar_pack_finish(struct leat_pack *p)
{
    leat_pack_put_zeros(p, 2 * TAR_BLOCK);
    uint64_t len = leat_pack_tell(p);
    leat_pack_put_zeros(p, (size_t)((RECORD_LEN - len % RECORD_LEN) % RECORD_LEN));
}

struct leat_pack *leat_tar_pack(struct leat_writer *sink, const struct leat_pack_options *options)
{
    static const struct leat_pack_ops ops = {
        .name = "tar",
        .self_size = sizeof(struct leat_pack),
        .begin = tar_pack_begin,
        .end = tar_pack_end,
        .finish = tar_pack_finish,
    };
    return leat_pack_over(sink, &ops, options);
}
