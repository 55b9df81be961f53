#!/usr/bin/env python3
"""Writes NAME.oracle.txt: what independent symbolizers say about every text byte of a linked ELF file.

    oracle.py [--addr2line=TOOL] [--sup=FILE] [--linkage] [--sections] LINKED OUT

Four independent readers are asked: llvm-symbolizer, binutils' addr2line, gimli's addr2line crate (gimli-symbolizer/,
where it is built: $GIMLI_SYMBOLIZER) and eu-addr2line. An answer counts where two agree and no other two agree on
another; the rest is written as '!' lines, which tests pass over. Lines of the result (tab-separated):

    START END FRAMES       every address in [START, END) has these frames, innermost first
    !START END llvm ... addr2line ... gimli ... eu ...

A frame is FUNCTION@FILE:LINE:COLUMN, frames are joined with '|'; '?' is an unknown function or file, line 0 is "no
line", column 0 "no column". Files are joined with their directories and normalised lexically. With --linkage the
functions are linkage (mangled) names; LINKAGE~NAME where the debug information has only a plain name. With --sections addresses read SECTION+0xOFFSET: LINKED is then the relocatable
file linked with each section at an address of its own.
"""
import json
import os
import posixpath
import re
import subprocess
import sys

LLVM = os.environ.get("LLVM_SYMBOLIZER", "llvm-symbolizer-19")
GIMLI = os.environ.get("GIMLI_SYMBOLIZER", "/tmp/gimli-symbolizer/release/gimli-symbolizer")
TOOLS = ["llvm", "addr2line", "gimli", "eu"]
SUFFIX = re.compile(r"(\.(isra|constprop|part|cold|llvm|lto_priv)(\.\d+)?)+$")


def sections(path):
    """(name, address, size) of each allocated executable section."""
    out = subprocess.run(["readelf", "-SW", path], check=True, capture_output=True, text=True).stdout
    for m in re.finditer(r"\]\s+(\S+)\s+PROGBITS\s+([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)\s+\S+\s+(\w*X\w*)\s", out):
        if int(m[3], 16):
            yield m[1], int(m[2], 16), int(m[3], 16)


def clean_file(name):
    return "?" if name in ("", "??") else posixpath.normpath(name)


def clean_name(name):
    return "?" if name in ("", "??") else SUFFIX.sub("", name)


def llvm(path, addresses, linkage):
    args = [LLVM, "-e", path, "--output-style=JSON", "--no-demangle", "--functions=" + ("linkage" if linkage else "short")]
    run = subprocess.run(args, input="\n".join(map(hex, addresses)), check=True, capture_output=True, text=True)
    result = []
    for line in run.stdout.splitlines():
        item = json.loads(line)
        frames = [(clean_name(f["FunctionName"]), clean_file(f["FileName"]), f["Line"], f["Column"]) for f in item["Symbol"]]
        result.append(frames)
    return result


def pairs(args, addresses, on_input=False):
    """The output of an addr2line: an address line, then a function line and a place line for each frame."""
    numbers = list(map(hex, addresses))          # the exit status is not checked: eu's tells of any unknown address
    run = subprocess.run(args + ([] if on_input else numbers), input="\n".join(numbers), capture_output=True, text=True)
    result, function = [], None
    for line in run.stdout.splitlines():
        if re.fullmatch(r"0x[0-9a-f]+", line):
            result.append([])
            function = None
        elif function is None:
            function = line.split(" inlined at ")[0]
        else:
            place = line.split(" (discriminator")[0].rstrip(")")
            m = re.fullmatch(r"(.*?):(\d+|\?)(?::(\d+))?", place)
            number = 0 if m[2] == "?" else int(m[2])
            result[-1].append((clean_name(function), clean_file(m[1]), number, int(m[3] or 0)))
            function = None
    return result


def chunked(args, addresses):
    return [frames for i in range(0, len(addresses), 2000) for frames in pairs(args, addresses[i:i + 2000])]


def agree(a, b):
    """
    Same functions, files and lines. Where neither knows a line the names are symbol-table guesses: both mean "unknown".
    A lone frame's function may be unknown to one (assembler units without DIEs), a caller's file too (gimli 0.27 does
    not know call_file 0 of DWARF 5).
    """
    if len(a) != len(b):
        return False
    if len(a) == 1 and (a[0][1] == "?" or a[0][2] == 0 or b[0][1] == "?" or b[0][2] == 0):
        return a[0][2] == b[0][2] == 0 and (a[0][1] == b[0][1] or "?" in (a[0][1], b[0][1]))
    return all(x[2] == y[2] and (x[0] == y[0] or (len(a) == 1 and "?" in (x[0], y[0]))) and
               (x[1] == y[1] or (i > 0 and "?" in (x[1], y[1]))) for i, (x, y) in enumerate(zip(a, b)))


def merge(a, b):
    """The fuller of two answers that agree."""
    if len(a) == 1 and a[0][2] == 0:
        return [("?", "?", 0, 0)] if "?" in (a[0][1], b[0][1]) else [(a[0][0], a[0][1], 0, 0)]
    def either(x, y, unknown):
        return y if x == unknown else x
    return [(either(x[0], y[0], "?"), either(x[1], y[1], "?"), x[2], either(x[3], y[3], 0)) for x, y in zip(a, b)]


def unknown(frames):
    return len(frames) == 1 and frames[0][2] == 0


def no_inlines(a, b):
    """True when a is b without its inlined frames: the innermost place under the outermost function."""
    return len(a) == 1 < len(b) and a[0][0] == b[-1][0] and a[0][1:3] == b[0][1:3]


def renamed(a, b):
    """
    True when a and b differ in the outermost function's name alone: gcc gives a local C++ function no
    DW_AT_linkage_name, so that one pair has the symbol table's name and the other DW_AT_name. Written LINKAGE~NAME.
    """
    return a[-1][0].startswith("_Z") and [x[1:3] for x in a] == [x[1:3] for x in b] and \
        [x[0] for x in a[:-1]] == [x[0] for x in b[:-1]]


def judge(answers):
    """
    (True, frames) where two tools agree and no others do on another answer, else (False, None). Two that know a line
    outweigh two that agree on knowing none; two that know inlined frames outweigh two that agree on knowing none.
    """
    found = None
    for i, a in enumerate(answers):
        for b in answers[i + 1:]:
            if a is None or b is None or not agree(a, b):
                continue
            merged = merge(a, b)
            if found is None or unknown(found) and not unknown(merged):
                found = merged
            elif unknown(merged) and not unknown(found) or no_inlines(merged, found):
                continue
            elif no_inlines(found, merged):
                found = merged
            elif renamed(found, merged):
                found = found[:-1] + [("%s~%s" % (found[-1][0], merged[-1][0]),) + found[-1][1:3] + (found[-1][3] or merged[-1][3],)]
                return True, found
            elif not agree(found, merged):
                return False, None
    return found is not None, found


def without_guess(frames, answers, linkage):
    """
    A lone frame without the function that only the symbol table knows: binutils and elfutils look there, gimli does
    not, llvm for linkage names only. Padding between functions has line rows and no function, as have assembler units without entries.
    """
    dwarf = [answers[i][0][0] for i in ((2,) if linkage else (0, 2)) if answers[i] and len(answers[i]) == 1 and answers[i][0][2] == frames[0][2]]
    return [("?",) + frames[0][1:]] if len(frames) == 1 and dwarf and set(dwarf) == {"?"} else frames


def text(frames):
    return "|".join("%s@%s:%d:%d" % f for f in frames)


def main():
    options = [a for a in sys.argv[1:] if a.startswith("--")]
    path, out = [a for a in sys.argv[1:] if not a.startswith("--")]
    addr2line = next((o.split("=", 1)[1] for o in options if o.startswith("--addr2line=")), "addr2line")
    sup = [o.split("=", 1)[1] for o in options if o.startswith("--sup=")]
    linkage, by_section = "--linkage" in options, "--sections" in options
    counts = {"agreed by the first two": 0, "by another two": 0, "open": 0}
    lines = []
    for name, base, size in sections(path):
        addresses = list(range(base, base + size))
        spoken = [llvm(path, addresses, linkage), chunked([addr2line, "-afi", "-e", path], addresses),
                  pairs([GIMLI, path, *sup], addresses, True) if os.path.exists(GIMLI) else [None] * size,
                  chunked(["eu-addr2line", "-afi", "-e", path], addresses)]
        assert all(len(s) == size for s in spoken), [len(s) for s in spoken]
        runs = []
        for address, *answers in zip(addresses, *spoken):
            agreed, frames = judge(answers)
            if agreed:
                frames = without_guess(frames, answers, linkage)
                kind, answer = "agreed by the first two" if agree(answers[0], answers[1]) else "by another two", text(frames)
            else:
                kind = "open"
                answer = "\t".join("%s\t%s" % (t, text(a)) for t, a in zip(TOOLS, answers) if a is not None)
            counts[kind] += 1
            if runs and runs[-1][2:] == [not agreed, answer]:
                runs[-1][1] = address + 1
            else:
                runs.append([address, address + 1, not agreed, answer])
        for start, end, is_open, answer in runs:
            place = (lambda a: "%s+0x%x" % (name, a - base)) if by_section else (lambda a: "0x%x" % a)
            lines.append("%s%s\t%s\t%s" % ("!" if is_open else "", place(start), place(end), answer))
    with open(out, "w", encoding="utf-8") as f:
        f.write("# %s: %s\n" % (os.path.basename(path), ", ".join("%d addresses %s" % (v, k) for k, v in counts.items())))
        f.write("\n".join(lines) + "\n")
    print("%-44s %6d agreed %6d by another two %6d open" % (os.path.basename(out), *counts.values()))


main()
