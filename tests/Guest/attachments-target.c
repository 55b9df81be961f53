/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs of attachments.bpf.c watch, done so many times: attachments-target call|pgid|send|connect COUNT. Prints what succeeded. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PORT 5999
#define LENGTH 100

/* A usdt probe example:called of two ints: a nop, and a note that says where it is (systemtap's wiki, UserSpaceProbeImplementation). */
#define PROBE(a, b)                                                                                                                       \
	__asm__ volatile("990: nop\n"                                                                                                     \
			 ".pushsection .note.stapsdt, \"?\", \"note\"\n"                                                                  \
			 ".balign 4\n.4byte 992f - 991f, 994f - 993f, 3\n"                                                                \
			 "991: .asciz \"stapsdt\"\n992: .balign 4\n"                                                                      \
			 "993: .8byte 990b, _.stapsdt.base, 0\n"                                                                          \
			 ".asciz \"example\"\n.asciz \"called\"\n.asciz \"-4@%0 -4@%1\"\n"                                                \
			 "994: .balign 4\n.popsection\n"                                                                                  \
			 ".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n"                                      \
			 ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n.popsection\n"                          \
			 :: "r"(a), "r"(b))

__attribute__((noinline)) int example_add(int a, int b)
{
	PROBE(a, b);
	return a + b;
}

int main(int count_of_arguments, char **arguments)
{
	const char *what = count_of_arguments == 3 ? arguments[1] : "";
	int count = count_of_arguments == 3 ? atoi(arguments[2]) : 0;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	char bytes[LENGTH] = { 0 };
	int socket_of_all = socket(AF_INET, SOCK_DGRAM, 0), succeeded = 0;

	if (strcmp(what, "send") == 0)
		bind(socket_of_all, (struct sockaddr *)&to, sizeof(to));
	for (int i = 0; i < count; i++) {
		if (strcmp(what, "call") == 0)
			succeeded += example_add(i, 2 * i) == 3 * i;
		else if (strcmp(what, "pgid") == 0)
			succeeded += syscall(SYS_getpgid, getpid()) >= 0;
		else if (strcmp(what, "send") == 0)
			succeeded += sendto(socket_of_all, bytes, LENGTH, 0, (struct sockaddr *)&to, sizeof(to)) == LENGTH && recv(socket_of_all, bytes, LENGTH, 0) == LENGTH;
		else if (strcmp(what, "connect") == 0)
			succeeded += connect(socket_of_all, (struct sockaddr *)&to, sizeof(to)) == 0;
	}
	printf("%d\n", succeeded);
	return 0;
}
