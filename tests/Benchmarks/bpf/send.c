// SPDX-License-Identifier: Apache-2.0
// Makes the events of tests/Fixtures/bpf/syscalls.bpf.c: waits for a line on standard input, then calls getpgid COUNT times, a BPF program's
// burst each. Prints when it began and ended (CLOCK_MONOTONIC, nanoseconds). With a pace, so many calls a millisecond at most.
//
//     send COUNT [CALLS-A-MILLISECOND]
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments)
{
	long calls = count > 1 ? atol(arguments[1]) : 1000000;
	long pace = count > 2 ? atol(arguments[2]) : 0;
	long long from;

	if (getchar() == EOF)
		return 1;
	from = now();
	for (long i = 0; i < calls; i++) {
		syscall(SYS_getpgid, 0);
		while (pace && i % pace == 0 && now() - from < i / pace * 1000000)
			;
	}
	printf("%lld %lld\n", from, now());
	return 0;
}
