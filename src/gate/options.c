/*
 * options.c - the command line of mugai-gate, which is all its configuration
 *
 * Errors: one line on standard error. Whoever lets unsealed messages through has to say so.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define DURATION_MAX (3650LL * DAY)

static const char usage[] =
    "mugai-gate - lets only the output profile of mugai through, sealed by a boundary host\n"
    "\n"
    "  --socket SPEC       where Postfix finds it: unix:/PATH, inet:PORT@ADDRESS\n"
    "                      (default unix:/var/spool/postfix/mugai-gate/gate.sock)\n"
    "  --public-key FILE   believe this key of mugai keygen; again for more\n"
    "  --public-keys DIR   believe all *.pub in DIR\n"
    "  --allow-unsealed    messages of the profile without a seal pass too; what has a seal must\n"
    "                      still be right, if a key is given\n"
    "  --max-age TIME      how old a seal may be: seconds, or with m, h, d (default 6d)\n"
    "  --max-ahead TIME    how far a seal may be ahead of this clock (default 5m)\n"
    "  --action reject|hold\n"
    "                      what is refused: an answer of 5xx (default), or Postfix' hold queue\n"
    "  --inert-links       refuse text with links that a mail program makes clickable\n"
    "  --user NAME         become this user; needed where root starts it\n"
    "  --ready-fd N        write one octet to descriptor N once mail is served\n"
    "  --log-stderr        log to standard error, not to syslog\n"
    "  --check             say whether options and keys are right, and end\n"
    "  --help, --version\n"
    "\n"
    "SIGHUP reads the keys anew; SIGTERM ends.\n";

enum {
    OPTION_SOCKET = 256, /* beyond all characters: there are no short options */
    OPTION_PUBLIC_KEY,
    OPTION_PUBLIC_KEYS,
    OPTION_ALLOW_UNSEALED,
    OPTION_MAX_AGE,
    OPTION_MAX_AHEAD,
    OPTION_ACTION,
    OPTION_INERT_LINKS,
    OPTION_USER,
    OPTION_READY_FD,
    OPTION_LOG_STDERR,
    OPTION_CHECK,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option names[] = {
    {"socket", required_argument, NULL, OPTION_SOCKET},
    {"public-key", required_argument, NULL, OPTION_PUBLIC_KEY},
    {"public-keys", required_argument, NULL, OPTION_PUBLIC_KEYS},
    {"allow-unsealed", no_argument, NULL, OPTION_ALLOW_UNSEALED},
    {"max-age", required_argument, NULL, OPTION_MAX_AGE},
    {"max-ahead", required_argument, NULL, OPTION_MAX_AHEAD},
    {"action", required_argument, NULL, OPTION_ACTION},
    {"inert-links", no_argument, NULL, OPTION_INERT_LINKS},
    {"user", required_argument, NULL, OPTION_USER},
    {"ready-fd", required_argument, NULL, OPTION_READY_FD},
    {"log-stderr", no_argument, NULL, OPTION_LOG_STDERR},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static bool
complain(const char *option, const char *why)
{
    fprintf(stderr, "mugai-gate: %s %s (see --help)\n", option, why);
    return false;
}

/* A decimal number and nothing else but, if @end is given, what follows it. */
static bool
read_number(const char *text, long long maximum, const char **end, long long *ret)
{
    char *after = NULL;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *ret = strtoll(text, &after, 10);
    if (end != NULL)
        *end = after;
    return errno == 0 && *ret <= maximum && (end != NULL || *after == '\0');
}

static bool
read_duration(const char *option, const char *text, int64_t *ret)
{
    static const struct {
        const char *name;
        long long seconds;
    } units[] = {{"", 1}, {"m", MINUTE}, {"h", HOUR}, {"d", DAY}};
    const char *unit = NULL;
    long long number = 0;

    if (read_number(text, DURATION_MAX, &unit, &number)) {
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
            if (strcmp(unit, units[i].name) == 0 && number <= DURATION_MAX / units[i].seconds) {
                *ret = number * units[i].seconds;
                return true;
            }
        }
    }
    return complain(option, "takes a number of seconds, or one with m, h or d: 10m, 36h, 6d");
}

static bool
add_source(MugaiGateOptions *options, bool is_directory, const char *path)
{
    if (options->source_count == MUGAI_GATE_SOURCES_MAX)
        return complain("--public-key",
                        "is given too often: put the keys into a --public-keys DIR");
    options->sources[options->source_count++] =
        (MugaiGateSource){.is_directory = is_directory, .path = path};
    return true;
}

static bool
read_action(MugaiGateOptions *options, const char *text)
{
    options->hold = strcmp(text, "hold") == 0;
    return options->hold || strcmp(text, "reject") == 0 ||
           complain("--action", "is reject or hold");
}

static bool
read_descriptor(MugaiGateOptions *options, const char *text)
{
    long long number = 0;

    if (!read_number(text, INT_MAX, NULL, &number))
        return complain("--ready-fd", "takes the number of a descriptor");
    options->ready_fd = (int)number;
    return true;
}

/* One option but --help and --version. */
static bool
read_option(int option, MugaiGateOptions *options)
{
    switch (option) {
    case OPTION_SOCKET:
        options->socket = optarg;
        return true;
    case OPTION_PUBLIC_KEY:
    case OPTION_PUBLIC_KEYS:
        return add_source(options, option == OPTION_PUBLIC_KEYS, optarg);
    case OPTION_ALLOW_UNSEALED:
        return options->policy.allow_unsealed = true;
    case OPTION_MAX_AGE:
        return read_duration("--max-age", optarg, &options->policy.times.max_age);
    case OPTION_MAX_AHEAD:
        return read_duration("--max-ahead", optarg, &options->policy.times.max_ahead);
    case OPTION_ACTION:
        return read_action(options, optarg);
    case OPTION_INERT_LINKS:
        return options->policy.inert_links = true;
    case OPTION_USER:
        options->user = optarg;
        return true;
    case OPTION_READY_FD:
        return read_descriptor(options, optarg);
    case OPTION_LOG_STDERR:
        return options->log_stderr = true;
    case OPTION_CHECK:
        return options->check = true;
    default: /* getopt_long() has said what is wrong */
        return false;
    }
}

static bool
is_whole(const MugaiGateOptions *options, int argc)
{
    if (optind < argc)
        return complain("mugai-gate", "takes options only");
    if (options->source_count == 0 && !options->policy.allow_unsealed)
        return complain("--public-key", "or --public-keys is needed, or --allow-unsealed");
    return true;
}

MugaiGateOptionsVerdict
mugai_gate_options_read(int argc, char **argv, MugaiGateOptions *ret)
{
    int option = 0;

    *ret = (MugaiGateOptions){
        .socket = "unix:/var/spool/postfix/mugai-gate/gate.sock",
        .policy.times = {.max_age = 6 * DAY, .max_ahead = 5 * MINUTE},
        .ready_fd = -1,
    };
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == OPTION_HELP || option == OPTION_VERSION) {
            fputs(option == OPTION_HELP ? usage : "mugai-gate " MUGAI_VERSION "\n", stdout);
            return MUGAI_GATE_OPTIONS_ANSWERED;
        }
        if (!read_option(option, ret))
            return MUGAI_GATE_OPTIONS_WRONG;
    }
    return is_whole(ret, argc) ? MUGAI_GATE_OPTIONS_RUN : MUGAI_GATE_OPTIONS_WRONG;
}
