/* say.c - says each line of standard input as the command says sentences to people
 *
 * With an argument as an error of that exit status. For test_language.py, which puts this program
 * beside a catalogue.
 */
#include "../src/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
    static char line[128 * 1024];

    mugai_cli_choose_language();
    while (fgets(line, sizeof line, stdin) != NULL) {
        g_autofree char *said = NULL;

        line[strcspn(line, "\n")] = '\0';
        said = argc > 1 ? mugai_cli_detail(atoi(argv[1]), line) : mugai_cli_say(line);
        puts(said);
    }
    return 0;
}
