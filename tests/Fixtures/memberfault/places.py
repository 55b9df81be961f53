#!/usr/bin/env python3
"""Of llvm-dwarfdump's entries: a line a place, "FUNCTION<tab>VARIABLE<tab>LOW<tab>HIGH<tab>EXPRESSION", the variables of inlined calls under
the function that has the code; LOW and HIGH are "-" where one expression holds in the whole scope."""
import re
import sys

tag = re.compile(r'^0x[0-9a-f]+:(\s+)(DW_TAG_\w+|NULL)')
function, depth_of_function = None, 0
entry = {}


def flush():
    if function and entry.get('tag') in ('DW_TAG_variable', 'DW_TAG_formal_parameter') and entry.get('name'):
        for low, high, expression in entry.get('places', []):
            print(function, entry['name'], low, high, expression, sep='\t')


for line in sys.stdin:
    head = tag.match(line)
    if head:
        flush()
        if entry.get('tag') == 'DW_TAG_subprogram':
            pass
        depth = len(head.group(1))
        if head.group(2) == 'DW_TAG_subprogram':
            function, depth_of_function = None, depth
            entry = {'tag': head.group(2)}
        elif function and depth <= depth_of_function:
            function = None
            entry = {'tag': head.group(2)}
        else:
            entry = {'tag': head.group(2)}
        in_list = False
        continue
    text = line.strip()
    name = re.match(r'DW_AT_name\s+\("(.*)"\)', text) or re.match(r'DW_AT_abstract_origin\s+\(0x[0-9a-f]+ "(.*)"\)', text)
    if name:
        entry['name'] = name.group(1)
    if text.startswith('DW_AT_low_pc') and entry.get('tag') == 'DW_TAG_subprogram':
        function = entry.get('name')
    single = re.match(r'DW_AT_location\s+\((DW_OP.*)\)$', text)
    if single:
        entry.setdefault('places', []).append(('-', '-', single.group(1)))
    row = re.match(r'\[(0x[0-9a-f]+), (0x[0-9a-f]+)\)(?: "[^"]*")?: (.*?)\)?$', text)
    if row:
        expression = row.group(3)
        if expression.count('(') > expression.count(')'):
            expression += ')'
        entry.setdefault('places', []).append((row.group(1), row.group(2), expression))
flush()
