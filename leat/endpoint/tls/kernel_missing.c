/* A system that encrypts nothing for anybody. */

#include "leat/endpoint/tls/parts.h"

void leat_tls_kernel_listens(SSL_CTX *context)
{
    (void)context;
}

void leat_tls_kernel_forgets(struct leat_tls *tls)
{
    (void)tls;
}

enum leat_status leat_tls_kernel_takes(struct leat_tls *tls)
{
    tls->sent.by = LEAT_TLS_BY_OPENSSL;
    return LEAT_UNSUPPORTED;
}

enum leat_status leat_tls_kernel_ends_record(struct leat_tls *tls)
{
    (void)tls;
    return LEAT_OK;
}

enum leat_status leat_tls_kernel_notifies(struct leat_tls *tls)
{
    (void)tls;
    return LEAT_OK;
}

void leat_tls_kernel_alerts(struct leat_tls *tls)
{
    (void)tls;
}
