# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# A status (reference/status.md) as a gateway of many courts would tell it,
# made up, for the page's tests: steady() grows with the seconds given.

import random

BOUNDS = [round(m * 10.0 ** e, 9) for e in range(-6, 1)
          for m in (1, 2.5, 5)] + [10]
PLACES = ('北京 上海 天津 重庆 河北 山西 辽宁 吉林 江苏 浙江 安徽 福建 江西 山东 '
          '河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海').split()
LEVELS = ('高级人民法院', '第一中级人民法院', '知识产权法院', '金融法院',
          '铁路运输法院', '海事法院', '互联网法院')
REASONS = ('token_expired token_missing no_relation practice_not_active '
           'no_rule not_delegated own_unit_only outside_window').split()
FACTS = ('identity', 'link', 'relation', 'staff', 'device')
STAGES = {'match': 4e-6, 'caller': 3e-5, 'facts': 2e-4, 'decide': 8e-6,
          'record': 1e-5, 'forward': 6e-6}


def histogram(n, middle):
    buckets, total = [], 0
    weights = [1 / (1 + (abs(i - j) * 1.4) ** 3) for j in [min(
        range(len(BOUNDS)), key=lambda k: abs(BOUNDS[k] - middle))]
        for i in range(len(BOUNDS))]
    for weight in weights:
        total += int(n * weight / sum(weights))
        buckets.append(total)
    return {'count': total, 'sum': round(total * middle, 6),
            'buckets': buckets}


def courts(n):
    return [{'code': 'B%02d' % i if i < 100 else 'B%04d' % i,
             'name': PLACES[i % len(PLACES)]
             + LEVELS[(i // len(PLACES)) % len(LEVELS)]} for i in range(n)]


def metric(kind, labels, samples, **more):
    return dict({'type': kind, 'unit': '', 'help': '', 'labels': labels,
                 'samples': samples}, **more)


def steady(n=100, seconds=0, start=1795852800):
    dice = random.Random(7)
    age = 43200 + seconds
    decisions, refusals, total = [], [], 0

    for i, court in enumerate(courts(n)):
        pace = 0 if i % 9 == 8 else dice.uniform(0.05, 6) / (1 + i / 40)
        allow = int(pace * age)
        refuse = int(pace * age * dice.uniform(0.002, 0.09))
        total += allow + refuse
        for what, value in (('allow', allow), ('refuse', refuse),
                            ('error', 0), ('would-refuse', 0),
                            ('undecided', int(pace * age / 900))):
            decisions.append([court['code'], what, value])
        for k, reason in enumerate(dice.sample(REASONS, 4)):
            refusals.append([court['code'], reason, refuse >> (k + 1)])

    facts = []
    for k, fact in enumerate(FACTS):
        many = total // (1 + k * k)
        for tier, part in (('zone', .952), ('redis', .041), ('source', .007)):
            facts.append([fact, tier, 'found', int(many * part)])
        facts.append([fact, 'source', 'none', many // 5000])

    now = start + seconds
    zones = (('facts', 268435456, .71), ('negative', 16777216, .08),
             ('tokens', 33554432, .43), ('artefacts', 16777216, .02),
             ('state', 8388608, .31))
    keys = (('issuer', 'platform', 'platform-2026b', 'SM2', 'accepted', 41),
            ('issuer', 'platform', 'platform-2026a', 'ES256', 'accepted', 200),
            ('issuer', 'staff', 'staff-1', 'SM2', 'accepted', 90),
            ('assertion', '', 'gw-2026-11', 'ES256', 'active', 12),
            ('assertion', '', 'gw-2026-08', 'ES256', 'retained', 101),
            ('seal', '', 's3', 'AES-256-GCM', 'active', 30),
            ('audit', '', 'a1', 'HMAC-SHA-256', 'active', 220))
    one = lambda value: metric('gauge', [], [[value]])
    counter = lambda value: metric('counter', [], [[value]])
    by = lambda label, kind, values: metric(kind, [label],
                                            [list(v) for v in values])
    return {
        'format': 1, 'time': now,
        'gateway': {'version': '0.1.0', 'nginx': '1.22.1', 'host': 'gw1.b00',
                    'pid': 4712, 'demo': False, 'started': start - 43200,
                    'config_loaded': start - 7200},
        'health': {'ready': True, 'status': 'ok', 'problems': []},
        'policy': {'version': 2026112201, 'hash': '9f86d081884c7d65' * 4,
                   'generation': 3, 'loaded': start - 7200},
        'locations': {'off': {'total': 0, 'names': []},
                      'report': {'total': 0, 'names': []}},
        'courts': courts(n),
        'workers': [{'pid': 4712 + i, 'exiting': False,
                     'started': start - 7200, 'beat': now - 1,
                     'generation': 3} for i in range(4)],
        'metrics': {
            'court_requests_total': counter(total),
            'court_decisions_total': metric(
                'counter', ['court', 'decision'], decisions),
            'court_refusals_total': metric(
                'counter', ['court', 'reason'], refusals),
            'court_stage_seconds': metric(
                'histogram', ['stage'],
                [[s, histogram(total // 16, m)] for s, m in STAGES.items()],
                le=BOUNDS),
            'court_token_cache_total': by('result', 'counter', (
                ('hit', int(total * .97)), ('miss', int(total * .03)))),
            'court_facts_total': metric(
                'counter', ['fact', 'tier', 'result'], facts),
            'court_fetches_total': metric('counter', ['fact', 'result'], [
                [f, 'found', 90 + seconds // (k + 2)]
                for k, f in enumerate(FACTS)]),
            'court_fetch_seconds': metric(
                'histogram', ['fact'],
                [[f, histogram(900 + seconds, .03)] for f in FACTS],
                le=BOUNDS),
            'court_fetches_in_flight': by('fact', 'gauge', (
                (f, 1 if f == 'identity' else 0) for f in FACTS)),
            'court_fetch_waiters': by('fact', 'gauge', (
                (f, 2 if f == 'identity' else 0) for f in FACTS)),
            'court_source_breaker_open': by('fact', 'gauge', (
                (f, 0) for f in FACTS)),
            'court_redis_up': by('redis', 'gauge', (('main', 1),)),
            'court_redis_commands_total': metric(
                'counter', ['redis', 'result'],
                [['main', 'ok', total // 20], ['main', 'nil', total // 90],
                 ['main', 'error', 0], ['main', 'timeout', 0],
                 ['main', 'down', 0]]),
            'court_redis_connects_total': by('redis', 'counter', (
                ('main', 4),)),
            'court_redis_failures_total': by('redis', 'counter', (
                ('main', 0),)),
            'court_zone_size_bytes': by('zone', 'gauge', (
                z[:2] for z in zones)),
            'court_zone_used_bytes': by('zone', 'gauge', (
                (z[0], int(z[1] * z[2])) for z in zones)),
            'court_zone_hits_total': by('zone', 'counter', (
                (z[0], int(total * z[2])) for z in zones)),
            'court_zone_misses_total': by('zone', 'counter', (
                (z[0], total // 30) for z in zones)),
            'court_zone_stores_total': by('zone', 'counter', (
                (z[0], total // 40) for z in zones)),
            'court_zone_evictions_total': by('zone', 'counter', (
                (z[0], 0) for z in zones)),
            'court_zone_resets_total': by('zone', 'counter', (
                (z[0], 0) for z in zones)),
            'court_policy_workers_behind': one(0),
            'court_policy_load_failures_total': counter(0),
            'court_audit_records_total': counter(2 * total),
            'court_audit_lost_total': counter(0),
            'court_audit_failed': one(0),
            'court_audit_commit_seconds': metric(
                'histogram', [], [[histogram(4000 + seconds, 3e-3)]],
                le=BOUNDS),
            'court_key_info': metric(
                'gauge', ['use', 'issuer', 'kid', 'alg', 'state'],
                [list(k[:5]) + [1] for k in keys]),
            'court_key_created_timestamp_seconds': metric(
                'gauge', ['use', 'issuer', 'kid'],
                [list(k[:3]) + [start - k[5] * 86400] for k in keys]),
            'court_workers_lost_total': counter(0),
        },
    }


def add(status, name, labels, value):
    for sample in status['metrics'][name]['samples']:
        if sample[:-1] == labels:
            sample[-1] += value
            return
    status['metrics'][name]['samples'].append(labels + [value])


# what a bad morning looks like: the platform is down, Redis too
def trouble(status, seconds):
    status['health'] = {'ready': True, 'status': 'degraded', 'problems': [
        {'problem': 'redis', 'severity': 'degraded', 'name': 'main'},
        {'problem': 'source', 'severity': 'degraded', 'name': 'identity'}]}
    add(status, 'court_redis_up', ['main'], -1)
    add(status, 'court_redis_commands_total', ['main', 'down'], 40 * seconds)
    add(status, 'court_redis_failures_total', ['main'], 9)
    add(status, 'court_source_breaker_open', ['identity'], 4)
    add(status, 'court_facts_total', ['identity', 'none', 'unavailable'],
        7 * seconds)
    for code, each in ('B03', 4), ('B11', 2), ('B29', 1):
        add(status, 'court_decisions_total', [code, 'error'], each * seconds)
        add(status, 'court_refusals_total', [code, 'identity_unavailable'],
            each * seconds)
    status['locations'] = {
        'off': {'total': 1, 'names': ['b00.example /static']},
        'report': {'total': 2, 'names': ['b07.example /api/new',
                                         'b08.example /api/new']}}
    return status
