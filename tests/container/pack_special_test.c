/* What only some formats can be told of a file, for every format that can be written: holes,
 * devices, the names of one file; and names that a format has another use for. It comes out again
 * as it went in, or is refused. */

#include <string.h>

#include "leat/container/pack.h"
#include "leat/core/copy.h"
#include "leat/core/format.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/layer/catalogue.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"

enum { CONTENT_LEN = 4000 };

static const struct split_plan wide = { .piece_max = 64 * 1024 };
static struct sink content;

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ .data = (const uint8_t *)text, .len = strlen(text) };
}

/* --- Packing --- */

/* An entry with the first `len` bytes of the content. */
static enum leat_status pack_one(struct leat_pack *p, const struct leat_entry *entry, size_t len)
{
    struct leat_writer *w;
    uint64_t done;
    enum leat_status status = leat_pack_entry(p, entry, &w);
    if (status == LEAT_OK && len > 0) {
        struct leat_reader *r = leat_memory(p->ctx, content.data, len);
        check_status(leat_copy(w, r, UINT64_MAX, &done), LEAT_END);
        leat_reader_close(r);
    }
    return status == LEAT_OK ? leat_pack_end(p) : status;
}

/* A format's packer, and what it made, read again. */
struct packed {
    const struct leat_format *format;
    struct leat_ctx ctx;
    struct sink sink;
    struct leat_pack *p;
    struct leat_container *c;
};

static void packed_begin(struct packed *self, const struct leat_format *format)
{
    static const struct leat_pack_options stored = { .stored = true };
    *self = (struct packed){ .format = format };
    leat_ctx_init(&self->ctx, NULL);
    self->p = format->pack(sink_writer(&self->sink, &self->ctx, &wide), &stored);
}

static void packed_read(struct packed *self)
{
    check_status(leat_pack_finish(self->p), LEAT_OK);
    leat_pack_close(self->p);
    self->c = self->format->unpack(leat_memory(&self->ctx, self->sink.data, self->sink.len));
}

static void packed_end(struct packed *self)
{
    struct leat_entry entry;
    check_status(leat_next(self->c, &entry), LEAT_END);
    leat_container_close(self->c);
    leat_ctx_fini(&self->ctx);
    sink_fini(&self->sink);
}

/* --- Holes --- */

struct holes {
    uint64_t size;
    struct leat_piece pieces[3];
    size_t len;
};

/* Data in the midst, up to the end, from the start on; and none at all. */
static const struct holes holes[] = {
    { 5000, { { 10, 3 }, { 100, 500 }, { 4000, 7 } }, 3 },
    { 100000, { { 99000, 1000 } }, 1 },
    { 70000, { { 0, 512 }, { 1024, 0 }, { 2048, 100 } }, 3 },
    { 1, { { 0, 0 } }, 0 },
    { 40000, { { 40000, 0 } }, 1 },
};
enum { HOLES_LEN = sizeof(holes) / sizeof(holes[0]) };

static void check_filled(struct leat_reader *r, const struct holes *file)
{
    struct leat_span window;
    uint64_t at = 0;
    size_t i = 0, from = 0; /* in the content, of which the pieces have one part after another */
    for (; leat_peek(r, 1, &window) == LEAT_OK; at++) {
        while (i < file->len && at >= file->pieces[i].offset + file->pieces[i].len)
            i++;
        bool data = i < file->len && at >= file->pieces[i].offset;
        check_equal(window.data[0], data ? content.data[from++] : 0);
        leat_consume(r, 1);
    }
    check(leat_reader_fault(r) == NULL);
    check_equal(at, file->size);
}

static enum leat_status pack_holes(struct leat_pack *p, const struct holes *file)
{
    size_t len = 0;
    for (size_t i = 0; i < file->len; i++)
        len += (size_t)file->pieces[i].len;
    const struct leat_entry entry = {
        .name = span_of("folder/file"),
        .size = file->size,
        .mtime_s = 1700000000,
        .mode = 0644,
        .pieces = file->pieces,
        .pieces_len = file->len,
    };
    return pack_one(p, &entry, len);
}

/* A file comes back with its holes filled, where the format has any; else it is refused. */
static void test_holes(const struct leat_format *format)
{
    struct packed packed;
    struct leat_entry entry;
    packed_begin(&packed, format);
    bool sparse = leat_pack_is_sparse(packed.p);
    check(sparse == (strcmp(format->name, "tar") == 0));
    for (size_t i = 0; i < HOLES_LEN; i++) {
        check_status(pack_holes(packed.p, &holes[i]), sparse ? LEAT_OK : LEAT_FAULT);
        check(leat_pack_refused(packed.p) == !sparse);
    }
    packed_read(&packed);
    for (size_t i = 0; sparse && i < HOLES_LEN; i++) {
        check_says("file", i);
        check_status(leat_next(packed.c, &entry), LEAT_OK);
        check_bytes(entry.name.data, entry.name.len, "folder/file", 11);
        struct leat_reader *r = leat_entry_open(packed.c, &entry, NULL);
        check_filled(r, &holes[i]);
        leat_reader_close(r);
    }
    packed_end(&packed);
}

/* --- Devices, and names of one file --- */

#define INODE UINT64_C(0x8010000200000007)

/* In which formats an entry is kept as what it is; in the others it is refused. */
struct kept {
    const char *name;
    enum leat_entry_kind kind;
    uint32_t special, special_major, special_minor;
    uint32_t links;
    uint64_t inode;
    bool in_cpio, in_tar, in_others;
};

static const struct kept kept[] = {
    { "disk", LEAT_ENTRY_OTHER, 0060000, 8, 1025, 0, 0, true, true, false },
    { "terminal", LEAT_ENTRY_OTHER, 0020000, 4, 64, 0, 0, true, true, false },
    { "pipe", LEAT_ENTRY_OTHER, 0010000, 0, 0, 0, 0, true, true, false },
    { "socket", LEAT_ENTRY_OTHER, 0140000, 0, 0, 0, 0, true, false, false },
    { "far", LEAT_ENTRY_OTHER, 0020000, 4, 1 << 21, 0, 0, true, false, false },
    { "one", LEAT_ENTRY_FILE, 0, 0, 0, 3, INODE, true, true, true },
    { "two", LEAT_ENTRY_HARD_LINK, 0, 0, 0, 3, INODE, true, true, false },
    { "three", LEAT_ENTRY_HARD_LINK, 0, 0, 0, 0, 0, false, true, false },
};
enum { KEPT_LEN = sizeof(kept) / sizeof(kept[0]) };

static bool keeps(const struct leat_format *format, const struct kept *entry)
{
    if (strcmp(format->name, "cpio") == 0)
        return entry->in_cpio;
    return strcmp(format->name, "tar") == 0 ? entry->in_tar : entry->in_others;
}

static enum leat_status pack_kept(struct leat_pack *p, const struct kept *about)
{
    const size_t len = 700;
    const struct leat_entry entry = {
        .name = span_of(about->name),
        .target = span_of(about->kind == LEAT_ENTRY_HARD_LINK ? "one" : ""),
        .kind = about->kind,
        .size = len,
        .mode = 0644,
        .special = about->special,
        .special_major = about->special_major,
        .special_minor = about->special_minor,
        .links = about->links,
        .inode = about->inode,
    };
    return pack_one(p, &entry, about->kind == LEAT_ENTRY_FILE ? len : 0);
}

static void test_special(const struct leat_format *format)
{
    struct packed packed;
    struct leat_entry found;
    bool inodes = strcmp(format->name, "cpio") == 0;
    packed_begin(&packed, format);
    for (size_t i = 0; i < KEPT_LEN; i++) {
        check_says_text("entry", kept[i].name);
        bool keep = keeps(format, &kept[i]);
        check_status(pack_kept(packed.p, &kept[i]), keep ? LEAT_OK : LEAT_FAULT);
        check(leat_pack_refused(packed.p) == !keep);
    }
    packed_read(&packed);
    for (size_t i = 0; i < KEPT_LEN; i++) {
        check_says_text("entry", kept[i].name);
        if (!keeps(format, &kept[i]))
            continue;
        check_status(leat_next(packed.c, &found), LEAT_OK);
        check(found.kind == kept[i].kind && found.special == kept[i].special);
        check_equal(found.special_major, kept[i].special_major);
        check_equal(found.special_minor, kept[i].special_minor);
        check_equal(found.inode, inodes ? kept[i].inode : 0);
        check_equal(found.links, inodes ? kept[i].links : 0);
    }
    packed_end(&packed);
}

/* --- Names, and sizes --- */

/* What a format cannot tell from something of its own, or has no digits for. */
static void test_reserved(const struct leat_format *format)
{
    static const struct {
        const char *format, *name;
        uint64_t size;
        enum leat_fault_code code;
    } bad[] = {
        { "cpio", "TRAILER!!!", 0, LEAT_FAULT_UNSUPPORTED },
        { "cpio", "large", UINT64_C(1) << 32, LEAT_FAULT_BOUND },
        { "ar", "__.SYMDEF SORTED", 0, LEAT_FAULT_UNSUPPORTED },
        { "ar", "large, and its name", UINT64_C(9999999999), LEAT_FAULT_BOUND },
    };
    struct packed packed;
    packed_begin(&packed, format);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct leat_entry entry = { .name = span_of(bad[i].name), .size = bad[i].size };
        if (strcmp(bad[i].format, format->name) != 0)
            continue;
        check_status(pack_one(packed.p, &entry, 0), LEAT_FAULT);
        check(leat_pack_refused(packed.p) && leat_pack_fault(packed.p)->code == bad[i].code);
    }
    packed_read(&packed);
    packed_end(&packed);
}

/* Those that ar's header has other uses for, among others. */
static void test_names(const struct leat_format *format)
{
    static const char *const names[] = {
        "fifteen letters",
        "fifteen.letters",
        "sixteen..letters",
        "with space ",
        " before",
        "a/b",
        "#1/5",
        "ARFILENAMES",
        "//",
        "/12",
        "line\nend",
        "\x7f",
        "`\n",
    };
    enum { NAMES_LEN = sizeof(names) / sizeof(names[0]) };
    struct packed packed;
    struct leat_entry entry;
    packed_begin(&packed, format);
    for (size_t i = 0; i < NAMES_LEN; i++) {
        entry = (struct leat_entry){ .name = span_of(names[i]), .size = 7, .mode = 0644 };
        check_status(pack_one(packed.p, &entry, 7), LEAT_OK);
    }
    packed_read(&packed);
    for (size_t i = 0; i < NAMES_LEN; i++) {
        check_says("name", i);
        check_status(leat_next(packed.c, &entry), LEAT_OK);
        check_bytes(entry.name.data, entry.name.len, names[i], strlen(names[i]));
    }
    packed_end(&packed);
}

int main(void)
{
    unsigned formats = 0;
    codec_text(&content, CONTENT_LEN, 1, 50);
    for (const struct leat_format *const *at = leat_formats; *at != NULL; at++) {
        if ((*at)->pack == NULL)
            continue;
        formats++;
        check_says_text("format", (*at)->name);
        test_holes(*at);
        test_special(*at);
        test_reserved(*at);
        test_names(*at);
        check_forgets_after("format");
    }
    check(formats > 0);
    sink_fini(&content);
    return 0;
}
