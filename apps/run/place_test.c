/* Shows where a typed place divides into outside and inside, and how what a walk meets lies to it,
 * by a table; the path outside is the root folder, which is there everywhere. */

#include "apps/run/place.h"

#include <string.h>

#include "leat/endpoint/file/file.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/check.h"

static void test_divides(void)
{
    static const struct {
        const char *typed, *path;
        bool inside;
    } cases[] = {
        { "/", "/", false }, { "/!a", "/", true }, { "/!a!b", "/", true },
        { "-", "-", false }, { "-!a", "-", true }, { "/no such!a", "/no such!a", false },
        { "", "", false },   { "!", "!", false },  { "!!", "!!", false },
        { "/!", "/", true },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says_text("place", cases[i].typed);
        struct run_place place;
        check(run_place_init(&place, cases[i].typed));
        check_text(place.path, cases[i].path);
        check_equal(place.inside, cases[i].inside);
        run_place_fini(&place);
    }
}

static void test_lies(void)
{
    static const struct {
        const char *typed, *met;
        enum run_lies lies;
    } cases[] = {
        { "/!a", "/!a", RUN_THERE },         { "/!a", "/!b", RUN_ELSEWHERE },
        { "/!a", "/!ab", RUN_ELSEWHERE },    { "/!ab", "/!a", RUN_ELSEWHERE },
        { "/!a", "/!a/b", RUN_BELOW },       { "/!a/", "/!a/b", RUN_BELOW },
        { "/!a", "/!a/", RUN_BELOW },        { "/!a", "/!a!b", RUN_BELOW },
        { "/!a!b", "/!a", RUN_ON_THE_WAY },  { "/!a!b", "/!a!b", RUN_THERE },
        { "/!a!b", "/!a!c", RUN_ELSEWHERE }, { "/!a", "/!./a", RUN_THERE },
        { "/!a", "/!././a", RUN_THERE },     { "/!./a", "/!a", RUN_THERE },
        { "/!a!b", "/!./a!./b", RUN_THERE }, { "/!a", "/", RUN_ON_THE_WAY },
        { "/!", "/!", RUN_THERE },           { "/!", "/!a", RUN_BELOW },
        { "/!", "/!./a", RUN_BELOW },        { "/!./", "/!a", RUN_BELOW },
        { "/!a!", "/!a!b", RUN_BELOW },      { "/!a!", "/!a", RUN_ON_THE_WAY },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says_text("place", cases[i].typed);
        check_says_text("met", cases[i].met);
        struct run_place place;
        check(run_place_init(&place, cases[i].typed));
        struct leat_span met = { .data = (const uint8_t *)cases[i].met,
                                 .len = strlen(cases[i].met) };
        check_equal(run_place_lies(&place, met), cases[i].lies);
        bool covers = cases[i].lies == RUN_THERE || cases[i].lies == RUN_BELOW;
        check_equal(run_place_covers(&place, met), covers);
        run_place_fini(&place);
    }
    struct run_place place;
    check(run_place_init(&place, "/"));
    check(run_place_covers(&place, (struct leat_span){ (const uint8_t *)"/!a", 3 }));
    run_place_fini(&place);
}

static bool is_blocked(struct leat_reader *r)
{
    struct leat_span name = { .data = (const uint8_t *)"x", .len = 1 };
    struct leat_walk *walk = leat_walk_open(r, name, NULL);
    struct leat_step step;
    check(walk != NULL);
    check_status(leat_walk_next(walk, &step), LEAT_OK);
    check_equal(step.kind, LEAT_STEP_LEAF);
    bool blocked = run_place_blocked(&step) != NULL;
    leat_walk_close(walk);
    return blocked;
}

static void test_blocked(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    check(is_blocked(leat_file(&ctx, "/no such file")));
    check(is_blocked(leat_file(&ctx, "/")));
    check(!is_blocked(leat_memory(&ctx, "text", 4)));
    check(!is_blocked(leat_memory(&ctx, "", 0)));
    leat_ctx_fini(&ctx);
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_divides);
    check_run(test_lies);
    check_run(test_blocked);
    return 0;
}
