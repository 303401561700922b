/* Any bytes as the fields of a condition: a tag that is sent back, alone or before anything in a
 * list, is known again, the answer is one that the method may have, and no field makes up for
 * another that failed.
 *
 *     which fields and method, what the validators are, the value of all fields */

#include "apps/http/condition.h"

#include <stdlib.h>
#include <string.h>

#include "apps/http/date.h"
#include "apps/http/text.h"
#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum http_field fields[] = { HTTP_IF_MATCH, HTTP_IF_NONE_MATCH, HTTP_IF_MODIFIED_SINCE,
                                          HTTP_IF_UNMODIFIED_SINCE, HTTP_IF_RANGE };

static void check_answers(const struct http_request *request,
                          const struct http_validators *validators)
{
    const enum http_condition all = http_condition_judge(request, validators);
    const bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
    check(all != HTTP_NOT_MODIFIED || reads);
    struct http_request first = *request;
    first.fields[HTTP_IF_NONE_MATCH] = (struct leat_span){ 0 };
    first.fields[HTTP_IF_MODIFIED_SINCE] = (struct leat_span){ 0 };
    const enum http_condition early = http_condition_judge(&first, validators);
    check(early != HTTP_NOT_MODIFIED);
    if (early == HTTP_PRECONDITION_FAILED)
        check_equal(all, HTTP_PRECONDITION_FAILED);
    if (http_condition_range(request, validators) && http_request_has(request, HTTP_IF_RANGE))
        check(validators->tag.len > 0 || validators->has_modified);
}

/* Our tag is found before whatever text, and alone; only a strong one is where that is asked. */
static void check_list(struct leat_span text, struct leat_span tag)
{
    uint8_t *list = malloc(text.len + 1 + tag.len);
    check(list != NULL);
    struct http_request request = { .method = HTTP_GET };
    const struct http_validators validators = { .tag = tag };
    memcpy(list, tag.data, tag.len);
    list[tag.len] = ',';
    if (text.len > 0)
        memcpy(list + tag.len + 1, text.data, text.len);
    request.fields[HTTP_IF_NONE_MATCH] = (struct leat_span){ list, text.len + 1 + tag.len };
    check_equal(http_condition_judge(&request, &validators), HTTP_NOT_MODIFIED);
    request.fields[HTTP_IF_NONE_MATCH] = tag;
    check_equal(http_condition_judge(&request, &validators), HTTP_NOT_MODIFIED);
    request.fields[HTTP_IF_NONE_MATCH] = (struct leat_span){ 0 };
    request.fields[HTTP_IF_MATCH] = tag;
    check_equal(http_condition_judge(&request, &validators),
                tag.data[0] == 'W' ? HTTP_PRECONDITION_FAILED : HTTP_PROCEED);
    free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    char tag[HTTP_TAG_MAX];
    const struct leat_span value = { data + 2, size - 2 };
    const size_t tag_len = http_tag_format(size % 3, 1, data[1], data[1] & 1, tag);
    struct http_request request = { .method = (enum http_method)(data[0] >> 5 & 3) };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (data[0] >> i & 1)
            request.fields[fields[i]] = value;
    }
    const struct leat_span ours = { (uint8_t *)tag, tag_len };
    const struct http_validators validators = {
        .tag = data[1] & 2 ? ours : (struct leat_span){ 0 },
        .has_modified = data[1] & 4,
        .modified = 784111777 + (data[1] >> 3) % 4 - 1,
        .now = 784111777,
    };
    check_answers(&request, &validators);
    check_list(value, ours);
    return 0;
}
