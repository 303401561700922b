#ifndef LEAT_STAGE_AGE_ARMOR_H
#define LEAT_STAGE_AGE_ARMOR_H

/* What armor looks like, both ways. Not installed. */

#define LEAT_AGE_ARMOR_FIRST "-----BEGIN AGE ENCRYPTED FILE-----"
#define LEAT_AGE_ARMOR_LAST  "-----END AGE ENCRYPTED FILE-----"

enum {
    LEAT_AGE_ARMOR_COLUMNS = 64,
    LEAT_AGE_ARMOR_LINE_LEN = 48, /* bytes in a whole line */
};

#endif
