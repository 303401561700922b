#include "leat/stage/xz/library.h"

LEAT_LATE_LIBRARY(leat_liblzma, LEAT_LIBLZMA_FUNCTIONS, LEAT_SONAME_LZMA)
