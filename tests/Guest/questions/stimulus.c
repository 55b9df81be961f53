// SPDX-License-Identifier: Apache-2.0
// Makes the calls that the questions are about: waits for a line on standard input, makes each of them once, on one processor, in the current
// folder, prints "done", and so on until the input ends. All that is passed is known from here.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char bytes[4096];
static int ends[2];

static void *from_thread(void *nothing)
{
	return write(ends[1], bytes, 33) == 33 ? nothing : NULL;
}

static void files(void)
{
	int one = open("one", O_RDWR | O_CREAT | O_APPEND, 0640);
	int two = open("two", O_RDWR | O_CREAT | O_TRUNC, 0600);

	(void)!write(one, bytes, 1);
	(void)!write(one, bytes, 100);
	(void)!write(two, bytes, 4096);
	(void)!write(one, bytes, 100);
	(void)!pwrite(two, bytes, 7, 3);
	(void)!pwrite(two, bytes, 1, 5000000000);
	lseek(two, -10, SEEK_END);
	lseek(two, 5000000000, SEEK_SET);
	lseek(two, -1, SEEK_SET);
	lseek(two, 3, SEEK_CUR);
	fallocate(two, FALLOC_FL_KEEP_SIZE, 4096, 8192);
	fallocate(two, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 6000000000);
	(void)!ftruncate(two, 123456789012);
	(void)!ftruncate(two, 0);
	close(one);
	close(two);
	close(open("none", O_RDONLY));
	close(open("one/inside", O_RDONLY));
	close(open("one", O_RDWR | O_CREAT | O_EXCL, 0600));
	close(open("one", O_WRONLY));
	mkdir("first", 0755);
	mkdir("second", 01700);
	mkdir("second/inner", 0);
	(void)!symlink("where it leads", "link");
	(void)!symlink("a name of more than sixteen characters, and of more than sixty-four as well: 0123456789", "Link");
	rename("link", "LINK");
	unlink("LINK");
	unlink("Link");
	unlink("one");
	unlink("two");
	rmdir("second/inner");
	rmdir("second");
	rmdir("first");
	rmdir("none");
}

static void tasks(void)
{
	pthread_t thread;
	pid_t child;

	for (int i = 0; i < 4; i++)
		setpriority(PRIO_PROCESS, 0, (int[]){ -5, 10, -20, 0 }[i]);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGCONT);
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR2);
	pthread_create(&thread, NULL, from_thread, NULL);
	pthread_join(thread, NULL);
	child = fork();
	if (!child) {
		(void)!write(ends[1], bytes, 44);
		_exit(3);
	}
	waitpid(child, NULL, 0);
	prctl(PR_SET_NAME, "another");
	(void)!write(ends[1], bytes, 55);
	prctl(PR_SET_NAME, "stimulus");
	nanosleep(&(struct timespec){ .tv_nsec = 1234567 }, NULL);
	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &(struct timespec){ .tv_sec = 1 }, NULL);
	clock_nanosleep(CLOCK_BOOTTIME, 0, &(struct timespec){ .tv_nsec = 7 }, NULL);
	(void)!read(ends[0], bytes, 33 + 44 + 55);
}

static void sockets(void)
{
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(i ? 0x1234 : 0xfedc), .sin_addr.s_addr = htonl(0x7f000001 + i) };
		int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, i ? IPPROTO_UDP : 0);

		setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &(int){ i }, sizeof(int));
		setsockopt(socket_, SOL_SOCKET, SO_PRIORITY, &(int){ 5 + i }, sizeof(int));
		sendto(socket_, bytes, i ? 10 : 1000, 0, (void *)&to, sizeof(to));
		close(socket_);
	}
	close(socket(AF_INET, SOCK_RAW, 300));
}

static void module(void)
{
	int arguments = open("/proc/arguments", O_WRONLY);

	(void)!write(arguments, "x", 1);
	close(arguments);
}

int main(void)
{
	char line[64];
	cpu_set_t second;

	CPU_ZERO(&second);
	CPU_SET(1, &second);
	sched_setaffinity(0, sizeof(second), &second);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	umask(0);
	if (pipe(ends))
		return 1;
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		files();
		tasks();
		sockets();
		module();
		puts("done");
		fflush(stdout);
	}
	return 0;
}
