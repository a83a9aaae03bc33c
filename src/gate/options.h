/* options.h - the command line of mugai-gate, which is all its configuration */
#pragma once

#include "message.h"

#define MUGAI_GATE_SOURCES_MAX 64u

/* Where keys are read from: a file, or all *.pub of a directory. */
typedef struct {
    bool is_directory;
    const char *path;
} MugaiGateSource;

/* Strings are those of argv. */
typedef struct {
    const char *socket; /* libmilter form */
    MugaiGateSource sources[MUGAI_GATE_SOURCES_MAX];
    size_t source_count;
    MugaiGatePolicy policy;
    bool hold;        /* refused messages go into the MTA's hold queue */
    const char *user; /* NULL: stay who we are */
    int ready_fd;     /* -1: none */
    bool log_stderr;
    bool check;
} MugaiGateOptions;

typedef enum {
    MUGAI_GATE_OPTIONS_WRONG = 0, /* said on standard error */
    MUGAI_GATE_OPTIONS_ANSWERED,  /* --help or --version: nothing is left to do */
    MUGAI_GATE_OPTIONS_RUN,
} MugaiGateOptionsVerdict;

MugaiGateOptionsVerdict mugai_gate_options_read(int argc, char **argv, MugaiGateOptions *ret);
