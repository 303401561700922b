/* A file is copied, compressed on its way, to a name that may have an old one, on a machine whose
 * disk fails, fills up and loses its power: whoever looks finds the old content or all of the new,
 * and what was called durable is there. */

#include <string.h>

#include "leat/core/copy.h"
#include "leat/core/format.h"
#include "leat/core/stage.h"
#include "leat/endpoint/file/file.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/layer/catalogue.h"
#include "tests/sim/world.h"

enum { SEEDS = 2000, SOURCE_MAX = 300000, OLD_MAX = 40000 };

#define SOURCE "/sim-source/in"
#define TARGET "/sim-target/out"

struct scene {
    struct world *world;
    struct leat_scope copying;
    const struct leat_format *format; /* NULL: it is copied as it is */
    bool durable;
    bool had_old;
    bool began_to_finish; /* from here on the new one may have the name */
    bool finished;        /* the writer said that it is done */
    bool crashed;
    bool cut; /* there is no source of that length any more */
    size_t source_len, old_len;
    uint8_t source[SOURCE_MAX], old[OLD_MAX], decoded[SOURCE_MAX];
};

/* --- Copying --- */

static struct leat_writer *target_open(struct scene *scene)
{
    struct leat_file_writer_options options = { .durable = scene->durable };
    struct leat_writer *w = leat_file_writer(&scene->world->ctx, TARGET, &options);
    return scene->format != NULL ? leat_push(w, scene->format->encoder, NULL) : w;
}

/* In one go, or by pieces as whoever reads and writes himself would. */
static enum leat_status copies(struct scene *scene, struct leat_writer *w, struct leat_reader *r)
{
    enum leat_status status = LEAT_OK;
    bool at_once = world_percent(scene->world, 50);
    uint64_t done;
    while (status == LEAT_OK) {
        uint64_t limit = at_once ? UINT64_MAX : world_len(scene->world, SOURCE_MAX);
        status = leat_copy(w, r, limit, &done);
        if (status == LEAT_OK && world_percent(scene->world, 20))
            status =
                leat_flush(w, world_percent(scene->world, 50) ? LEAT_FLUSH_SYNC : LEAT_FLUSH_PUSH);
        if (status == LEAT_UNSUPPORTED) /* a level that this encoder does not have */
            status = LEAT_OK;
    }
    return status;
}

static void copy_runs(void *arg)
{
    struct scene *scene = arg;
    struct leat_reader *r = leat_file(&scene->world->ctx, SOURCE);
    struct leat_writer *w = target_open(scene);
    enum leat_status status = copies(scene, w, r);
    if (status == LEAT_END) {
        scene->began_to_finish = true;
        status = leat_flush(w, LEAT_FLUSH_FINISH);
    }
    scene->finished = status == LEAT_OK;
    check(scene->finished || status == LEAT_FAULT);
    leat_writer_close(w);
    leat_reader_close(r);
}

/* --- Looking at what is there --- */

static bool is_old(const struct scene *scene, bool exists, struct leat_span content)
{
    if (!scene->had_old || !exists)
        return !scene->had_old && !exists;
    return content.len == scene->old_len && memcmp(content.data, scene->old, content.len) == 0;
}

/* Decode what is there: END, or a fault behind what it gave. */
static enum leat_status decode(struct scene *scene, struct leat_span content, size_t *ret_len)
{
    struct leat_ctx ctx;
    struct leat_span span;
    enum leat_status status;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_memory(&ctx, content.data, content.len);
    if (scene->format != NULL)
        r = leat_pull(r, scene->format->decoder, NULL);
    *ret_len = 0;
    while ((status = leat_peek(r, 1, &span)) == LEAT_OK) {
        check(*ret_len + span.len <= SOURCE_MAX);
        memcpy(scene->decoded + *ret_len, span.data, span.len);
        *ret_len += span.len;
        leat_consume(r, span.len);
    }
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    return status;
}

/* Whether it is all of the new one. Of a source that was cut meanwhile, a beginning is. */
static bool is_new(struct scene *scene, struct leat_span content)
{
    size_t len;
    if (decode(scene, content, &len) != LEAT_END || len > scene->source_len ||
        memcmp(scene->decoded, scene->source, len) != 0)
        return false;
    return len == scene->source_len || scene->cut;
}

/* What lost its power without having been durable may be anything, but what is checked is never
 * wrong without saying so. */
static void check_remains(struct scene *scene, struct leat_span content)
{
    size_t len;
    if (scene->format == NULL || is_old(scene, true, content))
        return;
    if (decode(scene, content, &len) == LEAT_END && len > 0)
        check(is_new(scene, content));
}

static void check_target(struct scene *scene)
{
    struct leat_span content = { 0 };
    bool exists = leat_sim_file_get(scene->world->loop, TARGET, &content) == LEAT_OK;
    if (scene->crashed && !scene->durable) {
        if (exists)
            check_remains(scene, content);
        return;
    }
    bool old = is_old(scene, exists, content);
    if (scene->finished)
        check(exists && is_new(scene, content));
    else if (!old)
        check(scene->began_to_finish && exists && is_new(scene, content));
}

/* --- What happens --- */

static void copy_once(struct scene *scene, bool goes_wrong)
{
    struct world *world = scene->world;
    scene->finished = scene->began_to_finish = scene->crashed = false;
    leat_scope_open(&scene->copying, world->fibers);
    if (leat_scope_spawn(&scene->copying, copy_runs, scene) == LEAT_OK && goes_wrong) {
        world_pause(world, world_percent(world, 50) ? 20 * MS_NS : 500 * US_NS);
        leat_scope_cancel(&scene->copying);
    }
    leat_scope_close(&scene->copying);
    if (goes_wrong && world_percent(world, 80)) {
        scene->crashed = true;
        leat_sim_crash(world->loop);
    }
    check_target(scene);
}

static void scene_runs(void *arg)
{
    struct scene *scene = arg;
    struct world *world = scene->world;
    bool goes_wrong = world_percent(world, 70);
    if (!world->calm && world_percent(world, 20))
        leat_sim_limit_disk(world->loop, world_len(world, SOURCE_MAX));
    if (!world->calm && world_percent(world, 20)) {
        uint64_t at_ns = leat_loop_clock(world->loop) + world_len(world, 5 * MS_NS);
        scene->cut = leat_sim_file_cut(world->loop, SOURCE, world_len(world, scene->source_len),
                                       at_ns) == LEAT_OK;
    }
    copy_once(scene, goes_wrong);
    check(scene->finished || goes_wrong || !world->calm);
    /* Whatever it was, it can be done again; what is there now is the old one. */
    world_calm(world);
    leat_sim_limit_disk(world->loop, 64 * LEAT_MIB);
    world_pause(world, 10 * S_NS);
    struct leat_span content;
    scene->had_old =
        leat_sim_file_get(world->loop, TARGET, &content) == LEAT_OK && content.len <= OLD_MAX;
    if (scene->had_old) {
        scene->old_len = content.len;
        memcpy(scene->old, content.data, content.len);
    }
    copy_once(scene, false);
    check(scene->finished);
}

static const struct leat_format *format_named(const char *name)
{
    for (unsigned i = 0; leat_formats[i] != NULL; i++) {
        if (strcmp(leat_formats[i]->name, name) == 0)
            return leat_formats[i];
    }
    return NULL;
}

/* Bytes that can be compressed, but not to nothing. */
static void bytes_make(struct random *dice, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(random_percent(dice, 30) ? random_next(dice) : i >> 4);
}

static void files_make(struct scene *scene, struct random *dice)
{
    struct leat_loop *loop = scene->world->loop;
    scene->source_len = random_len(dice, SOURCE_MAX);
    scene->old_len = random_len(dice, OLD_MAX);
    scene->had_old = random_percent(dice, 60);
    scene->durable = random_percent(dice, 70);
    bytes_make(dice, scene->source, scene->source_len);
    bytes_make(dice, scene->old, scene->old_len);
    check_status(leat_sim_folder(loop, "/sim-source"), LEAT_OK);
    check_status(leat_sim_folder(loop, "/sim-target"), LEAT_OK);
    check_status(leat_sim_file_put(loop, SOURCE, scene->source, scene->source_len), LEAT_OK);
    if (scene->had_old)
        check_status(leat_sim_file_put(loop, TARGET, scene->old, scene->old_len), LEAT_OK);
}

static void test(struct world *world)
{
    static const char *const names[] = { "gzip", "zstd", "" };
    static struct scene scene;
    struct random dice = { world->seed };
    struct leat_sim_options options = { 0 };
    memset(&scene, 0, offsetof(struct scene, source));
    scene.world = world;
    scene.format = format_named(names[random_below(&dice, 3)]);
    world_begin(world, &options, &(struct leat_fibers_options){ .stack_bytes = 256 * LEAT_KIB });
    files_make(&scene, &dice);
    world_run(world, scene_runs, &scene);
    world_end(world);
}

int main(int argc, char **argv)
{
    return world_main(argc, argv, SEEDS, test);
}
