/* The sums of what the sites of all threads did: each is asked on its own thread. */

#include "apps/serve/site.h"
#include "leat/fiber/shard.h"

static void add(struct site_sum *sum, const struct site_sum *more)
{
    sum->counts.requests += more->counts.requests;
    sum->counts.broken += more->counts.broken;
    sum->counts.body_bytes += more->counts.body_bytes;
    for (unsigned i = 0; i < sizeof(sum->counts.responses) / sizeof(sum->counts.responses[0]); i++)
        sum->counts.responses[i] += more->counts.responses[i];
    sum->servers.accepted += more->servers.accepted;
    sum->servers.timed_out += more->servers.timed_out;
    sum->servers.open += more->servers.open;
    sum->servers.busy += more->servers.busy;
    sum->holdups += more->holdups;
}

struct asking {
    const struct site *site;
    struct site_sum sum;
};

static void ask(struct leat_shard *here, void *arg)
{
    struct asking *asking = arg;
    (void)here;
    asking->sum = (struct site_sum){
        .counts = asking->site->counts,
        .holdups = __atomic_load_n(&asking->site->holdups, __ATOMIC_RELAXED),
    };
    for (unsigned i = 0; i < asking->site->listeners_len; i++)
        add(&asking->sum,
            &(struct site_sum){ .servers = leat_server_counts(asking->site->servers[i]) });
}

void site_gather(struct site *site, struct site_sum *ret)
{
    struct asking asking = { .site = site };
    ask(site->here, &asking);
    *ret = asking.sum;
    const struct service *service = site->service;
    struct leat_shards *shards = service != NULL ? leat_shard_all(site->here) : NULL;
    for (unsigned i = 0; service != NULL && i < service->sites_len; i++) {
        asking.site = &service->sites[i];
        if (asking.site == site)
            continue;
        /* One that cannot be asked is not counted: it has no fiber to spare, or this one no time.
         */
        if (leat_shard_call(site->here, leat_shards_at(shards, i), ask, &asking) == LEAT_OK)
            add(ret, &asking.sum);
    }
}
