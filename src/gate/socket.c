/*
 * socket.c - the socket that the MTA connects to, and who we are when it is opened
 *
 * Invariants: 1. no message is served as root;
 *             2. nothing is removed but a socket on which nobody answers.
 */
#include "socket.h"

#include "log.h"

#include <errno.h>
#include <grp.h>
#include <libmilter/mfapi.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Connections that wait to be taken while all threads start. */
#define BACKLOG 512
/* libmilter's own default: within one message the MTA may be silent for as long as a slow client
 * sends. */
#define TIMEOUT_SECONDS 7210
/* Group may connect: the directory passes Postfix' group on. */
#define SOCKET_MODE 0660

/* --- who we are --- */

static bool
fail(const char *what, const char *name)
{
    mugai_gate_log(LOG_ERR, "cannot %s %s: %s", what, name, strerror(errno));
    return false;
}

/* From root. */
static bool
switch_user(const struct passwd *user)
{
    uid_t uids[3] = {0, 0, 0};
    gid_t gids[3] = {0, 0, 0};

    if (initgroups(user->pw_name, user->pw_gid) != 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return fail("become", user->pw_name);
    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 ||
        getresgid(&gids[0], &gids[1], &gids[2]) != 0)
        return fail("see whether we are", user->pw_name);
    for (int i = 0; i < 3; i++) {
        if (uids[i] != user->pw_uid || gids[i] != user->pw_gid) {
            mugai_gate_log(LOG_ERR, "did not become %s", user->pw_name);
            return false;
        }
    }
    if (setuid(0) == 0 || setgid(0) == 0) {
        mugai_gate_log(LOG_ERR, "could become root again");
        return false;
    }
    return true;
}

static bool
become(const char *name)
{
    const struct passwd *user = NULL;

    errno = 0;
    user = getpwnam(name);
    if (user == NULL) {
        mugai_gate_log(LOG_ERR, "--user %s: %s", name,
                       errno != 0 ? strerror(errno) : "there is no such user");
        return false;
    }
    if (user->pw_uid == 0 || user->pw_gid == 0) {
        mugai_gate_log(LOG_ERR, "--user %s: is root, or of root's group", name);
        return false;
    }
    if (geteuid() == 0)
        return switch_user(user);
    if (getuid() == user->pw_uid && geteuid() == user->pw_uid)
        return true;
    mugai_gate_log(LOG_ERR, "--user %s: only root can become somebody else", name);
    return false;
}

bool
mugai_gate_become_user(const char *name)
{
    if (name != NULL && !become(name))
        return false;
    if (getuid() == 0 || geteuid() == 0) {
        mugai_gate_log(LOG_ERR, "does not run as root: give --user NAME");
        return false;
    }
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 || fail("give up", "new rights");
}

/* --- the socket --- */

/* The path of "unix:/path", "local:/path" or "/path"; NULL for another kind of socket. */
static const char *
unix_path(const char *name)
{
    if (strncmp(name, "unix:", 5) == 0)
        return name + 5;
    if (strncmp(name, "local:", 6) == 0)
        return name + 6;
    return name[0] == '/' ? name : NULL;
}

/* Whether somebody takes connections at @path. */
static bool
somebody_listens(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = -1;
    bool answered = true;

    if (strlen(path) >= sizeof(address.sun_path))
        return false;
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return true;
    answered =
        connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno != ECONNREFUSED;
    close(fd);
    return answered;
}

static bool
make_room(const char *path)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return true;
    if (!S_ISSOCK(status.st_mode)) {
        mugai_gate_log(LOG_ERR, "%s is no socket: move it away or give another --socket", path);
        return false;
    }
    if (somebody_listens(path)) {
        mugai_gate_log(LOG_ERR, "somebody else serves %s: stop that one first", path);
        return false;
    }
    return unlink(path) == 0 || fail("remove the old socket", path);
}

bool
mugai_gate_open_socket(const char *socket)
{
    const char *path = unix_path(socket);

    if (path != NULL && !make_room(path))
        return false;
    errno = 0;
    if (smfi_setconn((char *)socket) != MI_SUCCESS || smfi_setbacklog(BACKLOG) != MI_SUCCESS ||
        smfi_settimeout(TIMEOUT_SECONDS) != MI_SUCCESS || smfi_opensocket(false) != MI_SUCCESS) {
        mugai_gate_log(LOG_ERR,
                       "cannot open the socket %s (%s): its directory must exist and be writable "
                       "for us, a port must be free",
                       socket, strerror(errno));
        return false;
    }
    return path == NULL || chmod(path, SOCKET_MODE) == 0 || fail("let the group use", path);
}

void
mugai_gate_remove_socket(const char *socket)
{
    const char *path = unix_path(socket);

    if (path != NULL)
        (void)unlink(path);
}
