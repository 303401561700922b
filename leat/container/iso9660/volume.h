#ifndef LEAT_CONTAINER_ISO9660_VOLUME_H
#define LEAT_CONTAINER_ISO9660_VOLUME_H

#include "leat/container/iso9660/record.h"
#include "leat/core/format.h"

/* What the volume descriptors say, met one after another. */

enum iso_names { ISO_NAMES_PLAIN, ISO_NAMES_JOLIET, ISO_NAMES_ROCK };

/* A tree of folders: where its root is. */
struct iso_tree {
    bool found;
    uint32_t block_size;
    struct iso_record root; /* its spans are not to be used */
};

struct iso_volume {
    struct iso_tree primary;
    struct iso_tree joliet;
};

enum iso_met {
    ISO_MET_MORE, /* another descriptor follows */
    ISO_MET_LAST,
    ISO_MET_UDF, /* what begins another standard's descriptors */
    ISO_MET_BROKEN,
};

/* Look at the descriptor in `sector`, of ISO_SECTOR bytes. */
enum iso_met leat_iso_volume_meet(struct iso_volume *volume, const uint8_t *sector);

/* Whether bytes that may begin an image look like one: a format's probe. */
enum leat_match leat_iso_probe(const uint8_t *data, size_t len);

/* So many bytes tell. Up to the first number a system's area that boots nothing is zeros; a table
 * of partitions may follow. */
enum {
    ISO_BOOT_CODE_LEN = 440,
    ISO_PROBE_LEN = ISO_DESCRIPTORS_AT + ISO_ID + ISO_ID_LEN,
};

#endif
