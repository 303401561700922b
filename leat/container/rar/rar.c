#include "leat/container/rar/rar.h"

#include <string.h>

#include "leat/container/foreign.h"
#include "leat/container/libarchive.h"
#include "leat/container/rar/header.h"
#include "leat/core/load.h"
#include "leat/stage/hash/hash.h"

/* libarchive looks ahead for a number's bytes, which may be in the header behind the one that it
 * reads: of so many, none of them shorter than 7 bytes. */
enum { SEEN_MAX = 4 };

/* A file's header that went by. */
struct seen {
    struct leat_rar_block block;
    uint64_t data_at; /* where it ends, in the source */
};

/* The blocks are followed beside libarchive, which does not say of an entry that it is encrypted
 * (version 5) or goes on in another volume, and would give what there is as if that were all. */
struct rar {
    struct leat_foreign foreign;
    bool rejoins;          /* libarchive gave up at the end of a part: on to the next header */
    leat_rar_judge *judge; /* of the archive's version; NULL: not known, or lost */
    bool begun;            /* the signature was seen */
    uint64_t next_at;      /* where the next block begins, in the source */
    uint64_t missed_at;    /* of a file that libarchive passes over, or UINT64_MAX */
    unsigned seen_len;
    struct seen seen[SEEN_MAX];
};

/* --- Beside libarchive --- */

/* At the start: the signature by itself. */
static size_t lends_signature(struct rar *self, struct leat_span window, uint64_t offset, bool all,
                              size_t *ret_min)
{
    struct leat_rar_version version;
    enum leat_match match = leat_rar_signature(window.data, window.len, &version);
    if (match == LEAT_MATCH_MORE && !all) {
        *ret_min = window.len + 1;
        return 0;
    }
    self->begun = true;
    if (match != LEAT_MATCH_YES)
        return window.len;
    self->judge = version.judge;
    self->next_at = offset + version.signature_len;
    return version.signature_len;
}

static void rar_sees(struct rar *self, const struct leat_rar_block *block, uint64_t offset)
{
    self->seen[self->seen_len++ % SEEN_MAX] = (struct seen){
        .block = *block,
        .data_at = offset + block->header_len,
    };
    if (block->from_other && self->judge == leat_rar5_block && self->missed_at == UINT64_MAX)
        self->missed_at = offset;
}

/* The header of the entry that libarchive gave last: it stands behind that, until it has read of
 * the entry. NULL: not known. */
static const struct leat_rar_block *rar_block(const struct rar *self)
{
    uint64_t at = leat_foreign_tell(&self->foreign);
    for (unsigned i = 0; i < SEEN_MAX && self->judge != NULL; i++) {
        if (self->seen[i].data_at == at && self->seen[i].block.header_len > 0)
            return &self->seen[i].block;
    }
    return NULL;
}

static size_t rar_lends(struct leat_container *c, struct leat_span window, uint64_t offset,
                        bool all, size_t *ret_min)
{
    struct rar *self = (struct rar *)c;
    if (!self->begun)
        return lends_signature(self, window, offset, all, ret_min);
    if (self->judge == NULL || offset > self->next_at)
        return window.len;
    if (offset < self->next_at) {
        uint64_t left = self->next_at - offset;
        return left < window.len ? (size_t)left : window.len;
    }
    struct leat_rar_block block;
    enum leat_match match = self->judge(window.data, window.len, &block);
    if (match == LEAT_MATCH_MORE && !all) {
        *ret_min = window.len + 1;
        return 0;
    }
    if (match != LEAT_MATCH_YES)
        return window.len; /* broken or cut, as libarchive will find */
    if (block.type == LEAT_RAR_FILE)
        rar_sees(self, &block, offset);
    self->next_at = offset + block.header_len;
    self->next_at =
        block.data_len < UINT64_MAX - self->next_at ? self->next_at + block.data_len : UINT64_MAX;
    return block.header_len;
}

/* A part of an entry. What is stored of it comes, and then the fault; of what is packed libarchive
 * would make up bytes. */
static void rar_parts(struct leat_foreign *foreign, struct leat_entry *entry, bool stored,
                      const char *reason)
{
    leat_entry_fails(&foreign->container, entry, LEAT_FAULT_UNSUPPORTED, reason);
    if (!stored)
        return;
    foreign->behind = entry->fault;
    foreign->behind_len = entry->packed_size;
    entry->fault = (struct leat_fault){ 0 };
}

static void rar_told(struct leat_foreign *foreign, struct leat_entry *entry)
{
    const struct leat_rar_block *block = rar_block((const struct rar *)foreign);
    struct leat_container *c = &foreign->container;
    if (block == NULL)
        return;
    foreign->header_at = entry->offset = leat_foreign_tell(foreign) - block->header_len;
    entry->packed_size = block->data_len;
    if (block->encrypted)
        leat_entry_fails(c, entry, LEAT_FAULT_UNSUPPORTED, "encrypted");
    else if (block->from_other)
        rar_parts(foreign, entry, block->stored, "begins in another volume");
    else if (block->in_other)
        rar_parts(foreign, entry, block->stored, "goes on in another volume");
}

/* --- Entries --- */

/* Behind a part of an entry libarchive wants the next volume, or compares a checksum of the whole.
 */
static enum leat_status rar_rejoins(struct rar *self)
{
    struct leat_foreign *foreign = &self->foreign;
    if (foreign->behind.code != LEAT_FAULT_NONE && foreign->broken.code != LEAT_FAULT_NONE &&
        foreign->entry.came >= foreign->behind_len)
        self->rejoins = true;
    enum leat_status status = self->rejoins ? leat_foreign_resync(&foreign->container) : LEAT_OK;
    self->rejoins = status == LEAT_AGAIN;
    return status;
}

/* What begins in a volume before is no entry to libarchive, in version 5. It is told at the end. */
static enum leat_status rar_next(struct leat_container *c, struct leat_entry *ret)
{
    struct rar *self = (struct rar *)c;
    enum leat_status status = rar_rejoins(self);
    if (status == LEAT_OK)
        status = leat_foreign_next(c, ret);
    if (status == LEAT_END && self->missed_at != UINT64_MAX)
        return leat_container_fails(c, LEAT_FAULT_UNSUPPORTED,
                                    "an entry that begins in another volume", self->missed_at);
    return status;
}

/* libarchive 3.6 compares no checksum of what is only stored. */
static struct leat_reader *rar_open(struct leat_container *c, const struct leat_entry *entry,
                                    struct leat_ctx *ctx)
{
    const struct leat_rar_block *block = rar_block((const struct rar *)c);
    struct leat_reader *r = leat_foreign_open(c, entry, ctx);
    bool checked =
        block != NULL && block->stored && block->summed && !block->from_other && !block->in_other;
    if (!checked || entry->kind != LEAT_ENTRY_FILE)
        return r;
    struct leat_digest expected = { .kind = &leat_digest_crc32 };
    leat_store_u32be(expected.bytes, block->crc);
    return leat_hash_expect(r, &expected);
}

/* --- Behind damage --- */

/* Quick to say NO: the type of a block is what a checksum is not counted for. */
static enum leat_match rar4_file(const uint8_t *data, size_t len, struct leat_rar_block *ret)
{
    enum { TYPE_AT = 2, TYPE_FILE = 0x74 };
    if (len > TYPE_AT && data[TYPE_AT] != TYPE_FILE)
        return LEAT_MATCH_NO;
    return leat_rar4_block(data, len, ret);
}

/* The length takes one to three bytes, and the type is one. */
static enum leat_match rar5_file(const uint8_t *data, size_t len, struct leat_rar_block *ret)
{
    enum { LEN_AT = 4, LEN_MAX = 3, TYPE_FILE = 2 };
    size_t at = LEN_AT;
    while (at < len && at < LEN_AT + LEN_MAX - 1 && (data[at] & 0x80) != 0)
        at++;
    if (at + 1 < len && data[at + 1] != TYPE_FILE)
        return LEAT_MATCH_NO;
    return leat_rar5_block(data, len, ret);
}

static enum leat_match rar_judges(const uint8_t *data, size_t len)
{
    struct leat_rar_block block = { .type = LEAT_RAR_OTHER };
    enum leat_match match = rar4_file(data, len, &block);
    if (match == LEAT_MATCH_NO)
        match = rar5_file(data, len, &block);
    if (match == LEAT_MATCH_YES && block.type != LEAT_RAR_FILE)
        return LEAT_MATCH_NO;
    return match;
}

/* The signature and the header of an archive that says nothing of itself. */
static struct leat_span rar_prelude(struct leat_foreign *foreign, struct leat_span header)
{
    static const uint8_t prelude4[] = RAR4_SIGNATURE "\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0";
    static const uint8_t prelude5[] = RAR5_SIGNATURE "\xc5\x1a\x33\x32\x03\x01\0";
    struct rar *self = (struct rar *)foreign;
    struct leat_rar_block block;
    bool in4 = rar4_file(header.data, header.len, &block) == LEAT_MATCH_YES;
    self->judge = in4 ? leat_rar4_block : leat_rar5_block;
    self->begun = true;
    self->next_at = foreign->header_at;
    return in4 ? (struct leat_span){ .data = prelude4, .len = sizeof(prelude4) }
               : (struct leat_span){ .data = prelude5, .len = sizeof(prelude5) };
}

/* --- The start --- */

static enum leat_match rar_probe(const uint8_t *data, size_t len)
{
    struct leat_rar_version version;
    return leat_rar_signature(data, len, &version);
}

/* By its signature, and the header behind that. An archive's own takes tens of bytes; were longer
 * ones asked, a file full of signatures would have a checksum of 64 KiB behind each. */
static enum leat_match rar_begins(const uint8_t *data, size_t len)
{
    enum { FIRST_LEN_MAX = 4096 };
    struct leat_rar_version version;
    struct leat_rar_block block;
    enum leat_match match = leat_rar_signature(data, len, &version);
    if (match != LEAT_MATCH_YES)
        return match;
    size_t left = len - version.signature_len;
    size_t some = left < FIRST_LEN_MAX ? left : FIRST_LEN_MAX;
    match = version.judge(data + version.signature_len, some, &block);
    if (match == LEAT_MATCH_MORE)
        return left < FIRST_LEN_MAX ? match : LEAT_MATCH_NO;
    return match == LEAT_MATCH_YES && !block.first ? LEAT_MATCH_NO : match;
}

static const struct leat_start start = {
    .first = 'R',
    .signature = rar_probe,
    .begins = rar_begins,
};

/* --- The container --- */

static const char *method(const char *format)
{
    return strstr(format, "RAR5") != NULL ? "rar5" : "rar4";
}

static const struct leat_foreign_reason reasons[] = {
    { "File CRC error", LEAT_FAULT_CHECKSUM, "wrong checksum" },
    { "Checksum error", LEAT_FAULT_CHECKSUM, "wrong checksum" },
    { "Block checksum error", LEAT_FAULT_CHECKSUM, "wrong checksum of a block" },
    { "Header CRC error", LEAT_FAULT_CHECKSUM, "wrong checksum of a header" },
    { "RAR encryption support unavailable", LEAT_FAULT_UNSUPPORTED, "encrypted, its names too" },
    { "Encryption is not supported", LEAT_FAULT_UNSUPPORTED, "encrypted, its names too" },
    { "RAR solid archive support unavailable", LEAT_FAULT_UNSUPPORTED, "solid" },
    { "Unsupported compression method", LEAT_FAULT_UNSUPPORTED,
      "packed by a method that is not known" },
    { "Compression method not supported", LEAT_FAULT_UNSUPPORTED,
      "packed by a method that is not known" },
    { "No support for RAR VM", LEAT_FAULT_UNSUPPORTED, "a program that filters" },
    { "Parsing filters is unsupported", LEAT_FAULT_UNSUPPORTED, "a program that filters" },
    { "Unsupported filter type", LEAT_FAULT_UNSUPPORTED, "a filter that is not known" },
    { "Files with unknown unpacked size", LEAT_FAULT_UNSUPPORTED, "of unknown size" },
    { "Declared dictionary size", LEAT_FAULT_UNSUPPORTED, "a window larger than 64 MiB" },
    { "Declared solid file", LEAT_FAULT_UNSUPPORTED, "solid, behind damage" },
    { "Window size for this solid file", LEAT_FAULT_UNSUPPORTED, "solid, with another window" },
    { "I/O error when unstoring", LEAT_FAULT_TRUNCATED, "unexpected end of input" },
    { "Premature end of stream", LEAT_FAULT_TRUNCATED, "unexpected end of input" },
    { "Invalid header size", LEAT_FAULT_CORRUPT, "bad header" },
    { "Header", LEAT_FAULT_CORRUPT, "bad header" },
    { "Bad RAR file data", LEAT_FAULT_CORRUPT, "bad compressed data" },
    { "Bad RAR file", LEAT_FAULT_CORRUPT, "bad header" },
    { "Invalid marker header", LEAT_FAULT_CORRUPT, "bad header" },
    { "Couldn't find out RAR header", LEAT_FAULT_CORRUPT, "bad header" },
    { NULL, LEAT_FAULT_NONE, NULL },
};

static void supports(struct archive *archive)
{
    leat_libarchive()->archive_read_support_format_rar(archive);
    leat_libarchive()->archive_read_support_format_rar5(archive);
}

struct leat_container *leat_rar(struct leat_reader *src)
{
    static const struct leat_foreign_kind kind = {
        .setup = {
            .support = supports,
            .lends = rar_lends,
        },
        .reasons = reasons,
        .start = &start,
        .method = method,
        .headers_apart = true,
        .told = rar_told,
        .judge = rar_judges,
        .header_max = RAR_HEADER_MAX,
        .prelude = rar_prelude,
    };
    static const struct leat_container_ops ops = {
        .name = "rar",
        .self_size = sizeof(struct rar),
        .next = rar_next,
        .open = rar_open,
        .lead = leat_foreign_lead,
        .resync = leat_foreign_resync,
        .stop = leat_foreign_stop,
    };
    struct leat_container *c = leat_foreign(src, &ops, &kind);
    if (c != NULL)
        ((struct rar *)c)->missed_at = UINT64_MAX;
    return c;
}

static enum leat_match rar_probe_within(const uint8_t *data, size_t len, uint64_t size)
{
    return leat_start_probe(&start, data, len, size);
}

static const char *const endings[] = { ".rar", NULL };

const struct leat_format leat_format_rar = {
    .name = "rar",
    .summary = "RAR archives, versions 4 and 5, by libarchive",
    .endings = endings,
    .probe = rar_probe,
    .probe_max = RAR5_SIGNATURE_LEN,
    .probe_within = rar_probe_within,
    .probe_within_max = LEAT_PROGRAM_MAX,
    .unpack = leat_rar,
};
