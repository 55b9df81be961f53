// SPDX-License-Identifier: Apache-2.0
// What a loader in C does with the same object: each record of the ring buffer is copied to memory of its own and counted, until the process
// that makes the events is gone. Prints "ready", and at the end: when the last one came (CLOCK_MONOTONIC, nanoseconds), received, dropped,
// nanoseconds of its own CPU time, and run_time_ns and run_cnt of the program. OBJECT is one of tests/Fixtures/bpf/syscalls.bpf.c's shape.
//
//     load OBJECT PID BURST
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

struct variables {
	unsigned wanted_pid, way, burst;
};

struct counts {
	unsigned long long sequence, dropped;
};

static long long received;
static void *last;

static long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int take(void *context, void *data, size_t size)
{
	free(last);
	last = malloc(size);
	memcpy(last, data, size);
	received++;
	return 0;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct bpf_map *section(struct bpf_object *object, const char *name)
{
	char map[64];

	snprintf(map, sizeof(map), "%s%s", bpf_object__name(object), name);
	return bpf_object__find_map_by_name(object, map);
}

int main(int count, char **arguments)
{
	struct bpf_program *program;
	struct bpf_object *object;
	struct ring_buffer *ring;
	struct bpf_map *map;
	struct variables *variables;
	struct counts counts = {};
	struct bpf_prog_info info = {};
	unsigned length = sizeof(info), key = 0;
	long long end = 0;
	size_t size;
	int pid, taken;

	if (count != 4)
		return 2;
	pid = atoi(arguments[2]);
	object = bpf_object__open_file(arguments[1], NULL);
	if (!object)
		fail("open");
	map = section(object, ".rodata");
	variables = map ? (struct variables *)bpf_map__initial_value(map, &size) : NULL;
	if (!variables || size < sizeof(*variables))
		fail("rodata");
	variables->wanted_pid = pid;
	variables->burst = atoi(arguments[3]);
	if (bpf_object__load(object))
		fail("load");
	program = bpf_object__find_program_by_name(object, "send");
	if (!bpf_program__attach(program))
		fail("attach");
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "ring"), take, NULL, NULL);
	if (!ring)
		fail("ring");
	puts("ready");
	fflush(stdout);
	while (kill(pid, 0) == 0)
		if (ring_buffer__poll(ring, 10) > 0)
			end = now(CLOCK_MONOTONIC);
	taken = ring_buffer__consume(ring);
	if (taken > 0)
		end = now(CLOCK_MONOTONIC);
	map = section(object, ".bss");
	bpf_map_lookup_elem(bpf_map__fd(map), &key, &counts);
	bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length);
	printf("%lld %lld %llu %lld %llu %llu\n", end, received, counts.dropped, now(CLOCK_PROCESS_CPUTIME_ID), info.run_time_ns, info.run_cnt);
	return 0;
}
