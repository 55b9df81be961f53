// Functions and types of a kernel, as far as they decide whether fentry can be had: prototypes of Linux 6.1.
typedef long long s64; typedef unsigned char u8; typedef unsigned int u32;
typedef long ssize_t; typedef unsigned long size_t; typedef s64 loff_t;
struct file; struct sock; struct flowi4; struct ipcm_cookie; struct rtable; struct sk_buff; struct msghdr; struct kstatfs; struct dentry;
struct timespec64 { s64 tv_sec; long tv_nsec; };
typedef struct { union { void *kernel; void *user; }; u8 is_kernel : 1; } sockptr_t;
union word { int number; void *pointer; };
struct large { long words[3]; };
#ifdef ARG_FLAGS
struct btf_func_model { u8 ret_size; u8 nr_args; u8 arg_size[12]; u8 arg_flags[12]; } btf_func_model;
#else
struct btf_func_model { u8 ret_size; u8 nr_args; u8 arg_size[12]; } btf_func_model;
#endif
#define USE __attribute__((noinline, used))
USE ssize_t vfs_read(struct file *file, char *buf, size_t count, loff_t *pos) { return 0; }
USE ssize_t vfs_write(struct file *file, const char *buf, size_t count, loff_t *pos) { return 0; }
USE int _printk(const char *fmt, ...) { return 0; }
USE void do_exit(long code) { }
USE void migrate_disable(void) { }
USE int ip_append_data(struct sock *sk, struct flowi4 *fl4, int getfrag(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb),
                       void *from, int len, int protolen, struct ipcm_cookie *ipc, struct rtable **rtp, unsigned int flags) { return 0; }
USE struct timespec64 ns_to_timespec64(s64 nsec) { struct timespec64 ts = { 0, 0 }; return ts; }
USE int do_tcp_setsockopt(struct sock *sk, int level, int optname, sockptr_t optval, unsigned int optlen) { return 0; }
USE ssize_t default_read_file(struct file *file, char *buf, size_t count, loff_t *ppos) { return 0; }
USE int notify_die(int val, const char *str, void *regs, long err, int trap, int sig) { return 0; }
// Not of a kernel: what none hands on.
USE int takes_union(union word word) { return 0; }
USE int takes_large(struct large large) { return 0; }
USE int takes_thirteen(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m) { return 0; }
#ifdef TAKES_STACK
USE int bpf_modify_return_test2(int a, int *b, short c, int d, void *e, char f, int g) { return 0; }
#endif
