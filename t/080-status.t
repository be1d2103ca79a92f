# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_status: to whom, in which form, and that each request counts once.
# Two workers: who answers adds up what both have counted.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtHttp;
use CourtStatus;
use IO::Socket::UNIX;

our $dir = $CourtHttp::DIR;

master_on();
workers(2);

$CourtHttp::POLICY->{reasons}{mine_alone} = {
    status => 403, map { $_ => { title => 'T', detail => 'D', next => 'N' } } qw(zh en),
};
$CourtHttp::POLICY->{conditions}{mine} =
    { on => 'caller', all => [['token.sub', '==', 'me']], reason => 'mine_alone' };
push @{$CourtHttp::POLICY->{interfaces}}, CourtHttp::interface('mine', ['GET'], '/mine');
push @{$CourtHttp::POLICY->{rules}}, CourtHttp::rule('r-mine', ['lawyer'], ['mine'], 'mine');

$CourtHttp::PREFIX .= "listen unix:$dir/run/proxied.sock proxy_protocol;\n" . <<'_EOC_';
    location = /status { court_status; }
    location = /open { court_status open; }
_EOC_

Court::identity('lawyer-1');
Court::relation('B00', 1, 'lawyer-1');

# an address of this machine that is not loopback
our ($outside) = map { m{inet ([\d.]+)/} && $1 !~ /^127\./ ? $1 : () }
                     split /\n/, `ip -4 -o addr show 2>/dev/null`;

sub status {
    my ($target, @headers) = @_;
    my $answer = h1('GET', $target // '/status?format=json', \@headers);

    return CourtStatus::parse($answer->{body});
}

# what has been counted since that status
sub since {
    my ($before, $name) = @_;
    my ($was, $is) = ($before->all($name), status()->all($name));
    my %new = map { $_ => $is->{$_} - ($was->{$_} // 0) } keys %$is;

    return { map { $_ => $new{$_} } grep { $new{$_} } keys %new };
}

# the same, once as many requests have ended: the log phase is behind the
# answer
sub counted {
    my ($before, $n) = @_;
    my $was = $before->sum('court_requests_total');

    poll(sub { status()->sum('court_requests_total') >= $was + $n });
    is(status()->sum('court_requests_total') - $was, $n, "$n requests");

    return since($before, 'court_decisions_total');
}

# one that is answered by the address that is not loopback
sub from_outside {
    my ($target) = @_;
    my $port = Test::Nginx::Util::server_port();
    my $text = `curl -s -i -m 20 --interface $outside http://$outside:$port$target`;

    return CourtHttp::parse($text);
}

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: forms
--- config
    location / { proxy_pass http://court_mock; }
--- check
    for my $row (
        ['',                   undef,                   'application/json'],
        ['',                   '*/*',                   'application/json'],
        ['',                   'application/json',      'application/json'],
        ['',                   'text/html,*/*;q=0.8',   'text/html; charset=utf-8'],
        ['',                   'TEXT/HTML',             'text/html; charset=utf-8'],
        ['',                   'text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
                                                        'text/plain; version=0.0.4; charset=utf-8'],
        ['',                   'application/openmetrics-text; version=1.0.0',
                                                        'text/plain; version=0.0.4; charset=utf-8'],
        ['?format=json',       'text/html',             'application/json'],
        ['?format=prometheus', 'text/html',             'text/plain; version=0.0.4; charset=utf-8'],
        ['?format=html',       'application/json',      'text/html; charset=utf-8'],
    ) {
        my ($args, $accept, $type) = @$row;
        my $answer = h1('GET', "/status$args", [$accept ? "Accept: $accept" : ()]);
        my $what = join ' ', $args, $accept // '-';

        is($answer->{status}, 200, "$what: 200");
        is(header($answer, 'Content-Type'), $type, "$what: type");
        is(header($answer, 'Cache-Control'), 'no-store', "$what: not stored");
        is(header($answer, 'Content-Length'), length $answer->{body}, "$what: length");

        my $head = h1('HEAD', "/status$args", [$accept ? "Accept: $accept" : ()]);
        is($head->{status}, 200, "HEAD $what: 200");
        is($head->{body}, '', "HEAD $what: no body");
        is(header($head, 'Content-Type'), $type, "HEAD $what: type");
    }

    is(h1('GET', "/status?format=$_")->{status}, 400, "format=$_: 400") for qw(xml JSON), '';
    is(h1($_, '/status', [], 'x')->{status}, 405, "$_: 405") for qw(POST PUT DELETE PATCH);
    both(sub { is($_[0]->('GET', '/status?format=json')->{status}, 200, $CourtHttp::name) });
    like(h1('GET', '/status?format=html')->{body}, qr/<html/i, 'a page');
    like(header(h1('GET', '/status?format=html'), 'Content-Security-Policy'), qr/'sha256-/,
         'which nobody can put a script into');


=== TEST 2: both texts are well formed and say the same
--- config
    location / { proxy_pass http://court_mock; }
--- check
    h1('GET', '/me', [bearer('lawyer')]);
    h1('GET', '/cases/1', [bearer('lawyer')]);
    h1('GET', '/nowhere', [bearer('lawyer')]);
    poll(sub { status()->sum('court_requests_total') == 3 });

    my ($value, @wrong) = CourtStatus::read_prometheus(
        h1('GET', '/status?format=prometheus')->{body});
    is("@wrong", '', 'the exposition format');

    my $s = status();
    is($s->{format}, 1, 'format');
    ok(abs($s->{time} - time) < 60, 'time');

    for my $name (sort keys %{$s->{metrics}}) {
        my $metric = $s->{metrics}{$name};
        next if $name =~ /seconds$|^court_zone_|_used|workers/;

        for my $sample (@{$metric->{samples}}) {
            my @labels = map { "$metric->{labels}[$_]=\"$sample->[$_]\"" } 0 .. $#{$metric->{labels}};
            my $key = @labels ? "$name\{" . join(',', @labels) . '}' : $name;
            is($value->{$key}, $sample->[-1], $key);
        }
    }

    is($value->{'court_decisions_total{court="B00",decision="allow"}'}, 2, 'allowed');
    is($value->{'court_refusals_total{court="B00",reason="no_rule"}'}, 1, 'refused');


=== TEST 3: what is configured
--- config
    location /off { court off; return 204; }
    location /trial { court report; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
    poll(sub { status()->get('court_workers', 'live') == 2 });
    my $s = status();
    my %key = map { join(' ', @$_[0 .. 2]) => "$_->[3] $_->[4]" } @{$s->{metrics}{court_key_info}{samples}};

    is($key{'issuer platform platform'}, 'ES256 read', 'key of an issuer');
    is($key{'issuer staff staff'}, 'ES256 read', 'key of the other');
    is($key{'assertion  assertion'}, 'ES256 write', 'key of assertions');
    is($key{'audit  a1'}, 'hmac-sm3 write', 'key of pseudonyms');
    is(scalar keys %key, 4, 'no others');
    is($s->get('court_key_created_timestamp_seconds', 'audit', '', 'a1'),
       (stat "$main::dir/audit.key")[9], 'as old as its file');

    is($s->{policy}{version}, 2026112801, 'version');
    like($s->{policy}{hash}, qr/^[0-9a-f]{64}$/, 'hash');
    is($s->get('court_policy_info', $s->{policy}{version}, $s->{policy}{hash}), 1, 'policy_info');
    is($s->get('court_policy_generation'), $s->{policy}{generation}, 'generation');
    ok(abs($s->get('court_policy_loaded_timestamp_seconds') - time) < 120, 'loaded');

    ok((grep { /^localhost \/off$/ } @{$s->{locations}{off}{names}}), 'off');
    ok(!(grep { /status|open$|identity/ } @{$s->{locations}{off}{names}}), 'ours and sources are not');
    is("@{$s->{locations}{report}{names}}", 'localhost /trial', 'report');
    is($s->get('court_report_locations'), 1, 'one that reports');
    is($s->get('court_unprotected_locations'), $s->{locations}{off}{total}, 'unprotected');

    is($s->get('court_zone_size_bytes', 'facts'), 1048576, 'facts');
    ok($s->get('court_zone_size_bytes', $_) > $s->get('court_zone_used_bytes', $_), "$_: room")
        for qw(facts tokens negative artefacts state);
    is($s->get('court_demo'), 0, 'no demo');
    is($s->get('court_build_info', '0.1.0', $s->{gateway}{nginx}), 1, 'build');
    is($s->get('court_ready'), 1, 'ready');
    is($s->problems, '', 'no problems');
    is($s->{health}{status}, 'ready', 'in one word');
    is($s->get('court_workers', 'live'), 2, 'two workers');
    is(scalar @{$s->{workers}}, 2, 'and their lines');
    is($s->get('court_workers_lost_total'), 0, 'none is lost');

    my %name = map { $_->{code} => $_->{name} } @{$s->{courts}};
    ok($name{B00}, 'courts have names');


=== TEST 4: each request counts once
--- config
    location / { proxy_pass http://court_mock; }
    location = /plain { court off; return 204; }
--- check
    my $lawyer = bearer('lawyer');

    for my $row (
        ['allow', undef, 'GET', '/me', [$lawyer]],
        ['refuse', 'no_rule', 'GET', '/nowhere', [$lawyer]],
        ['refuse', 'token_missing', 'GET', '/me'],
        ['refuse', 'token_invalid', 'GET', '/me', ['Authorization: Bearer x']],
        ['refuse', 'token_expired', 'GET', '/me', [bearer('lawyer', exp => time - 600, iat => time - 700)]],
        ['refuse', 'role_forbidden', 'GET', '/admin', [$lawyer]],
        ['refuse', 'path_not_canonical', 'GET', '/me//x', [$lawyer]],
        ['refuse', 'no_relation', 'GET', '/cases/2', [$lawyer]],
        ['refuse', 'identity_not_found', 'GET', '/cases/1', [bearer('lawyer', sub => 'nobody')]],
        ['refuse', 'assurance_too_low', 'GET', '/strong', [bearer('lawyer', acr => 'sms')]],
        ['refuse', 'mine_alone', 'GET', '/mine', [$lawyer]],
    ) {
        my ($decision, $reason, @request) = @$row;

        both(sub {
            my ($by) = @_;
            my $before = status();
            my $what = "$CourtHttp::name $request[1] " . ($reason // '-');

            $by->(@request);
            is_deeply(counted($before, 1), { "B00 $decision" => 1 }, "$what: $decision");
            is_deeply(since($before, 'court_refusals_total'), $reason ? { "B00 $reason" => 1 } : {},
                      "$what: reason");
        });
    }

    my $before = status();
    h1('GET', '/plain');
    h1('GET', '/me', [$lawyer]);
    is_deeply(counted($before, 1), { 'B00 allow' => 1 }, 'what is off does not count');


=== TEST 5: kept alive, pipelined, many at once, by both workers
--- config
    location / { proxy_pass http://court_mock; }
--- check
    my $lawyer = bearer('lawyer');
    my $before = status();
    my $one = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n$lawyer\r\n\r\n";
    my $last = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n$lawyer\r\nConnection: close\r\n\r\n";
    my @pids;

    talk($one x 9 . $last);

    for my $k (1 .. 4) {
        my $pid = fork();
        if (!$pid) {
            for (1 .. 20) { talk($one x 4 . $last) }
            POSIX::_exit(0);
        }
        push @pids, $pid;
    }
    waitpid $_, 0 for @pids;

    is_deeply(counted($before, 410), { 'B00 refuse' => 410 }, 'none is lost, none twice');
    is_deeply(since($before, 'court_refusals_total'), { 'B00 no_rule' => 410 }, 'reasons');
    is(since($before, 'court_token_cache_total')->{hit} + since($before, 'court_token_cache_total')->{miss},
       410, 'each token is looked for');
    ok(since($before, 'court_token_cache_total')->{hit} >= 406, 'and found');


=== TEST 6: redirects inside count once, by the last word
--- config
    location /a { error_page 403 = /me; proxy_pass http://court_mock; }
    location /b { error_page 403 = /nowhere; proxy_pass http://court_mock; }
    location /c { error_page 403 = @page; proxy_pass http://court_mock; }
    location @page { internal; court off; return 200 "page"; }
    location /items/rewritten { rewrite ^ /me last; }
    location /items/gone { rewrite ^ /nowhere last; }
    location /items/try { try_files /x @last; }
    location @last { proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
    my $lawyer = bearer('lawyer');

    for my $row (
        ['/a', 'refuse', 'no_rule'],
        ['/b', 'refuse', 'no_rule'],
        ['/c', 'refuse', 'no_rule'],
        ['/items/rewritten', 'allow'],
        ['/items/gone', 'refuse', 'no_rule'],
        ['/items/try', 'allow'],
    ) {
        my ($path, $decision, $reason) = @$row;
        my $before = status();

        h1('GET', $path, [$lawyer]);
        is_deeply(counted($before, 1), { "B00 $decision" => 1 }, "$path: $decision");
        is_deeply(since($before, 'court_refusals_total'), $reason ? { "B00 $reason" => 1 } : {},
                  "$path: reason");
    }


=== TEST 7: X-Accel-Redirect: the target's decision counts
--- config
    location / { court_accel on; proxy_pass http://court_mock; }
    location /public/ { internal; proxy_pass http://court_mock; }
--- check
    my $before = status();

    reply("HTTP/1.1 200 OK\nX-Accel-Redirect: /nowhere\nContent-Length: 0\nConnection: close\n\n");
    h1('GET', '/me', [bearer('lawyer')]);
    reply(undef);
    is_deeply(counted($before, 1), { 'B00 refuse' => 1 }, 'refused after all');


=== TEST 8: would-refuse, no court, and those that nginx ends
--- config
    location /items/ { court report; proxy_pass http://court_mock; }
    location /rep { court report; proxy_pass http://court_mock; }
    location /me { client_max_body_size 1; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
    my $lawyer = bearer('lawyer');
    my $before = status();

    h1('GET', '/rep', [$lawyer]);
    is_deeply(counted($before, 1), { 'B00 would-refuse' => 1 }, 'report');
    is_deeply(since($before, 'court_refusals_total'), { 'B00 no_rule' => 1 }, 'and its reason');

    $before = status();
    h1('POST', '/me', [$lawyer], 'xx');
    is_deeply(counted($before, 1), { 'B00 undecided' => 1 }, '413 of nginx');

    # two of them end before there is a location: the server's own is it
    $before = status();
    raw("GET /me HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    is_deeply(counted($before, 1), { 'B00 undecided' => 1 }, '400 of nginx');


=== TEST 9: facts, fetches, assertions, stages
--- config
    location / { proxy_pass http://court_mock; }
--- check
    my $lawyer = bearer('lawyer');
    my $before = status();

    h1('GET', '/cases/1', [$lawyer]) for 1 .. 3;
    h1('GET', '/cases/2', [$lawyer]) for 1 .. 2;
    counted($before, 5);

    is_deeply(since($before, 'court_facts_total'),
              { 'identity source found' => 1, 'identity zone found' => 4,
                'relation source found' => 1, 'relation zone found' => 2,
                'relation source none' => 1, 'relation zone none' => 1 }, 'facts, by tier');
    is_deeply(since($before, 'court_fetches_total'),
              { 'identity found' => 1, 'relation found' => 1, 'relation none' => 1 }, 'fetches');

    my $s = status();
    is($s->get('court_fetch_seconds', 'relation')->{count}
       - $before->get('court_fetch_seconds', 'relation')->{count}, 2, 'and how long they took');
    is($s->get('court_fetches_in_flight', 'identity'), 0, 'none is under way');
    is($s->get('court_fetch_waiters', 'identity'), 0, 'nobody waits');

    my $assertions = since($before, 'court_assertions_total');
    is(($assertions->{signed} // 0) + ($assertions->{reused} // 0), 3, 'an assertion each');
    ok($assertions->{signed} >= 1 && $assertions->{signed} <= 2, 'signed once by a worker');

    my %stage = map { $_ => $s->get('court_stage_seconds', $_) }
                    qw(match caller facts decide record forward);
    is(scalar(grep { $_->{count} } values %stage), 6, 'the first request of a worker is timed');
    ok($stage{match}{count} >= $stage{forward}{count}, 'not all get so far');
    ok($stage{facts}{sum} > $stage{match}{sum}, 'waiting is in facts');

    h1('GET', '/me', [$lawyer]) for 1 .. 64;
    counted($s, 64);
    my $n = status()->get('court_stage_seconds', 'match')->{count} - $stage{match}{count};
    ok($n >= 3 && $n <= 5, "one of 16 is timed: $n of 64");


=== TEST 10: a source that fails
--- http_config eval: CourtHttp::http(source => 'location ~ bad { return 500; }', facts => Court::facts(all => 'breaker 3/60s;'))
--- config
    location / { proxy_pass http://court_mock; }
--- check
    my $before = status();

    h1('GET', '/cases/1', [bearer('lawyer', sub => "bad-$_")]) for 1 .. 24;
    is_deeply(counted($before, 24), { 'B00 error' => 24 }, 'could not find out');
    is_deeply(since($before, 'court_refusals_total'), { 'B00 identity_unavailable' => 24 }, 'why');

    my $fetches = since($before, 'court_fetches_total');
    ok($fetches->{'identity unavailable'} >= 3 && $fetches->{'identity unavailable'} <= 6,
       'asked until the breaker opens');
    my $s = status();
    ok($s->get('court_source_breaker_open', 'identity') >= 1, 'it is open');
    is(since($before, 'court_facts_total')->{'identity none unavailable'}
       + $fetches->{'identity unavailable'}, 24, 'the others ask nobody');
    like($s->problems, qr/source:identity/, 'a problem');
    is($s->{health}{status}, 'degraded', 'degraded');
    is($s->get('court_ready'), 1, 'and ready');
    is($s->get('court_problem', 'source', 'degraded'), 1, 'as a metric');


=== TEST 11: a client that goes away
--- http_config eval: CourtHttp::http(source => 'location ~ slow { limit_rate 1; }')
--- config
    location / { proxy_pass http://court_mock; }
--- check
    Court::identity('slow-1', unit => 'x' x 200);

    my $before = status();
    my $socket = CourtHttp::connect_to();
    print $socket "GET /cases/1 HTTP/1.1\r\nHost: localhost\r\n" . bearer('lawyer', sub => 'slow-1') . "\r\n\r\n";
    ok(poll(sub { status()->get('court_fetch_waiters', 'identity') == 1 }), 'it waits');
    is(status()->get('court_fetches_in_flight', 'identity'), 1, 'and a fetch is under way');
    close $socket;

    is_deeply(counted($before, 1), { 'B00 undecided' => 1 }, 'undecided');
    is(status()->get('court_fetch_waiters', 'identity'), 0, 'nobody waits any more');


=== TEST 12: whom it is for
--- config
    location = /denied { court_status open; deny all; }
    location = /real { court_status; set_real_ip_from 127.0.0.1; real_ip_header X-Client; }
    location / { proxy_pass http://court_mock; }
--- check
    is(h1('GET', '/status')->{status}, 200, 'loopback');
    is(h2('GET', '/status')->{status}, 200, 'a unix socket');

    for my $header ('X-Forwarded-For: 127.0.0.1', 'x-forwarded-for: ::1', 'Forwarded: for=127.0.0.1',
                    'X-Real-IP: 127.0.0.1', 'Via: 1.1 x', 'X-Forwarded-Host: localhost',
                    'X-Forwarded-Proto: https')
    {
        is(h1('GET', '/status', [$header])->{status}, 403, "$header: for another");
        is(h2('GET', '/status', [$header])->{status}, 403, "$header: for another, unix");
        is(h1('GET', '/open', [$header])->{status}, 200, "$header: open");
    }

    # a browser on this machine that was led here by a name of others
    for my $host ('evil.example', 'localhost.evil.example', '127.0.0.1.evil.example',
                  'notlocalhost', 'localhos') {
        is(h1('GET', '/status', ["Host: $host"])->{status}, 403, "$host: no name of this machine");
    }

    for my $host ('127.0.0.1', 'LOCALHOST:80', 'b00.localhost:8080', '[::1]:8080', '10.0.0.7:80') {
        is(h1('GET', '/status', ["Host: $host"])->{status}, 200, "$host: an address or localhost");
    }

    is(h2('GET', '/status', ['Host: evil.example'])->{status}, 200, 'any name on a unix socket');

    is(h1('GET', '/real')->{status}, 200, 'realip without a header');
    is(h1('GET', '/real', ['X-Client: 10.9.9.9'])->{status}, 200, 'realip: the peer itself is asked for');
    is(h1('GET', '/denied')->{status}, 403, 'open leaves it to deny');

    my $proxied = IO::Socket::UNIX->new(Peer => "$main::dir/run/proxied.sock");
    print $proxied "PROXY TCP4 127.0.0.1 127.0.0.1 5000 80\r\n"
                   . "GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    like(join('', <$proxied>), qr{^HTTP/1.1 403 }, 'behind a PROXY header');

    ok($outside, 'this machine has an address') or return;
    is(from_outside('/status')->{status}, 403, 'from elsewhere');
    is(from_outside('/status?format=html')->{status}, 403, 'the page from elsewhere');
    is(from_outside('/open')->{status}, 200, 'open from elsewhere');
    like(error_log(), qr/court_status is for peers on this machine alone/, 'the hint');
    unlike(from_outside('/status')->{body}, qr/B00|court_/, 'and nothing is told');


=== TEST 13: realip does not make a peer local
--- config
    set_real_ip_from 0.0.0.0/0;
    real_ip_header X-Client;
    location / { proxy_pass http://court_mock; }
--- check
    my $port = Test::Nginx::Util::server_port();
    ok($outside, 'this machine has an address') or return;
    like(`curl -s -i -m 20 -H 'X-Client: 127.0.0.1' --interface $outside http://$outside:$port/status`,
         qr{^HTTP/1.1 403 }, 'a header that says loopback');


=== TEST 14: a variable court, and what is in no court
--- http_config eval: CourtHttp::http(main => 'map $arg_c $which { default ""; b B01; z Z99; }')
--- config
    location /v { rewrite ^/v(.*) $1 last; }
    location /items/ { court_code $which; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
    my $lawyer = bearer('lawyer');

    for my $row (['/items/1?c=b', 'B01 allow'], ['/items/1', '- allow'], ['/items/1?c=z', '- refuse']) {
        my $before = status();
        h1('GET', $row->[0], [$lawyer]);
        is_deeply(counted($before, 1), { $row->[1] => 1 }, $row->[0]);
    }

    # ended before the court was known
    my $before = status();
    h1('GET', '/items//1?c=b', [$lawyer]);
    is_deeply(counted($before, 1), { 'B01 refuse' => 1 }, 'the court of its location');


=== TEST 15: without a policy and without an issuer
--- http_config eval: "court_courts $CourtHttp::DIR/courts.json;"
--- config
    location = /s { court_status; }
    location / { return 204; }
--- request
GET /s?format=prometheus
--- response_body_like chomp
court_requests_total 0\n
--- no_error_log
[alert]
[emerg]


=== TEST 16: an unknown parameter
--- config
    location = /s { court_status closed; }
--- must_die
--- error_log
invalid parameter "closed"
--- no_error_log
[alert]


=== TEST 17: twice
--- config
    location = /s { court_status; court_status open; }
--- must_die
--- error_log
"court_status" directive is duplicate
--- no_error_log
[alert]


=== TEST 18: one handler in a location
--- config
    location = /s { court_health; court_status; }
--- must_die
--- error_log
"court_status" directive is duplicate
--- no_error_log
[alert]


=== TEST 19: a zone that is too small
--- http_config eval: CourtHttp::http(main => 'court_zone state:64k;')
--- config
--- must_die
--- error_log
zone "court_state" is too small, it needs
--- no_error_log
[alert]


=== TEST 20: few lines are enough for few workers
--- http_config eval: CourtHttp::http(main => 'court_zone state:3m;')
--- config
    location / { proxy_pass http://court_mock; }
--- check
    poll(sub { status()->get('court_workers', 'live') == 2 });
    my $s = status();
    is($s->get('court_zone_size_bytes', 'state'), 3 * 1048576, 'as it says');
    is($s->get('court_workers', 'live'), 2, 'two workers');
    h1('GET', '/me', [bearer('lawyer')]);
    is_deeply(counted($s, 1), { 'B00 allow' => 1 }, 'and they count');
