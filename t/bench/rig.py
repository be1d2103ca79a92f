# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What the benchmarks run against: keys, tokens, a court that answers 12 bytes,
# a source, a Redis, plain nginxes and gateways, all on loopback with one
# worker each, under BUILD/bench.  Whatever was started is stopped by its
# process id.

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get('BUILD', 'build'))
DIR = os.path.join(BUILD, 'bench')
TOOL = os.environ.get('COURT_TOOL', os.path.join(BUILD, 'court-tool'))
MODULE = os.environ.get('COURT_MODULE', '')
NGINX = os.environ.get('COURT_NGINX', '/usr/sbin/nginx')
LOAD = os.environ.get('BENCH_LOAD', os.path.join(DIR, 'load'))
MINT = os.environ.get('BENCH_MINT', os.path.join(DIR, 'mint'))
JS_MODULE = '/usr/lib/nginx/modules/ngx_http_js_module.so'

AUDIT = os.environ.get('BENCH_AUDIT', 'sm3')     # sm3, sha256, off

ALGS = ('ES256', 'RS256', 'EdDSA', 'SM2')
KEYS = {'ES256': ['--kty', 'ec', '--crv', 'P-256'],
        'RS256': ['--kty', 'rsa', '--bits', '2048'],
        'EdDSA': ['--kty', 'okp', '--crv', 'Ed25519'],
        'SM2': ['--kty', 'sm2']}

# the gateway on one core; who asks and who answers on the other
CORES = sorted(os.sched_getaffinity(0))
PINNED = len(CORES) > 1

RELATION = ('{"subject":"$arg_for","case":"$case","court":"$court",'
            '"side":"plaintiff","capacity":"agent","special_authority":true,'
            '"delegated":{"assistant-1":["case.read","dossier.read"]},'
            '"windows":[{"from":"2020-01-01T00:00:00Z",'
            '"until":"2040-01-01T00:00:00Z"}],"permits":["dossier"],'
            '"obligations":[],"addressee":["1"],"secrecy":"none"}')
IDENTITY = ('{"subject":"$who","status":"active","kind":"full_time",'
            '"valid_from":"2015-07-01T00:00:00+08:00","unit":"Example",'
            '"verified_at":"2026-01-05T01:00:00Z"}')
LINK = ('{"assistant":"$who","principal":"$arg_for","status":"active",'
        '"approved_by_principal":true,"approved_by_firm":true,'
        '"valid_from":"2020-01-01T00:00:00Z",'
        '"valid_until":"2040-01-01T00:00:00Z","active_links":1,'
        '"delegated":["case.list"]}')

FACTS = '''
    court_fact identity {
        source /identity; key $court_issuer $court_subject; scope national;
        field status enum; field kind enum; field valid_from time;
        field valid_until time; field suspended intervals; field unit string;
        field verified_at time; ttl 300s; negative_ttl 60s;
    }
    court_fact link {
        source /link; key $court_issuer $court_subject $court_principal;
        scope national; field status enum; field approved_by_principal bool;
        field approved_by_firm bool; field valid_from time;
        field valid_until time; field active_links int; field delegated list;
        ttl 300s; negative_ttl 60s;
    }
    court_fact relation {
        source /relation; key $court_issuer $court_subject $court_path_case;
        scope court; field side enum; field capacity enum;
        field special_authority bool; field own_unit bool;
        field delegated list; field windows intervals; field permits list;
        field obligations list; field assigned bool; field addressee list;
        field secrecy enum; ttl 300s; negative_ttl 60s;
    }
    court_fact staff {
        source /staff; key $court_issuer $court_subject; scope national;
        field court string; field posts list; field high_court bool;
        field active_until time; ttl 60s; negative_ttl 60s;
    }
    court_fact device {
        source /device; key $court_client; scope national;
        field court string; field gates list; field state enum;
        ttl 60s; negative_ttl 60s;
    }
'''

PROXY = '''proxy_pass http://court; proxy_http_version 1.1;
            proxy_set_header Connection "";'''

LOG = 'access_log "%s" combined buffer=64k flush=1s;'

JS = '''
// what such a script must do at the least: verify, then look at two claims.
// The key is imported each time: njs 0.7 crashes on one kept from its start.
const der = '%s';
const alg = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

async function check(r) {
    try {
        const token = r.headersIn.Authorization.slice(7);
        const parts = token.split('.');
        const header = JSON.parse(Buffer.from(parts[0], 'base64url'));
        const key = await crypto.subtle.importKey('spki',
            Buffer.from(der, 'base64'), alg, false, ['verify']);
        const ok = header.alg == 'RS256' && await crypto.subtle.verify(
            alg, key,
            Buffer.from(parts[2], 'base64url'),
            Buffer.from(parts[0] + '.' + parts[1]));
        const claims = JSON.parse(Buffer.from(parts[1], 'base64url'));
        r.return(ok && claims.role == 'lawyer'
                 && claims.exp > Date.now() / 1000 ? 204 : 401);
    } catch (e) {
        r.error(String(e));
        r.return(401);
    }
}

export default { check };
'''


class Refused(Exception):
    """Something cannot be started; the text says why."""


def spki(jwk):
    """An RSA public key as DER: openssl reads no JWK."""
    def der(tag, body):
        n = len(body)
        size = bytes([n]) if n < 128 else (
            bytes([0x80 + (n.bit_length() + 7) // 8])
            + n.to_bytes((n.bit_length() + 7) // 8, 'big'))
        return bytes([tag]) + size + body

    def integer(text):
        raw = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
        raw = raw.lstrip(b'\0')
        return der(2, (b'\0' if raw[0] & 0x80 else b'') + raw)

    algorithm = der(0x30, bytes.fromhex('06092a864886f70d0101010500'))
    key = der(0x30, integer(jwk['n']) + integer(jwk['e']))
    return der(0x30, algorithm + der(3, b'\0' + key))


def run(*args):
    p = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True)
    if p.returncode != 0:
        raise Refused('%s: %s' % (os.path.basename(args[0]),
                                  p.stderr.strip()[-400:]))
    return p.stdout


class Server:
    """A process of ours; port is where it serves, pid whose CPU counts."""

    def __init__(self, name, args, port, core, log, worker):
        self.name, self.port = name, port
        if PINNED:
            args = ['taskset', '-c', str(CORES[core])] + args
        with open(log, 'ab') as out:
            self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out)
        self.log = log
        self.pid = self.process.pid
        self.wait_listening()
        if worker:
            self.pid = self.find_worker()

    def wait_listening(self):
        for _ in range(600):
            if self.process.poll() is not None:
                with open(self.log, errors='replace') as f:
                    raise Refused('%s did not start: %s'
                                  % (self.name, f.read()[-600:].strip()))
            try:
                if isinstance(self.port, int):
                    socket.create_connection(('127.0.0.1', self.port)).close()
                else:
                    s = socket.socket(socket.AF_UNIX)
                    s.connect(self.port)
                    s.close()
                return
            except OSError:
                time.sleep(0.05)
        raise Refused('%s does not listen' % self.name)

    def find_worker(self):
        path = '/proc/%d/task/%d/children' % (self.pid, self.pid)
        for _ in range(100):
            with open(path) as f:
                children = f.read().split()
            if children:
                return int(children[0])
            time.sleep(0.05)
        raise Refused('%s has no worker' % self.name)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Rig:
    def __init__(self, wrap=None):
        self.servers, self.ports, self.taken = [], {}, []
        self.wrap = wrap                # a program that runs the nginxes
        shutil.rmtree(os.path.join(DIR, 'run'), ignore_errors=True)
        self.dir = os.path.join(DIR, 'run')
        for sub in ('keys', 'tokens', 'log', 'tmp'):
            os.makedirs(os.path.join(self.dir, sub))
        # sockets have short names
        self.sockets = tempfile.mkdtemp(prefix='court-bench-')

    def __enter__(self):
        # so that a stopped benchmark, too, stops what it started
        signal.signal(signal.SIGTERM, lambda *unused: sys.exit(143))
        try:
            self.make_keys()
            self.start_backends()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        for server in reversed(self.servers):
            server.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def port(self):
        s = socket.socket()
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
        s.close()
        # the kernel may name one twice as long as nobody listens on it
        if port in self.taken:
            return self.port()
        self.taken.append(port)
        return port

    def write(self, name, text):
        with open(self.path(name), 'w') as f:
            f.write(text)
        return self.path(name)

    # keys and tokens

    def make_keys(self):
        each = []
        for alg in ALGS:
            each.append(self.path('keys', 'platform.' + alg))
            run(TOOL, 'keys', 'new', *KEYS[alg], '--kid', 'p-' + alg,
                '--out', each[-1])
            run(TOOL, 'keys', 'new', *KEYS[alg], '--kid', 'g-' + alg,
                '--out', self.path('keys', 'assertion.' + alg))
        run(TOOL, 'keys', 'join', '--out', self.path('keys', 'platform.jwk'),
            *each)
        run(TOOL, 'keys', 'public', '--in', self.path('keys', 'platform.jwk'),
            '--out', self.path('keys', 'platform.jwks'))
        for kty in ('seal', 'audit'):
            alg = (['--alg', 'hmac-sha256']
                   if (kty, AUDIT) == ('audit', 'sha256') else [])
            run(TOOL, 'keys', 'new', '--kty', kty, '--kid', kty[0] + '1',
                *alg, '--out', self.path('keys', kty + '.key'))
        with open(self.path('keys', 'platform.jwks')) as f:
            rsa = [k for k in json.load(f)['keys'] if k['kty'] == 'RSA'][0]
        self.rsa = base64.b64encode(spki(rsa)).decode()
        lines = [self.rsa[i:i + 64] for i in range(0, len(self.rsa), 64)]
        self.pem = self.write('keys/rsa.pem', '\n'.join(
            ['-----BEGIN PUBLIC KEY-----'] + lines
            + ['-----END PUBLIC KEY-----', '']))

    def tokens(self, name, alg, role, sub, first, count):
        """A file of so many tokens; "%" in sub: of as many persons."""
        text = run(MINT, self.path('keys', 'platform.jwk'), alg, role, sub,
                   str(first), str(count))
        return self.write('tokens/' + name, text)

    # servers

    def start(self, name, args, port, core, worker=False):
        server = Server(name, args, port, core, self.path('log', name + '.out'),
                        worker)
        self.servers.append(server)
        return server

    def nginx(self, name, main, http, port, core, measured=False):
        # under callgrind one process, else a master whose worker is measured
        wrapped = measured and self.wrap
        user = 'user root;' if os.getuid() == 0 else ''
        temp = ' '.join('%s_temp_path "%s";' % (t, self.path('tmp', name + t))
                        for t in ('client_body', 'proxy', 'fastcgi', 'uwsgi',
                                  'scgi'))
        conf = self.write(name + '.conf', '''
%s
%s
worker_processes 1; daemon off; master_process %s;
pid "%s"; error_log "%s" warn;
events { worker_connections 1024; }
http {
    %s
    keepalive_requests 100000000; keepalive_timeout 600s; access_log off;
    %s
}
''' % (main, user, 'off' if wrapped else 'on', self.path(name + '.pid'),
            self.path('log', name + '.log'), temp, http))
        args = [NGINX, '-c', conf, '-p', self.dir]
        return self.start(name, (self.wrap(name) if wrapped else []) + args,
                          port, core, not wrapped)

    def start_backends(self):
        court, source, self.ok = self.port(), self.port(), self.port()
        source_http = '''default_type application/json;
        location ~ ^/identity/(?<who>[^/]+)$ { return 200 '%s'; }
        location ~ ^/link/(?<who>[^/]+)$ { return 200 '%s'; }
        location ~ ^/relation/(?<court>[^/-]+)-(?<case>[^/]+)$ {
            return 200 '%s';
        }''' % (IDENTITY, LINK, RELATION)
        self.court = self.nginx('court', '', '''
    server { listen 127.0.0.1:%d; location / { return 200 "hello court\\n"; } }
    server { listen 127.0.0.1:%d; location / { return 204; } }
    server { listen 127.0.0.1:%d; %s }''' % (court, self.ok, source,
                                             source_http), court, 1)
        self.upstreams = '''
    upstream court { server 127.0.0.1:%d; keepalive 64;
                     keepalive_requests 100000000; keepalive_timeout 600s; }
    upstream source { server 127.0.0.1:%d; keepalive 64;
                      keepalive_requests 100000000; keepalive_timeout 600s; }
    upstream ok { server 127.0.0.1:%d; keepalive 64;
                  keepalive_requests 100000000; keepalive_timeout 600s; }
''' % (court, source, self.ok)
        self.court_port = court

    def redis(self):
        sock = os.path.join(self.sockets, 'redis')
        conf = self.write('redis.conf', '''port 0
unixsocket "%s"
daemonize no
save ""
appendonly no
dir "%s"
user default on nopass ~* &* +@all
user gateway on >bench-password ~court:* &* +@all
''' % (sock, self.path('tmp')))
        password = self.write('keys/redis.password', 'bench-password')
        os.chmod(password, 0o600)
        self.start('redis', ['redis-server', conf], sock, 1)
        return '''
    court_redis main { server "unix:%s"; user gateway; password_file "%s"; }
    court_cache redis=main "seal_keys=%s";
''' % (sock, password, self.path('keys', 'seal.key'))

    def plain(self):
        """An nginx without the module: the floor, and auth_request."""
        ports = [self.port() for _ in range(3)]
        log = LOG % self.path('log', 'plain-access.log')
        server = self.nginx('plain', '', self.upstreams + '''
    server { listen 127.0.0.1:%d; location / { %s } }
    server { listen 127.0.0.1:%d; %s location / { %s } }
    server {
        listen 127.0.0.1:%d;
        %s
        location / { auth_request /ok; %s }
        location = /ok {
            internal; proxy_pass http://ok; proxy_http_version 1.1;
            proxy_set_header Connection ""; proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }
    }''' % (ports[0], PROXY, ports[1], log, PROXY, ports[2], log, PROXY),
                            ports[0], 0, True)
        return server, ports

    def gateway(self, name, assertion='', redis='', extra=''):
        """assertion: an algorithm and parameters; empty: none are made."""
        port, run_sock = self.port(), os.path.join(self.sockets, name)
        if assertion:
            alg, _, rest = assertion.partition(' ')
            assertion = 'court_assertion_key "%s" iss=http://bench %s;' % (
                self.path('keys', 'assertion.' + alg), rest)
        return self.nginx(name, 'load_module "%s";' % MODULE, '''
    court_log_level info;
    court_source_server "unix:%s";
    court_courts "%s";
    court_audit_key "%s";
    %s
    %s
    %s
    court_issuer platform {
        issuer https://platform.bench.example; audience court-api;
        roles lawyer gov_lawyer assistant party agent applicant
              officer scanner judge operator secadmin auditor;
        algorithms ES256 RS256 EdDSA SM2; acr password sms face;
        jwks_file "%s";
    }
    %s
    court_policy "%s";
    %s
    server {
        listen "unix:%s";
        proxy_http_version 1.1; proxy_set_header Connection "";
        location = /identity {
            proxy_pass http://source/identity/$court_source_key_2;
        }
        location = /link {
            proxy_pass http://source/link/$court_source_key_2?for=$court_source_key_3;
        }
        location = /relation {
            proxy_pass http://source/relation/$court_source_court-$court_source_key_3?for=$court_source_key_2;
        }
        location = /staff { return 404; }
        location = /device { return 404; }
    }
    server {
        listen 127.0.0.1:%d; court_code B00;
        location / { %s }
    }''' % (run_sock, os.path.abspath('conf/courts.json'),
            self.path('keys', 'audit.key'), assertion, redis, extra,
            self.path('keys', 'platform.jwks'), FACTS,
            os.path.abspath('conf/policy/court.json'), self.upstreams,
            run_sock, port, PROXY), port, 0, True)

    def audit(self, name):
        """A decision record, as a court has; or none, to compare."""
        if AUDIT == 'off':
            return ''
        return 'court_audit_log "%s";' % self.path('log', name + '-audit.log')

    def haproxy(self):
        program = shutil.which('haproxy', path='/usr/sbin:/usr/bin:/sbin')
        if program is None:
            raise Refused('haproxy is not installed')
        port = self.port()
        conf = self.write('haproxy.conf', '''global
    nbthread 1
    maxconn 512
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend bench
    bind 127.0.0.1:%d
    http-request set-var(txn.bearer) http_auth_bearer
    http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
    http-request set-var(txn.role) var(txn.bearer),jwt_payload_query('$.role')
    http-request deny unless { var(txn.alg) -m str RS256 }
    http-request deny unless { var(txn.bearer),jwt_verify(txn.alg,"%s") 1 }
    http-request deny unless { var(txn.role) -m str lawyer }
    default_backend court
backend court
    http-reuse always
    server court 127.0.0.1:%d
''' % (port, self.pem, self.court_port))
        return self.start('haproxy', [program, '-db', '-f', conf], port, 0)

    def njs(self):
        if not os.path.exists(JS_MODULE):
            raise Refused('libnginx-mod-http-js is not installed')
        port = self.port()
        self.write('bench.js', JS % self.rsa)
        return self.nginx('njs', 'load_module "%s";' % JS_MODULE,
                          self.upstreams + '''
    js_path "%s"; js_import bench from bench.js;
    server {
        listen 127.0.0.1:%d;
        %s
        location / { auth_request /js; %s }
        location = /js { internal; js_content bench.check; }
    }''' % (self.dir, port, LOG % self.path('log', 'njs-access.log'), PROXY),
                          port, 0)

    # load

    def load(self, server, requests, port=None, tokens=None, cycle=True,
             warm=64, path='/api/v1/cases/1', method='GET', connections=32,
             pid=None):
        """requests, seconds, nanoseconds of the server's first thread and of
        all its threads; all must be 200"""
        args = [LOAD, '-p', str(port or server.port), '-n', str(requests),
                '-w', str(warm), '-u', path, '-m', method, '-s', '60',
                '-c', str(connections), '-P', str(pid or server.pid)]
        if tokens:
            args += ['-t', tokens] + (['-C'] if cycle else [])
        if PINNED:
            args = ['taskset', '-c', str(CORES[1])] + args
        p = subprocess.run(args, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
        if p.returncode != 0:
            raise Refused('%s: %s' % (server.name, p.stderr.strip()[-600:]))
        done, wrong, seconds, cpu, total = p.stdout.split()
        if int(wrong) or int(done) != requests:
            raise Refused('%s: %s of %s answers wrong; first: %s' % (
                server.name, wrong, done, p.stderr.strip()[-600:]))
        return int(done), float(seconds), int(cpu), int(total)
