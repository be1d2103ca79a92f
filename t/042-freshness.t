# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# How old a fact may be: ttl, negative_ttl, and "needs", which is a demand on
# the fetch; an outage never becomes a no.  Two workers share the zones.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtSource;
use Time::HiRes qw(sleep time);

sub allow {
    my ($id, %more) = @_;
    return { id => $id, effect => 'allow', roles => ['lawyer'],
             interfaces => [$id], when => ['active'], %more };
}

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind'] },
    conditions => {
        active => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                    reason => 'practice_not_active' },
        recent => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                    needs => { identity => 1 }, reason => 'practice_not_active' },
    },
    interfaces => [ map { { id => $_, routes => [ { methods => ['GET'], path => "/api/$_" } ] } }
                        qw(any minute second now cond) ],
    rules => [
        allow('any'),
        allow('minute', needs => { identity => 60 }),
        allow('second', needs => { identity => 1 }),
        allow('now', needs => { identity => 0 }),
        allow('cond', when => ['recent']),
    ],
};

# What the source says stands in files: Court::file("say/SUBJECT", STATUS),
# a word of identity.status or of HTTP.  It counts calls by itself.
CourtSource::start('scripted', sub {
    my ($path) = @_;
    my ($who) = $path =~ m{([^/]+)$} or return '';
    my $file = Court::dir() . "/say/$who";
    my $word = -e $file ? Court::slurp($file) : 'active';

    return '' if $word eq 'down';
    return CourtSource::reply($word, '{}') if $word =~ /^\d+$/;
    return CourtSource::reply(200, { subject => $who, status => $word,
                                     kind => 'full_time' });
});

my $facts = 0;

# facts: a zone of another size is a new one, under HUP as well
sub http {
    my (%lines) = @_;
    my $size = 1024 + 16 * ++$facts;
    my $text = Court::http_config(
        policy => $policy,
        facts => Court::facts(all => 'breaker 100000/1s;', %lines),
        locations => 'location = /identity { proxy_pass http://scripted/$court_source_key_2; }
                      location / { return 404; }' . join('', map { "location = /$_ { return 404; }" }
                                                         qw(link relation staff device)),
        main => 'upstream scripted { server unix:' . Court::dir() . '/run/scripted.sock; }');

    return $text =~ s/facts:1m negative:1m/facts:${size}k negative:${size}k/r;
}

my %tokens;

sub say_of { my ($who, $word) = @_; Court::file("say/$who", $word) }
sub get    { my ($path, $who) = @_;
             $tokens{$who} ||= Court::bearer('lawyer', sub => $who);
             return CourtSource::fetch("/api/$path", $tokens{$who}) }
sub calls  { return scalar CourtSource::calls('scripted') }

our %steps = (
    ttl => sub {
        is get('any', 'ttl'), 200, 'ttl: found';
        is get('any', 'ttl'), 200, 'ttl: again';
        is calls(), 1, 'ttl: one call for both';

        say_of('ttl', 'revoked');
        ok CourtSource::wait_for(sub { get('any', 'ttl') eq '403 practice_not_active' }),
           'ttl: fetched again when it is over';
        is calls(), 1, 'ttl: and once only';
    },

    outage => sub {
        is get('minute', 'old'), 200, 'outage: found';
        say_of('old', 'down');
        sleep 2.2;
        calls();

        is get('minute', 'old'), 200, 'outage: young enough for a minute';
        is get('any', 'old'), 200, 'outage: young enough where none is asked';
        is calls(), 0, 'outage: nobody was asked';
        is get('second', 'old'), '503 identity_unavailable', 'outage: too old is no 403';
        is get('cond', 'old'), '503 identity_unavailable', 'outage: nor by a condition';
        is get('now', 'old'), '503 identity_unavailable', 'outage: nor asked afresh';

        for my $word (500, 302, 'down') {
            say_of('old', $word);
            is get('second', 'old'), '503 identity_unavailable', "outage: $word";
        }

        say_of('old', 'active');
        is get('second', 'old'), 200, 'outage: over';
        calls();
        is get('minute', 'old'), 200, 'outage: what was fetched serves others';
        is calls(), 0, 'outage: from the zone';
    },

    now => sub {
        is get('now', 'now'), 200, 'needs 0: found' for 1 .. 3;
        is calls(), 3, 'needs 0: asked each time';
        is get('any', 'now'), 200, 'needs 0: others are served by it';
        is calls(), 0, 'needs 0: without a call';

        say_of('now', 'revoked');
        is get('any', 'now'), 200, 'needs 0: cached';
        is get('now', 'now'), '403 practice_not_active', 'needs 0: the news at once';
        is get('any', 'now'), '403 practice_not_active', 'needs 0: for everybody then';

        say_of('now', 404);
        is get('now', 'now'), '403 identity_not_found', 'needs 0: gone';
        is get('any', 'now'), '403 identity_not_found', 'needs 0: gone for everybody';
        say_of('now', 'active');
        is get('now', 'now'), 200, 'needs 0: back';
        is get('any', 'now'), 200, 'needs 0: back for everybody';
    },

    negative => sub {
        say_of('late', 404);
        is get('any', 'late'), '403 identity_not_found', 'negative: none';
        is get('any', 'late'), '403 identity_not_found', 'negative: again';
        is calls(), 1, 'negative: kept';

        say_of('late', 'active');
        is get('now', 'late'), 200, 'negative: asked afresh it is seen';
        is get('any', 'late'), 200, 'negative: and replaces what was kept';

        say_of('later', 404);
        is get('any', 'later'), '403 identity_not_found', 'negative: none';
        say_of('later', 'active');
        ok CourtSource::wait_for(sub { get('any', 'later') eq '200' }),
           'negative: short';
    },

    errors => sub {
        for my $word (500, 'down', 403) {
            say_of('bad', $word);
            is get('any', 'bad'), '503 identity_unavailable', "error: $word";
        }
        say_of('bad', 'active');
        is get('any', 'bad'), 200, 'error: never kept';
    },

    workers => sub {
        is get('any', 'shared'), 200, 'workers: found';
        my @sockets = map { CourtSource::ask('/api/any', $tokens{shared}) } 1 .. 60;
        my @status = map { (CourtSource::answered($_))[0] } @sockets;

        is join(' ', sort @status), join(' ', (200) x 60), 'workers: all served';
        is calls(), 1, 'workers: by what one of them fetched';

        my %pid;
        CourtSource::wait_for(sub {
            my ($text) = (CourtSource::answered(CourtSource::ask('/pid')))[2];
            $pid{$1}++ if $text =~ /pid (\d+)/;
            return keys %pid > 1;
        });
        is scalar keys %pid, 2, 'workers: there are two';
    },
);

add_response_body_check(sub {
    my ($block) = @_;
    my $steps = $block->steps;
    calls();
    $steps{$steps}->();
});

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('no_error_log', qr{\[(?:alert|crit|emerg)\]});
    $block->set_value('request', 'GET /pid');
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
        location = /pid { court off; return 200 "pid $pid\n"; }
_EOC_
});

worker_connections(1024);
log_level('info');
master_on();
workers(2);
no_shuffle();
run_tests();

__DATA__

=== TEST 1: ttl: kept, then fetched again
--- http_config eval: main::http(identity => 'ttl 2s;')
--- steps: ttl


=== TEST 2: an entry older than a rule needs, and the source down
--- http_config eval: main::http()
--- steps: outage


=== TEST 3: needs 0: begun after the request
--- http_config eval: main::http()
--- steps: now


=== TEST 4: negative_ttl
--- http_config eval: main::http(identity => 'negative_ttl 2s;')
--- steps: negative


=== TEST 5: what could not be found out is not kept
--- http_config eval: main::http()
--- steps: errors


=== TEST 6: two workers, one zone
--- http_config eval: main::http()
--- steps: workers
