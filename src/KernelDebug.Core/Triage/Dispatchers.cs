namespace KernelDebug.Triage;

/// <summary>
/// Generic code that calls into a subsystem. A lockup's interrupt hits anywhere in a loop, so the innermost frame differs from one
/// report of it to the next; the function that such code called last does not.
/// </summary>
internal static class Dispatchers
{
    private static readonly NamePattern[] s_names = NamePattern.Parse("""
        *process_one_work* worker_thread kthread *do_syscall_* *do_fast_syscall_* *sysenter_dispatch* *tracesys_phase2* *el0_svc_handler* *invoke_syscall* *ret_fast_syscall* do_el0_svc* el0_svc* entry_SYSCALL*
        *netif_receive_skb* *do_softirq* handle_softirqs *call_timer_fn* *_run_timers* *run_timer_softirq* *hrtimer_run* *run_ksoftirqd* *smpboot_thread_fn* *start_secondary* *cpu_startup_entry* *ret_from_fork*
        *vfs_write* *vfs_read* *vfs_iter_read* *vfs_iter_write* *do_iter_read* *do_iter_write* *call_read_iter* *call_write_iter* *new_sync_read* *new_sync_write* *do_iter_readv_writev*
        *vfs_ioctl* *ksys_ioctl* *compat_ioctl* *compat_sys_ioctl* *blkdev_driver_ioctl* *blkdev_ioctl* call_mmap* *mmap_region* *do_mmap* *do_dentry_open* *vfs_open*
        sock_sendmsg* sock_recvmsg* sock_release* __sock_release* sys_setsockopt *kernel_setsockopt* *sock_common_setsockopt* sys_listen *kernel_listen* *sk_common_release* sock_mmap* sys_accept *kernel_accept*
        sock_do_ioctl* sock_ioctl* compat_sock_ioctl* nfnetlink_rcv_msg* rtnetlink_rcv_msg* netlink_dump* sys_socketpair* sys_connect* sys_ioctl* socketpair* connect* ioctl*
        *__do_fault* *do_page_fault* page_fault *__fput* *task_work_run* *exit_to_usermode* *exit_to_user_mode* *smp_call_function* *tasklet_action* *tasklet_hi_action*
        """);

    /// <summary>True for generic code that dispatches.</summary>
    /// <param name="name">The canonical name.</param>
    public static bool Contains(ReadOnlySpan<char> name) => NamePattern.Any(s_names, name);
}
