using Iced.Intel;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.Inference;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;
using Operand = KernelDebug.Inference.MemoryOperand;

namespace KernelDebug.Tests.Inference;

/// <summary>
/// Instructions of a distribution's kernel, each as if its pointer had been NULL; what they touch was read from the statement of Linux
/// 6.1.192's source that stands beside, and from objdump -d.
/// </summary>
public sealed class VmlinuxMemberTests(VmlinuxMemberTests.Kernel shared) : IClassFixture<VmlinuxMemberTests.Kernel>
{
    [Theory]
    [InlineData("group_balance_cpu", 0x5, "sg->sgc", "struct sched_group")] // group_balance_mask(sg): to_cpumask(sg->sgc->cpumask)
    [InlineData("dma_sync_single_for_cpu", 0x4a, "dev->dma_range_map", "struct device")] // dma_to_phys(dev, addr)
    [InlineData("tick_nohz_dep_set_signal", 0x35, "sig->thread_head.next", "struct signal_struct")] // __for_each_thread(sig, t)
    [InlineData("move_huge_pmd", 0x1dd, "vma->vm_mm", "struct vm_area_struct")] // flush_pmd_tlb_range(vma, ...)
    [InlineData("fib6_info_nh_uses_dev", 0x7, "nh->nh_common.nhc_dev", "struct fib6_nh")] // nh->fib_nh_dev == dev
    [InlineData("sock_bind_add", 0x5, "sk->__sk_common.skc_prot", "struct sock")] // !sk->sk_prot->bind_add
    [InlineData("dev_pm_genpd_remove_notifier", 0x94, "genpd->lock_ops->lock", "struct genpd_lock_ops")] // genpd_lock(genpd)
    [InlineData("flush_backlog", 0x5e, "skb->dev->reg_state", "struct net_device")] // skb->dev->reg_state == NETREG_UNREGISTERING
    [InlineData("local_cpulist_show", 0x5, "dev->numa_node", "struct device")] // dev_to_node(dev)
    [InlineData("userfaultfd_remove", 0x91, "ctx->mmap_changing.counter", "struct userfaultfd_ctx")] // atomic_inc(&ctx->mmap_changing)
    [InlineData("power_supply_put", 0x5, "psy->use_cnt.counter", "struct power_supply")] // atomic_dec(&psy->use_cnt)
    [InlineData("selinux_sb_kern_mount", 0x6e, "cred->security", "struct cred")] // selinux_cred(cred)
    [InlineData("ghes_do_proc.isra.0.cold", 0x9, "current_task->pid", "struct task_struct")] // pr_err("%s:%d: ...", current->comm, task_pid_nr(current))
    [InlineData("klp_reverse_transition.cold", 0x23, "klp_transition_patch->mod", "struct klp_patch")] // klp_transition_patch->mod->name
    [InlineData("rtnl_dellinkprop", 0x5, "skb->sk", "struct sk_buff")] // sock_net(skb->sk)
    public void The_member_is_the_source_s(string function, int offset, string expression, string structure)
    {
        MemberAccess access = shared.Ask(function, offset);
        Assert.Equal((expression, structure), (access.Expression, access.Struct));
    }

    [Theory]
    [InlineData("__dec_node_state", 0x4b)] // pgdat->vm_stat[item]: the array's offset is in the index register
    [InlineData("tg_prfill_conf_uint", 0x8)] // *(unsigned int *)((void *)tg + off)
    [InlineData("min_microamps_show", 0xf)] // dev_get_drvdata(dev): void *
    [InlineData("proc_lookup", 0x16)] // PDE(dir): a structure around the inode, of which no variable is left
    [InlineData("emit_mov_imm32", 0x42)] // four bytes through a u8 *
    public void What_debug_information_does_not_tell_is_not_told(string function, int offset)
    {
        MemberAccess access = shared.Ask(function, offset);
        Assert.Null(access.Expression);
        Assert.NotNull(access.Reason);
    }

    public sealed class Kernel : IDisposable
    {
        /// <summary>Debian's linux-image-6.1.0-56-amd64 6.1.192-2.</summary>
        private const string BuildId = "eb4fbcd037e7253717950bf2b93bd5566f47c56f";

        private ElfFile? _file;
        private CodeImage? _code;
        private DwarfFile? _dwarf;

        internal MemberAccess Ask(string function, int offset)
        {
            Assert.SkipWhen(DecodedLog.Vmlinux is null, DecodedLog.NeedsVmlinux);
            _file ??= ElfFile.Open(DecodedLog.Vmlinux!);
            Assert.SkipUnless(ElfNotes.BuildId(_file) == BuildId, $"the places are those of the build {BuildId}");
            _code ??= new CodeImage(_file);
            _dwarf ??= new DwarfFile(_file);
            ulong address = Assert.Single(_file.Symbols.FindCode(function)).Address + (ulong)offset;
            Instruction instruction = Decoder.Create(64, _code.Read(address, 15), address).Decode();
            Operand memory = Assert.NotNull(Operand.Of(instruction));
            Dictionary<string, ulong> registers = Enumerable.Range(0, RegisterState.Count).ToDictionary(X64Registers.NameOf, _ => 0UL);
            return new MemberInference(_file, _code, _dwarf)
                .AtFault(new MemoryFault { Instruction = address, Registers = registers, Address = (ulong)memory.Displacement });
        }

        public void Dispose() => _file?.Dispose();
    }
}
