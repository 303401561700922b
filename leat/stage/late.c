#include "leat/stage/late.h"

#include <dlfcn.h>
#include <pthread.h>

enum { NOT_TRIED, LOADED, ABSENT };

/* One for all libraries: the system's loader has but one as well. */
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

/* All or nothing: every function of the library itself is bound too, so that none is found missing
 * while it runs. */
static int try(struct leat_late *late)
{
    late->handle = dlopen(late->soname, RTLD_NOW | RTLD_LOCAL);
    if (late->handle == NULL)
        return ABSENT;
    for (size_t i = 0; i < late->count; i++) {
        late->symbols[i] = dlsym(late->handle, late->names[i]);
        if (late->symbols[i] == NULL)
            return ABSENT;
    }
    return LOADED;
}

bool leat_late_load(struct leat_late *late)
{
    int state = __atomic_load_n(&late->state, __ATOMIC_ACQUIRE);
    if (leat_likely(state != NOT_TRIED))
        return state == LOADED;
    pthread_mutex_lock(&loading);
    if (late->state == NOT_TRIED)
        __atomic_store_n(&late->state, try(late), __ATOMIC_RELEASE);
    state = late->state;
    pthread_mutex_unlock(&loading);
    return state == LOADED;
}
