// SPDX-License-Identifier: GPL-2.0
// Faults that need a line or two of kernel code: echo NAME > /proc/kinds
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/uaccess.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/netdevice.h>
#include <linux/interrupt.h>
#include <linux/rcupdate.h>
#include <linux/if_arp.h>
#include <linux/delay.h>
#include <linux/vmalloc.h>

static netdev_tx_t kinds_xmit(struct sk_buff *skb, struct net_device *dev)
{
	netif_stop_queue(dev);
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}
static int kinds_open(struct net_device *dev) { netif_start_queue(dev); return 0; }
static const struct net_device_ops kinds_ops = { .ndo_start_xmit = kinds_xmit, .ndo_open = kinds_open, .ndo_stop = kinds_open };
static void kinds_setup(struct net_device *dev)
{
	dev->netdev_ops = &kinds_ops; dev->watchdog_timeo = HZ; dev->mtu = 1400; dev->tx_queue_len = 10;
	dev->flags = IFF_NOARP; dev->type = ARPHRD_NONE; dev->needs_free_netdev = true;
}
static struct net_device *kinds_dev;
static noinline void kinds_netdev(void)
{
	kinds_dev = alloc_netdev(0, "kinds%d", NET_NAME_UNKNOWN, kinds_setup);
	if (kinds_dev && register_netdev(kinds_dev)) kinds_dev = NULL;
}
static noinline void kinds_unregister(void) { dev_hold(kinds_dev); unregister_netdev(kinds_dev); }
static noinline void kinds_int3(void) { asm volatile("int3"); }
static noinline void kinds_stack_segment(void) { asm volatile("push %%rbp; movabs $0x1234567812345678, %%rbp; mov (%%rbp), %%rax; pop %%rbp" ::: "rax", "memory"); }
static noinline void kinds_double_fault(void) { asm volatile("movabs $0xdead000000000000, %%rax; mov %%rax, %%rsp; push %%rax" ::: "rax", "memory"); }
static noinline void kinds_invalid_opcode(void) { asm volatile(".byte 0x0f, 0xff"); }
static noinline void kinds_bad_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	page->mapping = (void *)0x1230;
	__free_page(page);
}
static noinline void kinds_alloc_failure(void)
{
	int i; static struct page *pages[4096];
	for (i = 0; i < 4096 && (pages[i] = alloc_pages(GFP_ATOMIC, 10)); i++) ;
	while (i-- > 0) __free_pages(pages[i], 10);
}
static noinline void kinds_rcu_stall(void) { int i; rcu_read_lock(); for (i = 0; i < 15000; i++) { udelay(1000); } rcu_read_unlock(); }
static noinline void kinds_bad_pointer(void) { volatile int *p = (void *)0xffffffffdead0000UL; *p = 1; }
static ssize_t kinds_write(struct file *f, const char __user *u, size_t n, loff_t *o)
{
	char b[32] = "";
	if (n >= sizeof(b) || copy_from_user(b, u, n)) return -EINVAL;
	strim(b);
#define DO(x) if (!strcmp(b, #x)) kinds_##x()
	DO(netdev); DO(unregister); DO(int3); DO(stack_segment); DO(double_fault); DO(invalid_opcode); DO(bad_page); DO(alloc_failure); DO(rcu_stall); DO(bad_pointer);
	return n;
}
static const struct proc_ops kinds_proc = { .proc_write = kinds_write };
static int __init kinds_init(void) { return proc_create("kinds", 0200, NULL, &kinds_proc) ? 0 : -ENOMEM; }
module_init(kinds_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Faults of many kinds");
