# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_control with two workers: what is asked, refused, purged, flushed and
# reloaded; and what an attacker on the socket, or a client that goes, finds.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtHttp;
use CourtAudit;
use CourtControl;
use CourtSource;
use Storable qw(dclone);
use Time::HiRes qw(sleep time);

master_on();
workers(2);
worker_connections(512);

our $dir = Court::dir();
our $subject = 'lawyer-310115198001011234';
our $key = ['platform', $subject];
our $case = 'CASE-4711';
our $file = "$dir/live.json";

Court::identity($subject, unit => 'Zhang & Partners');
Court::relation('B00', $case, $subject,
                delegated => { 'assistant-9' => ['case.read'] });

# answers when told to, in time or not at all
CourtSource::start('slow', sub { return (\3, "HTTP/1.1 404 Not Found\r\n\r\n") });

sub policy {
    my ($version, %more) = @_;
    my $policy = dclone($CourtHttp::POLICY);

    $policy->{version} = $version;
    Court::file('live.json', Court::json({ %$policy, %more }));
}

policy(10);

our $base = Court::http_config(
    policy => $CourtHttp::POLICY,
    locations => <<'_EOC_' =~ s/\@DIR\@/$dir/gr,
        location = /identity { proxy_pass http://source_mock/identity/$court_source_key_2; }
        location = /relation { proxy_pass http://source_mock/relation/$court_source_court-$court_source_key_3-$court_source_key_2; }
        location = /link { proxy_pass http://unix:@DIR@/run/slow.sock:/; }
        location = /staff { return 500; }
        location = /device { return 500; }
_EOC_
    main => "court_audit_log $dir/control.audit flush=60s;\n$CourtControl::SERVER");

# its file is one that the suite changes; nothing is kept between blocks
$base =~ s/court_policy \S+;/court_policy $file;/;
$base =~ s/court_state_dir \S+;//;
our $http = $base;

sub ask { return CourtControl::ask(@_) }

sub fact {
    my (%o) = @_;
    return ask('POST', '/fact', { fact => 'identity', key => $key, %o });
}

# nginx answers while its second worker is still beginning
sub two { return CourtSource::wait_for(sub { my @w = CourtControl::workers(); @w == 2 }) }

# status and code of a refusal
sub is_problem {
    my ($answer, $status, $code, $what) = @_;

    is("$answer->{status} " . ($answer->{json}{code} // ''), "$status $code",
       "$CourtHttp::name - $what") or diag($answer->{text});
}

sub get_me { return h1('GET', "/cases/$case", [bearer('lawyer', sub => $subject)])->{status} }

sub reload { return ask('POST', '/artefacts/reload', { kind => 'policy' }) }

sub acts { return map { join ' ', grep { defined } @$_{qw(verb what)} } CourtAudit::find('control.audit', event => 'control') }

# no line about the control socket, and no record, names person or case
sub says_nobody {
    my @said = (grep({ /control/ && !/\[debug\]/ } split /\n/, error_log()), CourtAudit::lines('control.audit'));
    my @names = grep { /310115198001011234|CASE-4711/ } @said;

    is(scalar @names, 0, "$CourtHttp::name - names nobody") or diag($names[0]);
}

add_block_preprocessor(sub { $_[0]->set_value('http_config', $http) unless defined $_[0]->http_config });

run_tests();

__DATA__

=== TEST 1: what there is
--- config
    location / { proxy_pass http://court_mock; }
--- check
    my $a = ask('GET', '/');
    is($a->{status}, 200, "$CourtHttp::name - answers");
    is($a->{json}{control}, 1, "$CourtHttp::name - version");
    ok((grep { $_->{path} eq '/cache/purge' } @{$a->{json}{interfaces}}), "$CourtHttp::name - lists");
    is(header($a, 'Cache-Control'), 'no-store', "$CourtHttp::name - not stored");
    my $head = ask('HEAD', '/');
    is("$head->{status} $head->{body}", '200 ', "$CourtHttp::name - HEAD");
    my $stats = ask('GET', '/stats');
    is("$stats->{status} " . ref $stats->{json}{metrics}, '200 HASH', "$CourtHttp::name - stats") or diag(substr $stats->{text}, 0, 500);
    is(CourtControl::raw(CourtControl::request('GET', '/bare'))->{status}, 200, "$CourtHttp::name - prefix without slash");


=== TEST 2: paths are written plainly
--- config
    location / { proxy_pass http://court_mock; }
--- check
    for ([ '/control/../control/', 400 ], [ '/control//fact', 400 ], [ '/control/%66act', 400 ],
         [ '/control/?a=1', 400 ], [ '/control/fact?key=x', 400 ], [ '/control/./', 400 ],
         [ '/control/#x', 400 ], [ '/barefact', 400 ], [ '/control/fact/', 404 ],
         [ '/control/nothing', 404 ], [ '/bare/nothing', 404 ], [ '/control/FACT', 404 ],
         [ '/control/fact%00', 400 ])
    {
        my ($path, $status) = @$_;
        for my $method ('GET', 'POST') {
            my $a = CourtControl::raw(CourtControl::request($method, $path, $method eq 'POST' ? '{}' : undef));
            is($a->{status}, $status, "$CourtHttp::name - $method $path");
        }
    }


=== TEST 3: methods
--- config
    location / { proxy_pass http://court_mock; }
--- check
    is_problem(ask('GET', '/fact'), 405, 'method_not_allowed', 'GET fact');
    is(header(ask('GET', '/fact'), 'Allow'), 'POST', "$CourtHttp::name - Allow");
    is_problem(ask('POST', '/', {}), 405, 'method_not_allowed', 'POST /');
    is_problem(ask('PUT', '/fact', {}), 405, 'method_not_allowed', 'PUT');
    is_problem(ask('DELETE', '/cache/purge', {}), 405, 'method_not_allowed', 'DELETE');


=== TEST 4: bodies that are none
--- config
    location / { proxy_pass http://court_mock; }
--- check
    is_problem(ask('POST', '/fact', $_->[0]), 400, 'request_malformed', $_->[1])
        for [ '', 'empty' ], [ '[]', 'array' ], [ '"x"', 'string' ], [ '{', 'cut' ], [ '{"fact":"identity"}x', 'more' ],
            [ '{"fact":"identity","fact":"identity"}', 'twice' ], [ "{\"fact\":\"\xff\"}", 'bytes' ],
            [ '{"fact":' . '[' x 40 . ']' x 40 . '}', 'deep' ], [ '{"fact":1}', 'number' ];
    is_problem(ask('POST', '/fact'), 411, 'length_required', 'no length');
    is_problem(ask('POST', '/fact', '{"a":"' . 'x' x 65536 . '"}'), 413, 'body_too_large', 'large');
    is(CourtControl::raw("POST /control/fact HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")->{status},
       411, "$CourtHttp::name - chunked");
    is(CourtControl::raw("POST /control/fact HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\n{}")->{status},
       413, "$CourtHttp::name - huge");


=== TEST 5: the longest body is read, in pieces, and into no file
--- config
    location / { proxy_pass http://court_mock; }
    client_body_buffer_size 1k;
    client_body_in_file_only on;
--- check
    my $body = '{"fact":"identity","key":["platform","' . 'x' x 1000 . '"]' . ' ' x 60000 . '}';
    my $socket = CourtControl::open_socket();
    print {$socket} "POST /control/fact HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " . length($body) . "\r\n\r\n";
    for (my $i = 0; $i < length $body; $i += 7001) {
        print {$socket} substr $body, $i, 7001;
        sleep 0.01;
    }
    my $a = CourtControl::parsed(CourtControl::rest($socket));
    is("$a->{status} $a->{json}{zone}{state}", '200 absent', "$CourtHttp::name - answered") or diag($a->{text});


=== TEST 6: unknown members, facts, zones, kinds, keys, courts
--- config
    location / { proxy_pass http://court_mock; }
--- check
    is_problem(fact(more => 1), 400, 'unknown_member', 'fact: member');
    is_problem(fact(fact => 'nothing'), 400, 'unknown_fact', 'fact');
    is_problem(fact(fetch => 'yes'), 400, 'request_malformed', 'fetch');
    is_problem(fact(key => $_), 400, 'key_malformed', 'key ' . Court::json($_))
        for 'x', [], ['platform'], ['platform', 'a', 'b'], ['platform', ''], ['platform', 1],
            ['platform', undef], ['platform', ['a']], ['platform', 'x' x 1025];
    is(Court::json(fact(key => [])->{json}{key}), '["issuer","subject"]', "$CourtHttp::name - says what a key is");
    is_problem(fact(court => $_), 400, 'unknown_court', 'court') for 'B99', '', 1, ['B00'];
    is_problem(ask('POST', '/fact', { fact => 'relation', key => ['platform', 'a', 'b'] }), 400, 'court_missing', 'no court');
    is_problem(ask('POST', '/cache/purge', { zone => $_ }), 400, 'unknown_zone', 'zone') for 'artefacts', '', 'ALL', 1, ['all'];
    is_problem(ask('POST', '/cache/purge', { zone => 'all', fact => 'identity' }), 400, 'unknown_member', 'zone and fact');
    is_problem(ask('POST', '/cache/purge', {}), 400, 'request_malformed', 'nothing to purge');
    is_problem(ask('POST', '/artefacts/reload', { kind => $_ }), 400, 'unknown_kind', 'kind') for 'jwks', '', 'policy2', ['policy'];
    is_problem(ask('POST', '/artefacts/reload', {}), 400, 'unknown_kind', 'no kind');
    is_problem(ask('POST', '/audit/flush', { all => 1 }), 400, 'unknown_member', 'flush: member');


=== TEST 7: a fact: absent, then from the source, then where it is
--- config
    location / { proxy_pass http://court_mock; }
--- check
    CourtSource::wait_for(sub { get_me() == 200 });
    my $a = fact();
    is($a->{json}{zone}{state}, 'found', "$CourtHttp::name - found") or diag($a->{text});
    is($a->{json}{zone}{record}{status}, 'active', "$CourtHttp::name - value");
    is($a->{json}{zone}{record}{unit}, 'Zhang & Partners', "$CourtHttp::name - text");
    is($a->{json}{zone}{record}{valid_from}, '2020-01-01T00:00:00Z', "$CourtHttp::name - time");
    is($a->{json}{zone}{record}{valid_until}, undef, "$CourtHttp::name - no value");
    ok($a->{json}{zone}{active}, "$CourtHttp::name - computed");
    ok($a->{json}{zone}{expires_in} > 0 && $a->{json}{zone}{age} >= 0, "$CourtHttp::name - times");
    is($a->{json}{redis}, undef, "$CourtHttp::name - no Redis");
    Court::source_calls();
    is(fact(key => ['platform', 'nobody'])->{json}{zone}{state}, 'absent', "$CourtHttp::name - another");
    my $r = ask('POST', '/fact', { fact => 'relation', key => [@$key, $case], court => 'B00' });
    is_deeply($r->{json}{zone}{record}{delegated}, [['assistant-9', 'case.read']], "$CourtHttp::name - list") or diag($r->{text});
    is(ask('POST', '/fact', { fact => 'relation', key => [@$key, $case], court => 'B01' })->{json}{zone}{state}, 'absent', "$CourtHttp::name - another court's");
    is(scalar(Court::source_calls()), 0, "$CourtHttp::name - looking asks nobody");
    says_nobody();


=== TEST 8: "I am active": fetched afresh, and kept
--- config
    location / { proxy_pass http://court_mock; }
--- check
    Court::identity($subject, status => 'suspended');
    is(get_me(), 403, "$CourtHttp::name - refused as suspended");
    Court::identity($subject, unit => 'Zhang & Partners');
    is(get_me(), 403, "$CourtHttp::name - still, from the zone");
    my $a = fact(fetch => JSON::PP::true);
    is("$a->{status} $a->{json}{zone}{record}{status} $a->{json}{source}{record}{status}", '200 suspended active', "$CourtHttp::name - both are shown")
        or diag($a->{text});
    is(get_me(), 200, "$CourtHttp::name - and it is allowed");
    my $n = fact(key => ['platform', 'nobody-1'], fetch => JSON::PP::true);
    is("$n->{status} $n->{json}{source}{state}", '200 none', "$CourtHttp::name - definitely none");
    is(fact(key => ['platform', 'nobody-1'])->{json}{zone}{state}, 'none', "$CourtHttp::name - remembered");
    my $f = ask('POST', '/fact', { fact => 'staff', key => $key, fetch => JSON::PP::true });
    is("$f->{status} $f->{json}{source}{state}", '503 unavailable', "$CourtHttp::name - could not be found out");
    ok((grep { $_ eq 'fact.fetch identity' } acts()), "$CourtHttp::name - recorded");
    says_nobody();


=== TEST 9: purge one fact
--- config
    location / { proxy_pass http://court_mock; }
--- check
    is(get_me(), 200, "$CourtHttp::name - known");
    my $a = ask('POST', '/cache/purge', { fact => 'identity', key => $key, court => 'B00' });
    is("$a->{status} $a->{json}{zone}", '200 deleted', "$CourtHttp::name - purged") or diag($a->{text});
    is($a->{json}{redis}, undef, "$CourtHttp::name - no Redis");
    is(fact()->{json}{zone}{state}, 'absent', "$CourtHttp::name - absent");
    isnt(ask('POST', '/fact', { fact => 'relation', key => [@$key, $case], court => 'B00' })->{json}{zone}{state}, 'absent', "$CourtHttp::name - others stay");
    ok((grep { $_ eq 'fact.purge identity' } acts()), "$CourtHttp::name - recorded");
    says_nobody();


=== TEST 10: purge zones
--- config
    location / { proxy_pass http://court_mock; }
--- check
    is(get_me(), 200, "$CourtHttp::name - known");
    my $zones = ask('GET', '/cache')->{json}{zones};
    ok($zones->{facts}{used} > 0 && $zones->{tokens}{stores} > 0, "$CourtHttp::name - counted");
    is_deeply(ask('POST', '/cache/purge', { zone => 'negative' })->{json}{purged}, ['negative'], "$CourtHttp::name - another zone");
    is(fact()->{json}{zone}{state}, 'found', "$CourtHttp::name - still there");
    is_deeply(ask('POST', '/cache/purge', { zone => 'facts' })->{json}{purged}, ['facts'], "$CourtHttp::name - its zone");
    is(fact()->{json}{zone}{state}, 'absent', "$CourtHttp::name - gone");
    is(ask('GET', '/cache')->{json}{zones}{facts}{used}, 0, "$CourtHttp::name - empty");
    is_deeply([sort @{ask('POST', '/cache/purge', { zone => 'all' })->{json}{purged}}], [qw(facts negative tokens)], "$CourtHttp::name - all");
    is(get_me(), 200, "$CourtHttp::name - goes on");
    ok((grep { $_ eq 'cache.purge tokens' } acts()), "$CourtHttp::name - recorded");


=== TEST 11: flush: both workers write what they hold back
--- config
    location / { proxy_pass http://court_mock; }
--- check
    two();
    my @ids = map { header(h1('GET', '/me', [bearer('lawyer')]), 'Court-Request-Id') } 1 .. 12;
    my $a = ask('POST', '/audit/flush', {});
    is($a->{status}, 200, "$CourtHttp::name - answered") or diag($a->{text});
    is(scalar @{$a->{json}{done}}, 2, "$CourtHttp::name - by two");
    is_deeply([@{$a->{json}}{qw(late failed)}], [[], []], "$CourtHttp::name - by all");
    my %there = map { $_->{request_id} // '' => 1 } CourtAudit::records('control.audit');
    is(scalar(grep { !$there{$_} } @ids), 0, "$CourtHttp::name - every record is in the file");
    is(ask('POST', '/audit/flush', '')->{status}, 200, "$CourtHttp::name - without a body");


=== TEST 12: a new policy, adopted by both when it is answered
--- config
    location / { add_header X-Policy $court_policy_version always; proxy_pass http://court_mock; }
--- check
    two();
    my $versions = sub { my %v; $v{header(h1('GET', '/me', [bearer('lawyer')]), 'X-Policy')}++ for 1 .. 10; return join ' ', sort keys %v };
    is($versions->(), '10', "$CourtHttp::name - the old one");
    policy(11, rules => [CourtHttp::rule('r-me', ['lawyer'], ['me'])]);
    my $a = reload();
    is("$a->{status} $a->{json}{version}", '200 11', "$CourtHttp::name - reloaded") or diag($a->{text});
    ok($a->{json}{changed}, "$CourtHttp::name - changed");
    is(scalar @{$a->{json}{done} || []}, 2, "$CourtHttp::name - by both");
    is($versions->(), '11', "$CourtHttp::name - the new one, by both");
    ok(!reload()->{json}{changed}, "$CourtHttp::name - the same once more");
    ok((grep { $_ eq 'artefacts.reload policy 11' } acts()), "$CourtHttp::name - recorded");
    policy(10);
    my $low = reload();
    is_problem($low, 409, 'version_lower', 'a lower version');
    like($low->{json}{detail}, qr/version 10 is lower than the live one, 11/, "$CourtHttp::name - which");
    is($versions->(), '11', "$CourtHttp::name - stays");


=== TEST 13: a policy that is bad, unreadable, untrusted
--- config
    location / { proxy_pass http://court_mock; }
--- check
    policy(12, rules => [{ id => 'r', effect => 'allow', roles => ['lawyer'], interfaces => ['nothing'] }]);
    my $a = reload();
    is_problem($a, 422, 'policy_invalid', 'unknown interface');
    like($a->{json}{detail}, qr{/rules/0.*line \d+}s, "$CourtHttp::name - pointer and line");
    Court::file('live.json', '{');
    is_problem(reload(), 422, 'policy_invalid', 'no JSON');
    policy(13);
    chmod 0666, $file;
    is_problem(reload(), 500, 'file_unreadable', 'others may write it');
    unlink $file;
    is_problem(reload(), 500, 'file_unreadable', 'gone');
    is(system('mkfifo', $file), 0, "$CourtHttp::name - mkfifo");
    is_problem(reload(), 500, 'file_unreadable', 'a FIFO hangs nobody');
    unlink $file;
    policy(13);
    is(reload()->{status}, 200, "$CourtHttp::name - right again");
    ok(!(grep { /policy 12/ } acts()), "$CourtHttp::name - what was refused is no act");
    policy(10);


=== TEST 14: two commands at once
--- config
    location / { proxy_pass http://court_mock; }
--- check
    two();
    my @sockets = map { CourtControl::open_socket() } 1 .. 8;
    print {$_} CourtControl::request('POST', '/control/audit/flush', {}) for @sockets;
    my @a = map { CourtControl::parsed(CourtControl::rest($_)) } @sockets;
    is(join(' ', map { $_->{status} } @a), join(' ', (200) x 8), "$CourtHttp::name - all are answered") or diag(map { $_->{text} } @a);
    is(scalar(grep { @{$_->{json}{done}} == 2 } @a), 8, "$CourtHttp::name - all by both workers") or diag(map { $_->{body} } @a);


=== TEST 15: a worker that hangs is told; the next command waits, too
--- config
    location / { proxy_pass http://court_mock; }
--- check
    two();
    my @workers = CourtControl::workers();
    kill 'STOP', $workers[0];
    my (@done, @late);
    # connections that the stopped one took are not answered: ask often enough
    my @sockets = map { CourtControl::open_socket() } 1 .. 12;
    print {$_} CourtControl::request('POST', '/control/audit/flush', {}) for @sockets;
    my $select = IO::Select->new(@sockets);
    # who came second gives up at the same moment, having sent nothing
    my ($late, @answers);
    my $until = time + 60;
    while (time < $until && !$late) {
        for my $socket ($select->can_read(0.5)) {
            my $text = '';
            sysread $socket, $text, 65536;
            push @answers, CourtControl::parsed($text) if length $text;
            $select->remove($socket);
        }
        ($late) = grep { ($_->{json}{code} // '') eq 'workers_late' } @answers;
    }
    kill 'CONT', $workers[0];
    $late //= $answers[0];
    is_problem($late, 503, 'workers_late', 'told');
    is_deeply($late->{json}{late}, [$workers[0]], "$CourtHttp::name - which");
    is_deeply($late->{json}{done}, [$workers[1]], "$CourtHttp::name - the other one did");
    is(join(' ', grep { !/^(?:workers_late|command_busy)$/ } map { $_->{json}{code} // '-' } @answers), '',
       "$CourtHttp::name - the others were late or waited for it");
    my $after = CourtSource::wait_for(sub { ask('POST', '/audit/flush', {})->{status} == 200 });
    ok($after, "$CourtHttp::name - works again");
    close $_ for @sockets;
--- timeout: 60


=== TEST 16: a worker killed while it is waited for
--- config
    location / { proxy_pass http://court_mock; }
--- check
    two();
    my @workers = CourtControl::workers();
    kill 'STOP', $workers[0];
    my @sockets = map { CourtControl::open_socket() } 1 .. 8;
    print {$_} CourtControl::request('POST', '/control/audit/flush', {}) for @sockets;
    sleep 0.3;
    kill 'KILL', $workers[0];
    my @a = map { CourtControl::parsed(CourtControl::rest($_, 20)) } @sockets;
    my @ok = grep { $_->{status} == 200 } @a;
    ok(scalar @ok, "$CourtHttp::name - nobody waits for the dead") or diag(map { $_->{text} // '' } @a);
    ok(!(grep { grep { $_ == $workers[0] } @{$_->{json}{done}} } @ok), "$CourtHttp::name - nor says that it did");
    ok(CourtSource::wait_for(sub { my @now = CourtControl::workers(); @now == 2 && !grep { $_ == $workers[0] } @now }), "$CourtHttp::name - the new one, too");
--- no_error_log
[emerg]
[crit]
--- timeout: 60


=== TEST 17: a client that goes away while it waits
--- config
    location / { proxy_pass http://court_mock; }
--- check
    for my $n (1 .. 20) {
        my $socket = CourtControl::open_socket();
        print {$socket} CourtControl::request('POST', '/control/fact', { fact => 'link', key => ['platform', "a-$n", 'b'], fetch => JSON::PP::true });
        sleep 0.05 if $n % 2;
        close $socket;
    }
    for (1 .. 20) {
        my $socket = CourtControl::open_socket();
        print {$socket} CourtControl::request('POST', '/control/' . ($_ % 2 ? 'audit/flush' : 'artefacts/reload'), $_ % 2 ? {} : { kind => 'policy' });
        close $socket;
    }
    my $socket = CourtControl::open_socket();
    print {$socket} "POST /control/fact HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";
    close $socket;
    sleep 3.5;
    is(ask('POST', '/audit/flush', {})->{status}, 200, "$CourtHttp::name - the gateway is well");
    is(get_me(), 200, "$CourtHttp::name - and decides");


=== TEST 18: a reload in between
--- config
    location / { proxy_pass http://court_mock; }
--- check
    two();
    my @before = CourtControl::workers();
    my $pid = Court::slurp($Test::Nginx::Util::PidFile) + 0;
    my %seen;
    kill 'HUP', $pid;
    for (1 .. 15) {
        my $a = ask($_ % 2 ? ('POST', '/audit/flush', {}) : ('POST', '/artefacts/reload', { kind => 'policy' }));
        $seen{$a->{status}}++;
    }
    is_deeply([keys %seen], [200], "$CourtHttp::name - always answered");
    ok(CourtSource::wait_for(sub { my @now = CourtControl::workers(); my %old = map { $_ => 1 } @before; @now == 2 && !grep { $old{$_} } @now }),
       "$CourtHttp::name - and by the new ones alone in the end");


=== TEST 19: somebody else on the socket
--- config
    location / { proxy_pass http://court_mock; }
--- check
    SKIP: {
        skip 'only root can be somebody else', 1 if $> != 0;
        my $socket = CourtControl::open_socket();
        my $pid = fork();
        if ($pid == 0) {
            # a directory that lets everybody in would be no fence
            chmod 0755, "$dir/run";
            require POSIX;
            # from within: directories above need not let him through
            chdir "$dir/run" or POSIX::_exit(4);
            $) = $( = 65534; POSIX::setuid(65534);
            my $s = IO::Socket::UNIX->new(Peer => 'control.sock') or POSIX::_exit(3);
            print {$s} CourtControl::request('POST', '/control/fact', { fact => 'identity', key => $key });
            $s->flush;
            my $a = CourtControl::parsed(CourtControl::rest($s, 10));
            POSIX::_exit($a->{status} == 403 && $a->{json}{code} eq 'not_permitted' && !$a->{json}{zone} ? 0 : 1);
        }
        waitpid $pid, 0;
        my $rc = $? >> 8;
        chmod 0700, "$dir/run";
        is($rc, 0, "$CourtHttp::name - connected, and answered 403");
    }


=== TEST 20: it is not found behind a subrequest or a proxy
--- config
    location /mirrored { court off; mirror /control-mirror; return 204; }
    location = /control-mirror { internal; court off; proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/none.sock; }
    location / { proxy_pass http://court_mock; }
--- check
    is(h1('GET', '/control/')->{status}, 401, "$CourtHttp::name - the gateway's own port knows no control");


=== TEST 21: revoked at once, on every worker, until it is undone
--- config
    location / { proxy_pass http://court_mock; }
--- check
    two();
    is(get_me(), 200, "$CourtHttp::name - allowed");
    for ([ 'subject', $subject ], [ 'court', 'B00' ]) {
        my %what = (kind => $_->[0], what => $_->[1]);
        is(ask('POST', '/revoke', { %what })->{status}, 200, "$CourtHttp::name - $_->[0] revoked");
        is(join(' ', map { get_me() } 1 .. 8), join(' ', (401) x 8), "$CourtHttp::name - refused");
        is(ask('POST', '/revoke', { %what, undo => \1 })->{status}, 200, "$CourtHttp::name - undone");
        is(get_me(), 200, "$CourtHttp::name - allowed again");
        is_problem(ask('POST', '/revoke', { %what, undo => \1 }), 404, 'not_revoked', 'not twice');
    }
    is_problem(ask('POST', '/revoke', $_), 400, 'request_malformed', 'malformed')
        for {}, { kind => 'subject' }, { kind => 'token', what => 'x' }, { kind => 'all', what => 'x' },
            { kind => 'subject', what => $subject, issuer => 'nobody' }, { kind => 'subject', what => $subject, until => 1 };
    is_problem(ask('POST', '/revoke', { kind => 'subject', what => 'x', sub => 1 }), 400, 'unknown_member', 'member');
    says_nobody();
