#ifndef LEAT_CONTAINER_XAR_ELEMENT_H
#define LEAT_CONTAINER_XAR_ELEMENT_H

#include "leat/core/span.h"

/* The elements of a table of contents that mean something here, each by where it stands. */
enum xar_element {
    XAR_DOCUMENT, /* what <xar> stands in */
    XAR_XAR,
    XAR_TOC,
    XAR_SUM,
    XAR_SUM_OFFSET,
    XAR_SUM_SIZE,
    XAR_FILE,
    XAR_NAME,
    XAR_TYPE,
    XAR_MODE,
    XAR_MTIME,
    XAR_LINK,
    XAR_DEVICE,
    XAR_DEVICE_MAJOR,
    XAR_DEVICE_MINOR,
    XAR_DATA,
    XAR_DATA_LENGTH,
    XAR_DATA_OFFSET,
    XAR_DATA_SIZE,
    XAR_DATA_ENCODING,
    XAR_DATA_PACKED_SUM,
    XAR_DATA_SUM,
    XAR_UNKNOWN, /* nothing in it is looked at */
};

/* Which one `name` is, within `parent`. */
enum xar_element leat_xar_element(enum xar_element parent, const char *name);

/* Whether what it says is its text. */
bool leat_xar_element_has_text(enum xar_element element);

#endif
