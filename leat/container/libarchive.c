#include "leat/container/libarchive.h"

LEAT_LATE_LIBRARY(leat_libarchive, LEAT_LIBARCHIVE_FUNCTIONS, LEAT_SONAME_ARCHIVE)
