# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_notify over two workers: who may say what by which certificate; what
# was told is forgotten by all of them and by Redis, at once; and what strangers
# find who have none, a wrong one, or too much to say.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit;
use CourtControl;
use CourtRedis;
use CourtSource;
use CourtStatus;
use CourtTls;
use Time::HiRes qw(sleep time);

master_on();
workers(2);
worker_connections(512);
log_level('info');
no_shuffle();

my $dir = Court::dir();
my $socket = "$dir/run/notify.sock";

CourtTls::authority($_) for qw(ca other-ca);
CourtTls::certificate('server', ca => 'ca', cn => 'notify.test', san => 'DNS:notify.test');
CourtTls::certificate('platform', ca => 'ca', cn => 'x', san => 'DNS:Platform.test');
CourtTls::certificate('court', ca => 'ca', cn => 'court.test');
CourtTls::certificate('pinned', ca => 'ca', cn => 'whoever');
CourtTls::certificate('stranger', ca => 'ca', cn => 'platform.test', san => 'DNS:else.test');
CourtTls::certificate('wild', ca => 'ca', cn => 'x', san => 'DNS:*.test');
CourtTls::certificate('expired', ca => 'ca', cn => 'platform.test', san => 'DNS:platform.test', days => -1);
CourtTls::certificate('evil', ca => 'other-ca', cn => 'platform.test', san => 'DNS:platform.test');

my $redis = CourtRedis->new;
$redis->server('main');

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind'], link => ['status'], relation => ['side'] },
    conditions => {
        active => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                    reason => 'practice_not_active' },
        linked => { on => 'person', all => [ ['link.status', '==', 'active'] ],
                    reason => 'link_not_active' },
        party  => { on => 'person', all => [ ['relation.side', 'in', ['plaintiff']] ],
                    reason => 'no_relation' },
    },
    interfaces => [ map { my $id = $_; { id => $id, routes => [ map {
                        { methods => ['GET'], path => "/$_/$id/{case}" } } qw(b00 b01 b0101) ] } }
                        qw(me link case) ],
    rules => [
        { id => 'me', effect => 'allow', roles => ['lawyer'], interfaces => ['me'],
          when => ['active'] },
        { id => 'link', effect => 'allow', roles => ['assistant'], interfaces => ['link'],
          when => ['linked'] },
        { id => 'case', effect => 'allow', roles => ['lawyer'], interfaces => ['case'],
          when => ['party'] },
    ],
};

our $notify = 'court_notify name=platform.test facts=identity,link;'
             . ' court_notify name=court.test facts=relation courts=B01;'
             . ' court_notify spki=' . CourtTls::pin('pinned') . ' facts=staff rate=3r/s;';

# the port's default server has other authorities
sub servers {
    my ($lines) = @_;
    my $server = "ssl_certificate $dir/tls/server.pem; ssl_certificate_key $dir/tls/server.key;"
                 . ' ssl_verify_client on;';

    return <<_EOC_;
    server {
        listen unix:$socket ssl default_server;
        server_name other.test;
        $server
        ssl_client_certificate $dir/tls/other-ca.pem;
        location / { court off; return 204; }
    }
    server {
        listen unix:$socket ssl;
        listen unix:$dir/run/plain.sock;
        server_name notify.test;
        $server
        ssl_client_certificate $dir/tls/ca.pem;
        error_page 495 496 497 /notify;
        location = /notify { $lines }
    }
_EOC_
}

my $n = 0;

sub http {
    my ($with_redis) = @_;
    my $size = 1024 + 16 * ++$n;
    my $text = Court::http_config(
        policy => $policy,
        main => servers($notify) . $CourtControl::SERVER
                . "court_audit_log $dir/record$n.log flush=50ms;\n"
                . ($with_redis ? "court_redis main { server 127.0.0.1:$redis->{port}{main}; command_timeout 2s; }\n"
                                 . "court_cache redis=main seal_keys=$dir/seal.key;\n" : ''));

    return $text =~ s/facts:1m negative:1m/facts:${size}k negative:${size}k flight:${size}k/r;
}

my (%tokens, $block);

sub get {
    my ($path, $role, $who) = @_;
    $tokens{"$role $who"} ||= Court::bearer($role, sub => $who);
    return CourtSource::fetch($path, $tokens{"$role $who"});
}

sub notify {
    my ($cert, $body, %o) = @_;
    $body = { changed => $body } if ref $body eq 'ARRAY';
    return CourtTls::ask($socket, 'notify.test', '/notify', cert => $cert, body => $body, %o);
}

sub said { my ($a) = @_; return "$a->{status} $a->{code}" }
sub identity { return { fact => 'identity', key => ['platform', $_[0]] } }
sub relation { return { fact => 'relation', key => ["platform", $_[0], "$_[1]"], court => $_[2] } }
sub keys_in_redis { return scalar grep { /:f:/ } split /\n/, $redis->cli('main', 'KEYS', '*') }

# what both workers answer, several times
sub both { my @ask = @_; my %seen = map { get(@ask) => 1 } 1 .. 6; return join ' | ', sort keys %seen }

my $link = { assistant => 'assistant-1', principal => 'lawyer-1', status => 'active',
             approved_by_principal => JSON::PP::true, approved_by_firm => JSON::PP::true,
             active_links => 1 };

sub known {
    Court::identity('lawyer-1');
    Court::identity('lawyer-2');
    Court::fact('link', 'assistant-1-lawyer-1', $link);
    Court::relation($_, 1, 'lawyer-1') for qw(B00 B01 B0101);
}

our %steps = (
    forgotten => sub {
        is both('/b00/me/1', 'lawyer', 'lawyer-1'), 200, 'known';
        is both('/b00/link/1', 'assistant', 'assistant-1'), 200, 'an assistant';
        is both("/$_/case/1", 'lawyer', 'lawyer-1'), 200, "his case in $_" for qw(b00 b01 b0101);
        my $kept = keys_in_redis();

        Court::identity('lawyer-1', status => 'revoked');
        Court::fact('link', 'assistant-1-lawyer-1', undef);
        Court::fact('relation', "$_-1-lawyer-1", undef) for qw(B00 B01 B0101);
        is both('/b00/me/1', 'lawyer', 'lawyer-1'), 200, 'it is cached';
        is both('/b00/link/1', 'assistant', 'assistant-1'), 200, 'he is, too';

        my $a = notify('platform', [ { fact => 'link', key => ['platform', 'assistant-1', 'lawyer-1'] } ]);
        is said($a), '200 ', 'told';
        is $a->{text}, "{\"invalidated\":1}\n", 'one';
        is both('/b00/link/1', 'assistant', 'assistant-1'), '403 link_not_active',
           'a removed assistant is refused at once, by both workers';
        is both('/b00/me/1', 'lawyer', 'lawyer-1'), 200, 'nobody else is';

        is said(notify('platform', [identity('lawyer-1'), identity('nobody')])), '200 ', 'his principal';
        is both('/b00/me/1', 'lawyer', 'lawyer-1'), '403 practice_not_active', 'refused';

        is said(notify('court', [relation('lawyer-1', 1, 'B01')])), '200 ', 'a court, of its own';
        is both('/b01/case/1', 'lawyer', 'lawyer-1'), '403 no_relation', 'refused there';
        is both('/b00/case/1', 'lawyer', 'lawyer-1'), 200, 'not in the court above';
        is both('/b0101/case/1', 'lawyer', 'lawyer-1'), 200, 'nor below';
        is said(notify('court', [relation('lawyer-1', 1, 'B0101')])), '200 ', 'one below it';
        is both('/b0101/case/1', 'lawyer', 'lawyer-1'), '403 no_relation', 'refused there';

        if ($kept) {
            is keys_in_redis(), 2, 'Redis: what was told is gone, but who was asked for again';
        }

        my $r = CourtAudit::wait_for("record$block.log", event => 'notify');
        is_deeply [map { $_->{what} } grep { ($_->{event} // '') eq 'notify' }
                       CourtAudit::records("record$block.log")],
                  ['link 1 by platform.test', 'identity 2 by platform.test',
                   'relation 1 by court.test', 'relation 1 by court.test'], 'recorded';
        my $s = CourtStatus::parse(CourtControl::ask('GET', '/stats')->{body});
        is_deeply $s->all('court_notices_total'), { ok => 4 }, 'counted';
        unlike Court::slurp($Test::Nginx::Util::ErrLogFile), qr{court: notify:.*lawyer}, 'the log names nobody';
        is CourtAudit::chains("record$block.log"), '', 'the chains are whole';
    },

    lost_redis => sub {
        is both('/b00/me/1', 'lawyer', 'lawyer-1'), 200, 'known';
        $redis->pause('main');
        Court::identity('lawyer-1', status => 'revoked');
        my $a = notify('platform', [identity('lawyer-1')]);
        is said($a), '503 not_everywhere', 'Redis hangs: not everywhere';
        like $a->{head}, qr/^Retry-After: [12]\r$/m, 'he shall come again';
        is both('/b00/me/1', 'lawyer', 'lawyer-1'), '403 practice_not_active', 'but here';

        # who tells it goes while Redis is waited for
        Court::identity('lawyer-2', status => 'revoked');
        like notify('platform', [identity('lawyer-2'), map { identity("x$_") } 1 .. 60],
                    limit => 0.5)->{status}, qr/^(?:0|503)$/, 'he does not wait for long';
        is both('/b00/me/1', 'lawyer', 'lawyer-2'), '403 practice_not_active', 'it is done all the same';
        $redis->cont('main');
        ok CourtSource::wait_for(sub { notify('platform', [identity('lawyer-1')])->{status} == 200 }),
           'he does';
    },

    who => sub {
        my $one = [identity('lawyer-1')];
        is both('/b00/me/1', 'lawyer', 'lawyer-1'), 200, 'known';
        Court::identity('lawyer-1', status => 'revoked');

        my %why = (
            '' => '400 certificate_required', evil => '400 certificate_required',
            expired => '400 certificate_required', stranger => '403 certificate_unknown',
            wild => '403 certificate_unknown');
        # 400 is nginx's own, whose error_page leads here
        for my $cert (sort keys %why) {
            is said(notify($cert, $one)), $why{$cert}, 'certificate: ' . ($cert || 'none');
        }

        # the handshake was the other server's, whose authorities know evil
        my $a = CourtTls::ask($socket, '127.0.0.1', '/notify', cert => 'evil', as => 'notify.test',
                              body => { changed => $one });
        is said($a), '403 certificate_required', 'of the authorities of another server';
        $a = CourtTls::ask($socket, 'other.test', '/notify', cert => 'evil', as => 'notify.test',
                           body => { changed => $one });
        ok $a->{status} == 421 || $a->{status} == 403, "another server's name ($a->{status})";
        $a = CourtTls::ask("$dir/run/plain.sock", 'notify.test', '/notify', plain => 1,
                           body => { changed => $one });
        is said($a), '403 certificate_required', 'no TLS';

        is said(notify('court', $one)), '403 out_of_scope', 'a fact that is not its own';
        is said(notify('pinned', $one)), '403 out_of_scope', 'of the pinned one, too';
        is said(notify('platform', [relation('lawyer-1', 1, 'B01')])), '403 out_of_scope', 'nor a relation';
        is said(notify('court', [relation('lawyer-1', 1, 'B00')])), '403 out_of_scope', 'the court above it';
        is said(notify('court', [relation('lawyer-1', 1, 'B01'), identity('lawyer-1')])), '403 out_of_scope',
           'one of two';
        is both('/b00/me/1', 'lawyer', 'lawyer-1'), 200, 'nothing was forgotten';
        is said(notify('pinned', [ { fact => 'staff', key => ['staff', 'judge-1'] } ])), '200 ', 'its own';
    },

    malformed => sub {
        my $bad = sub { my ($what, $body, $want, %o) = @_; is said(notify('platform', $body, %o)), $want, $what };

        $bad->('not JSON', '{', '400 request_malformed');
        $bad->('no object', '[]', '400 request_malformed');
        $bad->('empty', '{}', '400 request_malformed');
        $bad->('none', '{"changed":[]}', '400 request_malformed');
        $bad->('no array', '{"changed":{}}', '400 request_malformed');
        $bad->('no objects', '{"changed":["identity"]}', '400 request_malformed');
        $bad->('twice', '{"changed":[],"changed":[]}', '400 request_malformed');
        $bad->('another member', { changed => [identity('x')], more => 1 }, '400 unknown_member');
        $bad->('another member within', [ { %{identity('x')}, all => 1 } ], '400 unknown_member');
        $bad->('no such fact', [ { fact => 'moon', key => ['x'] } ], '400 unknown_fact');
        $bad->('too few keys', [ { fact => 'identity', key => ['x'] } ], '400 key_malformed');
        $bad->('an empty key', [ { fact => 'identity', key => ['platform', ''] } ], '400 key_malformed');
        $bad->('a number', [ { fact => 'identity', key => ['platform', 1] } ], '400 key_malformed');
        $bad->('a court', [ { %{identity('x')}, court => 'B00' } ], '400 court_unexpected');
        $bad->('65 of them', [ map { identity("x$_") } 1 .. 65 ], '400 request_malformed');
        $bad->('64 of them', [ map { identity("x$_") } 1 .. 64 ], '200 ');
        $bad->('64 KiB', ' ' x 65537, '413 body_too_large');
        $bad->('no length', [identity('x')], '411 length_required',
               headers => ['Transfer-Encoding: chunked']);
        $bad->('GET', undef, '405 method_not_allowed');
        $bad->('PUT', [identity('x')], '405 method_not_allowed', method => 'PUT');
        is said(notify('court', [ { fact => 'relation', key => ['platform', 'x', 1] } ])), '400 key_malformed',
           'a number in a key';
        is said(notify('court', [ { fact => 'relation', key => ['platform', 'x', '1'] } ])), '400 court_missing',
           'no court';
        is said(notify('court', [relation('x', '1', 'X99')])), '400 unknown_court', 'no such court';
        my $a = notify('platform', '{');
        like $a->{head}, qr{^Content-Type: application/problem\+json\r$}m, 'problem+json';
    },

    flood => sub {
        my @said = map { notify('pinned', [ { fact => 'staff', key => ['staff', "j$_"] } ]) } 1 .. 60;
        my %n;
        $n{said($_)}++ for @said;
        ok $n{'429 too_many_requests'}, 'too many are told so';
        ok $n{'200 '} && keys %n == 2, 'the others are heard';
        my ($late) = grep { $_->{status} == 429 } @said;
        like $late->{head}, qr/^Retry-After: [12]\r$/m, 'when to come again';
        is said(notify('platform', [identity('x')])), '200 ', 'another one is not held';
        my $s = CourtStatus::parse(CourtControl::ask('GET', '/stats')->{body});
        is $s->get('court_notices_total', 'limited'), $n{'429 too_many_requests'}, 'counted';
    },
);

add_response_body_check(sub {
    my ($test) = @_;
    return unless $test->steps;
    known();
    $redis->cli('main', 'FLUSHALL');
    $block++;
    $steps{$test->steps}->();
});

add_block_preprocessor(sub {
    my ($test) = @_;
    $test->set_value('no_error_log', $test->name =~ /load:/ ? '[alert]' : qr{\[(?:alert|crit|emerg)\]});
    $test->set_value('request', 'GET /open');
    $test->set_value('config', join "\n",
        (map { "location /" . lc($_) . "/ { court_code $_; proxy_pass http://court_mock; }" } qw(B00 B01 B0101)),
        'location = /open { court off; return 200 "open\n"; }');
});

sub lines {
    my ($lines, $swap) = @_;
    local $notify = $lines;
    my $text = http();
    $n--;
    $text =~ s/ssl_verify_client on/ssl_verify_client $swap/g if $swap;
    return $text;
}

run_tests();

__DATA__

=== TEST 1: what was told is forgotten
--- http_config eval: main::http()
--- steps: forgotten


=== TEST 2: with Redis
--- http_config eval: main::http(1)
--- steps: forgotten


=== TEST 3: Redis hangs
--- http_config eval: main::http(1)
--- steps: lost_redis


=== TEST 4: who may say what
--- http_config eval: main::http()
--- steps: who


=== TEST 5: what can't be read
--- http_config eval: main::http()
--- steps: malformed


=== TEST 6: too many
--- http_config eval: main::http()
--- steps: flood


=== TEST 7: load: ssl_verify_client off
--- http_config eval: main::lines('court_notify name=a facts=identity;', 'off')
--- must_die
--- error_log
court_notify needs "ssl_verify_client on" in its server


=== TEST 8: load: ssl_verify_client optional
--- http_config eval: main::lines('court_notify name=a facts=identity;', 'optional')
--- must_die
--- error_log
court_notify needs "ssl_verify_client on" in its server


=== TEST 9: load: nobody's certificate
--- http_config eval: main::lines('court_notify facts=identity courts=B00;')
--- must_die
--- error_log
court_notify needs "name=" or "spki=" of a certificate


=== TEST 10: load: of nothing
--- http_config eval: main::lines('court_notify name=a courts=B00;')
--- must_die
--- error_log
court_notify needs "facts="


=== TEST 11: load: no such fact
--- http_config eval: main::lines('court_notify name=a facts=identity,moon;')
--- must_die
--- error_log
unknown fact "moon" in court_notify


=== TEST 12: load: of which court
--- http_config eval: main::lines('court_notify name=a facts=relation;')
--- must_die
--- error_log
court_notify needs "courts=": fact "relation" is of scope court


=== TEST 13: load: no such court
--- http_config eval: main::lines('court_notify name=a facts=relation courts=B00,X99;')
--- must_die
--- error_log
unknown court "X99" in court_notify


=== TEST 14: load: a pin that is none
--- http_config eval: main::lines('court_notify spki=AAAA facts=identity;')
--- must_die
--- error_log
invalid parameter "spki=AAAA"


=== TEST 15: load: a pattern is no name
--- http_config eval: main::lines('court_notify name=*.test facts=identity;')
--- must_die
--- error_log
invalid parameter "name=*.test"


=== TEST 16: load: an empty name in a list
--- http_config eval: main::lines('court_notify name=a facts=identity,;')
--- must_die
--- error_log
invalid parameter "facts=identity,"


=== TEST 17: load: a parameter twice
--- http_config eval: main::lines('court_notify name=a name=b facts=identity;')
--- must_die
--- error_log
duplicate parameter "name=b"


=== TEST 18: load: a certificate twice
--- http_config eval: main::lines('court_notify name=a facts=identity; court_notify name=A facts=link;')
--- must_die
--- error_log
"court_notify" directive names that certificate twice


=== TEST 19: load: a rate that is none
--- http_config eval: main::lines('court_notify name=a facts=identity rate=0r/s;')
--- must_die
--- error_log
invalid parameter "rate=0r/s"


=== TEST 20: load: another handler
--- http_config eval: main::lines('court_health; court_notify name=a facts=identity;')
--- must_die
--- error_log
"court_notify" directive has another handler beside it


=== TEST 21: load: an unknown parameter
--- http_config eval: main::lines('court_notify name=a facts=identity from=here;')
--- must_die
--- error_log
invalid parameter "from=here"
