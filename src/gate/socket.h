/* socket.h - the socket that the MTA connects to, and who we are when it is opened */
#pragma once

#include <stdbool.h>

/* Becomes the user @name (NULL: whoever we are) for good, with that user's groups, and gives up
 * ever getting more rights. False, said in the log, if that cannot be done, or would leave us root.
 */
bool mugai_gate_become_user(const char *name);

/* Opens @socket (libmilter form) for libmilter; a socket file that nobody serves any more is
 * removed first. False, said in the log, if that cannot be done. */
bool mugai_gate_open_socket(const char *socket);

/* Removes the socket file of an open socket, if it has one. */
void mugai_gate_remove_socket(const char *socket);
