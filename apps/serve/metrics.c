/* What the site did so far, in the text format of Prometheus. */

#include "apps/serve/site.h"

static void put(struct term_buffer *text, const char *name, const char *kind, const char *help,
                uint64_t value)
{
    term_printf(text, "# HELP leat_%s %s\n# TYPE leat_%s %s\nleat_%s ", name, help, name, kind,
                name);
    term_put_number(text, value);
    term_putc(text, '\n');
}

static void put_responses(struct term_buffer *text, const struct site_counts *counts)
{
    term_puts(text, "# HELP leat_responses_total Answers, by the first digit of their status.\n"
                    "# TYPE leat_responses_total counter\n");
    for (unsigned i = 2; i <= 5; i++) {
        term_printf(text, "leat_responses_total{class=\"%uxx\"} ", i);
        term_put_number(text, counts->responses[i]);
        term_putc(text, '\n');
    }
}

enum leat_status send_metrics(struct exchange *x)
{
    struct term_buffer text = { 0 };
    struct site_sum sum;
    site_gather(x->site, &sum);
    struct leat_server_counts all = sum.servers;
    put(&text, "requests_total", "counter", "Requests that were read.", sum.counts.requests);
    put_responses(&text, &sum.counts);
    put(&text, "responses_broken_total", "counter", "Answers that could not be sent to their end.",
        sum.counts.broken);
    put(&text, "body_bytes_total", "counter", "Bytes of files and pages that were sent.",
        sum.counts.body_bytes);
    put(&text, "connections_total", "counter", "Connections that were accepted.", all.accepted);
    put(&text, "connections_idle_closed_total", "counter",
        "Connections that were closed because they said nothing.", all.timed_out);
    put(&text, "holdups_total", "counter",
        "Requests that held up all others for longer than --watchdog.", sum.holdups);
    put(&text, "connections", "gauge", "Connections that are open.", all.open);
    put(&text, "connections_busy", "gauge", "Connections that are being answered.", all.busy);
    term_printf(&text,
                "# HELP leat_engine_info How it waits.\n# TYPE leat_engine_info gauge\n"
                "leat_engine_info{engine=\"%s\"} 1\n",
                leat_loop_name(x->site->loop));
    struct http_response response = {
        .status = 200,
        .content_type = "text/plain; version=0.0.4; charset=utf-8",
    };
    enum leat_status status =
        text.cut
            ? exchange_error(x, 503, "", false)
            : exchange_text(x, &response, (struct leat_span){ (uint8_t *)text.data, text.len });
    term_buffer_fini(&text);
    return status;
}
