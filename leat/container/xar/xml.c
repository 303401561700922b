#include "leat/container/xar/xml.h"

#include <limits.h>

#include "leat/container/xar/library.h"
#include "leat/core/bytes.h"

/* A tag or a comment is scanned anew with each piece that it comes in; text is not. Those of xar's
 * tables have some dozens of bytes. */
#define TOKEN_LEN_MAX LEAT_MIB

/* --- Memory --- */

/* libexpat's allocator is not told whom it is for. It is called on the thread that calls libexpat,
 * and by nothing else meanwhile, so this says it: set around each such call. */
static _Thread_local struct xar_xml *running;

/* In front of each block: how long it is. */
union head {
    size_t size;
    max_align_t align;
};

static void *xml_allocates(size_t size)
{
    struct xar_xml *xml = running;
    leat_assert(xml != NULL);
    leat_assert(xml->held <= xml->held_max);
    if (size > xml->held_max - xml->held) {
        xml->over = true;
        return NULL;
    }
    union head *head = leat_allocate(xml->alloc, sizeof(*head) + size);
    if (head == NULL)
        return NULL;
    head->size = size;
    xml->held += size;
    return head + 1;
}

static void xml_frees(void *memory)
{
    union head *head = memory;
    if (memory == NULL)
        return;
    head--;
    leat_assert(running != NULL && running->held >= head->size);
    running->held -= head->size;
    leat_deallocate(running->alloc, head);
}

static void *xml_reallocates(void *old, size_t size)
{
    void *memory = xml_allocates(size);
    if (old == NULL || memory == NULL)
        return memory;
    const union head *head = (const union head *)old - 1;
    leat_bytes_copy(NULL, LEAT_CAUSE_GROW, memory, old, head->size < size ? head->size : size);
    xml_frees(old);
    return memory;
}

/* --- What libexpat calls --- */

void leat_xar_xml_refuse(struct xar_xml *xml, enum leat_fault_code code, const char *reason)
{
    leat_assert(code != LEAT_FAULT_NONE);
    if (xml->failed != LEAT_FAULT_NONE)
        return;
    xml->failed = code;
    xml->reason = reason;
    if (xml->parser != NULL)
        (void)leat_libexpat()->XML_StopParser(xml->parser, XML_FALSE);
}

static void XMLCALL element_begins(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct xar_xml *xml = user;
    if (xml->failed != LEAT_FAULT_NONE)
        return;
    if (++xml->depth > XAR_XML_DEPTH_MAX) {
        leat_xar_xml_refuse(xml, LEAT_FAULT_BOUND,
                            "more elements within elements than are allowed");
        return;
    }
    xml->calls->begins(xml, name, attributes);
}

static void XMLCALL element_ends(void *user, const XML_Char *name)
{
    struct xar_xml *xml = user;
    (void)name;
    if (xml->failed != LEAT_FAULT_NONE)
        return;
    leat_assert(xml->depth > 0);
    xml->depth--;
    xml->calls->ends(xml);
}

static void XMLCALL text_comes(void *user, const XML_Char *text, int len)
{
    struct xar_xml *xml = user;
    if (xml->failed == LEAT_FAULT_NONE)
        xml->calls->text(xml, (struct leat_span){ (const uint8_t *)text, (size_t)len });
}

static void XMLCALL doctype_begins(void *user, const XML_Char *name, const XML_Char *system_id,
                                   const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    leat_xar_xml_refuse(user, LEAT_FAULT_UNSUPPORTED, "a DOCTYPE in the table of contents");
}

/* --- The parser --- */

enum leat_fault_code leat_xar_xml_begin(struct xar_xml *xml, const struct xar_xml_calls *calls,
                                        const struct leat_ctx *ctx)
{
    static const XML_Memory_Handling_Suite memory = { xml_allocates, xml_reallocates, xml_frees };
    const struct leat_libexpat *expat = leat_libexpat();
    *xml = (struct xar_xml){
        .calls = calls,
        .alloc = &ctx->alloc,
        .held_max = ctx->limits.header_max,
    };
    if (expat == NULL) {
        leat_xar_xml_refuse(xml, LEAT_FAULT_UNSUPPORTED, "libexpat cannot be loaded");
        return xml->failed;
    }
    leat_assert(running == NULL);
    running = xml;
    xml->parser = expat->XML_ParserCreate_MM(NULL, &memory, NULL);
    running = NULL;
    if (xml->parser == NULL) {
        leat_xar_xml_refuse(xml, xml->over ? LEAT_FAULT_BOUND : LEAT_FAULT_MEMORY, NULL);
        return xml->failed;
    }
    expat->XML_SetUserData(xml->parser, xml);
    expat->XML_SetElementHandler(xml->parser, element_begins, element_ends);
    expat->XML_SetCharacterDataHandler(xml->parser, text_comes);
    expat->XML_SetStartDoctypeDeclHandler(xml->parser, doctype_begins);
    return LEAT_FAULT_NONE;
}

/* Why libexpat ended, where none of the calls refused anything. */
static void xml_fails(struct xar_xml *xml, enum XML_Error error)
{
    if (error == XML_ERROR_NO_MEMORY && xml->over)
        leat_xar_xml_refuse(xml, LEAT_FAULT_BOUND,
                            "a table of contents longer than the limit allows");
    else if (error == XML_ERROR_NO_MEMORY)
        leat_xar_xml_refuse(xml, LEAT_FAULT_MEMORY, NULL);
    else if (error == XML_ERROR_UNKNOWN_ENCODING)
        leat_xar_xml_refuse(xml, LEAT_FAULT_UNSUPPORTED,
                            "the table of contents is in an encoding that is not known");
    else
        leat_xar_xml_refuse(xml, LEAT_FAULT_CORRUPT,
                            "the table of contents is not well-formed XML");
}

enum leat_fault_code leat_xar_xml_feed(struct xar_xml *xml, struct leat_span piece, bool last)
{
    const struct leat_libexpat *expat = leat_libexpat();
    leat_assert(xml->parser != NULL);
    leat_assert(piece.len <= INT_MAX);
    if (xml->failed != LEAT_FAULT_NONE)
        return xml->failed;
    leat_assert(running == NULL);
    running = xml;
    enum XML_Status status =
        expat->XML_Parse(xml->parser, (const char *)piece.data, (int)piece.len, last);
    running = NULL;
    xml->fed += piece.len;
    XML_Index at = expat->XML_GetCurrentByteIndex(xml->parser); /* -1: nothing is left over */
    if (status != XML_STATUS_OK)
        xml_fails(xml, expat->XML_GetErrorCode(xml->parser));
    else if (at >= 0 && xml->fed - (uint64_t)at > TOKEN_LEN_MAX)
        leat_xar_xml_refuse(xml, LEAT_FAULT_BOUND, "a tag or comment longer than is allowed");
    return xml->failed;
}

void leat_xar_xml_end(struct xar_xml *xml)
{
    if (xml->parser == NULL)
        return;
    running = xml;
    leat_libexpat()->XML_ParserFree(xml->parser);
    running = NULL;
    leat_assert(xml->held == 0);
    xml->parser = NULL;
}
