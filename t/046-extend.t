# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# An extension: for how long, for whom, and for whom never; what the record,
# the status and health say of it; over two workers and a reload.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit;
use CourtControl;
use CourtSource;
use CourtStatus;
use Time::HiRes qw(sleep time);

master_on();
workers(2);
worker_connections(512);
log_level('info');
no_shuffle();

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind'] },
    conditions => {
        active => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                    reason => 'practice_not_active' },
    },
    interfaces => [ map { my $id = $_; { id => $id, routes => [ map {
                        { methods => ['GET'], path => "/$_/$id" } } qw(b00 b01) ] } }
                        qw(any young now) ],
    rules => [ map { { id => $_->[0], effect => 'allow', roles => ['lawyer'],
                       interfaces => [$_->[0]], when => ['active'], %{$_->[1]} } }
                   ['any', {}], ['young', { needs => { identity => 1 } }],
                   ['now', { needs => { identity => 0 } }] ],
};

my $dir = Court::dir();

CourtSource::start('scripted', sub {
    my ($path) = @_;
    my ($who) = $path =~ m{([^/]+)$} or return '';

    return '' if -e "$dir/dead";
    return CourtSource::reply(404, '{}') if $who =~ /^none/;
    return CourtSource::reply(200, { subject => $who, status => 'active',
                                     kind => 'full_time' });
});

my $n = 0;

sub http {
    my ($lines) = @_;
    my $size = 1024 + 16 * ++$n;
    my $text = Court::http_config(
        policy => $policy,
        facts => Court::facts(identity => $lines),
        locations => 'location = /identity { proxy_pass http://scripted/$court_source_key_2; }'
                     . join('', map { "location = /$_ { return 404; }" }
                                qw(link relation staff device)),
        main => "upstream scripted { server unix:$dir/run/scripted.sock; }\n"
                . "court_audit_log $dir/record$n.log flush=50ms;\n$CourtControl::SERVER");

    return $text =~ s/facts:1m negative:1m/facts:${size}k negative:${size}k flight:${size}k/r;
}

my %tokens;

sub token { my ($who) = @_; return $tokens{$who} ||= Court::bearer('lawyer', sub => $who) }
sub get   { my ($path, $who) = @_; return CourtSource::fetch($path, token($who)) }
sub dead  { Court::file('dead', '') }
sub alive { unlink "$dir/dead" }
sub ask   { return CourtControl::ask(@_) }
sub extend { return ask('POST', '/fact/extend', { fact => 'identity', @_ }) }
sub said  { my ($a) = @_; return "$a->{status} " . ($a->{json}{code} // '') }
sub status { return CourtStatus::parse(ask('GET', '/stats')->{body}) }

# the n-th file of records is this block's
my $block = 0;

sub record { my (%o) = @_; return (CourtAudit::wait_for("record$block.log", %o))[-1] }

# tier and state of the fact in the record of that decision
sub tier {
    my ($path, $who) = @_;
    my ($status, $code, $text) = CourtSource::answered(CourtSource::ask($path, token($who)));
    my ($id) = $text =~ /^Court-Request-Id: (\S+)\r$/m;
    my $r = record(phase => 'decision', request_id => $id) or return 'no record';
    my $fact = $r->{facts}[0];

    return join ' ', $status, $fact->{tier} // '-', $fact->{state} // 'found';
}

# until none of the workers before is left
sub reload {
    my %old = map { $_ => 1 } CourtControl::workers();

    kill 'HUP', Court::slurp($Test::Nginx::Util::PidFile) =~ /(\d+)/;
    return CourtSource::wait_for(sub {
        my @now = CourtControl::workers();
        @now == 2 && !grep { $old{$_} } @now;
    });
}

my $refused = '503 identity_unavailable';

our %steps = (
    serves => sub {
        is get('/b00/any', 'u-1'), 200, 'known';
        is get('/b00/any', 'none-1'), '403 identity_not_found', 'known to be none';
        is_deeply ask('GET', '/fact/extensions')->{json}, { extensions => [] }, 'none at first';
        dead();
        sleep 1.3;
        is get('/b00/any', 'u-1'), $refused, 'its source is down';

        my $a = extend(for => 3600);
        is $a->{status}, 200, 'extended';
        my ($x) = @{$a->{json}{extensions}};
        is "$x->{fact} $x->{max_age}", 'identity 3600', 'says which, and how old at most';
        is $x->{until} - $x->{since}, 3600, 'and until when';

        # whichever worker answers
        is join(' ', map { tier('/b00/any', 'u-1') } 1 .. 4),
           join(' ', ('200 extended found') x 4), 'it serves, and each record says so';
        is tier('/b00/young', 'u-1'), '200 extended found', 'where a fresher one is asked for';
        is tier('/b00/now', 'u-1'), '503 - unavailable', 'never where it must be true now';
        is get('/b00/any', 'none-1'), $refused, 'never "none"';
        is get('/b00/any', 'u-2'), $refused, 'nor who was never known';
        is tier('/b01/any', 'u-1'), '200 extended found', 'of every court';

        my $s = status();
        is_deeply [map { "$_->{problem} $_->{severity} $_->{name}" }
                       grep { $_->{problem} ne 'source' } @{$s->{health}{problems}}],
                  ['extended degraded identity'], 'health says so';
        is $s->{health}{ready}, JSON::PP::true, 'and is ready';
        is $s->get('court_fact_extended_until_timestamp_seconds', 'identity', ''), $x->{until},
           'the status, until when';
        cmp_ok $s->get('court_facts_total', 'identity', 'extended', 'found'), '>=', 6,
               'and how often';
        is $s->get('court_facts_total', 'identity', 'stale', 'found'), 0, 'nothing is stale';
        is $s->get("court_zone_used_bytes", $_), 0, "nothing stands in $_" for qw(flight tombstones);
        cmp_ok $s->get("court_zone_size_bytes", $_), '>', 65536, "its size" for qw(flight tombstones);

        is record(event => 'control', verb => 'fact.extend')->{what}, 'identity 3600s',
           'who did it is recorded';
        is record(event => 'control', verb => 'fact.extend')->{uid}, $>, 'by his uid';
        ok reload(), 'reloaded';
        is tier('/b00/any', 'u-1'), '200 extended found', 'a reload keeps it';

        is extend(end => JSON::PP::true)->{status}, 200, 'ended';
        is get('/b00/any', 'u-1'), $refused, 'it is';
        is said(extend(end => JSON::PP::true)), '404 not_extended', 'once';
        ok record(event => 'control', verb => 'fact.extend.end'), 'recorded, too';
        is_deeply status()->all('court_fact_extended_until_timestamp_seconds'), {}, 'gone';
        alive();
        ok CourtSource::wait_for(sub { get('/b00/now', 'u-1') eq '200' }), 'it answers again';
    },

    court => sub {
        is get('/b00/any', 'u-1'), 200, 'known';
        dead();
        sleep 1.3;
        is extend(for => 3600, court => 'B01')->{json}{extensions}[0]{court}, 'B01', 'of B01';
        is tier('/b01/any', 'u-1'), '200 extended found', 'there';
        is get('/b00/any', 'u-1'), $refused, 'not here';
        is status()->{health}{problems}[-1]{name}, 'identity B01', 'health names the court';
        is said(extend(end => JSON::PP::true)), '404 not_extended', 'all courts: none';
        is extend(end => JSON::PP::true, court => 'B01')->{status}, 200, 'ended';
        is get('/b01/any', 'u-1'), $refused, 'nowhere';
    },

    ends => sub {
        is get('/b00/any', 'u-1'), 200, 'known';
        my $began = time;
        dead();
        sleep 1.3;
        is extend(for => 4)->{status}, 200, 'for 4 s';
        is get('/b00/any', 'u-1'), 200, 'serves';
        ok CourtSource::wait_for(sub { get('/b00/any', 'u-1') eq $refused }), 'no more';
        ok time - $began >= 3.9, 'not before 4 s after it was verified';
        ok record(event => 'control', verb => 'fact.extend.over'), 'its end is recorded';
        ok !defined record(event => 'control', verb => 'fact.extend.over')->{uid}, 'nobody did it';
        is scalar(grep { ($_->{verb} // '') eq 'fact.extend.over' }
                       CourtAudit::records("record$block.log")), 1, 'once';
        alive();
        ok CourtSource::wait_for(sub { get('/b00/now', 'u-1') eq '200' }), 'it answers again';
        dead();
        sleep 1.3;
        is get('/b00/any', 'u-1'), $refused, 'and is over';
    },

    stale => sub {
        is get('/b00/any', 'u-1'), 200, 'known';
        dead();
        sleep 1.3;
        is tier('/b00/any', 'u-1'), '200 stale found', 'stale';
        is extend(for => 100)->{status}, 200, 'extended as well';
        is tier('/b00/any', 'u-1'), '200 stale found', 'still stale';
        is tier('/b00/young', 'u-1'), '200 extended found', 'beyond a demand: extended';
        cmp_ok status()->get('court_facts_total', 'identity', 'stale', 'found'), '>=', 2,
               'the status has it';
        is said(extend(for => 61)), '400 for_too_short', 'so long it serves anyhow';
    },

    refused => sub {
        is said(extend(for => 28801)), '400 for_out_of_range', 'over 8 h';
        is said(extend(for => 0)), '400 for_out_of_range', 'none';
        is said(extend(for => -5)), '400 for_out_of_range', 'negative';
        is said(extend(for => '2h')), '400 for_out_of_range', 'a word';
        is said(extend()), '400 for_out_of_range', 'missing';
        is said(extend(for => 1)), '400 for_too_short', 'its ttl';
        is said(extend(for => 9, end => 1)), '400 request_malformed', 'end is true or false';
        is said(extend(for => 9, court => 'X99')), '400 unknown_court', 'no court';
        is said(extend(for => 9, who => 'x')), '400 unknown_member', 'no member';
        is said(ask('POST', '/fact/extend', { for => 9, fact => 'moon' })), '400 unknown_fact',
           'no fact';
        is said(ask('GET', '/fact/extend')), '405 method_not_allowed', 'GET';
        is_deeply ask('GET', '/fact/extensions')->{json}, { extensions => [] }, 'nothing was done';
        is extend(for => 28800)->{status}, 200, '8 h';
    },

    courtctl => sub {
        my $conf = Court::file('courtctl.conf', "control = unix:$CourtControl::SOCKET:/control\n");
        my $run = sub {
            my $text = qx{lua-free-scripts/courtctl -c $conf -o json @_ 2>&1};
            return (($? >> 8) . ' ' . $text);
        };

        like $run->('fact extend identity link --for 2h'),
             qr/^0 .*"fact":"identity".*"fact":"link".*"max_age":7200/s, 'two of them';
        like $run->('fact extend'), qr/^0 .*"fact":"link"/s, 'listed';
        like $run->('fact extend link --end'), qr/^0 (?!.*"link")/s, 'ended';
        like $run->('fact extend link --end'), qr/^1 .*not_extended/s, 'once';
        like $run->('fact extend identity --for 30m --court B01'), qr/^0 .*"court":"B01".*1800/s,
             'of a court';
        like $run->("fact extend $_"), qr/^2 /, "usage: $_"
            for 'identity', '--for 2h', 'identity --for 2d', 'identity --for 2h --end',
                'identity --for', 'identity --for 9h', '"a b" --for 2h', 'identity --court "x y" --end';
    },
);

add_response_body_check(sub {
    my ($test) = @_;
    alive();
    $block++;
    $steps{$test->steps}->();
});

add_block_preprocessor(sub {
    my ($test) = @_;
    $test->set_value('no_error_log', qr{\[(?:alert|crit|emerg)\]});
    $test->set_value('request', 'GET /open');
    $test->set_value('config', <<'_EOC_');
        location /b00/ { court_code B00; proxy_pass http://court_mock; }
        location /b01/ { court_code B01; proxy_pass http://court_mock; }
        location = /open { court off; return 200 "open\n"; }
_EOC_
});

run_tests();

__DATA__

=== TEST 1: what it serves, and who is told
--- http_config eval: main::http('ttl 1s; negative_ttl 1s; breaker 1000/1s;')
--- steps: serves


=== TEST 2: of one court
--- http_config eval: main::http('ttl 1s; breaker 1000/1s;')
--- steps: court


=== TEST 3: it ends by itself
--- http_config eval: main::http('ttl 1s; breaker 1000/1s;')
--- steps: ends


=== TEST 4: beside "stale"
--- http_config eval: main::http('ttl 1s; stale 60s; breaker 1000/1s;')
--- steps: stale


=== TEST 5: what is refused
--- http_config eval: main::http('ttl 1s;')
--- steps: refused


=== TEST 6: courtctl
--- http_config eval: main::http('ttl 1s;')
--- steps: courtctl
