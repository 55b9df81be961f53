#!/usr/bin/env python3
"""A second reader of the guests' logs: prints expected.tsv.      ./expect.py *.log.gz > expected.tsv

It shares nothing with this project's parser. What was provoked is what the guest said before it did it ("guest: action BUG");
which kind that is, is hand knowledge (KIND, OF_ARCHITECTURE). Everything else is read from the lines behind the headline.
"""
import gzip, re, sys

# What an action provokes: the tests of drivers/misc/lkdtm, the functions of kinds.c, keys of sysrq.
KIND = {
    'WARNING': 'Warning', 'WARNING_MESSAGE': 'Warning', 'BUG': 'Bug', 'PANIC': 'Panic', 'CORRUPT_LIST_ADD': 'ListCorruption', 'CORRUPT_LIST_DEL': 'ListCorruption',
    'EXCEPTION': 'NullDereference', 'ACCESS_NULL': 'NullDereference', 'EXEC_NULL': 'NullDereference', 'EXEC_DATA': 'ExecuteFault', 'EXEC_USERSPACE': 'ExecuteFault',
    'ACCESS_USERSPACE': 'UserAccess', 'WRITE_RO': 'PageFault', 'WRITE_RO_AFTER_INIT': 'PageFault', 'REFCOUNT_INC_OVERFLOW': 'Refcount', 'REFCOUNT_SUB_AND_TEST_NEGATIVE': 'Refcount',
    'USERCOPY_SLAB_SIZE_TO': 'UserCopy', 'USERCOPY_SLAB_WHITELIST_FROM': 'UserCopy', 'USERCOPY_STACK_FRAME_TO': 'UserCopy', 'FORTIFY_STR_OBJECT': 'Fortify', 'FORTIFY_STRSCPY': 'Fortify',
    'STACK_GUARD_PAGE_LEADING': 'StackOverflow', 'CORRUPT_STACK': 'StackProtector', 'SOFTLOCKUP': 'SoftLockup', 'HUNG_TASK': 'HungTask',
    'WRITE_AFTER_FREE': 'Slub', 'SLAB_FREE_DOUBLE': 'Slub', 'SLAB_LINEAR_OVERFLOW': 'Slub', 'SLAB_FREE_CROSS': 'Warning', 'SLAB_FREE_PAGE': 'Warning',
    'int3': 'Breakpoint', 'stack_segment': 'GeneralProtectionFault', 'invalid_opcode': 'InvalidOpcode', 'bad_pointer': 'PageFault', 'alloc_failure': 'PageAllocationFailure',
    'rcu_stall': 'RcuStall', 'double_fault': 'DoubleFault', 'unregister': 'NetdeviceBusy', 'initdie': 'InitKilled', 'oom': 'OutOfMemory', 'sysrq-f': 'OutOfMemory', 'sysrq-c': 'Panic'}

# What an architecture's kernel says otherwise: arm's software PAN turns each touch of user space into a domain fault, and it calls a bad
# fetch a prefetch abort; riscv looks for user space before it looks for NULL; s390 and mips tell neither NULL nor user space nor a jump
# apart, s390 runs the zeros at 0; mips's BUG does not say which file it is in (arch/*/mm/fault.c, arch/*/kernel/traps.c).
OF_ARCHITECTURE = {
    'armhf': {'EXCEPTION': 'Oops', 'ACCESS_NULL': 'Oops', 'ACCESS_USERSPACE': 'Oops', 'EXEC_NULL': 'ExecuteFault'},
    'riscv64': {'EXCEPTION': 'UserAccess', 'ACCESS_NULL': 'UserAccess'},
    's390x': {'EXCEPTION': 'PageFault', 'ACCESS_NULL': 'PageFault', 'EXEC_NULL': 'InvalidOpcode', 'EXEC_USERSPACE': 'PageFault', 'ACCESS_USERSPACE': 'PageFault', 'EXEC_DATA': 'PageFault'},
    'mips64el': {'EXCEPTION': 'PageFault', 'ACCESS_NULL': 'PageFault', 'EXEC_NULL': 'PageFault', 'CORRUPT_LIST_ADD': 'Bug'}}

# Headlines that say themselves what they are, provoked or not.
OWN_KIND = [(re.compile(p), k) for p, k in (
    (r'WARNING: CPU: \d+ PID: \d+ at lib/refcount', 'Refcount'), (r'WARNING: CPU', 'Warning'), (r'sysrq: Show ', 'SysrqDump'), (r'INFO: task ', 'HungTask'), (r'watchdog: BUG: soft lockup', 'SoftLockup'),
    (r'.* invoked oom-killer', 'OutOfMemory'), (r'Kernel panic - not syncing: VFS: Unable to mount root', 'NoRootFileSystem'), (r'Kernel panic - not syncing: System is deadlocked', 'Panic'),
    (r'CPU \d+ Unable to handle kernel paging', 'PageFault'))]
HEADLINE = re.compile(
    r'WARNING: CPU|[Kk]ernel BUG at|Kernel bug detected|BUG: |BUG [\w-]+ \(|Unable to handle|CPU \d+ Unable to handle|Unhandled (fault|prefetch abort)|general protection|invalid opcode|int3: |illegal operation|'
    r'Kernel panic - not syncing|traps: PANIC|watchdog: BUG|INFO: task|rcu: INFO|.* invoked oom-killer|.*: page allocation failure|sysrq: Show|unregister_netdevice: waiting')
BEFORE_HEADLINE = re.compile(r'------------\[ cut here|8<--- cut here|={20,}$|Kernel attempted to |kernel tried to execute|unable to execute userspace')
# One report says several of them, each within a few lines of the other, or a panic because of it behind its end.
NO_REPORT_OF_ITS_OWN = re.compile(r'invalid opcode|BUG: (Kernel|Unable|kernel)|illegal operation')

# Functions that report a crash, allocate, or look for what is wrong: none of them is to blame. By name, from these logs.
PLUMBING = re.compile(
    r'(panic|vpanic|do_panic_on_target_cpu|_printk|dump_stack|dump_stack_lvl|dump_backtrace|show_stack|unwind_backtrace|__warn|warn_slowpath_fmt|BUG|__list_(add|del_entry)_valid(_or_report)?|'
    r'refcount_warn_saturate|__refcount_\w+|usercopy_abort|__check_\w+|check_\w+|fortify_panic|slab_err|object_err|free_to_partial_list|cache_from_obj|kmem_cache_free|__kmem_cache_\w+|kfree|kmalloc\w*|__slab_free|___slab_alloc|alloc_debug_processing|get_partial_node|'
    r'warn_alloc|__alloc_pages\w*|delay_tsc|__schedule|schedule\w*|msleep\w*|do_exit|__handle_sysrq|exc_\w+|asm_exc_\w+)(\.\w+)*$')

FRAME = re.compile(r'([A-Za-z_][\w.]*)\+0x([0-9a-f]+)/0x([0-9a-f]+)(?: \[(\w+)\])?')
TRACE = re.compile(r'Call [Tt]race|Stack ?: ?[\[(0-9]|\[<[0-9a-f]+>\] \w|\([\w.]+\+|unwind_backtrace|---\[ end trace')
REGISTERS = {   # name, and its value
    'amd64': r'\b((?:R(?!IP)[A-Z0-9]{2}|EFLAGS|FS|GS|knlGS|CS|DS|ES|CR\d|PKRU)): *(?:[0-9a-f]{4}:)?([0-9a-f]{4,16})\b',
    'i386': r'\b((?:E(?!IP)[A-Z]{2}|EFLAGS|FS|GS|DS|ES|SS|CR\d)): +(?:[0-9a-f]{4}:)?([0-9a-f]{4,8})\b',
    'arm64': r'\b(pstate|sp|x\d+|pc(?= : 0x)) *: (?:0x)?([0-9a-f]+)\b',
    'armhf': r'\b(pc|lr|psr|sp|ip|fp|r\d+|Control|Table|DAC) *: (?:\[<)?([0-9a-f]{8})\b',
    'riscv64': r'\b(epc|ra|sp|gp|tp|[ast]\d+|status|badaddr|cause) *: ([0-9a-f]{16})\b',
    'ppc64el': r'\b(NIP|LR|CTR|MSR|CR|XER|CFAR|DAR|DSISR|IRQMASK): +([0-9a-f]+)\b',
    's390x': r'(?!)()()',
    'mips64el': r'\b(Hi|Lo|epc|ra|Status|Cause|BadVA) *: ([0-9a-f]+)\b',
    'loong64': r'\b(pc|ra|tp|sp|[ast]\d|u0|ERA|CRMD|PRMD|EUEN|ECFG|ESTAT|BADV):? ([0-9a-f]{8,16})\b'}


def message(line):
    return re.sub(r'^\[ *\d+\.\d+\] ?', '', line.rstrip('\r\n')).strip()


def registers(architecture, body):
    found = {}
    for i, text in enumerate(body):
        if TRACE.match(text):
            break
        for name, value in re.findall(REGISTERS[architecture], text):
            found.setdefault(name, value)
        row = re.match(r'(GPR|\$) ?(\d+) *: (.*)', text)               # powerpc and mips count on from the row's number
        for n, value in enumerate(row[3].split() if row else ()):
            found[f'GPR{int(row[2]) + n:02}' if row[1] == 'GPR' else f'${int(row[2]) + n}'] = value
        if text.startswith('Krnl PSW :'):
            found['PSWM'], found['PSWA'] = text.split()[3:5]
        if text.startswith('Krnl GPRS:'):
            for n, value in enumerate(' '.join(body[i:i + 4])[len('Krnl GPRS:'):].split()):
                found[f'R{n}'] = value
    for text in body:
        if 'CR2' in found and re.fullmatch(r'CR2: [0-9a-f]+', text):   # x86 repeats it behind the trace: the true one, as reading the code may have faulted again
            found['CR2'] = text[5:]
    return {n: int(v, 16) for n, v in found.items()}


def guilty(kind, head, body):
    """The first function that did something wrong: of the headline, the pointer, the link register of a jump to nowhere, the trace."""
    if kind in ('SysrqDump', 'OutOfMemory', 'NoRootFileSystem', 'InitKilled', 'NetdeviceBusy'):
        return ''
    places = []
    pointer = link = None
    if kind in ('Warning', 'Refcount', 'StackProtector') and FRAME.search(head):
        places.append(FRAME.search(head))
    stacked = False
    for text in body:
        stacked = stacked or bool(TRACE.match(text)) and (kind != 'Slub' or text == 'Call Trace:')  # it has the object's stacks before its own
        if re.match(r'CPU\d+: stopping', text):
            break
        if re.match(r'(pc :|PC is at|RIP: 0010|EIP:|epc *:|NIP \[|Krnl PSW|ERA:)', text) and not stacked and pointer is None:
            pointer = FRAME.search(text) or False
        elif re.match(r'(lr :|LR is at|LR \[|ra *:)', text):
            link = link or FRAME.search(text)
        elif text.startswith('?') or '] ?' in text or text.endswith('(unreliable)') or re.match(r'(RIP: 0033|Last Break|Register r)', text):
            continue
        elif stacked or kind != 'Slub' and re.match(r'(unwind_backtrace|[\w.]+\+0x)', text):
            arm = re.match(r'\S.* from (.*)', text)
            frame = FRAME.match(re.sub(r'^\(?(\[[<0-9a-f>]+\] ?)*', '', arm[1] if arm else text))
            if frame:
                places.append(frame)
    # Where it stopped counts, unless it jumped there: then the caller does, which the link register has before the trace.
    jumped = pointer is not None and (pointer is False or kind == 'ExecuteFault' or int(pointer[2], 16) > int(pointer[3], 16))
    places = ([link] if link and jumped else []) + ([pointer] if pointer and not jumped else []) + places
    for place in places:
        # A return address at a function's start is that of a call that does not return, at the end of the function before.
        name, offset, size, module = place[1], int(place[2], 16), int(place[3], 16), place[4]
        if not PLUMBING.match(name) and offset <= size and (offset > 0 or place is pointer) and not (jumped and pointer and name == pointer[1]):
            return f'{name} [{module}]' if module else name
    return ''


def task(kind, head, body):
    if kind == 'HungTask':
        named = re.match(r'INFO: task (.+):(\d+) blocked', head)
        return '', named[2], named[1]
    if kind == 'SysrqDump':
        return '', '', ''
    for text in [head] + body:
        named = re.match(r'CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (.+?) (?:Not tainted|Tainted)', text)
        if named:
            return named.groups()
    return '', '', ''


def main(logs):
    print('log', 'first', 'kind', 'cpu', 'pid', 'comm', 'guilty', 'modules', 'registers', sep='\t')
    for log in logs:
        lines = [message(x) for x in gzip.open(log, 'rt', encoding='utf-8', errors='replace', newline='\n')]
        architecture, action, ended, previous = log.split('-')[0], '', -9, -9
        for at, head in enumerate(lines):
            if head.startswith('guest: action '):
                action, ended, previous = re.sub('^(prov|kind|bg)-', '', head.split()[2]), -9, -9
            if not HEADLINE.match(head):
                ended = at if head.startswith('---[ end trace') else ended
                continue
            if head.startswith('Kernel panic') and at - ended < 20 or NO_REPORT_OF_ITS_OWN.match(head) and at - previous < 4:
                continue
            previous = at
            first = next((n for n in range(max(at - 3, 0), at) if BEFORE_HEADLINE.match(lines[n])), at)
            end = next((n for n in range(at + 1, len(lines)) if lines[n].startswith('guest: ') or '---[ end trace' in lines[n] or BEFORE_HEADLINE.match(lines[n])
                        or HEADLINE.match(lines[n]) and not NO_REPORT_OF_ITS_OWN.match(lines[n])), len(lines))
            body = lines[at:end + 1]
            kind = next((k for p, k in OWN_KIND if p.match(head)), None) or OF_ARCHITECTURE.get(architecture, {}).get(action) or KIND.get(action) or 'Warning'
            modules = next((len([m for m in x.split()[3:] if m[0] != '[']) for x in body if x.startswith('Modules linked in:')), 0)
            values = ','.join(f'{n}={v:x}' for n, v in sorted(registers(architecture, body).items()))
            print(log.removesuffix('.log.gz'), first + 1, kind, *task(kind, head, body), guilty(kind, head, body), modules, values, sep='\t')


main(sys.argv[1:])
