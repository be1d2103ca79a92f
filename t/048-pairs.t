# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Two courts, the same case number, two persons: every pair has its own
# answer, from the source, from the zone and from Redis.  Each kind of fact, of
# the caller and of the principal; of another court; all at once within one
# budget.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit;
use CourtRedis;
use CourtSource;
use Time::HiRes qw(sleep time);

master_on();
workers(2);
worker_connections(512);
log_level('info');
no_shuffle();

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $dir = Court::dir();
my $redis = CourtRedis->new;
$redis->server('main');

my @courts = qw(B01 B0101 B00);

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind'], link => ['status', 'delegated'],
               relation => ['side', 'capacity', 'delegated'],
               staff => ['court', 'posts'], device => ['court', 'state'] },
    conditions => {
        active => { on => 'person', all => [ ['identity.active', '==', $true] ],
                    reason => 'practice_not_active' },
        linked => { on => 'caller', all => [ ['link.status', '==', 'active'] ],
                    reason => 'link_not_active' },
        side   => { on => 'person', all => [ ['relation.side', '==', 'plaintiff'] ],
                    reason => 'no_relation' },
        staff  => { on => 'caller', all => [ ['staff.court', 'matches_court'],
                                             ['staff.posts', 'count', ['>=', 1]] ],
                    reason => 'court_scope' },
        device => { on => 'caller', all => [ ['device.court', 'matches_court'],
                                             ['device.state', '==', 'active'] ],
                    reason => 'channel_forbidden' },
    },
    interfaces => [ map { my ($id, $path) = @$_; { id => $id, routes => [ map {
                        { methods => ['GET'], path => "/\L$_\E/$path" } } @courts ] } }
                    ['case', 'cases/{case}'], ['staff', 'staff'], ['device', 'device'],
                    ['all', 'all/{case}'] ],
    rules => [
        { id => 'case', effect => 'allow', roles => ['lawyer'], interfaces => ['case'],
          when => ['active', 'side'] },
        { id => 'aide', effect => 'allow', roles => ['assistant'], interfaces => ['case'],
          delegated => $true, when => ['linked'] },
        { id => 'staff', effect => 'allow', roles => ['officer'], interfaces => ['staff'],
          when => ['staff'] },
        { id => 'device', effect => 'allow', roles => ['officer'], interfaces => ['device'],
          when => ['device'] },
        { id => 'all', effect => 'allow', roles => ['officer'], interfaces => ['all'],
          when => ['active', 'side', 'staff', 'device'] },
    ],
};

# answers for "slow..." only when dir()/go is there, so that who asks one after
# the other waits for ever; one line for each that has come
CourtSource::start('slow', sub {
    my ($path) = @_;
    my ($fact, $who, $case) = $path =~ m{^/(\w+)/([^/]+)(?:/([^/]+))?} or return '';
    my $until = time + 20;

    sleep 0.02 until -e "$dir/go" || time > $until;

    return CourtSource::reply(200, {
        identity => { subject => $who, status => 'active', kind => 'full_time' },
        relation => { subject => $who, case => $case, side => 'plaintiff' },
        staff    => { subject => $who, court => 'B00', posts => ['window'] },
        device   => { client => $who, court => 'B00', state => 'active' },
    }->{$fact});
});

my $SLOW = <<'_EOC_';
    location = /identity { proxy_pass http://slow/identity/$court_source_key_2; proxy_read_timeout 30s; }
    location = /relation { proxy_pass http://slow/relation/$court_source_key_2/$court_source_key_3; proxy_read_timeout 30s; }
    location = /staff    { proxy_pass http://slow/staff/$court_source_key_2; proxy_read_timeout 30s; }
    location = /device   { proxy_pass http://slow/device/$court_source_key_1; proxy_read_timeout 30s; }
    location = /link     { return 404; }
_EOC_

my ($n, $block, $nrequests) = (0, 0, 0);

sub http {
    my (%o) = @_;
    my $size = 1024 + 16 * ++$n;
    my $text = Court::http_config(
        policy => $policy, ($o{slow} ? (locations => $SLOW) : ()),
        facts => Court::facts(all => $o{slow} ? 'timeout 15s;' : 'ttl 600s;'),
        main => "court_timeout 20s; upstream slow { server unix:$dir/run/slow.sock; }\n"
                . "court_audit_log $dir/record$n.log flush=50ms;\n"
                . ($o{redis} ? "court_redis main { server 127.0.0.1:$redis->{port}{main}; command_timeout 2s; }\n"
                               . "court_cache redis=main seal_keys=$dir/seal.key;\n" : ''));

    return $text =~ s/facts:1m negative:1m/facts:${size}k negative:${size}k flight:${size}k/r;
}

my %tokens;

sub token {
    my ($role, $who, %claims) = @_;
    my $key = join ' ', $role, $who, %claims;
    return $tokens{$key} ||= Court::bearer($role, sub => $who, %claims);
}

sub get { my ($path, @token) = @_; return CourtSource::fetch($path, token(@token)) }

# (person, court, case) => the answer
my (%want, %aide);
my @people = qw(anna bert);
my @cases = qw(1 2);

# each pair has a side of its own; some have no record
sub lay {
    for my $i (0 .. $#people) {
        Court::identity($people[$i]);
        Court::fact('link', "aide-$people[$i]", {
            assistant => 'aide', principal => $people[$i], status => 'active', delegated => [] });

        for my $c (0 .. $#courts) {
            for my $k (0 .. $#cases) {
                my $kind = ($i * 5 + $c * 2 + $k) % 3;
                my $where = "$people[$i] $courts[$c] $cases[$k]";

                $want{$where} = $kind ? '403 no_relation' : '200';
                $aide{$where} = $kind ? '403 not_delegated' : '200';
                Court::fact('relation', "$courts[$c]-$cases[$k]-$people[$i]", $kind == 2 ? undef : {
                    subject => $people[$i], case => $cases[$k], side => $kind ? 'defendant' : 'plaintiff',
                    delegated => { aide => ['case'] } });
            }
        }
    }
}

# every pair, in one order or another, several times
sub every {
    my ($what, $role) = @_;
    my %got;

    for my $round (1 .. 3) {
        for my $where ($round == 2 ? reverse sort keys %want : sort keys %want) {
            my ($who, $court, $case) = split / /, $where;
            my @as = $role eq 'assistant' ? ('assistant', 'aide', principal => $who) : ('lawyer', $who);
            $got{$where}{get("/\L$court\E/cases/$case", @as)}++;
        }
    }

    is_deeply { map { $_ => join ' | ', sort keys %{$got{$_}} } keys %got },
              $role eq 'assistant' ? \%aide : \%want, $what;
}

# by which tiers the decisions since then were made
sub tiers {
    my %seen;
    CourtAudit::wait_for("record$block.log", phase => 'outcome');
    sleep 0.3;
    for my $r (grep { $_->{phase} eq 'decision' } CourtAudit::records("record$block.log")) {
        $seen{$_->{tier}}++ for grep { $_->{name} eq 'relation' && $_->{tier} } @{$r->{facts}};
    }
    return join ' ', sort keys %seen;
}

our %steps = (
    pairs => sub {
        lay();
        Court::source_calls();
        every('from the source, then from the zone', 'lawyer');
        my @calls = Court::source_calls();
        is scalar(grep { m{/relation/} } @calls), 12, 'one call for each person, court and case';
        is scalar(grep { m{/identity/} } @calls), 2, 'one for each person, whatever the court';
        every('as their assistant', 'assistant');
        is scalar(grep { m{/(?:relation|identity)/} } Court::source_calls()), 0,
           'what is known of the principal serves his assistant';
        is tiers(), 'source zone', 'by these tiers';
    },

    # the gateway before has filled Redis; its zones are new
    redis => sub {
        lay();
        ok CourtSource::wait_for(sub { get('/b01/cases/1', 'lawyer', 'anna') ne '503 identity_unavailable' }),
           'there is an answer';
        Court::source_calls();
        every('from Redis, then from the zone', 'lawyer');
        is scalar(grep { m{/relation/} && / 200$/ } Court::source_calls()), 0,
           'no record was asked for again';
        like tiers(), qr/redis/, 'Redis had them';
    },

    places => sub {
        Court::fact('staff', $_->[0], { subject => $_->[0], court => $_->[1], posts => ['window'] })
            for ['o-b01', 'B01'], ['o-b0101', 'B0101'], ['o-b00', 'B00'];
        Court::fact('device', $_->[0], { client => $_->[0], court => $_->[1], state => 'active' })
            for ['d-b01', 'B01'], ['d-b0101', 'B0101'], ['d-b00', 'B00'];

        # theirs, and what lies below it
        my %may = (b00 => { b00 => 1, b01 => 1, b0101 => 1 }, b01 => { b01 => 1, b0101 => 1 },
                   b0101 => { b0101 => 1 });
        for my $round (1, 2) {
            for my $of (sort keys %may) {
                for my $at (sort keys %may) {
                    my $yes = $may{$of}{$at};
                    is get("/$at/staff", 'officer', "o-$of"), $yes ? 200 : '403 court_scope',
                       "staff of $of at $at";
                    is get("/$at/device", 'officer', 'whoever', client_id => "d-$of"),
                       $yes ? 200 : '403 channel_forbidden', "a device of $of at $at";
                }
            }
        }
        is get('/b01/device', 'officer', 'o-b01'), '403 client_not_registered', 'no device';
        is get('/b01/staff', 'officer', 'o-none'), '403 court_scope', 'no staff';
    },

    # 4 facts: asked one after the other, the first would hold the others
    together => sub {
        unlink "$dir/go";
        CourtSource::calls('slow');
        my $socket = CourtSource::ask('/b00/all/7', token('officer', 'slow-1', client_id => 'd-slow'));
        my %seen;
        ok CourtSource::wait_for(sub {
            open my $in, '<', "$dir/slow.log" or return 0;
            $seen{(m{^/(\w+)})[0]}++ while <$in>;
            return keys %seen == 4;
        }), 'all are asked before any has answered';
        Court::file('go', '');
        my ($status) = CourtSource::answered($socket);
        is $status, 200, 'and then it is decided';
        is scalar(CourtSource::calls('slow')), 4, 'by one call for each';
    },
);

add_response_body_check(sub {
    my ($test) = @_;
    $block++;
    $steps{$test->steps}->();
});

add_block_preprocessor(sub {
    my ($test) = @_;
    $test->set_value('no_error_log', qr{\[(?:alert|crit|emerg)\]});
    $test->set_value('request', 'GET /open');
    $test->set_value('config', join "\n",
        (map { 'location /' . lc($_) . "/ { court_code $_; proxy_pass http://court_mock; }" } @courts),
        'location = /open { court off; return 200 "open\n"; }');
});

run_tests();

__DATA__

=== TEST 1: every pair
--- http_config eval: main::http()
--- steps: pairs


=== TEST 2: every pair, into Redis
--- http_config eval: main::http(redis => 1)
--- steps: pairs


=== TEST 3: every pair, out of Redis
--- http_config eval: main::http(redis => 1)
--- steps: redis


=== TEST 4: staff and devices of other courts
--- http_config eval: main::http()
--- steps: places


=== TEST 5: all facts at once
--- http_config eval: main::http(slow => 1)
--- steps: together
