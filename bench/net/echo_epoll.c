/* An echo server as one writes it by hand for epoll: one thread, edge-triggered, one buffer for
 * all connections, and each answer sent at once. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/net/common.h"

#define EVENTS_MAX 256

/* What a peer did not take yet. Nothing more is read from it until it has. */
struct kept {
    char *data;
    size_t len;
};

static struct kept kept[CONNECTIONS_MAX];
static char buffer[BUFFER_LEN];

static void accept_all(int poll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (fd >= CONNECTIONS_MAX) {
            close(fd);
            continue;
        }
        struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
        event.data.fd = fd;
        check(epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
    }
    check(errno == EAGAIN || errno == ECONNABORTED || errno == EMFILE, "accept");
}

static void drop(int fd)
{
    free(kept[fd].data);
    kept[fd] = (struct kept){ 0 };
    close(fd);
}

/* Send, and keep what does not go. Returns whether the connection lives. */
static bool answer(int fd, const char *data, size_t len)
{
    ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
    if (sent == (ssize_t)len)
        return true;
    if (sent < 0 && errno != EAGAIN)
        return false;
    size_t done = sent < 0 ? 0 : (size_t)sent;
    char *rest = malloc(len - done);
    check(rest != NULL, "malloc");
    memcpy(rest, data + done, len - done);
    kept[fd] = (struct kept){ rest, len - done };
    return true;
}

static bool send_kept(int fd)
{
    struct kept old = kept[fd];
    kept[fd] = (struct kept){ 0 };
    bool lives = answer(fd, old.data, old.len);
    free(old.data);
    return lives;
}

/* Echo what is there. A read that does not fill the buffer emptied the socket, so an edge will tell
 * of more, and no second read has to find that out; but the end tells of itself only once. */
static bool echo(int fd, bool ended)
{
    if (kept[fd].data != NULL && !send_kept(fd))
        return false;
    while (kept[fd].data == NULL) {
        ssize_t len = recv(fd, buffer, sizeof buffer, 0);
        if (len < 0)
            return errno == EAGAIN;
        if (len == 0 || !answer(fd, buffer, (size_t)len))
            return false;
        if (len < BUFFER_LEN && !ended)
            return true;
    }
    return true;
}

int main(int count, char **words)
{
    struct server_options options = parse_server_options(count, words);
    pin(options.core);
    raise_open_files();
    int listener = listen_at(options.listen, SOCK_NONBLOCK);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    check(poll >= 0, "epoll_create1");
    struct epoll_event event = { .events = EPOLLIN };
    event.data.fd = listener;
    check(epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event) == 0, "epoll_ctl");
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int ready = epoll_wait(poll, events, EVENTS_MAX, -1);
        check(ready >= 0 || errno == EINTR, "epoll_wait");
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                accept_all(poll, listener);
            else if (!echo(fd, events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
                drop(fd);
        }
    }
}
