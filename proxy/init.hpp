// opslb as process 1 of a container. There a process gets no signal that it has not asked for, has to wait for every orphan
// of the others, and ends the container with itself, which a takeover must not. So process 1 stays what it is, a few lines
// that wait for signals, and its child serves.
#pragma once

#include <sys/types.h>

namespace opslb {

/// Returns in a child, which is to serve. In process 1 it does not return: it passes signals on, waits for whoever ends,
/// follows takeovers, and exits as the last process that served did. Before the first thread.
void become_init();

/// In the child, where there is a become_init() above it: another process is the one that serves.
void tell_init(pid_t serves);

}  // namespace opslb
