#ifndef LEAT_CONTAINER_XAR_XML_H
#define LEAT_CONTAINER_XAR_XML_H

#include "leat/core/ctx.h"

/* XML that comes in pieces, as calls of elements and text: libexpat with its memory from a ctx, and
 * bounded; without entities of the document's own, as any DOCTYPE is refused. */

struct xar_xml;

/* What is called, from inside leat_xar_xml_feed alone. What one does not want is stopped by
 * leat_xar_xml_refuse. Names and values are NUL-terminated UTF-8; attributes are names and values
 * by turns, then NULL; text comes in any pieces. */
struct xar_xml_calls {
    void (*begins)(struct xar_xml *xml, const char *name, const char **attributes);
    void (*text)(struct xar_xml *xml, struct leat_span text);
    void (*ends)(struct xar_xml *xml);
};

/* In the caller's memory; zeroed, nothing is held. */
struct xar_xml {
    const struct xar_xml_calls *calls;
    void *parser;                   /* libexpat's */
    const struct leat_alloc *alloc; /* where its memory comes from, */
    size_t held;                    /* how much that is now, */
    size_t held_max;                /* and may be */
    bool over;                      /* it wanted more */
    uint64_t fed;                   /* bytes of the document so far */
    unsigned depth;                 /* elements that are open */
    enum leat_fault_code failed;    /* why no more is read, or NONE */
    const char *reason;
};

/* Elements within elements; the tables of xar have as many as folders, and three more. */
enum { XAR_XML_DEPTH_MAX = 512 };

/* Begin. NONE, MEMORY, or UNSUPPORTED where libexpat cannot be loaded; `failed` says so as well. */
LEAT_MUST_USE enum leat_fault_code leat_xar_xml_begin(struct xar_xml *xml,
                                                      const struct xar_xml_calls *calls,
                                                      const struct leat_ctx *ctx);

/* Read on. `last`: nothing more comes. NONE, or why it ends here, for good: CORRUPT (not
 * well-formed), UNSUPPORTED, BOUND, MEMORY, or what was refused.
 *
 * Allocates  as the document is. */
LEAT_MUST_USE enum leat_fault_code leat_xar_xml_feed(struct xar_xml *xml, struct leat_span piece,
                                                     bool last);

/* In a call: read no more. The first reason is kept; static text, or NULL. */
void leat_xar_xml_refuse(struct xar_xml *xml, enum leat_fault_code code, const char *reason);

/* Let go of the parser; what failed stays. A zeroed one is fine. */
void leat_xar_xml_end(struct xar_xml *xml);

#endif
