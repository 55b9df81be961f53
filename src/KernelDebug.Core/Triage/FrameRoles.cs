namespace KernelDebug.Triage;

/// <summary>
/// Which functions are plumbing, by name. A crash shows in them because their caller gave them something bad, or because they are
/// the machinery that prints it.
/// </summary>
public static class FrameRoles
{
    /// <summary>Every role: what a guilty frame has none of.</summary>
    public const FrameRole All = FrameRole.Reporter | FrameRole.Entry | FrameRole.Library | FrameRole.Lock | FrameRole.Allocator | FrameRole.Service
        | FrameRole.Release | FrameRole.Scheduler;

    /// <summary>Roles a title never names. A reader knows <c>kernel BUG in kfree</c> by that name, so a BUG keeps its allocator.</summary>
    public const FrameRole Untitled = FrameRole.Reporter | FrameRole.Entry | FrameRole.Library | FrameRole.Lock | FrameRole.Allocator | FrameRole.Service;

    private static readonly (FrameRole Role, NamePattern[] Names)[] s_rows =
    [
        // mm/kasan, mm/kmsan, mm/kfence, kernel/kcsan, lib/ubsan.c, and the compiler's hooks into them.
        (FrameRole.Reporter, NamePattern.Parse("""
            *kasan* *kmsan* *hwasan* __asan_* __msan_* __tsan_* *sanitizer* *ubsan* kcsan_* check_memory_region* check_region_inline
            print_address_description* print_report* check_heap_object check_object check_object_size check_bytes_and_report slab_err slab_pad_check object_err handle_overflow read_word_at_a_time
            kfence_report* kfence_handle* check_access *_nocheck
            """)),
        // kernel/panic.c, lib/bug.c, lib/dump_stack.c, arch/*/kernel/dumpstack.c, kernel/stacktrace.c, kernel/printk.
        (FrameRole.Reporter, NamePattern.Parse("""
            panic vpanic *_panic panic_* check_panic_on_warn end_report report_bug __report_bug fixup_bug* handle_bug __warn* warn_slowpath* warn_alloc* warn_bogus* *show_stack* show_trace* *dump_stack*
            *dump_backtrace* unwind_backtrace *walk_stack* arch_stack_walk* *stack_trace_save* stack_trace_consume_entry save_stack* show_regs* nmi_cpu_backtrace*
            nmi_trigger_* nmi_raise_* arch_trigger_* trigger_all_* trigger_single_* trigger_cpumask_* *printk* va_format _dev_* dev_info* dev_notice* dev_warn* dev_err* dev_alert* dev_crit* dev_emerg* __dev_printk
            print_tainted* get_taint __stack_chk_fail *assertfail* hex_dump_to_buffer print_hex_dump* bad_page* free_page_is_bad* __bad_page*
            sched_show_task* show_state_filter* __fortify_report* usercopy_* BUG __check_object_size __check_heap_object spin_dump spin_bug rwlock_bug
            *rust_begin_unwind* core::panicking::* skb_over_panic skb_under_panic program_check_* sysrq_handle_show* __handle_sysrq
            """)),
        // lib/fault-inject.c, mm/failslab.c, mm/fail_page_alloc.c: frames of a dump that somebody asked for.
        (FrameRole.Reporter, NamePattern.Parse("should_fail* __should_fail* fail_dump should_failslab")),
        // kernel/locking/lockdep.c, lib/debugobjects.c, lib/smp_processor_id.c, kernel/sched/core.c's checks.
        (FrameRole.Reporter, NamePattern.Parse("""
            *lockdep* *lock_acquire* *lock_release* *lock_class* *mark_lock* mark_usage *_held_locks* check_noncircular check_prev_add check_prevs_add check_deadlock validate_chain
            valid_state print_usage_bug* print_circular_bug* print_deadlock_bug* print_irq_inversion_bug* print_bad_irq_dependency* print_lock_invalid* print_freed_lock_bug* print_held_locks_bug* print_kernel_ident* print_unlock* *imbalance_bug* print_deadlock* __lock_set_class assign_lock_key debug_object* __debug_object* debug_print_object
            debug_check_no_obj* timer_is_static_object work_is_static_object debug_smp_processor_id check_preemption_disabled __this_cpu_preempt_check
            *might_fault* *might_sleep* *might_resched* trace_hardirq* trace_softirq* perf_trace* seqprop_assert* ref_tracker* kmemleak_* create_object
            """)),
        // arch/*/entry, arch/x86/kernel/traps.c, arch/arm64/mm/fault.c, arch/powerpc/kernel/exceptions-64s.S.
        (FrameRole.Entry, NamePattern.Parse("""
            invalid_op do_invalid_op exc_invalid_op asm_exc_* exc_* do_error_trap do_trap* *_trap do_error* do_kernel_fault do_translation_fault do_mem_abort
            do_handle_IPI ipi_handler handle_IPI __x2apic_send_IPI* x2apic_send_IPI* default_send_IPI* native_send_call_func*
            __do_kernel_fault el1_abort el1h_64_sync* el1_* __die* die_kernel_fault no_context bad_area* *kernel_fault tag_check* do_tag_check* error_entry
            """)),
        // lib/string*.c, lib/vsprintf.c, lib/iov_iter.c, lib/usercopy.c, lib/list_*.c, lib/rbtree.c, lib/xarray.c, lib/crc*.c.
        (FrameRole.Library, NamePattern.Parse("""
            *memcpy* *memcmp* *memset* *memchr* *memmove* *memdup* strcmp strncmp* strcasecmp strcpy strlcpy strncpy* strscpy* *strlen* *strstr* strnstr *strnlen* *strchr*
            *strdup* *strndup* string *string string_nocheck *pointer *snprintf* *scnprintf* *kasprintf* *kvasprintf* *copy_to_user* *copy_from_user* *copy_to_iter*
            *copy_from_iter* copy_page_to_iter* copy_page_from_iter* copy_folio_to_iter* copyin copyout copy_user_* *put_user* *get_user* *list_add* *list_del* list_replace* list_move* list_splice*
            __list_add_valid* __list_del_entry_valid* rb_* __rb_* xas_start xas_load xas_find *klist_* *rhashtable_lookup* *crc32* crc16* crc_itu_t* crc_ccitt* extract_user_to_sg extract_iter_to_sg
            *readb *readw *readl *readq *writeb *writew *writel *writeq *_indirect_thunk_* *logic_in* *logic_out* rep_movs* rep_stos* clear_user* fault_in_*
            """)),
        // kernel/locking, lib/refcount.c, include/linux/atomic, kernel/sched/wait.c, kernel/sched/completion.c.
        (FrameRole.Lock, NamePattern.Parse("""
            *spin_lock* *spin_trylock* *spin_unlock* *raw_spin_rq* *read_lock* *read_trylock* *read_unlock* *write_lock* *write_trylock* *write_unlock* down *down_read* *down_write*
            down_trylock down_interruptible *up_read* *up_write* mutex_* __mutex_* rt_mutex_* owner_on_cpu osq_lock osq_unlock atomic_* atomic64_* *arch_atomic* *raw_atomic* *atomic_dec* *atomic_inc* *atomic_read* *atomic_set* *atomic_add* *atomic_sub* *atomic_fetch* *atomic_xchg* *atomic_cmpxchg* *atomic_try*
            *set_bit* *clear_bit* *change_bit* *test_bit* *__wake_up* autoremove_wake_function refcount_* __refcount_* kref_* *bh_enable* *bh_disable* *wait_for_completion* complete complete_all finish_wait
            lock_page* unlock_page* __lock_page* __folio_lock* folio_lock* rcu_note_context_switch *lock_timer_base *bad_lock_balance* instrument_atomic* __preempt_*
            """)),
        // mm/slub.c, mm/slab_common.c, mm/page_alloc.c, mm/vmalloc.c, mm/mempool.c.
        (FrameRole.Allocator, NamePattern.Parse("""
            *kmalloc* *kzalloc* *kcalloc* *kvmalloc* *vmalloc* *vzalloc* *krealloc* *kmem_cache* slab_* __slab_* ___slab_* *slab_alloc* *slab_free* allocate_slab new_slab discard_slab *alloc_page* *alloc_pages*
            __alloc_frozen_pages* *folio_alloc* filemap_alloc_folio* kfree kvfree vfree kfree_sensitive kfree_const __kfree *_freelist* set_freepointer get_freepointer* free_to_partial_list free_debug_processing alloc_debug_processing alloc_single_from_* get_partial_node cache_from_obj ida_free
            """)),
        // mm/filemap.c, mm/truncate.c: look-ups and releases for a file system.
        (FrameRole.Service, NamePattern.Parse("""
            __filemap_get_folio* find_or_create_page find_lock_entries do_read_cache_folio read_cache_page* pagecache_get_page grab_cache_page_write_begin truncate_inode_pages_range
            *folio_unlock mark_buffer_dirty __phys_addr* drop_nlink iput iput_final ihold fast_dput dput
            """)),
        // lib/kobject.c, drivers/base, fs/sysfs: they fail on an object that a driver registered or released wrongly.
        (FrameRole.Service, NamePattern.Parse("""
            *kobject_* add_uevent_var* get_device_parent device_add device_del device_unregister device_destroy device_release put_device device_for_each_child device_remove_file devres_release_all
            *sysfs_remove* hwrng_unregister i2c_del_adapter __unregister_client rollback_registered* *unregister_netdev* tty_unregister_device
            """)),
        // kernel/time/timer.c, kernel/workqueue.c, kernel/kthread.c, kernel/rcu/srcutree.c, drivers/usb/core/urb.c.
        (FrameRole.Service, NamePattern.Parse("""
            *del_timer* __timer_delete_sync* timer_delete* __mod_timer sk_stop_timer_sync *flush_work* __cancel_work_timer *cancel_work_sync *cancel_delayed_work* try_to_grab_pending *drain_workqueue
            *destroy_workqueue* *queue_work* insert_work *queue_delayed_work* *kthread_stop* cleanup_srcu_struct* *usb_kill_urb *usb_kill_anchored_urbs *usb_control_msg* *usb_hcd_submit_urb *usb_submit_urb
            *dummy_urb_enqueue
            """)),
        // net/core/skbuff.c and the like: they free for their callers.
        (FrameRole.Release, NamePattern.Parse("""
            kfree_skb* __kfree_skb consume_skb skb_release_* skb_free_* kfree_skbmem napi_consume_skb dev_kfree_skb* sk_skb_reason_drop __free_page* free_unref* __folio_put* put_page
            """)),
        (FrameRole.Allocator, NamePattern.Parse("kfree_skb* __kfree_skb")),
        // kernel/sched/core.c.
        (FrameRole.Scheduler, NamePattern.Parse("schedule schedule_* __schedule __schedule_bug io_schedule* preempt_schedule* context_switch __switch_to*")),
    ];

    /// <summary>The roles of a function.</summary>
    /// <param name="name">Its name without the compiler's suffixes.</param>
    /// <param name="isDriver">
    /// True for a function of a module from outside the tree. The kernel's plumbing is the kernel's: such a module's
    /// <c>my_kmalloc</c> is its own doing; what it has of the headers' inlines (<c>__refcount_add</c>) begins as the kernel names it.
    /// </param>
    public static FrameRole Of(ReadOnlySpan<char> name, bool isDriver = false)
    {
        var roles = FrameRole.None;
        foreach ((FrameRole role, NamePattern[] names) in s_rows)
        {
            if ((roles & role) == 0 && NamePattern.Any(names, name, isDriver))
            {
                roles |= role;
            }
        }
        return roles;
    }
}
