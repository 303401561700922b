/* The packer: ustar headers (POSIX.1-2017, pax, "ustar Interchange Format"), and before one an
 * extended header of pax for what does not fit into its fields, and for files with holes (GNU tar's
 * manual, "Sparse Formats", 1.0). */

#include "leat/container/tar/header.h"
#include "leat/container/tar/tar.h"
#include "leat/core/bytes.h"

/* What tar programs write at once, and fill up to at the end. */
enum { RECORD_LEN = 20 * TAR_BLOCK };

/* The largest numbers in the octal digits of a field. */
#define OCTAL_11_MAX ((UINT64_C(1) << 33) - 1)
#define OCTAL_7_MAX  ((UINT32_C(1) << 21) - 1)

/* Digits of a record's length, and of its numbers. */
enum { DIGITS_MAX = 20, NANOSECOND_DIGITS = 9 };

#define NS_PER_S 1000000000

/* One entry, as its header will have it. */
struct plan {
    const struct leat_entry *entry;
    struct leat_span name; /* in ustar's name field, and in its prefix; cut where pax has it */
    struct leat_span prefix;
    bool slash; /* to be put behind the name: it is a folder */
    bool pax_path, pax_link, pax_size, pax_mtime, pax_sparse;
    char type;
    uint64_t size; /* of what follows the header */
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
    put_octal(header.device_major, sizeof(header.device_major), entry->special_major);
    put_octal(header.device_minor, sizeof(header.device_minor), entry->special_minor);
    if (!plan->pax_link)
        put_text(header.link, sizeof(header.link), entry->target);
    seal(&header);
    leat_pack_put(p, &header, sizeof(header));
}

static void put_padding(struct leat_pack *p, uint64_t size)
{
    leat_pack_put_zeros(p, (size_t)(-size % TAR_BLOCK));
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
        one(p, &len, SPAN("size"), decimal(digits, plan->size), "");
    if (plan->pax_mtime)
        one(p, &len, SPAN("mtime"), time_text(text, entry), "");
    if (plan->pax_sparse) {
        one(p, &len, SPAN("GNU.sparse.major"), SPAN("1"), "");
        one(p, &len, SPAN("GNU.sparse.minor"), SPAN("0"), "");
        one(p, &len, SPAN("GNU.sparse.name"), entry->name, "");
        one(p, &len, SPAN("GNU.sparse.realsize"), decimal(digits, entry->size), "");
    }
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

/* --- Maps of sparse files --- */

/* A number on its line; without a packer it is only counted. */
static size_t put_line(struct leat_pack *p, uint64_t number)
{
    char text[DIGITS_MAX];
    struct leat_span digits = decimal(text, number);
    if (p != NULL) {
        leat_pack_put(p, digits.data, digits.len);
        leat_pack_put(p, "\n", 1);
    }
    return digits.len + 1;
}

/* How many pairs, and each: an offset, and how much data is there. The last one ends where the file
 * does, for those who learn from it how long that is. */
static size_t put_map(struct leat_pack *p, const struct leat_entry *entry)
{
    size_t len = entry->pieces_len;
    const struct leat_piece *last = len > 0 ? &entry->pieces[len - 1] : NULL;
    bool hole_at_end = last == NULL || last->offset + last->len < entry->size;
    size_t bytes = put_line(p, len + hole_at_end);
    for (size_t i = 0; i < len; i++) {
        bytes += put_line(p, entry->pieces[i].offset);
        bytes += put_line(p, entry->pieces[i].len);
    }
    if (hole_at_end) {
        bytes += put_line(p, entry->size);
        bytes += put_line(p, 0);
    }
    return bytes;
}

/* Of the map, filled up to a block, and of the data behind it. */
static uint64_t sparse_size(const struct leat_entry *entry)
{
    uint64_t map = put_map(NULL, entry), size = map + -map % TAR_BLOCK;
    for (size_t i = 0; i < entry->pieces_len; i++)
        size += entry->pieces[i].len;
    return size;
}

/* --- Entries --- */

/* The name that those see who do not know of holes: what they get is not the file. */
enum { SPARSE_NAME_LEN = sizeof(((struct tar_header *)0)->name) };

static struct leat_span sparse_name(char text[SPARSE_NAME_LEN], struct leat_span name)
{
    static const char before[] = "GNUSparseFile.0/";
    size_t at = name.len, len = sizeof(before) - 1;
    while (at > 0 && name.data[at - 1] != '/')
        at--;
    size_t some = name.len - at < SPARSE_NAME_LEN - len ? name.len - at : SPARSE_NAME_LEN - len;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, text, before, len);
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, text + len, name.data + at, some);
    return (struct leat_span){ .data = (const uint8_t *)text, .len = len + some };
}

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

static char type_of(const struct leat_entry *entry)
{
    switch (entry->kind) {
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
    return leat_tar_special_type(entry->special);
}

static bool has_nul(struct leat_span text)
{
    return leat_bytes_find(text.data, text.len, 0) != NULL;
}

/* Why there can be no such entry; NULL: there can. */
static const char *judge(const struct leat_entry *entry, char type)
{
    if (type == '\0' || entry->special_major > OCTAL_7_MAX || entry->special_minor > OCTAL_7_MAX)
        return "no such kind of file is packed";
    if (entry->kind == LEAT_ENTRY_FILE && entry->size == LEAT_SIZE_UNKNOWN)
        return "a file's size must be known first";
    if (has_nul(entry->name) || has_nul(entry->target))
        return "a name with a NUL in it";
    return NULL;
}

static enum leat_status tar_pack_begin(struct leat_pack *p, const struct leat_entry *entry)
{
    struct plan plan = { .entry = entry, .type = type_of(entry) };
    const char *reason = judge(entry, plan.type);
    char text[SPARSE_NAME_LEN];
    struct leat_span name = entry->name;
    if (reason != NULL)
        return leat_pack_fails(p, LEAT_FAULT_UNSUPPORTED, reason);
    plan.slash = entry->kind == LEAT_ENTRY_FOLDER && name.data[name.len - 1] != '/';
    plan.pax_sparse = entry->kind == LEAT_ENTRY_FILE && entry->pieces != NULL;
    plan_name(&plan, plan.pax_sparse ? sparse_name(text, name) : name);
    if (entry->kind == LEAT_ENTRY_FILE)
        plan.size = plan.pax_sparse ? sparse_size(entry) : entry->size;
    plan.pax_link = entry->target.len > sizeof(((struct tar_header *)0)->link);
    plan.pax_size = plan.size > OCTAL_11_MAX;
    plan.pax_mtime =
        entry->mtime_ns != 0 || entry->mtime_s < 0 || (uint64_t)entry->mtime_s > OCTAL_11_MAX;
    put_extended(p, &plan);
    put_header(p, &plan, plan.type, plan.size);
    if (plan.pax_sparse)
        put_padding(p, put_map(p, entry));
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
        .sparse = true,
        .begin = tar_pack_begin,
        .end = tar_pack_end,
        .finish = tar_pack_finish,
    };
    return leat_pack_over(sink, &ops, options);
}
