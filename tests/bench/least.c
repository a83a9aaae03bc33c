/*
 * least.c - what a milter pays at least that gives a message a process of its own and keeps it
 *
 * Invariants I2 and I6 of mugai with nothing beside: the original is durable and has a name before
 * the message is answered; a process that is forked before, waits, and ends with its message parses
 * it with the libraries that mugai is given, and throws away what they say. No lock, no limits, no
 * text, no report, no guard, no index. Nobody who keeps both can pay less.
 */
#include "least.h"

#include "libraries.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPARE_CHILDREN 1u /* beside one for each processor */
#define DESCRIPTORS 2     /* of a job: the message, the event of its end */

static const char warmth[] = "Subject: s\r\nContent-Type: text/html\r\n\r\n<p>text</p>\r\n";

static int directory = -1;
static int requests = -1;

static void
read_message(const char *octets, gsize length)
{
    GMimeMessage *message = libraries_parse(octets, length);
    g_autoptr(GString) html = g_string_new(NULL);

    libraries_decode(message, html);
    libraries_sax(html->str, html->len);
    g_object_unref(message);
}

/* --- children --- */

/* One octet and the descriptors. */
typedef struct {
    char octet;
    struct iovec part;
    union {
        struct cmsghdr header;
        char octets[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
    } control;
    struct msghdr message;
} Packet;

static void
packet_init(Packet *packet)
{
    *packet = (Packet){.part = {.iov_base = &packet->octet, .iov_len = 1}};
    packet->message = (struct msghdr){.msg_iov = &packet->part,
                                      .msg_iovlen = 1,
                                      .msg_control = &packet->control,
                                      .msg_controllen = sizeof(packet->control)};
}

static gboolean
receive_job(int fd, int descriptors[DESCRIPTORS])
{
    Packet packet;

    packet_init(&packet);
    if (recvmsg(fd, &packet.message, MSG_CMSG_CLOEXEC) != 1 ||
        packet.message.msg_controllen != sizeof(packet.control))
        return FALSE;
    memcpy(descriptors, CMSG_DATA(&packet.control.header), sizeof(int) * DESCRIPTORS);
    return TRUE;
}

static void G_GNUC_NORETURN
run_child(int fd)
{
    int descriptors[DESCRIPTORS];
    off_t length = 0;
    void *octets = NULL;

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (!receive_job(fd, descriptors))
        _exit(EXIT_FAILURE);
    length = lseek(descriptors[0], 0, SEEK_END);
    octets = mmap(NULL, (size_t)length, PROT_READ, MAP_PRIVATE, descriptors[0], 0);
    if (octets == MAP_FAILED)
        _exit(EXIT_FAILURE);
    read_message(octets, (gsize)length);
    _exit(eventfd_write(descriptors[1], 1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void G_GNUC_NORETURN
run_parent(int fd)
{
    guint wanted = g_get_num_processors() + SPARE_CHILDREN;

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    g_mime_init();
    read_message(warmth, strlen(warmth));
    for (guint running = 0;; running--) {
        for (; running < wanted; running++) {
            pid_t pid = fork();

            if (pid == 0)
                run_child(fd);
            if (pid < 0)
                g_error("cannot fork: %s", g_strerror(errno));
        }
        if (TEMP_FAILURE_RETRY(wait(NULL)) < 0)
            g_error("no child ends: %s", g_strerror(errno));
    }
}

void
least_begin(const char *path)
{
    int ends[2];
    pid_t pid = -1;

    directory = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    if (directory < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        g_error("%s: %s", path, g_strerror(errno));
    pid = fork();
    if (pid == 0)
        run_parent(ends[1]);
    if (pid < 0)
        g_error("cannot fork: %s", g_strerror(errno));
    close(ends[1]);
    requests = ends[0];
}

/* --- messages --- */

static gboolean
send_job(const int descriptors[DESCRIPTORS])
{
    Packet packet;

    packet_init(&packet);
    packet.control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int) * DESCRIPTORS),
                                             .cmsg_level = SOL_SOCKET,
                                             .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&packet.control.header), descriptors, sizeof(int) * DESCRIPTORS);
    return sendmsg(requests, &packet.message, MSG_NOSIGNAL) == 1;
}

/* A file takes all of a message, or there is no room. */
static gboolean
write_whole(int fd, const char *octets, gsize length)
{
    return write(fd, octets, length) == (gssize)length;
}

static gboolean
keep(const char *name, const char *octets, gsize length)
{
    int fd = openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    g_autofree char *unnamed = g_strdup_printf("/proc/self/fd/%d", fd);
    gboolean kept = fd >= 0 && write_whole(fd, octets, length) && fsync(fd) == 0 &&
                    linkat(AT_FDCWD, unnamed, directory, name, AT_SYMLINK_FOLLOW) == 0 &&
                    fsync(directory) == 0;

    if (fd >= 0)
        close(fd);
    return kept;
}

gboolean
least_handle(const char *name, const char *octets, gsize length)
{
    int job[DESCRIPTORS] = {memfd_create("message", MFD_CLOEXEC), eventfd(0, EFD_CLOEXEC)};
    gboolean done =
        job[0] >= 0 && job[1] >= 0 && write_whole(job[0], octets, length) && send_job(job);
    eventfd_t count = 0;

    done = keep(name, octets, length) && done && eventfd_read(job[1], &count) == 0;
    for (gsize i = 0; i < DESCRIPTORS; i++) {
        if (job[i] >= 0)
            close(job[i]);
    }
    return done;
}
