/* Addresses: which are the same, which are given to who asks for none, and which are cut off. */

#include "leat/core/bytes.h"
#include "leat/engine/sim/state.h"

enum { PORT_FIRST = 32768 };

static void set_port(struct leat_address *address, unsigned port)
{
    if (address->any.sa_family == AF_INET)
        address->in.sin_port = htons((in_port_t)port);
    else if (address->any.sa_family == AF_INET6)
        address->in6.sin6_port = htons((in_port_t)port);
}

/* Whether it stands for every address of the machine. */
static bool is_every(const struct leat_address *address)
{
    const struct in6_addr none = { 0 };
    if (address->any.sa_family == AF_INET)
        return address->in.sin_addr.s_addr == INADDR_ANY;
    return address->any.sa_family == AF_INET6 &&
           leat_bytes_equal(&address->in6.sin6_addr, &none, sizeof(none));
}

bool leat_sim_is_same(const struct leat_address *a, const struct leat_address *b)
{
    if (a->any.sa_family == AF_UNIX || b->any.sa_family == AF_UNIX)
        return a->any.sa_family == b->any.sa_family && a->len == b->len &&
               leat_bytes_equal(&a->un, &b->un, a->len);
    if (leat_address_port(a) != leat_address_port(b))
        return false;
    if (is_every(a) || is_every(b))
        return true;
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
    return leat_bytes_equal(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr));
}

bool leat_sim_is_known(const struct leat_address *address)
{
    sa_family_t family = address->any.sa_family;
    return address->len > 0 && (family == AF_INET || family == AF_INET6 || family == AF_UNIX);
}

void leat_sim_port_draw(struct sim *sim, struct leat_address *address)
{
    set_port(address, PORT_FIRST + sim->port++ % SIM_PORTS);
}

struct leat_address leat_sim_near_end(struct sim *sim, const struct leat_address *to)
{
    struct leat_address address = *to;
    if (to->any.sa_family == AF_UNIX) {
        address = (struct leat_address){ .len = sizeof(sa_family_t) };
        address.any.sa_family = AF_UNIX;
    }
    leat_sim_port_draw(sim, &address);
    return address;
}

/* --- What is cut --- */

bool leat_sim_is_cut_off(const struct sim *sim, const struct leat_address *address)
{
    for (unsigned i = 0; i < sim->cuts_len; i++) {
        if (leat_sim_is_same(&sim->cuts[i], address))
            return true;
    }
    return sim->cut_all;
}

enum leat_status leat_sim_partition(struct leat_loop *loop, const struct leat_address *address)
{
    struct sim *sim = sim_of(loop);
    if (address != NULL && sim->cuts_len == SIM_CUTS_MAX)
        return LEAT_LIMIT;
    if (address == NULL)
        sim->cut_all = true;
    else
        sim->cuts[sim->cuts_len++] = *address;
    leat_sim_says(sim, "partition", "", sim->cut_all, sim->cuts_len, 0);
    return LEAT_OK;
}
