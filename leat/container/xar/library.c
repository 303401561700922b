#include "leat/container/xar/library.h"

LEAT_LATE_LIBRARY(leat_libexpat, LEAT_LIBEXPAT_FUNCTIONS, LEAT_SONAME_EXPAT)
