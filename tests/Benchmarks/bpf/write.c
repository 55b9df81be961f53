// SPDX-License-Identifier: Apache-2.0
// Makes calls of vfs_write and of nothing else that calls it: waits for a line on standard input, then writes a byte to /dev/null COUNT times, and
// prints when it began and ended (CLOCK_MONOTONIC, nanoseconds); again for each line. With "steady" it writes
// fifty times a second until it is ended: not more, since emulators may take a function for the breakpoint that was there while it was patched, for
// good, where another processor runs it just then.
//
//     write COUNT | steady
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments)
{
	int null = open("/dev/null", O_WRONLY);
	char line[64];

	if (count < 2 || null < 0)
		return 2;
	while (!strcmp(arguments[1], "steady")) {
		(void)!write(null, line, 1);
		usleep(20000);
	}
	while (fgets(line, sizeof(line), stdin)) {
		long calls = atol(arguments[1]);
		long long from = now();
		struct iovec text = { line, 0 };

		for (long i = 0; i < calls; i++)
			(void)!write(null, line, 1);
		text.iov_len = snprintf(line, sizeof(line), "%lld %lld\n", from, now());
		(void)!writev(1, &text, 1);
	}
	return 0;
}
