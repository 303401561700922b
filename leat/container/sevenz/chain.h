#ifndef LEAT_CONTAINER_SEVENZ_CHAIN_H
#define LEAT_CONTAINER_SEVENZ_CHAIN_H

#include "leat/container/container.h"
#include "leat/container/ppmd.h"
#include "leat/container/sevenz/aes.h"
#include "leat/container/sevenz/bcj2.h"
#include "leat/container/sevenz/folder.h"
#include "leat/container/sevenz/method.h"
#include "leat/stage/xz/raw.h"

/* A folder's coders as readers, each on those that it takes its input from. */

/* Where a packed stream is, in the input. */
struct sz_packed {
    uint64_t at;
    uint64_t size;
};

/* One folder, ready to be read. What stages need to know lies here, so it must outlive them. */
struct sz_chain {
    struct sz_folder folder;
    struct sz_packed packed[SZ_CODERS_MAX];
    bool outside; /* a stream is not within the archive */
    bool encrypted;
    const char *method; /* what it is packed by, as static text */
    enum leat_fault_code refused;
    const char *reason;
    struct leat_unlzma_raw_options lzmas[SZ_CODERS_MAX];
    struct leat_lzma_filter filters[SZ_CODERS_MAX];
    struct sz_aes aes[SZ_CODERS_MAX];
    struct leat_ppmd_options ppmds[SZ_CODERS_MAX];
    struct sz_bcj2 bcj2; /* a folder has one at most */
    struct sz_key key;   /* kept from folder to folder */
};

/* Judge the folder, whose definition, sizes and places are set: names its method, and whether and
 * why it cannot be read, in `refused`. `password` may be empty: there is none. */
void leat_sz_chain_judge(struct sz_chain *chain, struct leat_span password);

/* A reader of all that a folder which is not refused unpacks to. Stands on `srcs`, one for each
 * packed stream, which it owns and which are at the streams' first bytes. */
LEAT_MUST_USE struct leat_reader *leat_sz_chain_open(struct sz_chain *chain,
                                                     struct leat_reader *const *srcs);

/* Close that reader, and what stands beside it. NULL is fine. */
void leat_sz_chain_close(struct sz_chain *chain, struct leat_reader *r);

/* The size of what the folder unpacks to. */
static inline uint64_t leat_sz_chain_size(const struct sz_chain *chain)
{
    return chain->folder.coders[chain->folder.main].size;
}

#endif
