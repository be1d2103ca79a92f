# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Filling against invalidation: a fetch that began before fills neither the
# zone nor Redis, whoever of two workers began it and whoever was told; and
# who waited for it has a later answer.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtControl;
use CourtRedis;
use CourtSource;
use Time::HiRes qw(sleep time);

master_on();
workers(2);
worker_connections(512);
log_level('info');
no_shuffle();

my $dir = Court::dir();
my $redis = CourtRedis->new;
$redis->server('main');

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind'] },
    conditions => {
        active => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                    reason => 'practice_not_active' },
    },
    interfaces => [ { id => 'any', routes => [ { methods => ['GET'], path => '/api/any' } ] } ],
    rules => [ { id => 'any', effect => 'allow', roles => ['lawyer'], interfaces => ['any'],
                 when => ['active'] } ],
};

# What it says was true when it was asked; it comes when dir()/go is there, but
# for who asks while dir()/quick is there.
CourtSource::start('late', sub {
    my ($path) = @_;
    my ($who) = $path =~ m{([^/]+)$} or return '';
    my $status = Court::slurp("$dir/status");
    my $until = time + 20;

    sleep 0.02 until -e "$dir/go" || -e "$dir/quick" || time > $until;

    return CourtSource::reply(404, '{}') if $status eq 'none';
    return CourtSource::reply(200, { subject => $who, status => $status, kind => 'full_time' });
});

my $n = 0;

sub http {
    my ($with_redis) = @_;
    my $size = 1024 + 16 * ++$n;
    my $text = Court::http_config(
        policy => $policy,
        facts => Court::facts(identity => 'timeout 15s; ttl 600s; negative_ttl 600s; stale 600s;'),
        locations => 'location = /identity { proxy_pass http://late/$court_source_key_2;
                                             proxy_read_timeout 30s; }'
                     . join('', map { "location = /$_ { return 404; }" }
                                qw(link relation staff device)),
        main => "court_timeout 20s; upstream late { server unix:$dir/run/late.sock; }\n"
                . $CourtControl::SERVER
                . ($with_redis ? "court_redis main { server 127.0.0.1:$redis->{port}{main}; command_timeout 2s; }\n"
                                 . "court_cache redis=main seal_keys=$dir/seal.key;\n" : ''));

    return $text =~ s/facts:1m negative:1m/facts:${size}k negative:${size}k flight:${size}k/r;
}

my %tokens;

sub token { my ($who) = @_; return $tokens{$who} ||= Court::bearer('lawyer', sub => $who) }
sub ask   { return CourtSource::ask('/api/any', token($_[0])) }
sub get   { return CourtSource::fetch('/api/any', token($_[0])) }

# {answer => how often}
sub all {
    my %seen;
    for (@_) {
        my ($status, $code) = CourtSource::answered($_);
        $seen{$code eq '' ? $status : "$status $code"}++;
    }
    return join ', ', map { "$seen{$_} x $_" } sort keys %seen;
}

sub seen {
    open my $in, '<', "$dir/late.log" or return 0;
    my $n = () = <$in>;
    return $n;
}

sub now_says { Court::file('status', $_[0]) }
sub purge {
    return CourtControl::ask('POST', '/cache/purge',
                             { fact => 'identity', key => ['platform', $_[0]] })->{status};
}
sub held { return CourtControl::ask('POST', '/fact', { fact => 'identity', key => ['platform', $_[0]] })->{json} }

# old: what the source said before, new: what it says since; his answers
sub race {
    my ($who, $old, $new, $want) = @_;

    unlink "$dir/go", "$dir/quick";
    CourtSource::calls('late');
    now_says($old);
    my @sockets = map { ask($who) } 1 .. 40;
    ok CourtSource::wait_for(sub { seen() >= 1 }), "$who: the source is asked";
    sleep 0.2;

    now_says($new);
    is purge($who), 200, "$who: invalidated meanwhile";
    Court::file('go', '');

    is all(@sockets), "40 x $want", "$who: who waited has the later answer";
    is all(map { ask($who) } 1 .. 20), "20 x $want", "$who: nothing older was kept";
    my $calls = seen();
    ok $calls >= 2 && $calls <= 3, "$who: asked again, not by each of them ($calls calls)";
    return held($who);
}

our %steps = (
    race => sub {
        my ($with) = @_;
        my $held = race('u-1', 'active', 'revoked', '403 practice_not_active');
        is $held->{zone}{record}{status}, 'revoked', 'the zone has the later one';
        is $held->{redis}{record}{status}, 'revoked', 'Redis, too' if $with;

        $held = race('u-2', 'revoked', 'active', '200');
        is $held->{zone}{record}{status}, 'active', 'the other way round';

        $held = race('u-3', 'active', 'none', '403 identity_not_found');
        is $held->{zone}{state}, 'none', 'one who is none since';
        is $held->{redis}{state}, 'absent', 'nor in Redis' if $with;

        $held = race('u-4', 'none', 'active', '200');
        is $held->{zone}{state}, 'found', 'one who was none';
    },

    # nobody waits: the client has gone, and the answer is for the cache alone
    alone => sub {
        unlink "$dir/go", "$dir/quick";
        CourtSource::calls('late');
        now_says('active');
        my $socket = ask('u-5');
        ok CourtSource::wait_for(sub { seen() >= 1 }), 'asked';
        close $socket;
        sleep 0.2;
        is purge('u-5'), 200, 'invalidated';
        Court::file('go', '');
        sleep 0.5;
        my $held = held('u-5');
        is $held->{zone}{state}, 'absent', 'not in the zone';
        is $held->{redis}{state} // 'absent', 'absent', 'nor in Redis';
        now_says('revoked');
        is get('u-5'), '403 practice_not_active', 'who asks has the new one';
    },

    # what is old never serves where it was invalidated, though "stale" would
    stale => sub {
        Court::file('quick', '');
        now_says('active');
        is get('u-6'), 200, 'known';
        is purge('u-6'), 200, 'invalidated';
        now_says('none');
        is get('u-6'), '403 identity_not_found', 'none now';
        is purge('u-6'), 200, 'invalidated';
        now_says('active');
        is get('u-6'), 200, 'known again';
    },
);

add_response_body_check(sub {
    my ($test) = @_;
    $redis->cli('main', 'FLUSHALL');
    $steps{$test->steps}->($test->name =~ /Redis/);
});

add_block_preprocessor(sub {
    my ($test) = @_;
    $test->set_value('no_error_log', qr{\[(?:alert|crit|emerg)\]});
    $test->set_value('request', 'GET /open');
    $test->set_value('config', <<'_EOC_');
        location /api/ { proxy_pass http://court_mock; }
        location = /open { court off; return 200 "open\n"; }
_EOC_
});

run_tests();

__DATA__

=== TEST 1: the zone
--- http_config eval: main::http()
--- steps: race


=== TEST 2: the zone and Redis
--- http_config eval: main::http(1)
--- steps: race


=== TEST 3: nobody waits, and Redis is there
--- http_config eval: main::http(1)
--- steps: alone


=== TEST 4: an old one is no help
--- http_config eval: main::http()
--- steps: stale
