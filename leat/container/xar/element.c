#include "leat/container/xar/element.h"

#include <string.h>

static const struct row {
    enum xar_element element;
    enum xar_element parent;
    const char *name;
    bool has_text;
} rows[] = {
    { XAR_XAR, XAR_DOCUMENT, "xar", false },
    { XAR_TOC, XAR_XAR, "toc", false },
    { XAR_SUM, XAR_TOC, "checksum", false },
    { XAR_SUM_OFFSET, XAR_SUM, "offset", true },
    { XAR_SUM_SIZE, XAR_SUM, "size", true },
    { XAR_FILE, XAR_TOC, "file", false },
    { XAR_FILE, XAR_FILE, "file", false },
    { XAR_NAME, XAR_FILE, "name", true },
    { XAR_TYPE, XAR_FILE, "type", true },
    { XAR_MODE, XAR_FILE, "mode", true },
    { XAR_MTIME, XAR_FILE, "mtime", true },
    { XAR_LINK, XAR_FILE, "link", true },
    { XAR_DEVICE, XAR_FILE, "device", false },
    { XAR_DEVICE_MAJOR, XAR_DEVICE, "major", true },
    { XAR_DEVICE_MINOR, XAR_DEVICE, "minor", true },
    { XAR_DATA, XAR_FILE, "data", false },
    { XAR_DATA_LENGTH, XAR_DATA, "length", true },
    { XAR_DATA_OFFSET, XAR_DATA, "offset", true },
    { XAR_DATA_SIZE, XAR_DATA, "size", true },
    { XAR_DATA_ENCODING, XAR_DATA, "encoding", false },
    { XAR_DATA_PACKED_SUM, XAR_DATA, "archived-checksum", true },
    { XAR_DATA_SUM, XAR_DATA, "extracted-checksum", true },
    { XAR_DATA_SUM, XAR_DATA, "unarchived-checksum", true }, /* before xar 1.2 */
};

enum { ROWS_LEN = sizeof(rows) / sizeof(rows[0]) };

enum xar_element leat_xar_element(enum xar_element parent, const char *name)
{
    for (size_t i = 0; i < ROWS_LEN; i++) {
        if (rows[i].parent == parent && strcmp(rows[i].name, name) == 0)
            return rows[i].element;
    }
    return XAR_UNKNOWN;
}

bool leat_xar_element_has_text(enum xar_element element)
{
    for (size_t i = 0; i < ROWS_LEN; i++) {
        if (rows[i].element == element)
            return rows[i].has_text;
    }
    return false;
}
