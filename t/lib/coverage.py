#!/usr/bin/env python3
# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# coverage.py BUILD SOURCE LOW: adds up what gcov counted in all objects of
# BUILD for the sources in SOURCE/module; prints a table of layers and the
# files below LOW percent of lines; BUILD/coverage.json has each file.

import collections
import json
import os
import subprocess
import sys

build, source, low = sys.argv[1], os.path.realpath(sys.argv[2]), int(sys.argv[3])

lines = collections.defaultdict(lambda: collections.defaultdict(int))
branches = collections.defaultdict(lambda: collections.defaultdict(int))


def counted():
    for where, _, names in os.walk(build):
        for name in names:
            if name.endswith('.gcno') and '/t/' not in where[len(build):] + '/':
                yield os.path.join(where, name)


def add(report, cwd):
    for file in report['files']:
        name = os.path.realpath(os.path.join(cwd, file['file']))
        if not name.startswith(source + '/module/'):
            continue
        name = name[len(source) + 1:]
        for line in file['lines']:
            lines[name][line['line_number']] += line['count']
            for i, branch in enumerate(line.get('branches', [])):
                # one line may be seen from several functions
                branches[name][line['line_number'], i] += branch['count']


for note in sorted(counted()):
    out = subprocess.run(
        ['gcov', '--json-format', '--stdout', '--branch-probabilities', note],
        capture_output=True, text=True, cwd=source, check=False).stdout
    for text in out.splitlines():
        if text.startswith('{'):
            report = json.loads(text)
            add(report, report.get('current_working_directory', source))

if not lines:
    sys.exit('coverage: nothing was counted')


def part(counts):
    return sum(1 for n in counts.values() if n), len(counts)


def percent(of):
    return 100.0 * of[0] / of[1] if of[1] else 100.0


files = {name: {'lines': part(lines[name]), 'branches': part(branches[name])}
         for name in sorted(lines)}
layers = collections.OrderedDict()

for name, file in files.items():
    layer = layers.setdefault(name.split('/')[1], {'lines': [0, 0],
                                                   'branches': [0, 0]})
    for what in 'lines', 'branches':
        for i in 0, 1:
            layer[what][i] += file[what][i]

print('%-10s %16s %18s' % ('layer', 'lines', 'branches'))
total = {'lines': [0, 0], 'branches': [0, 0]}
for name, layer in list(layers.items()) + [('all', total)]:
    for what in ('lines', 'branches') if name != 'all' else ():
        for i in 0, 1:
            total[what][i] += layer[what][i]
    print('%-10s %5d/%5d %5.1f%% %5d/%5d %5.1f%%' % (
        name, *layer['lines'], percent(layer['lines']),
        *layer['branches'], percent(layer['branches'])))

for name, file in files.items():
    if percent(file['lines']) < low:
        print('low: %s %.1f%%' % (name, percent(file['lines'])))

with open(os.path.join(build, 'coverage.json'), 'w') as out:
    json.dump({'layers': layers, 'total': total, 'files': files,
               'missed': {name: sorted(n for n, c in lines[name].items() if not c)
                          for name in lines}}, out)
