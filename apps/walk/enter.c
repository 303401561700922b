#include "apps/walk/batch.h"
#include "apps/walk/visit.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SHARE_FILES_MIN = 16 }; /* fewer files are not worth handing to another thread */

/* The type of an entry that the listing does not tell, or of what a link leads to. */
static uint8_t look_up(struct visit *visit, const char *name, bool follow)
{
    struct stat about;
    if (fstatat(visit->fd, name, &about, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0) {
        int code = errno;
        if (visit_wants(visit, name, strlen(name), false))
            visit_problem(visit, name, code);
        return DT_UNKNOWN;
    }
    return (uint8_t)IFTODT(about.st_mode);
}

/* Tell folders and files from what is neither. A link to a file becomes one; a link to a folder
 * stays a link, and is one only when links are followed. */
static uint8_t settle_type(struct visit *visit, const struct dirent64 *entry)
{
    uint8_t type = entry->d_type, target;
    if (type == DT_UNKNOWN)
        type = look_up(visit, entry->d_name, false);
    if (type != DT_LNK)
        return type == DT_DIR || type == DT_REG ? type : DT_UNKNOWN;
    target = visit->walk->options.follow ? look_up(visit, entry->d_name, true) : DT_UNKNOWN;
    if (target == DT_DIR)
        return DT_LNK;
    return target == DT_REG ? DT_REG : DT_UNKNOWN;
}

static bool is_folder(uint8_t type)
{
    return type == DT_DIR || type == DT_LNK;
}

static bool is_too_deep(const struct visit *visit)
{
    const struct walk_options *options = &visit->walk->options;
    return options->depth_limited && visit->folder->depth + 1 >= options->depth_max;
}

/* Push a task for a folder that was found. */
static void push_folder(struct visit *visit, const char *name, uint8_t type)
{
    struct folder *folder = folder_create(visit->folder, name, strlen(name));
    if (folder)
        folder->is_link = type == DT_LNK;
    struct pool_task task = { .run = enter_folder, .object = folder };
    if (folder && pool_push(visit->walk->pool, visit->thread, &task))
        return;
    folder_release(folder);
    visit_problem(visit, name, ENOMEM);
}

static bool wants_folder(struct visit *visit, const char *name)
{
    return !is_too_deep(visit) && visit_wants(visit, name, strlen(name), true);
}

static void find_file(struct visit *visit, const char *name)
{
    size_t len = strlen(name);
    if (visit_wants(visit, name, len, false))
        visit_give(visit, name, len);
}

/* Go back to a folder whose batch is to be worked on; 0 or an errno value. */
static int batch_resume(struct batch *batch, struct visit *visit)
{
    if (!visit_folder(visit, batch->folder))
        return 0;
    visit_rules(visit);
    visit->fd = folder_fd(batch->folder);
    return visit->fd < 0 ? errno : 0;
}

static pool_task_fn run_batch;

/* Push the batch again, to go on behind a folder. False if it cannot be. */
static bool batch_push(struct batch *batch, struct visit *visit)
{
    struct pool_task task = { .run = run_batch, .object = batch };
    return pool_push(visit->walk->pool, visit->thread, &task);
}

/* Work a batch off. A folder in it comes before what is behind it, so the batch is pushed first and
 * the folder above it; true when the batch was passed on so. */
static bool work_batch(struct batch *batch, struct visit *visit)
{
    while (batch->at < batch->count && !walk_is_stopped(visit->walk)) {
        const char *item = batch->text + batch->items[batch->at++];
        uint8_t type = (uint8_t)item[0];
        if (!is_folder(type)) {
            find_file(visit, item + 1);
        } else if (wants_folder(visit, item + 1)) {
            if (batch_push(batch, visit)) {
                push_folder(visit, item + 1, type);
                return true;
            }
            visit_problem(visit, item + 1, ENOMEM);
        }
    }
    return false;
}

static void run_batch(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    struct batch *batch = task->object;
    struct walk *walk = batch->folder->root->walk;
    assert(walk->pool == pool);
    struct visit *visit = visit_begin(walk, thread);
    if (!visit) {
        walk_report(walk, thread, batch->folder->path, ENOMEM);
        batch_destroy(batch);
        return;
    }
    int code = batch_resume(batch, visit);
    bool passed_on = false;
    if (code)
        visit_problem(visit, NULL, code);
    else if (visit->fd >= 0)
        passed_on = work_batch(batch, visit);
    folder_fd_done(batch->folder, visit->fd);
    if (!passed_on)
        batch_destroy(batch);
    visit_end(visit);
}

/* Names that bear on the rules: noticed in a folder that is here whole, otherwise asked for. */
static unsigned see_rules(struct visit *visit)
{
    struct listing *listing = &visit->listing;
    if (!listing->is_end)
        return ignore_probe(visit->fd);
    unsigned seen = 0;
    size_t at = 0;
    for (struct dirent64 *entry; (entry = listing_next(listing, &at));)
        seen |= ignore_seen(entry->d_name);
    return seen;
}

/* The first look at the entries at hand: settle their types, push the folders, so that others can
 * take them, and count the files. */
static size_t find_folders(struct visit *visit)
{
    size_t at = 0, files = 0;
    for (struct dirent64 *entry; (entry = listing_next(&visit->listing, &at));) {
        entry->d_type = settle_type(visit, entry);
        if (is_folder(entry->d_type) && wants_folder(visit, entry->d_name))
            push_folder(visit, entry->d_name, entry->d_type);
        files += entry->d_type == DT_REG;
    }
    return files;
}

/* Give the later half of the files behind `at` to another thread. Those given stop being files
 * here. Returns how many; 0 when there was no memory, and nothing has changed. */
static size_t share_files(struct visit *visit, size_t at, size_t left)
{
    struct batch *batch = batch_create(visit->folder);
    size_t passed = 0, from = at;
    int code = batch ? 0 : ENOMEM;
    for (struct dirent64 *entry; !code && (entry = listing_next(&visit->listing, &at));) {
        if (entry->d_type == DT_REG && ++passed > left / 2)
            code = batch_add(batch, entry->d_type, entry->d_name);
    }
    if (code || !batch_push(batch, visit)) {
        if (batch)
            batch_destroy(batch);
        return 0;
    }
    passed = 0;
    for (struct dirent64 *entry; (entry = listing_next(&visit->listing, &from));) {
        if (entry->d_type == DT_REG && ++passed > left / 2)
            entry->d_type = DT_UNKNOWN;
    }
    return left - left / 2;
}

/* The second look: the files. */
static void find_files(struct visit *visit, size_t left)
{
    struct pool *pool = visit->walk->pool;
    size_t at = 0;
    for (struct dirent64 *entry; (entry = listing_next(&visit->listing, &at));) {
        if (entry->d_type != DT_REG)
            continue;
        if (walk_is_stopped(visit->walk))
            return;
        find_file(visit, entry->d_name);
        if (--left >= SHARE_FILES_MIN && pool_is_hungry(pool))
            left -= share_files(visit, at, left);
    }
}

static void find_all(struct visit *visit)
{
    do {
        size_t files = find_folders(visit);
        if (files)
            find_files(visit, files);
    } while (!walk_is_stopped(visit->walk) && listing_fill(&visit->listing, visit->fd));
}

/* Put the whole folder in a batch, in order. */
static void find_in_order(struct visit *visit)
{
    struct batch *batch = batch_create(visit->folder);
    int code = batch ? 0 : ENOMEM;
    do {
        size_t at = 0;
        for (struct dirent64 *entry; !code && (entry = listing_next(&visit->listing, &at));) {
            entry->d_type = settle_type(visit, entry);
            if (entry->d_type != DT_UNKNOWN)
                code = batch_add(batch, entry->d_type, entry->d_name);
        }
    } while (!code && listing_fill(&visit->listing, visit->fd));
    if (!code) {
        batch_sort(batch);
        code = batch_push(batch, visit) ? 0 : ENOMEM;
    }
    if (code) {
        visit_problem(visit, NULL, code);
        if (batch)
            batch_destroy(batch);
    }
}

/* Read an open folder. */
static void list_folder(struct visit *visit)
{
    struct walk *walk = visit->walk;
    listing_reset(&visit->listing);
    if (listing_fill(&visit->listing, visit->fd)) {
        if (!walk->options.no_ignore && visit->absolute_len)
            visit_enter_rules(visit, see_rules(visit));
        visit_rules(visit);
        if (walk->options.sort_path)
            find_in_order(visit);
        else
            find_all(visit);
    }
    if (visit->listing.code)
        visit_problem(visit, NULL, visit->listing.code);
}

void enter_folder(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    struct folder *folder = task->object;
    struct walk *walk = folder->root->walk;
    assert(walk->pool == pool);
    struct visit *visit = walk_is_stopped(walk) ? NULL : visit_begin(walk, thread);
    if (visit && visit_folder(visit, folder)) {
        int code = folder_open(folder, walk->options.follow);
        if (code) {
            visit_problem(visit, NULL, code);
        } else {
            visit->fd = folder->fd;
            list_folder(visit);
            folder_close(folder);
        }
    }
    if (visit)
        visit_end(visit);
    else if (!walk_is_stopped(walk))
        walk_report(walk, thread, folder->path, ENOMEM);
    folder_release(folder);
}
