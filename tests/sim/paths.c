/* The paths of simulated sockets are the simulation's: what has that path in the real world stays,
 * though it is a socket whose owner died, which a real listener removes. */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leat/endpoint/datagram/datagrams.h"
#include "leat/endpoint/socket/listener.h"
#include "tests/sim/world.h"

static struct leat_address address;

static bool is_there(void)
{
    struct stat stat;
    return lstat(address.un.sun_path, &stat) == 0 && S_ISSOCK(stat.st_mode);
}

static void sockets_come_and_go(void *arg)
{
    struct world *world = arg;
    struct leat_listener listener;
    struct leat_datagrams datagrams;
    if (leat_listener_open(&listener, &world->ctx, &address, NULL) == LEAT_OK) {
        check(is_there());
        leat_listener_close(&listener);
    }
    check(is_there());
    if (leat_datagrams_open(&datagrams, &world->ctx, &address, NULL, NULL) == LEAT_OK)
        leat_datagrams_close(&datagrams);
    check(is_there());
}

static void test(struct world *world)
{
    struct leat_sim_options options = { 0 };
    world_begin(world, &options, NULL);
    world_run(world, sockets_come_and_go, world);
    world_end(world);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/leat-paths-XXXXXX", text[64] = "unix:";
    check(mkdtemp(folder) != NULL);
    strcat(strcat(text, folder), "/socket");
    check_status(leat_address_parse(text, &address), LEAT_OK);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(fd, &address.any, address.len) == 0);
    close(fd);
    int result = world_main(argc, argv, 10, test);
    check(unlink(address.un.sun_path) == 0);
    check(rmdir(folder) == 0);
    return result;
}
