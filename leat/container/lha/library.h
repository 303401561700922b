#ifndef LEAT_CONTAINER_LHA_LIBRARY_H
#define LEAT_CONTAINER_LHA_LIBRARY_H

#include <liblhasa-1.0/lha_decoder.h>

#include "leat/stage/late.h"

/* liblhasa, loaded on first use. Not installed. */

#define LEAT_LIBLHASA_FUNCTIONS(FUNCTION)                                                          \
    FUNCTION(lha_decoder_for_name)                                                                 \
    FUNCTION(lha_decoder_free)                                                                     \
    FUNCTION(lha_decoder_new)                                                                      \
    FUNCTION(lha_decoder_read)
LEAT_LATE_TABLE(leat_liblhasa, LEAT_LIBLHASA_FUNCTIONS);

#endif
