#ifndef APPS_CP_TARGET_H
#define APPS_CP_TARGET_H

#include "apps/cp/item.h"

/* A file that is written under another name beside its own, or under none at all, and takes its own
 * when it is whole: nobody ever sees half of it. What is there already is replaced as a name: a
 * link is not followed, and a second name of the same file stays what it was. */

enum { TARGET_NAME_SIZE = 256 };

struct target {
    int folder;       /* where it lies; the caller's */
    const char *name; /* what it is to be called there; the caller's */
    int fd;           /* -1: there is none */
    unsigned made;    /* the mode that it was made with */
    bool keeps;       /* what is there of it stays, as "NAME.part", when it does not become whole */
    char temporary[TARGET_NAME_SIZE]; /* "": it has none, and goes with the descriptor */
};

/* Make it, for what is to have the mode of `about`; NULL: that is not known yet, and nobody else
 * may read it so far. With --resume, what an earlier run left as "NAME.part" is opened instead, and
 * grows. 0, or the system's error number. */
int target_open(struct target *target, const struct cp *cp, int folder, const char *name,
                const struct leat_entry *about, bool fresh);

/* Give it the mode and the times of what it is a copy of, as the flags say. The umask counts,
 * unless modes are to be kept. 0, or an error number. */
int target_dress(const struct target *target, const struct cp *cp, const struct item *item);

/* It is whole: give it its name, on stable storage with `durable`. 0, or an error number; then it
 * is still to be dropped. */
int target_takes_name(struct target *target, bool durable);

/* Let go of it: removed, unless it has its name or is kept. True: something is left as "NAME.part",
 * and `target->temporary` says how it is called. */
bool target_drop(struct target *target);

/* Signals that end the program remove what is under way first, unless it is kept. Once. */
void target_guard_install(void);

/* The permissions that an entry's mode comes to. */
unsigned target_mode(const struct cp *cp, const struct leat_entry *about);

#endif
