#ifndef APPS_SERVE_SITE_H
#define APPS_SERVE_SITE_H

#include "apps/http/condition.h"
#include "apps/http/request.h"
#include "apps/http/respond.h"
#include "apps/http/target.h"
#include "apps/run/run.h"
#include "apps/serve/files.h"
#include "apps/serve/serve_flags.h"
#include "leat/endpoint/socket/server.h"

/* What is served, and how the exchanges that are under way share it: those of a site run on one
 * thread, each in a fiber of its own. */

#define NS        ((uint64_t)1000000000)
#define NS_PER_MS ((uint64_t)1000000)

/* How many addresses it may listen at. */
enum { SITE_LISTENERS_MAX = 8 };

struct site_counts {
    uint64_t requests;
    uint64_t responses[6]; /* by the first digit of their status */
    uint64_t broken;       /* answers that could not be sent to their end */
    uint64_t body_bytes;
};

struct leat_shard;
struct leat_watchdog;
struct site;

/* The sites of all threads: each serves the same folder at the same addresses. */
struct service {
    struct site *sites;
    unsigned sites_len; /* site i is that of shard i */
    unsigned running;   /* sites that are not over yet: of all threads, atomic */
};

struct site {
    struct run *run;
    struct service *service; /* NULL: it is alone */
    struct leat_shard *here;
    struct serve_options flags;
    struct http_limits limits;
    struct leat_loop *loop;
    struct leat_fibers *fibers;
    struct leat_ctx ctx;   /* of the fibers */
    struct leat_ctx plain; /* for what is done before there are any */
    int root;
    int signals; /* of one site; -1 in the others */
    bool failed;
    struct leat_listener listeners[SITE_LISTENERS_MAX];
    struct leat_server *servers[SITE_LISTENERS_MAX];
    unsigned listeners_len;
    struct files files;
    struct leat_scope *background; /* of fibers that go on between requests; NULL: there are none */
    bool sweeps;                   /* one of them does */
    struct site_counts counts;
    struct leat_watchdog *watchdog; /* or NULL */
    uint64_t holdups;               /* that it found; atomic */
    uint64_t holdup_told_ns;        /* the watchdog's: when it told of one last; 0: never */
    uint64_t told_ns;               /* when the listener's trouble was told of last; 0: never */
    uint64_t boundary; /* of multipart bodies: random at the start, and one more each time */
    int64_t now_s;     /* of `date` */
    char date[HTTP_DATE_LEN];
};

/* A request and its answer. */
struct exchange {
    struct site *site;
    struct leat_connection *connection;
    struct leat_reader *r;
    struct leat_writer *w;
    struct http_request request;
    struct http_target target;
    bool keeps; /* the connection lives on after the answer */
    int64_t now_s;
};

/* The handler of the server: `user` is the site. */
enum leat_served exchange_handle(struct leat_connection *connection, void *user);

/* Write the head of an answer; the date, the length of a connection's life and the version are
 * filled in. The request is consumed: its spans are gone. OK, or FAULT: the connection is of no
 * more use, as of each of the calls below. */
enum leat_status exchange_head(struct exchange *x, struct http_response *response);

/* Answer with a page of a few words, and with the connection closed if `closes`. */
enum leat_status exchange_error(struct exchange *x, unsigned status, const char *why, bool closes);

/* Answer with a text, which is all of the body. HEAD gets the head alone. */
enum leat_status exchange_text(struct exchange *x, struct http_response *response,
                               struct leat_span body);

/* Answer that this is a folder, whose path ends in a '/'. */
enum leat_status exchange_redirect(struct exchange *x);

/* What a system's refusal to open or read something is to a client. */
unsigned exchange_status_of(int code);

/* Answer with a file, with the ranges and conditions that were asked for. */
enum leat_status send_file(struct exchange *x, struct file *file);

/* Answer with what is in a folder: its index.html, or a list. */
enum leat_status send_folder(struct exchange *x, struct file *folder);

/* Answer with what is inside an archive. */
enum leat_status send_layers(struct exchange *x, struct file *file);

/* See to it that files that were kept are let go of some time. */
void site_sweeps(struct site *site);

/* What a site did so far and does now, with the sites of all other threads. Blocks the fiber. */
struct site_sum {
    struct site_counts counts;
    struct leat_server_counts servers;
    uint64_t holdups;
};
void site_gather(struct site *site, struct site_sum *ret);

/* Answer with what all sites did so far. */
enum leat_status send_metrics(struct exchange *x);

#endif
