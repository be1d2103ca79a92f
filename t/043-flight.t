# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# One fetch for all who wait for the same fact; it belongs to nobody's
# request.  Budget, bulkheads, rate and breaker: each a 503 that says so.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtSource;
use Time::HiRes qw(sleep time);

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind'] },
    conditions => {
        active => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                    reason => 'practice_not_active' },
    },
    interfaces => [ map { { id => $_, routes => [ { methods => ['GET'], path => "/api/$_" } ] } }
                        qw(any now) ],
    rules => [
        { id => 'any', effect => 'allow', roles => ['lawyer'],
          interfaces => ['any'], when => ['active'] },
        { id => 'now', effect => 'allow', roles => ['lawyer'],
          interfaces => ['now'], when => ['active'], needs => { identity => 0 } },
    ],
};

# A subject "slow..." answers when dir()/go is there (10 s at most); "dead..."
# closes while dir()/dead is there; "none..." is a 404.
my $dir = Court::dir();

CourtSource::start('scripted', sub {
    my ($path) = @_;
    my ($who) = $path =~ m{([^/]+)$} or return '';

    if ($who =~ /^slow/) {
        my $until = time + 10;
        sleep 0.02 until -e "$dir/go" || time > $until;
    }

    return '' if $who =~ /^dead/ && -e "$dir/dead";
    return CourtSource::reply(404, '{}') if $who =~ /^none/;
    return CourtSource::reply(200, { subject => $who, status => 'active',
                                     kind => 'full_time' });
});

my $n = 0;

sub http {
    my ($lines, $main) = @_;
    my $size = 1024 + 16 * ++$n;
    my $text = Court::http_config(
        policy => $policy,
        facts => Court::facts(identity => "timeout 8s; $lines"),
        locations => 'location = /identity { proxy_pass http://scripted/$court_source_key_2;
                                             proxy_read_timeout 20s; }'
                     . join('', map { "location = /$_ { return 404; }" }
                                qw(link relation staff device)),
        main => "court_timeout 15s; upstream scripted { server unix:$dir/run/scripted.sock; }"
                . ($main || ''));

    return $text =~ s/facts:1m negative:1m/facts:${size}k negative:${size}k/r;
}

my %tokens;

sub token { my ($who) = @_; return $tokens{$who} ||= Court::bearer('lawyer', sub => $who) }
sub ask   { my ($path, $who) = @_; return CourtSource::ask("/api/$path", token($who)) }
sub get   { my ($path, $who) = @_; return CourtSource::fetch("/api/$path", token($who)) }
sub go    { Court::file('go', '') }
sub hold  { unlink "$dir/go" }

# the lines of scripted.log, not taken out
sub seen {
    open my $in, '<', "$dir/scripted.log" or return 0;
    my $n = () = <$in>;
    return $n;
}

sub calls { return scalar CourtSource::calls('scripted') }
sub wait_calls { my ($n) = @_; return CourtSource::wait_for(sub { seen() >= $n }) }

# "200 200 503 overloaded": what became of those, sorted
sub all {
    return join ', ', sort map { my ($status, $code) = CourtSource::answered($_);
                                 $code eq '' ? $status : "$status $code" } @_;
}

our %steps = (
    many => sub {
        my @sockets = map { ask('any', 'slow-1') } 1 .. 120;
        ok wait_calls(1), 'many: the source is asked';
        sleep 0.3;
        is seen(), 1, 'many: once';
        go();
        is all(@sockets), join(', ', (200) x 120), 'many: all are answered';
        is calls(), 1, 'many: by one call';
    },

    gone => sub {
        my $first = ask('any', 'slow-2');
        ok wait_calls(1), 'gone: the first one started it';
        my @others = map { ask('any', 'slow-2') } 1 .. 5;
        sleep 0.1;
        close $first;
        close shift @others;
        sleep 0.1;
        go();
        is all(@others), join(', ', (200) x 4), 'gone: the others are answered';
        is calls(), 1, 'gone: by the same call';

        hold();
        my $only = ask('any', 'slow-3');
        ok wait_calls(1), 'gone: the only one';
        close $only;
        sleep 0.1;
        go();
        is get('any', 'slow-3'), 200, 'gone: what he asked for is not lost';
        is calls(), 1, 'gone: nor asked twice';
    },

    later => sub {
        my $first = ask('any', 'slow-4');
        ok wait_calls(1), 'later: a flight is under way';
        my @fresh = map { ask('now', 'slow-4') } 1 .. 3;
        my @any = map { ask('any', 'slow-4') } 1 .. 3;
        sleep 0.2;
        go();
        is all($first, @any), join(', ', (200) x 4), 'later: whom it serves';
        is all(@fresh), join(', ', (200) x 3), 'later: who came after its start';
        is calls(), 2, 'later: one call more for all of these';
    },

    budget => sub {
        my $began = time;
        my $socket = ask('any', 'slow-5');
        my ($status, $code, $text) = CourtSource::answered($socket);
        is "$status $code", '503 identity_unavailable', 'budget: spent is no 403';
        like $text, qr/^Retry-After: [1-9]\d*\r$/m, 'budget: try again';
        like $text, qr/^Cache-Control: no-store\r$/m, 'budget: nobody keeps it';
        go();
        ok CourtSource::wait_for(sub { get('any', 'slow-5') eq '200' }),
           'budget: what came late serves the next one';
        is calls(), 1, 'budget: one call';
    },

    timeout => sub {
        is get('any', 'slow-6'), '503 identity_unavailable', 'timeout: of the fetch';
        is get('any', 'fine'), 200, 'timeout: others are served';
        go();
        is get('any', 'slow-6'), 200, 'timeout: and he, when it answers';
    },

    fetches => sub {
        my @busy = map { ask('any', "slow-a$_") } 1 .. 2;
        ok wait_calls(2), 'max_fetches: two under way';
        is get('any', "more-$_"), '503 overloaded', 'max_fetches: a third' for 1 .. 3;
        my ($status, $code, $text) = CourtSource::answered(ask('any', 'more-4'));
        like $text, qr/^Retry-After: [1-9]\d*\r$/m, 'max_fetches: try again';

        my $joined = ask('any', 'slow-a1');
        sleep 0.1;
        go();
        is all(@busy, $joined), '200, 200, 200', 'max_fetches: to join is no fetch';
        is get('any', 'more-1'), 200, 'max_fetches: room again';
        is calls(), 3, 'max_fetches: no call for the refused';
    },

    waiting => sub {
        my @sockets;
        for my $i (1 .. 8) {
            push @sockets, ask('any', 'slow-b');
            wait_calls(1);
        }
        my ($good, $bad) = (0, 0);
        my @refused = map { my ($s, $c) = CourtSource::answered($_); "$s $c" } @sockets[3 .. 7];
        is join(', ', @refused), join(', ', ('503 overloaded') x 5), 'max_waiting: five too many';
        go();
        is all(@sockets[0 .. 2]), '200, 200, 200', 'max_waiting: three are served';
        is get('any', 'other'), 200, 'max_waiting: room again';
    },

    rate => sub {
        my @sockets = map { ask('any', "rate-$_") } 1 .. 20;
        like all(@sockets), qr/^200, (?:200, )*(?:503 overloaded(?:, |$)){2,}$/,
             'rate: some, and the others are told why';
        ok CourtSource::wait_for(sub { get('any', 'rate-1') eq '200' }), 'rate: a second later';
        calls();
        is get('any', 'rate-1'), 200, 'rate: the zone has none';
        is calls(), 0, 'rate: and asks nobody';
    },

    breaker => sub {
        Court::file('dead', '');
        is get('any', "dead-$_"), '503 identity_unavailable', "breaker: failure $_" for 1 .. 3;
        calls();
        is all(map { ask('any', $_) } 'dead-4', 'dead-5', 'fine', 'dead-6'),
           join(', ', ('503 identity_unavailable') x 4), 'breaker: open, for every key';
        is calls(), 0, 'breaker: nobody is asked';

        sleep 2.1;
        is all(map { ask('any', "dead-$_") } 7 .. 10),
           join(', ', ('503 identity_unavailable') x 4), 'breaker: half open';
        is calls(), 1, 'breaker: one probe';

        unlink "$dir/dead";
        ok CourtSource::wait_for(sub { get('any', 'dead-1') eq '200' }), 'breaker: closes';
        is get('any', "dead-$_"), 200, 'breaker: closed' for 2 .. 6;
    },

    none => sub {
        is get('any', "none-$_"), '403 identity_not_found', 'breaker: "none" is an answer' for 1 .. 6;
        is get('any', 'fine'), 200, 'breaker: is closed';
        Court::file('dead', '');
        for (1 .. 3) {
            is get('any', "dead-$_"), '503 identity_unavailable', 'breaker: a failure' for 1, 2;
            is get('any', "none-x$_"), '403 identity_not_found', 'breaker: and an answer';
        }
        unlink "$dir/dead";
        is get('any', 'fine-2'), 200, 'breaker: failures in a row only';
    },
);

add_response_body_check(sub {
    my ($block) = @_;
    my $steps = $block->steps;
    hold();
    calls();
    $steps{$steps}->();
});

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('no_error_log', qr{\[(?:alert|crit|emerg)\]});
    $block->set_value('request', 'GET /open');
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
        location = /open { court off; return 200 "open\n"; }
_EOC_
});

worker_connections(1024);
log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: 120 requests for one cold key
--- http_config eval: main::http('')
--- steps: many


=== TEST 2: whose request started it goes away
--- http_config eval: main::http('')
--- steps: gone


=== TEST 3: a demand for what begins after the request
--- http_config eval: main::http('')
--- steps: later


=== TEST 4: court_timeout is the budget of all facts
--- http_config eval: main::http('') =~ s/court_timeout 15s/court_timeout 300ms/r
--- steps: budget


=== TEST 5: timeout of a fetch
--- http_config eval: main::http('') =~ s/timeout 8s/timeout 1s/r
--- steps: timeout


=== TEST 6: max_fetches
--- http_config eval: main::http('max_fetches 2;')
--- steps: fetches


=== TEST 7: max_waiting
--- http_config eval: main::http('max_waiting 3;')
--- steps: waiting


=== TEST 8: rate
--- http_config eval: main::http('rate 1r/s;')
--- steps: rate


=== TEST 9: the breaker opens, tries once, closes; a line for each
--- http_config eval: main::http('breaker 3/2s;')
--- steps: breaker
--- error_log
its source fails
its source answers again


=== TEST 10: "none" is no failure
--- http_config eval: main::http('breaker 3/1s;')
--- steps: none
