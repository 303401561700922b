#ifndef LEAT_CONTAINER_XAR_LIBRARY_H
#define LEAT_CONTAINER_XAR_LIBRARY_H

#include <expat.h>

#include "leat/stage/late.h"

/* libexpat, loaded on first use. Not installed. */

#define LEAT_LIBEXPAT_FUNCTIONS(FUNCTION)                                                          \
    FUNCTION(XML_GetCurrentByteIndex)                                                              \
    FUNCTION(XML_GetErrorCode)                                                                     \
    FUNCTION(XML_Parse)                                                                            \
    FUNCTION(XML_ParserCreate_MM)                                                                  \
    FUNCTION(XML_ParserFree)                                                                       \
    FUNCTION(XML_SetCharacterDataHandler)                                                          \
    FUNCTION(XML_SetElementHandler)                                                                \
    FUNCTION(XML_SetStartDoctypeDeclHandler)                                                       \
    FUNCTION(XML_SetUserData)                                                                      \
    FUNCTION(XML_StopParser)
LEAT_LATE_TABLE(leat_libexpat, LEAT_LIBEXPAT_FUNCTIONS);

#endif
