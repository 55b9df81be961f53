# The questions: what each tool is asked, in its own words, about the calls of stimulus.c.
#   Name      the question
#   Group     questions that are asked at once have the same: one process of bpftrace has all of them
#   Ours      parameters of Start-BpfTrace; the process is the stimulus unless Anyone says otherwise
#   Columns   properties of an event that are compared; those of -Property where left out
#   Probe, Format, Values, Where    of bpftrace; PID is the stimulus, CGROUP the control group it is in
#   Count     events there must be, known from stimulus.c and arguments.c
#   Zero      what bpftrace prints where a path leads through a null pointer or to memory that cannot be read, and it is $null here: not a value,
#             and with bpftrace no different from one that is zero
#   Unlike    a column where bpftrace is wrong: what it prints, and what the source of the call says
@(
    # Arguments.
    @{ Group = 1; Name = 'a size, and a pointer that is null for a pipe'; Ours = @{ Function = 'vfs_write'; Property = 'count', 'file->f_flags', 'pos', '*pos' }
        Probe = 'kfunc:vfs_write'; Format = '%llu %u 0x%llx %lld'; Values = 'args->count, args->file->f_flags, (uint64)args->pos, *args->pos'; Count = 10; Zero = '0' }
    @{ Group = 1; Name = 'signed integers of 64 and of 32 bits'; Ours = @{ Function = 'shmem_file_llseek'; Property = 'offset', 'whence' }
        Probe = 'kfunc:shmem_file_llseek'; Format = '%lld %d'; Values = 'args->offset, args->whence'; Count = 4 }
    @{ Group = 1; Name = 'a long, and a structure''s char[]'; Ours = @{ Function = 'set_user_nice'; Property = 'nice', 'p->comm', 'p->pid', 'p->static_prio' }
        Probe = 'kfunc:set_user_nice'; Format = '%ld %s %d %d'; Values = 'args->nice, args->p->comm, args->p->pid, args->p->static_prio'; Count = 4 }
    @{ Group = 1; Name = 'an enumeration'; Ours = @{ Function = 'hrtimer_nanosleep'; Property = 'rqtp', 'mode', 'clockid' }
        Probe = 'kfunc:hrtimer_nanosleep'; Format = '%lld %d %d'; Values = 'args->rqtp, args->mode, args->clockid'; Count = 3; Names = 'HRTIMER_MODE_REL', 'HRTIMER_MODE_ABS', 'HRTIMER_MODE_REL' }
    @{ Group = 1; Name = 'a nested path to a text'; Ours = @{ Function = 'vfs_open'; Property = '(char *)path->dentry->d_name.name', 'path->dentry->d_parent->d_name.name', 'path->dentry->d_name.len', 'path->mnt->mnt_sb->s_type->name' }
        Probe = 'kfunc:vfs_open'; Format = '%s %s %u %s'; Values = 'str(args->path->dentry->d_name.name), str(args->path->dentry->d_parent->d_name.name), args->path->dentry->d_name.len, str(args->path->mnt->mnt_sb->s_type->name)'; Count = 4 }
    @{ Group = 1; Name = 'pointers, and a path through one that is null'; Ours = @{ Function = 'vfs_open'; Property = 'path', 'file', 'file->f_inode', 'file->f_inode->i_ino', 'file->f_op', 'path->dentry->d_inode->i_fop->write_iter' }
        Probe = 'kfunc:vfs_open'; Format = '0x%llx 0x%llx 0x%llx %llu 0x%llx 0x%llx'; Values = '(uint64)args->path, (uint64)args->file, (uint64)args->file->f_inode, args->file->f_inode->i_ino, (uint64)args->file->f_op, (uint64)args->path->dentry->d_inode->i_fop->write_iter'; Count = 4; Zero = '0' }
    @{ Group = 1; Name = 'unsigned integers of 16 bits'; Ours = @{ Function = 'vfs_mkdir'; Property = 'mode', 'dir->i_mode', 'dentry->d_name.name' }
        Probe = 'kfunc:vfs_mkdir'; Format = '%u %u %s'; Values = 'args->mode, args->dir->i_mode, str(args->dentry->d_name.name)'; Count = 3 }
    @{ Group = 1; Name = 'texts, short and long'; Ours = @{ Function = 'vfs_symlink'; Property = 'oldname', 'dentry->d_name.name' }
        Probe = 'kfunc:vfs_symlink'; Format = '%s|%s'; Values = 'str(args->oldname), str(args->dentry->d_name.name)'; Count = 2 }
    @{ Group = 1; Name = 'an argument that is a structure of arguments'; Ours = @{ Function = 'vfs_rename'; Property = 'rd->old_dentry->d_name.name', 'rd->new_dentry->d_name.name', 'rd->flags' }
        Probe = 'kfunc:vfs_rename'; Format = '%s %s %u'; Values = 'str(args->rd->old_dentry->d_name.name), str(args->rd->new_dentry->d_name.name), args->rd->flags'; Count = 1 }
    @{ Group = 1; Name = 'six arguments'; Ours = @{ Function = '__sock_create'; Property = 'family', 'type', 'protocol', 'kern' }
        Probe = 'kfunc:__sock_create'; Format = '%d %d %d %d'; Values = 'args->family, args->type, args->protocol, args->kern'; Count = 3 }

    # Members of every kind, casts, arithmetic.
    @{ Group = 2; Name = 'bit fields'; Ours = @{ Function = 'udp_sendmsg'; Property = 'sk->__sk_common.skc_reuse', 'sk->__sk_common.skc_ipv6only', 'sk->sk_no_check_tx', 'len' }
        Probe = 'kfunc:udp_sendmsg'; Format = '%d %d %d %llu'; Values = 'args->sk->__sk_common.skc_reuse, args->sk->__sk_common.skc_ipv6only, args->sk->sk_no_check_tx, args->len'; Count = 2 }
    @{ Group = 2; Name = 'members of unions without a name, and of each size'; Ours = @{ Function = 'udp_sendmsg'; Property = 'sk->__sk_common.skc_daddr', 'sk->__sk_common.skc_family', 'sk->__sk_common.skc_state', 'sk->sk_priority', 'sk->sk_protocol', 'sk->sk_sndbuf' }
        Probe = 'kfunc:udp_sendmsg'; Format = '%u %u %u %u %u %d'; Values = 'args->sk->__sk_common.skc_daddr, args->sk->__sk_common.skc_family, args->sk->__sk_common.skc_state, args->sk->sk_priority, args->sk->sk_protocol, args->sk->sk_sndbuf'; Count = 2 }
    @{ Group = 2; Name = 'casts'; Ours = @{ Function = 'udp_sendmsg'; Property = '((struct sockaddr_in *)msg->msg_name)->sin_port', '((struct sockaddr_in *)msg->msg_name)->sin_addr.s_addr', '(u8)len', '((struct inet_sock *)sk)->uc_ttl' }
        Probe = 'kfunc:udp_sendmsg'; Format = '%u %u %u %d'; Values = '((struct sockaddr_in *)args->msg->msg_name)->sin_port, ((struct sockaddr_in *)args->msg->msg_name)->sin_addr.s_addr, (uint8)args->len, ((struct inet_sock *)args->sk)->uc_ttl'; Count = 2 }
    @{ Group = 2; Name = 'elements of arrays'; Ours = @{ Function = 'vfs_unlink'; Property = 'dentry->d_iname[0]', 'dentry->d_iname[3]', 'dentry->d_sb->s_id', 'dir->i_sb->s_uuid.b[15]' }
        Probe = 'kfunc:vfs_unlink'; Format = '%d %d %s %u'; Values = 'args->dentry->d_iname[0], args->dentry->d_iname[3], args->dentry->d_sb->s_id, args->dir->i_sb->s_uuid.b[15]'; Count = 4 }
    @{ Group = 2; Name = 'elements that are structures'; Ours = @{ Function = 'set_user_nice'; Property = 'p->signal->rlim[7].rlim_cur', 'p->signal->rlim[7].rlim_max', 'p->cpus_mask.bits[0]', 'p->se.load.weight' }
        Probe = 'kfunc:set_user_nice'; Format = '%llu %llu %llu %llu'; Values = 'args->p->signal->rlim[7].rlim_cur, args->p->signal->rlim[7].rlim_max, args->p->cpus_mask.bits[0], args->p->se.load.weight'; Count = 4 }
    @{ Group = 2; Name = 'computed values'; Ours = @{ Function = 'vfs_fallocate'; Property = 'offset + len', 'len * 2 - 1', 'mode -band 2', 'len - offset', 'mode' }
        Probe = 'kfunc:vfs_fallocate'; Format = '%lld %lld %d %lld %d'; Values = 'args->offset + args->len, args->len * 2 - 1, args->mode & 2, args->len - args->offset, args->mode'; Count = 2 }
    @{ Group = 2; Name = 'large numbers'; Ours = @{ Function = 'do_truncate'; Property = 'length', 'time_attrs', 'filp->f_path.dentry->d_inode->i_size', 'dentry->d_inode->i_ino' }
        Probe = 'kfunc:do_truncate'; Format = '%lld %u %lld %llu'; Values = 'args->length, args->time_attrs, args->filp->f_path.dentry->d_inode->i_size, args->dentry->d_inode->i_ino'; Count = 2 }
    # bpftrace has to be told with uptr() where a text is; without, it prints none.
    @{ Group = 2; Name = 'a text of the caller''s'; Ours = @{ Function = 'do_sys_openat2'; Property = 'dfd', 'filename', 'how->flags', 'how->mode' }
        Probe = 'kfunc:do_sys_openat2'; Format = '%d %s %llu %llu'; Values = 'args->dfd, str(uptr(args->filename)), args->how->flags, args->how->mode'; Count = 7 }

    # Results.
    @{ Group = 3; Name = 'results, with the arguments of the call'; Ours = @{ Function = 'vfs_write'; Property = 'count'; Return = $true }; Columns = 'count', 'Return'
        Probe = 'kretfunc:vfs_write'; Format = '%llu %lld'; Values = 'args->count, retval'; Count = 10 }
    @{ Group = 3; Name = 'results that are errors'; Ours = @{ Function = 'do_sys_openat2'; Property = 'filename'; Failed = $true }; Columns = 'filename', 'Return'
        Probe = 'kretfunc:do_sys_openat2'; Format = '%s %d'; Values = 'str(uptr(args->filename)), retval'; Where = 'retval < 0'; Count = 3; Errors = 'ENOENT', 'ENOTDIR', 'EEXIST' }
    @{ Group = 3; Name = 'results that are truth values'; Ours = @{ Function = 'capable'; Property = 'cap'; Return = $true }; Columns = 'cap', 'Return'
        Probe = 'kretfunc:capable'; Format = '%d %d'; Values = 'args->cap, retval'; Least = 2 }
    @{ Group = 3; Name = 'results that are pointers, and where an error leads'; Ours = @{ Function = 'do_filp_open'; Property = 'pathname->name', 'return->f_flags'; Return = $true }; Columns = 'pathname->name', 'Return', 'return->f_flags'
        Probe = 'kretfunc:do_filp_open'; Format = '%s 0x%llx %u'; Values = 'str(args->pathname->name), (uint64)retval, retval->f_flags'; Count = 7; Zero = '0' }
    @{ Group = 3; Name = 'results of 64 bits'; Ours = @{ Function = 'shmem_file_llseek'; Property = 'offset'; Return = $true }; Columns = 'offset', 'Return'
        Probe = 'kretfunc:shmem_file_llseek'; Format = '%lld %lld'; Values = 'args->offset, retval'; Count = 4 }

    # Conditions, asked in the kernel.
    @{ Group = 3; Name = 'where a number is equal'; Ours = @{ Function = 'vfs_write'; Property = 'count'; Where = 'count -eq 100' }
        Probe = 'kfunc:vfs_write'; Where = 'args->count == 100'; Format = '%llu'; Values = 'args->count'; Count = 2 }
    @{ Group = 3; Name = 'where a bit is set'; Ours = @{ Function = 'vfs_write'; Property = 'count', 'file->f_flags'; Where = 'file->f_flags -band 0x400' }
        Probe = 'kfunc:vfs_write'; Where = 'args->file->f_flags & 0x400'; Format = '%llu %u'; Values = 'args->count, args->file->f_flags'; Count = 3 }
    @{ Group = 3; Name = 'where a text is equal'; Ours = @{ Function = 'vfs_unlink'; Property = '(char *)dentry->d_name.name'; Where = '(char *)dentry->d_name.name -ceq "Link"' }
        Probe = 'kfunc:vfs_unlink'; Where = 'str(args->dentry->d_name.name) == "Link"'; Format = '%s'; Values = 'str(args->dentry->d_name.name)'; Count = 1 }
    @{ Group = 3; Name = 'where one of two is true'; Ours = @{ Function = 'vfs_write'; Property = 'count'; Where = 'count -gt 1000 -or (count -lt 50 -and file->f_flags -band 2)' }
        Probe = 'kfunc:vfs_write'; Where = '(args->count > 1000 || (args->count < 50 && args->file->f_flags & 2))'; Format = '%llu'; Values = 'args->count'; Count = 4 }

    # Who calls.
    @{ Group = 4; Name = 'process, thread, task and processor'; Ours = @{ Function = 'vfs_write'; Property = 'count' }; Columns = 'count', 'ProcessId', 'ThreadId', 'Task', 'Cpu'
        Probe = 'kfunc:vfs_write'; Format = '%llu %d %d %s %d'; Values = 'args->count, pid, tid, comm, cpu'; Count = 10 }
    @{ Group = 4; Name = 'of all processes, those with a name'; Anyone = $true; Ours = @{ Function = 'vfs_write'; Property = 'count'; ProcessName = 'stimulus' }; Columns = 'count', 'ProcessId', 'Task'
        Probe = 'kfunc:vfs_write'; Where = 'comm == "stimulus"'; Format = '%llu %d %s'; Values = 'args->count, pid, comm'; Count = 10 }
    @{ Group = 4; Name = 'the control group'; Ours = @{ Function = 'vfs_write'; Property = 'count', 'cgroup' }
        Probe = 'kfunc:vfs_write'; Format = '%llu %llu'; Values = 'args->count, cgroup'; Count = 10 }
    @{ Group = 4; Name = 'of all processes, those of a control group'; Anyone = $true; Ours = @{ Function = 'vfs_write'; Property = 'count'; Cgroup = 'CGROUP' }; Columns = 'count', 'ProcessId', 'Task'
        Probe = 'kfunc:vfs_write'; Where = 'cgroup == cgroupid("CGROUP")'; Format = '%llu %d %s'; Values = 'args->count, pid, comm'; Count = 11 }
    @{ Group = 4; Name = 'who called the function'; Ours = @{ Function = 'vfs_mkdir'; Property = 'mode'; Stack = $true }; Columns = 'mode', 'Stack'
        Probe = 'kfunc:vfs_mkdir'; Format = '%u %s'; Values = 'args->mode, kstack'; Count = 3 }

    # Tracepoints. bpftrace 0.17 stops (SIGABRT) at each raw one, so it is asked for what the kernel records of the same call.
    @{ Group = 4; Name = 'a tracepoint''s structures'; Ours = @{ RawTracepoint = 'sched_process_fork'; Property = 'parent->comm', 'parent->pid', 'child->comm', 'child->pid' }
        Probe = 'tracepoint:sched:sched_process_fork'; Format = '%s %d %s %d'; Values = 'args->parent_comm, args->parent_pid, args->child_comm, args->child_pid'; Count = 2 }
    @{ Group = 4; Name = 'each system call, with its first argument'; Ours = @{ RawTracepoint = 'sys_enter'; Property = 'id', 'regs->di' }
        Probe = 'tracepoint:raw_syscalls:sys_enter'; Format = '%lld %llu'; Values = 'args->id, args->args[0]'; Least = 70 }
    @{ Group = 4; Name = 'each system call''s result'; Ours = @{ RawTracepoint = 'sys_exit'; Property = 'ret' }
        Probe = 'tracepoint:raw_syscalls:sys_exit'; Format = '%lld'; Values = 'args->ret'; Least = 70 }
    @{ Group = 4; Name = 'a tracepoint''s record, with a text of the caller''s'; Ours = @{ Tracepoint = 'syscalls:sys_enter_openat' }; Columns = 'filename', 'flags', 'mode'
        Probe = 'tracepoint:syscalls:sys_enter_openat'; Format = '%s %llu %llu'; Values = 'str(args->filename), args->flags, args->mode'; Count = 7 }
    @{ Group = 4; Name = 'a tracepoint''s record, with an array of characters'; Ours = @{ Tracepoint = 'signal:signal_generate' }; Columns = 'sig', 'errno', 'code', 'comm', 'pid', 'group', 'result'
        Probe = 'tracepoint:signal:signal_generate'; Format = '%d %d %d %s %d %d %d'; Values = 'args->sig, args->errno, args->code, args->comm, args->pid, args->group, args->result'; Count = 3 }

    # Functions of a module: bpftrace is asked by kprobes, whose arguments are registers, and told the structure by structure.bt.
    @{ Group = 5; Name = 'signed arguments of a module''s function'; Ours = @{ Function = 'at_signed' }; Columns = 'a', 'b', 'c', 'd'
        Probe = 'kprobe:at_signed'; Format = '%d %d %d %lld'; Values = '(int8)arg0, (int16)arg1, (int32)arg2, (int64)arg3'; Count = 1 }
    @{ Group = 5; Name = 'unsigned arguments of a module''s function'; Ours = @{ Function = 'at_unsigned' }; Columns = 'a', 'b', 'c', 'd'
        Probe = 'kprobe:at_unsigned'; Format = '%u %u %u %llu'; Values = '(uint8)arg0, (uint16)arg1, (uint32)arg2, (uint64)arg3'; Count = 1 }
    @{ Group = 5; Name = 'truth values of a module''s function'; Ours = @{ Function = 'at_bool' }; Columns = 'yes', 'no'
        Probe = 'kprobe:at_bool'; Format = '%u %u'; Values = '(uint8)arg0, (uint8)arg1'; Count = 1 }
    @{ Group = 5; Name = 'bit fields, signed and not, of a module''s structure'; Ours = @{ Function = 'at_structure'; Property = 'all->tiny', 'all->half', 'all->low', 'all->middle', 'all->high', 'all->large' }
        Probe = 'kprobe:at_structure'; Format = '%d %u %u %d %u %llu'; Values = '((struct at_all *)arg0)->tiny, ((struct at_all *)arg0)->half, ((struct at_all *)arg0)->low, ((struct at_all *)arg0)->middle, ((struct at_all *)arg0)->high, ((struct at_all *)arg0)->large'; Count = 1; Unlike = @{ Column = 3; Ours = '-9'; Theirs = '23' } }
    @{ Group = 5; Name = 'texts and a null of a module''s structure'; Ours = @{ Function = 'at_structure'; Property = 'all->text', 'all->name', 'all->pointed->port', 'all->none', 'all->none->tiny', 'all->numbers[1]' }
        Probe = 'kprobe:at_structure'; Format = '%s|%s|%d|0x%llx|%d|%d'; Values = '((struct at_all *)arg0)->text, str(((struct at_all *)arg0)->name), ((struct at_all *)arg0)->pointed->port, (uint64)((struct at_all *)arg0)->none, ((struct at_all *)arg0)->none->tiny, ((struct at_all *)arg0)->numbers[1]'; Count = 1; Zero = '0' }
    @{ Group = 5; Name = 'a function of more arguments than a trampoline takes'; Ours = @{ Function = 'at_many' }; Columns = 'a', 'b', 'c', 'd', 'e', 'f'
        Probe = 'kprobe:at_many'; Format = '%llu %llu %llu %llu %llu %llu'; Values = 'arg0, arg1, arg2, arg3, arg4, arg5'; Count = 1 }
    @{ Group = 5; Name = 'a function that calls itself: its results'; Ours = @{ Function = 'at_recursive'; Return = $true }; Columns = , 'Return'
        Probe = 'kretprobe:at_recursive'; Format = '%d'; Values = '(int32)retval'; Count = 4 }
    @{ Group = 5; Name = 'a function that calls itself: who called'; Ours = @{ Function = 'at_recursive'; Stack = $true }; Columns = 'depth', 'Stack'
        Probe = 'kprobe:at_recursive'; Format = '%d %s'; Values = '(int32)arg0, kstack'; Count = 4 }
)
