#include "leat/container/iso9660/iso9660.h"
#include "leat/container/iso9660/rock.h"
#include "leat/container/iso9660/volume.h"
#include "leat/container/placed.h"
#include "leat/container/utf16.h"
#include "leat/stage/limit/limit.h"

/* Folders within folders; plain images have 8 at most. */
enum { DEPTH_MAX = 128 };

/* Volume descriptors, and continuations of one record: far more than any image has. */
enum { DESCRIPTORS_MAX = 64, CONTINUATIONS_MAX = 64, CONTINUATION_LEN_MAX = 64 * 1024 };

/* POSIX's file types. */
enum { TYPE_MASK = 0170000, TYPE_FILE = 0100000, TYPE_FOLDER = 0040000, TYPE_LINK = 0120000 };

/* A folder that is being listed: its directory, and how far. */
struct folder {
    uint64_t at; /* in the image */
    uint64_t len;
    uint64_t pos;
    size_t name_len; /* of the path of what is in it, without the name itself */
    bool damaged;    /* which was told */
};

/* How far the image was gone through, between two entries. */
struct place {
    uint64_t index;       /* of the next entry */
    uint64_t folders_sum; /* bytes of all directories so far: no honest ones overlap */
    uint64_t files_sum;
    unsigned depth;
    struct folder folders[DEPTH_MAX];
};

struct iso;

/* One step towards the entries: OK and the step after it is set, or why not. */
typedef enum leat_status iso_step(struct iso *self);

/* How far the record at the place is understood; a wait may come in between. */
enum record_state { RECORD_NEW, RECORD_AREAS, RECORD_CHILD };

struct iso {
    struct leat_container container;
    struct leat_reader shell; /* what an entry's reader stands on where the source cannot fork */
    iso_step *step;           /* NULL: the root was found */
    bool strayed;             /* an entry's reader moved the source, or left a fault in it */
    uint64_t size;            /* of the image */

    unsigned descriptors;
    struct iso_volume volume;
    enum iso_names names;
    uint32_t block_size;
    size_t rock_skip;

    struct leat_gather sector; /* of the directory, at sector_at */
    uint64_t sector_at;
    enum record_state state;
    unsigned continuations;
    struct iso_continuation more;
    struct leat_gather area;
    struct leat_gather fields;
    struct iso_rock rock;
    bool broken; /* the record's fields lead out of the image, or around in it */

    bool joins;       /* a file goes on in the next record */
    bool apart;       /* and not where it left off */
    uint64_t file_at; /* of the entry that was given last, or so far */
    uint64_t file_size;
    bool packed; /* it is as rock.zisofs says */

    struct leat_gather path;
    struct leat_gather name;
    struct leat_gather target;
    struct place place;
    struct folder root;
    struct place marked; /* where resume went last, and mostly goes back to */
    struct leat_gather marked_path;
};

static iso_step step_size, step_descriptor, step_root;

static enum leat_status iso_fails(struct iso *self, enum leat_fault_code code, const char *reason,
                                  uint64_t offset)
{
    return leat_container_fails(&self->container, code, reason, offset);
}

/* Have the sector at `at` of a directory in hand, or the `len` bytes of it that count. */
static enum leat_status sector_load(struct iso *self, uint64_t at, uint64_t len)
{
    if (self->sector_at != at)
        self->sector.len = 0;
    self->sector_at = at;
    size_t want = len < ISO_SECTOR ? (size_t)len : ISO_SECTOR;
    return leat_gather_at(&self->sector, &self->container, at, want, &self->strayed);
}

static bool inside(const struct iso *self, uint64_t at, uint64_t len)
{
    return at <= self->size && len <= self->size - at;
}

/* --- Finding the root --- */

static enum leat_status step_size(struct iso *self)
{
    enum leat_status status = leat_placed_begin(&self->container, &self->size);
    if (status == LEAT_OK) {
        self->strayed = true;
        self->step = step_descriptor;
    }
    return status;
}

static enum leat_status step_descriptor(struct iso *self)
{
    uint64_t at = ISO_DESCRIPTORS_AT + (uint64_t)self->descriptors * ISO_SECTOR;
    enum leat_status status = sector_load(self, at, ISO_SECTOR);
    if (status != LEAT_OK)
        return status;
    enum iso_met met = leat_iso_volume_meet(&self->volume, self->sector.data);
    if (met == ISO_MET_UDF)
        return iso_fails(self, LEAT_FAULT_UNSUPPORTED, "an image of UDF alone", at);
    if (met == ISO_MET_BROKEN || ++self->descriptors > DESCRIPTORS_MAX)
        return iso_fails(self, LEAT_FAULT_CORRUPT, "bad volume descriptor", at);
    if (met == ISO_MET_LAST)
        self->step = step_root;
    return LEAT_OK;
}

/* To the first entry of the root. */
static void place_begins(struct iso *self)
{
    self->place.index = 0;
    self->place.folders_sum = self->root.len;
    self->place.files_sum = 0;
    self->place.folders[0] = self->root;
    self->place.depth = 1;
}

static bool root_begins(struct iso *self, const struct iso_tree *tree, enum iso_names names)
{
    if (tree->root.size == 0 || !inside(self, tree->root.at, tree->root.size))
        return false;
    self->names = names;
    self->block_size = tree->block_size;
    self->root = (struct folder){ .at = tree->root.at, .len = tree->root.size };
    place_begins(self);
    self->step = NULL;
    return true;
}

/* The root's record of itself tells whether there is Rock Ridge. */
static enum leat_status step_root(struct iso *self)
{
    const struct iso_tree *primary = &self->volume.primary;
    const struct iso_tree *joliet = &self->volume.joliet;
    struct iso_record record;
    enum iso_names names = ISO_NAMES_PLAIN;
    if (primary->root.size > 0 && inside(self, primary->root.at, primary->root.size)) {
        enum leat_status status = sector_load(self, primary->root.at, primary->root.size);
        struct iso_continuation more;
        if (status == LEAT_OK &&
            leat_iso_record_read(self->sector.data, self->sector.len, primary->block_size, &record))
            status = leat_iso_rock_add(&self->fields, &self->container, record.system_use,
                                       primary->block_size, &more);
        if (status != LEAT_OK)
            return status;
        if (leat_iso_rock_begins(leat_gather_span(&self->fields), &self->rock_skip))
            names = ISO_NAMES_ROCK;
    }
    if (names == ISO_NAMES_PLAIN && joliet->found && root_begins(self, joliet, ISO_NAMES_JOLIET))
        return LEAT_OK;
    if (root_begins(self, primary, names))
        return LEAT_OK;
    return iso_fails(self, LEAT_FAULT_CORRUPT, "the root folder lies outside of the image",
                     primary->root.at);
}

/* --- One record --- */

static enum leat_status fields_begin(struct iso *self, const struct iso_record *record)
{
    struct leat_span area = record->system_use;
    size_t skip = self->rock_skip < area.len ? self->rock_skip : area.len;
    area.data += skip;
    area.len -= skip;
    self->fields.len = self->area.len = 0;
    self->name.len = self->target.len = 0;
    self->continuations = 0;
    self->broken = false;
    self->rock = (struct iso_rock){ 0 };
    self->state = RECORD_AREAS;
    return leat_iso_rock_add(&self->fields, &self->container, area, self->block_size, &self->more);
}

/* Read the areas where the record's fields go on. */
static enum leat_status fields_more(struct iso *self)
{
    struct leat_container *c = &self->container;
    enum leat_status status = LEAT_OK;
    while (self->more.len > 0 && status == LEAT_OK) {
        self->broken = self->continuations >= CONTINUATIONS_MAX ||
                       self->more.len > CONTINUATION_LEN_MAX ||
                       !inside(self, self->more.at, self->more.len);
        if (self->broken)
            break;
        status = leat_gather_at(&self->area, c, self->more.at, self->more.len, &self->strayed);
        if (status != LEAT_OK)
            return status;
        status = leat_iso_rock_add(&self->fields, c, leat_gather_span(&self->area),
                                   self->block_size, &self->more);
        self->area.len = 0;
        self->continuations++;
    }
    if (status == LEAT_OK)
        status = leat_iso_rock_read(leat_gather_span(&self->fields), self->block_size, c,
                                    &self->name, &self->target, &self->rock);
    if (status == LEAT_OK)
        self->state = RECORD_CHILD;
    return status;
}

/* A folder that was moved: its own record of itself knows how long it is. */
static enum leat_status fields_child(struct iso *self, struct iso_record *record)
{
    enum { LEN = ISO_RECORD_NAME + 1 };
    struct iso_record child;
    if (!self->rock.elsewhere)
        return LEAT_OK;
    self->broken = self->broken || !inside(self, self->rock.child_at, LEN);
    if (self->broken)
        return LEAT_OK;
    enum leat_status status =
        leat_gather_at(&self->area, &self->container, self->rock.child_at, LEN, &self->strayed);
    if (status != LEAT_OK)
        return status;
    /* Behind the fixed part lies what is not needed here. */
    self->area.data[ISO_RECORD_LEN] = LEN;
    self->broken =
        !leat_iso_record_read(self->area.data, LEN, self->block_size, &child) || !child.special;
    record->at = self->rock.child_at;
    record->size = self->broken ? 0 : child.size;
    record->flags |= ISO_FLAG_FOLDER;
    return LEAT_OK;
}

/* All that the record's system use area says. */
static enum leat_status record_fields(struct iso *self, struct iso_record *record)
{
    enum leat_status status = LEAT_OK;
    if (self->names != ISO_NAMES_ROCK)
        return LEAT_OK;
    if (self->state == RECORD_NEW)
        status = fields_begin(self, record);
    if (status == LEAT_OK && self->state == RECORD_AREAS)
        status = fields_more(self);
    if (status == LEAT_OK)
        status = fields_child(self, record);
    return status;
}

/* --- Entries --- */

static enum leat_status entry_name(struct iso *self, const struct iso_record *record)
{
    struct leat_container *c = &self->container;
    struct leat_gather *path = &self->path;
    path->len = self->place.folders[self->place.depth - 1].name_len;
    if (self->names == ISO_NAMES_JOLIET)
        return leat_gather_utf16(path, c, leat_iso_name(record->name, 2), true);
    struct leat_span name = leat_iso_name(record->name, 1);
    if (self->names == ISO_NAMES_ROCK && self->name.len > 0)
        name = leat_gather_span(&self->name);
    return leat_gather_add(path, c, name.data, name.len);
}

static enum leat_entry_kind entry_kind(const struct iso *self, const struct iso_record *record)
{
    uint32_t type = self->names == ISO_NAMES_ROCK ? self->rock.mode & TYPE_MASK : 0;
    if (record->flags & ISO_FLAG_FOLDER)
        return LEAT_ENTRY_FOLDER;
    if (type == TYPE_LINK)
        return LEAT_ENTRY_LINK;
    return type == 0 || type == TYPE_FILE ? LEAT_ENTRY_FILE : LEAT_ENTRY_OTHER;
}

/* What keeps a folder from being entered, or NULL. */
static const char *folder_refused(const struct iso *self, const struct iso_record *record,
                                  enum leat_fault_code *ret_code)
{
    *ret_code = LEAT_FAULT_CORRUPT;
    if (self->broken)
        return "bad directory record";
    if (!inside(self, record->at, record->size))
        return "lies outside of the image";
    *ret_code = LEAT_FAULT_BOUND;
    if (record->size > self->size - self->place.folders_sum)
        return "folders overlap";
    return self->place.depth >= DEPTH_MAX ? "more folders within folders than are allowed" : NULL;
}

/* Enter the folder, whose entry is about to be given. */
static enum leat_status folder_enter(struct iso *self, const struct iso_record *record,
                                     struct leat_entry *entry)
{
    enum leat_fault_code code;
    const char *refused = folder_refused(self, record, &code);
    entry->size = entry->packed_size = 0;
    if (refused != NULL) {
        entry->kind = LEAT_ENTRY_FILE;
        leat_entry_fails(&self->container, entry, code, refused);
        return LEAT_OK;
    }
    enum leat_status status = leat_gather_add(&self->path, &self->container, "/", 1);
    if (status != LEAT_OK)
        return status;
    self->place.folders_sum += record->size;
    self->place.folders[self->place.depth++] = (struct folder){
        .at = record->at,
        .len = record->size,
        .name_len = self->path.len,
    };
    entry->name = (struct leat_span){ .data = self->path.data, .len = self->path.len - 1 };
    return LEAT_OK;
}

/* What lies there may be packed. */
static void file_unpacks(struct iso *self, struct leat_entry *entry)
{
    struct iso_zisofs *zisofs = &self->rock.zisofs;
    self->packed = zisofs->version != ISO_ZISOFS_NONE;
    if (!self->packed)
        return;
    zisofs->packed_len = entry->packed_size;
    entry->method = "zisofs";
    entry->size = zisofs->size;
    const char *refused = leat_iso_zisofs_refused(zisofs);
    if (refused != NULL)
        leat_entry_fails(&self->container, entry, LEAT_FAULT_UNSUPPORTED, refused);
}

static void file_judge(struct iso *self, const struct iso_record *record, struct leat_entry *entry)
{
    const struct leat_container *c = &self->container;
    self->place.files_sum += entry->packed_size;
    if (self->broken)
        leat_entry_fails(c, entry, LEAT_FAULT_CORRUPT, "bad directory record");
    file_unpacks(self, entry);
    if (record->interleaved || self->apart)
        leat_entry_fails(c, entry, LEAT_FAULT_UNSUPPORTED, "lies in several places");
    if (entry->packed_size > 0 && self->file_at > self->size)
        leat_entry_fails(c, entry, LEAT_FAULT_CORRUPT, "lies outside of the image");
    /* Links share their bytes, so that files overlap is no wonder; but not without a bound. */
    if (self->place.files_sum / c->ctx->limits.ratio_max > self->size)
        leat_entry_fails(c, entry, LEAT_FAULT_BOUND, "entries overlap");
}

/* Add what the record holds to the file. */
static void file_joins(struct iso *self, const struct iso_record *record)
{
    if (!self->joins) {
        self->file_at = record->at;
        self->file_size = 0;
        self->apart = false;
    }
    self->apart = self->apart || record->at != self->file_at + self->file_size;
    self->file_size += record->size;
    self->joins = (record->flags & (ISO_FLAG_MORE | ISO_FLAG_FOLDER)) == ISO_FLAG_MORE;
}

static enum leat_status record_entry(struct iso *self, const struct iso_record *record,
                                     struct leat_entry *ret)
{
    bool rock = self->names == ISO_NAMES_ROCK;
    self->packed = false;
    enum leat_status status = entry_name(self, record);
    if (status != LEAT_OK)
        return status;
    *ret = (struct leat_entry){
        .name = leat_gather_span(&self->path),
        .kind = entry_kind(self, record),
        .method = "stored",
        .size = self->file_size,
        .packed_size = self->file_size,
        .offset = self->file_at,
        .mtime_s = rock && self->rock.has_mtime ? self->rock.mtime_s : record->mtime_s,
        .mode = rock ? self->rock.mode & 07777 : 0,
    };
    if (ret->kind == LEAT_ENTRY_FOLDER)
        return folder_enter(self, record, ret);
    if (ret->kind == LEAT_ENTRY_LINK)
        ret->target = leat_gather_span(&self->target);
    file_judge(self, record, ret);
    return LEAT_OK;
}

/* What stands in the place of a record that is none: the rest of its sector is passed over. Once
 * for each folder. */
static enum leat_status record_broken(struct iso *self, struct folder *folder, uint64_t at,
                                      struct leat_entry *ret)
{
    static const char name[] = "(damaged)";
    self->joins = false;
    if (folder->damaged)
        return LEAT_DONE;
    folder->damaged = true;
    self->path.len = folder->name_len;
    enum leat_status status =
        leat_gather_add(&self->path, &self->container, name, sizeof(name) - 1);
    *ret = (struct leat_entry){
        .name = leat_gather_span(&self->path),
        .method = "stored",
        .offset = at,
    };
    leat_entry_fails(&self->container, ret, LEAT_FAULT_CORRUPT, "bad directory record");
    return status;
}

/* The record at the folder's place, in the sector. LEAT_DONE: it is no entry, go on. */
static enum leat_status record_take(struct iso *self, struct folder *folder, struct leat_entry *ret)
{
    struct iso_record record;
    size_t at = folder->pos % ISO_SECTOR;
    size_t left = self->sector.len - at;
    const uint8_t *data = self->sector.data + at;
    uint64_t next_sector = folder->pos - at + ISO_SECTOR;
    if (data[ISO_RECORD_LEN] == 0) {
        folder->pos = next_sector;
        return LEAT_DONE;
    }
    if (!leat_iso_record_read(data, left, self->block_size, &record)) {
        folder->pos = next_sector;
        return record_broken(self, folder, self->sector_at + at, ret);
    }
    enum leat_status status = record.special ? LEAT_OK : record_fields(self, &record);
    if (status != LEAT_OK)
        return status;
    self->state = RECORD_NEW;
    folder->pos += data[ISO_RECORD_LEN];
    if (record.special || (self->names == ISO_NAMES_ROCK && self->rock.relocated))
        return LEAT_DONE;
    file_joins(self, &record);
    return self->joins ? LEAT_DONE : record_entry(self, &record, ret);
}

static enum leat_status iso_begins(struct iso *self)
{
    enum leat_status status = LEAT_OK;
    while (self->step != NULL && status == LEAT_OK)
        status = self->step(self);
    return status;
}

static enum leat_status iso_next(struct leat_container *c, struct leat_entry *ret)
{
    struct iso *self = (struct iso *)c;
    struct place *place = &self->place;
    enum leat_status status = iso_begins(self);
    if (status != LEAT_OK)
        return status;
    while (place->depth > 0) {
        struct folder *folder = &place->folders[place->depth - 1];
        if (folder->pos >= folder->len) {
            place->depth--;
            self->joins = false;
            continue;
        }
        uint64_t before = folder->pos - folder->pos % ISO_SECTOR;
        status = sector_load(self, folder->at + before, folder->len - before);
        if (status == LEAT_OK)
            status = record_take(self, folder, ret);
        if (status == LEAT_OK)
            place->index++;
        else if (status == LEAT_FAULT)
            place->index = UINT64_MAX; /* in the midst of a record: whoever resumes goes back */
        if (status != LEAT_DONE)
            return status;
    }
    return LEAT_END;
}

/* --- Marks --- */

/* There is nothing to tell but the entry's number: which folders it is in is found by going there,
 * from the first entry on or from where this container is, for a directory knows none around it. */
static bool iso_mark(const struct leat_container *c, struct leat_mark *ret)
{
    (void)c;
    (void)ret;
    return true;
}

static enum leat_status path_copy(struct iso *self, struct leat_gather *to,
                                  const struct leat_gather *from)
{
    to->len = 0;
    return leat_gather_add(to, &self->container, from->data, from->len);
}

/* Folders that are not entered any more do not count. */
static void place_copy(struct place *to, const struct place *from)
{
    to->index = from->index;
    to->folders_sum = from->folders_sum;
    to->files_sum = from->files_sum;
    to->depth = from->depth;
    for (unsigned i = 0; i < from->depth; i++)
        to->folders[i] = from->folders[i];
}

/* Back to a place that is not behind `index`. */
static enum leat_status goes_back(struct iso *self, uint64_t index)
{
    self->state = RECORD_NEW;
    self->joins = false;
    self->strayed = true;
    if (self->marked.depth == 0 || self->marked.index > index) {
        place_begins(self);
        return LEAT_OK;
    }
    place_copy(&self->place, &self->marked);
    return path_copy(self, &self->path, &self->marked_path);
}

static enum leat_status iso_resume(struct leat_container *c, const struct leat_mark *mark)
{
    struct iso *self = (struct iso *)c;
    struct leat_entry entry;
    enum leat_status status = iso_begins(self);
    if (status == LEAT_OK && self->place.index > mark->index)
        status = goes_back(self, mark->index);
    while (status == LEAT_OK && self->place.index < mark->index)
        status = iso_next(c, &entry);
    if (status == LEAT_END)
        return iso_fails(self, LEAT_FAULT_CORRUPT, "fewer entries than before", self->size);
    if (status != LEAT_OK)
        return status;
    place_copy(&self->marked, &self->place);
    return path_copy(self, &self->marked_path, &self->path);
}

static struct leat_reader *iso_open(struct leat_container *c, const struct leat_entry *entry,
                                    struct leat_ctx *ctx)
{
    struct iso *self = (struct iso *)c;
    leat_assert(entry->offset == self->file_at || entry->packed_size == 0);
    self->strayed = true;
    struct leat_reader *at = leat_placed_entry(c, ctx, &self->shell, self->file_at);
    if (self->packed)
        return leat_iso_unzisofs(at, &self->rock.zisofs);
    struct leat_reader *r = leat_limit(at, entry->packed_size, true);
    r->part = "iso9660"; /* in faults */
    return r;
}

static void iso_stop(struct leat_container *c)
{
    struct iso *self = (struct iso *)c;
    leat_gather_fini(&self->sector, c);
    leat_gather_fini(&self->area, c);
    leat_gather_fini(&self->fields, c);
    leat_gather_fini(&self->path, c);
    leat_gather_fini(&self->name, c);
    leat_gather_fini(&self->target, c);
    leat_gather_fini(&self->marked_path, c);
}

struct leat_container *leat_iso9660(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "iso9660",
        .self_size = sizeof(struct iso),
        .next = iso_next,
        .open = iso_open,
        .mark = iso_mark,
        .resume = iso_resume,
        .stop = iso_stop,
    };
    struct iso *self = leat_container_over(src, &ops);
    if (self == NULL)
        return NULL;
    self->step = step_size;
    return &self->container;
}

static const char *const endings[] = { ".iso", NULL };

const struct leat_format leat_format_iso9660 = {
    .name = "iso9660",
    .summary = "CD-ROM images, with Rock Ridge or Joliet",
    .endings = endings,
    .traits = LEAT_FORMAT_SEEKS,
    .probe = leat_iso_probe,
    .probe_max = ISO_PROBE_LEN,
    .probe_early = ISO_BOOT_CODE_LEN,
    .unpack = leat_iso9660,
};
