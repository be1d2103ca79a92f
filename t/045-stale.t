# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# "stale": what is old serves where the source fails, for so long and no
# longer, and never against a demand; what is nearly old is fetched anew
# while nobody waits.

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
        main => "upstream scripted { server unix:$dir/run/scripted.sock; }");

    return $text =~ s/facts:1m negative:1m/facts:${size}k negative:${size}k flight:${size}k/r;
}

my %tokens;

sub token { my ($who) = @_; return $tokens{$who} ||= Court::bearer('lawyer', sub => $who) }
sub get   { my ($path, $who) = @_; return CourtSource::fetch("/api/$path", token($who)) }
sub dead  { Court::file('dead', '') }
sub alive { unlink "$dir/dead" }
sub calls { return scalar CourtSource::calls('scripted') }

my $refused = '503 identity_unavailable';

our %steps = (
    serves => sub {
        is get('any', 'u-1'), 200, 'stale: known';
        is get('any', 'none-1'), '403 identity_not_found', 'stale: known to be none';
        dead();
        sleep 1.3;
        is get('any', 'u-1'), 200, 'stale: its source fails, it serves';
        is get('now', 'u-1'), $refused, 'stale: not where it must be fresh';
        is get('any', 'none-1'), $refused, 'stale: never "none"';
        is get('any', 'u-2'), $refused, 'stale: nor who was never known';
        ok calls() >= 4, 'stale: the source was asked first';
        alive();
        ok CourtSource::wait_for(sub { get('now', 'u-1') eq '200' }),
           'stale: it answers again';
    },

    ends => sub {
        my $began = time;
        is get('any', 'u-3'), 200, 'end: known';
        dead();
        sleep 1.3;
        my $seen = 0;
        while (time - $began < 30) {
            my $got = get('any', 'u-3');
            $seen++ if $got eq '200';
            last if $got eq $refused;
            sleep 0.1;
        }
        ok time - $began >= 3 && time - $began < 30, 'end: it comes';
        is get('any', 'u-3'), $refused, 'end: and stays';
    },

    off => sub {
        is get('any', 'u-4'), 200, 'off: known';
        dead();
        sleep 1.3;
        is get('any', 'u-4'), $refused, 'off: nothing old serves';
    },

    refresh => sub {
        is get('any', 'u-5'), 200, 'refresh: known';
        calls();
        my $until = time + 8;
        while (time < $until) {
            get('any', 'u-5') eq '200' or last;
            sleep 0.05;
        }
        my $calls = calls();
        ok $calls >= 2 && $calls <= 6, "refresh: once in each ttl ($calls calls in 8 s)";
    },
);

add_response_body_check(sub {
    my ($block) = @_;
    alive();
    calls();
    $steps{$block->steps}->();
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

worker_connections(512);
log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: the source fails
--- http_config eval: main::http('ttl 1s; negative_ttl 1s; stale 60s; breaker 1000/1s;')
--- steps: serves


=== TEST 2: the same with an open breaker
--- http_config eval: main::http('ttl 1s; negative_ttl 1s; stale 60s; breaker 2/100ms;')
--- steps: serves


=== TEST 3: it counts from when it was true
--- http_config eval: main::http('ttl 1s; stale 2s; breaker 1000/1s;')
--- steps: ends


=== TEST 4: without it
--- http_config eval: main::http('ttl 1s; breaker 1000/1s;')
--- steps: off


=== TEST 5: a refresh that nobody waits for
--- http_config eval: main::http('ttl 2s; stale 60s;')
--- steps: refresh
