#!/usr/bin/env python3
"""Reads crash reports out of logs without this project's parser, by its own few rules, and prints what it saw as JSON.
Usage: make.py ROOT LOG... > expected.json        (what it prints was then read beside each log, line by line)
It knows the kinds of these logs only. Guilty and title functions: the first of pointer and trace that PLUMBING has not."""
import gzip, json, re, sys

ESC = re.compile(r'\x1b\[[0-9;]*m')
PREFIX = [re.compile(p) for p in (
    r'^[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \S+ kernel: ',                      # rsyslog, journalctl
    r'^\d{4}-\d\d-\d\dT\S+ \S+ kernel: ',                                    # rsyslog and journalctl, ISO
    r'^\[ *\d+\.\d+\] \S+ kernel: ',                                         # journalctl -o short-monotonic
    r'^<\d+>', r'^[a-z0-9]+ *:[a-z]+ *: ?',                                  # raw level, dmesg -x
    r'^\[ *[+<]? *\d+\.\d+>?(?: <[ +]*\d+\.\d+>)?\] ?', r'^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [^]]*\] ?', r'^\[[A-Z][a-z]{2}\d+ \d\d:\d\d\] ?',
    r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[,.]\d+\S* ?', r'^\[ *[TC]\d+\] ?', r'^[a-z]+ *: ?(?=\[)', r'^\[ *[TC]\d+\] ?')]
FRAME = re.compile(r'^(\? )?(?:\[<[0-9a-f]+>\] )?(\? )?([\w.$]+)\+0x([0-9a-f]+)/0x([0-9a-f]+)(?: \[([\w]+)(?: [0-9a-f]+)?\])?(?: [0-9a-f]{40})?$')
PLUMBING = re.compile(r'^(dump_stack(_lvl)?|panic|print_report|kasan_\w+|__kasan_\w+|____kasan_\w+|__asan_\w+|kfree|__kmem_cache_free|kmem_cache_free|__slab_free|set_freepointer|refcount_\w+|'
    r'__schedule|__schedule_bug|schedule|schedule_timeout|__stack_chk_fail|__list_del_entry_valid|__list_add_valid|__might_resched|strlen|strnlen|memcpy\w*|'
    r'skb_release_data|skb_release_all|kfree_skb\w*|__kfree_skb|consume_skb|napi_consume_skb|skb_free_head|check_region_inline|kasan_check_range)$')

def strip(line):
    s = ESC.sub('', line.rstrip('\r\n'))
    s = re.sub(r'^[A-Za-z ]{1,30}(?=\[ *\d+\.\d+\]\[ *[TC]\d+\])', '', s)  # a program's output cut by the kernel's line
    for p in PREFIX:
        s = p.sub('', s, 1)
    return s

def suffixless(f):
    return re.sub(r'(\.(constprop|isra|part)\.\d+|\.cold(\.\d+)?)+$', '', f)

def frame(s):
    m = FRAME.match(s.strip())
    return None if not m else dict(q=bool(m[1] or m[2]), f=m[3], m=m[6])

HEADS = [('kernel BUG at mm/slub.c', 'Bug', 'Error'), ('kernel BUG at lib/list_debug.c', 'ListCorruption', 'Error'), ('kernel BUG at ', 'Bug', 'Error'),
    ('BUG: kernel NULL pointer dereference', 'NullDereference', 'Error'), ('BUG: unable to handle kernel NULL pointer', 'NullDereference', 'Error'), ('BUG: unable to handle page fault', 'PageFault', 'Error'),
    ('general protection fault', 'GeneralProtectionFault', 'Error'), ('divide error', 'DivideError', 'Error'), ('BUG: TASK stack guard page', 'StackOverflow', 'Error'),
    ('BUG: scheduling while atomic', 'SchedulingWhileAtomic', 'Error'), ('BUG: sleeping function called', 'SleepInAtomic', 'Error'),
    ('watchdog: BUG: soft lockup', 'SoftLockup', 'Error'), ('INFO: task ', 'HungTask', 'Error'), ('BUG: KASAN: ', 'Kasan', 'Error'),
    ('Kernel panic - not syncing: stack-protector', 'StackProtector', 'Fatal'), ('Kernel panic - not syncing: ', 'Panic', 'Fatal'), ('WARNING: CPU: ', 'Warning', 'Warning')]
DIE = {'Bug', 'ListCorruption', 'NullDereference', 'PageFault', 'UserAccess', 'ExecuteFault', 'GeneralProtectionFault', 'DivideError', 'StackOverflow'}
REG = re.compile(r'\b(R[A-Z0-9]{2}|E?FLAGS|EFLAGS|CR[0234]|PKRU|FS|GS|knlGS|CS|DS|ES|DR[0-7]|ORIG_RAX): *(?:00[0-9a-f]{2}:)?([0-9a-f]{4,16})')
BODY = re.compile(r'^(R[A-Z0-9]{2}: |FS: |CS: |CR2: |PKRU: |DR[0-7]: |Code: |RIP: )')

def reports(lines):
    msgs = [strip(l) for l in lines]
    n, i, out = len(msgs), 0, []
    while i < n:
        m = msgs[i].strip()
        start = None
        h = next((k for k in HEADS if m.startswith(k[0])), None)
        if m.startswith('------------[ cut here ]'):
            for j in range(i + 1, min(i + 4, n)):
                h = next((k for k in HEADS if msgs[j].strip().startswith(k[0])), None)
                if h: start, head = i, j; break
        elif h:
            start, head = i, i
            if h[1] == 'Kasan' and i and msgs[i - 1].strip().startswith('====='): start = i - 1
        elif re.match(r'CPU: \d+ PID: \d+ Comm: ', m):
            h, start, head = ('', 'StackDump', 'Notice'), i, i
        if start is None: i += 1; continue
        r, end = read(msgs, start, head, h)
        out.append(r)
        i = end + 1
    return out

def read(msgs, start, head, h):
    kind, severity = h[1], h[2]
    n = len(msgs); text = msgs[head].strip()
    r = dict(kind=kind, severity=severity, first=start + 1)
    trace, regs, mods, pointer, user, intrace, ended, panicked, last = [], {}, None, None, False, False, False, False, head
    i = head if kind != 'StackDump' else head - 1
    named = frame(text.split(' ')[-2] + ' ' + text.split(' ')[-1]) or frame(text.split(' ')[-1]) if kind == 'Warning' else None
    if kind == 'Warning':
        w = re.search(r' at (\S+) (\S+(?: \[[^]]+\])?)(?: [0-9a-f]{40})?$', text); named = frame(w[2]) if w else named
    if kind == 'Kasan':
        w = re.search(r' in (\S+(?: \[[^]]+\])?)$', text); named = frame(w[1]) if w else None
    if kind == 'StackProtector':
        named = frame(text[text.index('in: ') + 4:])
    t = re.match(r'INFO: task (\S+):(\d+) blocked', text) or re.match(r'BUG: scheduling while atomic: (\S+)/(\d+)/', text) or re.search(r'stuck for \d+s! \[(\S+):(\d+)\]', text)
    if t: r['comm'], r['pid'] = t[1], int(t[2])
    t = re.search(r'soft lockup - CPU#(\d+)', text) or re.match(r'WARNING: CPU: (\d+) ', text)
    if t: r['cpu'] = int(t[1])
    closed = kasan_done = False
    while i + 1 < n:
        i += 1; s = msgs[i].strip()
        if i > head and (any(s.startswith(k[0]) for k in HEADS) and not (kind in DIE and s.startswith('Kernel panic')) or s.startswith('------------[ cut here')): i -= 1; break
        if kind in DIE and i > head and s.startswith('Kernel panic'): panicked = True; last = i; continue
        if s.startswith('Kernel Offset: ') and (panicked or kind in ('Panic', 'StackProtector')):
            last = i; continue
        if s.startswith('---[ end Kernel panic'): last = i; break
        t = re.match(r'CPU: (\d+) PID: (\d+) Comm: (.+?) (?:Not tainted|Tainted|Kdump)', s)
        if t and not ended and not ('seen_cpu' in r):
            r['cpu'], r['pid'], r['comm'], r['seen_cpu'] = int(t[1]), int(t[2]), t[3], 1; last = i
        t = re.match(r'task:(\S+) +state:.*\bpid:(\d+)', s)
        if t: r['comm'], r['pid'] = t[1], int(t[2])
        if s.startswith('Modules linked in:'):
            mods = mods or [x for x in s[len('Modules linked in:'):].split() if not x.startswith('[')]; last = i
            while len(msgs[i]) > 900 and re.match(r'^[a-z0-9_ ]+(\([A-Z+-]+\)[a-z0-9_ ]*)*$', msgs[i + 1].strip()):
                i += 1; mods += msgs[i].split(); last = i    # printk cut the list, the seed's author's tool kept both lines
            continue
        if s == 'Call Trace:': intrace, user = kind != 'Kasan' or not trace, False; last = i; continue
        if s in ('<TASK>', '<IRQ>', '</IRQ>', '<#DF>', '</#DF>', '<NMI>', '</NMI>'): last = i; continue
        if s == '</TASK>':
            last, intrace, user = i, False, False
            if kind in ('SchedulingWhileAtomic', 'SleepInAtomic', 'SoftLockup', 'HungTask', 'StackDump'): break
            continue
        if s.startswith('---[ end trace'):
            ended = True; last = i
            if kind == 'Warning': break
            continue
        if kind == 'Kasan' and s.startswith('=====') and i > head: last = i; break
        f = frame(s)
        if f and intrace: trace.append(f); last = i; continue
        t = re.match(r'RIP: (00\d\d):(.*)', s)
        if t:
            user = t[1] == '0033'; last = i
            if not user and pointer is None and not intrace: pointer = frame(t[2]) or dict(q=False, f=None, m=None, raw=t[2])
            elif not user and intrace and frame(t[2]): trace.append(frame(t[2]))
            continue
        if BODY.match(s):
            last = i
            if not user and not intrace and not ended:
                for k, v in REG.findall(s): regs.setdefault(k, v)
            if s.startswith('CR2: ') and 'CR3' not in s: regs['CR2'] = s[5:]
            continue
        if ended and kind in DIE and s.startswith('note: '): last = i; continue
        if ended and kind in DIE and not panicked: i -= 1; break
        if kind not in DIE | {'Kasan', 'Warning'} and closed: break
    r['last'] = last + 1
    r.pop('seen_cpu', None)
    if kind == 'PageFault':
        k = ' '.join(m.strip() for m in msgs[start:start + 4])
        if 'supervisor instruction fetch' in k and 'permissions violation' in k: r['kind'] = 'ExecuteFault'
        elif 'user' in k and 'permissions violation' in k: r['kind'] = 'UserAccess'
        elif 'error_code(0x0001)' in k and int(re.search(r'address: (\w+)', k)[1], 16) < 1 << 47: r['kind'] = 'UserAccess'
    if kind == 'Warning' and 'lib/refcount.c' in text: r['kind'] = 'Refcount'
    cand = ([pointer] if pointer and pointer['f'] else []) + [f for f in trace if not f['q']]
    if kind in ('Warning', 'Kasan') or kind == 'StackProtector': cand = ([named] if named else []) + [f for f in trace if not f['q']]
    if kind in ('Panic', 'SchedulingWhileAtomic', 'SleepInAtomic', 'HungTask', 'StackDump'): cand = [f for f in trace if not f['q']]
    guilty = next((f for f in cand if not PLUMBING.match(suffixless(f['f']))), None)
    r['guilty'] = guilty and guilty['f'] + (' [%s]' % guilty['m'] if guilty['m'] else '')
    r['pointer'] = pointer and (pointer['f'] and pointer['f'] + (' [%s]' % pointer['m'] if pointer['m'] else ''))
    title = pointer['f'] if kind == 'Bug' and pointer else guilty and guilty['f']
    r['title'] = title and suffixless(title)
    if kind in ('Panic', ): r['title'] = None
    r['registers'] = regs
    r['modules'] = mods or []
    return r, max(i, last)

if __name__ == '__main__':
    root, allr = sys.argv[1], {}
    for p in sys.argv[2:]:
        o = gzip.open if p.endswith('.gz') else open
        lines = o(root + '/' + p, 'rt', encoding='utf-8', errors='surrogateescape', newline='\n').read().split('\n')
        allr[p] = reports(lines)
    print('{'); print(',\n'.join(json.dumps(p) + ': [\n  ' + ',\n  '.join(json.dumps(r) for r in rs) + ']' for p, rs in allr.items())); print('}')
