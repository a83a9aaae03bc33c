/* notify.h - tells the service manager that has started the gate: sd_notify(3) */
#pragma once

/* One line, VARIABLE=VALUE, to the socket that NOTIFY_SOCKET names; nothing without one. */
void mugai_gate_notify(const char *state);
