# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The second tier: a real Redis, shared by gateways.  It helps and is never
# trusted: entries are sealed, bound to their names, and without it everything
# goes on from the source.  Each block is another gateway: its zones are new.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtSource;
use MIME::Base64 qw(encode_base64url);
use Time::HiRes qw(sleep time);

my $dir = Court::dir();
my $port = ($ENV{COURT_TEST_PORT} || 20111) + 3;
my $secret = 'red-is-the-secret-' . $$;
my %redis;

Court::file('redis.password', "$secret\n");
Court::file('wrong.password', "not-$secret\n");
Court::file('users.acl', <<"_EOC_");
user default on nopass ~* &* +\@all
user court on >$secret ~court:* ~other:* resetchannels -\@all +get +set +del +ping +select
_EOC_
Court::file('seal.key', 's1 aes-256-gcm ' . encode_base64url('K' x 32) . "\n");
Court::file('other.key', 's1 aes-256-gcm ' . encode_base64url('L' x 32) . "\n");

sub start_redis {
    my ($name, @more) = @_;
    my $pid = fork();

    die "fork: $!\n" unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$dir/redis.out";
        open STDERR, '>>', "$dir/redis.out";
        exec 'redis-server', '--save', '', '--appendonly', 'no', '--dir', $dir,
             '--unixsocket', "$dir/run/$name.sock", '--unixsocketperm', '700',
             '--port', 0, @more
            or POSIX::_exit(127);
    }

    $redis{$name} = $pid;
    CourtSource::wait_for(sub { cli($name, 'PING') eq 'PONG' })
        or die "redis-server $name does not start, see $dir/redis.out\n";
}

sub stop_redis {
    my ($name) = @_;
    my $pid = delete $redis{$name} or return;

    kill 'CONT', $pid;
    kill 'KILL', $pid;
    waitpid $pid, 0;
    unlink "$dir/run/$name.sock";
}

# one command by redis-cli, its text
sub cli {
    my ($name, @command) = @_;
    return '' unless -S "$dir/run/$name.sock";
    open my $out, '-|', 'timeout', 5, 'redis-cli', '-s', "$dir/run/$name.sock", @command
        or die "redis-cli: $!\n";
    local $/;
    my $text = <$out> // '';
    close $out;
    $text =~ s/\n\z//;

    return $text;
}

sub pipe_cli {
    my ($name, $input, @command) = @_;
    Court::file('cli.in', $input);
    return system("redis-cli -s $dir/run/$name.sock -x @command < $dir/cli.in > /dev/null");
}

my $parent = $$;
END {
    if ($parent && $parent == $$) {
        my $status = $?;
        stop_redis($_) for keys %redis;
        $? = $status;
    }
}

start_redis('main', '--port', $port, '--bind', '127.0.0.1', '--aclfile', "$dir/users.acl");

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind'] },
    conditions => {
        active    => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                       reason => 'practice_not_active' },
        confirmed => { on => 'caller', all => [ ['request.confirmed', '==', JSON::PP::true] ],
                       reason => 'confirmation_required' },
    },
    interfaces => [ map { { id => $_, routes => [ { methods => ['GET'], path => "/api/$_" } ] } }
                        qw(any now act) ],
    rules => [
        { id => 'any', effect => 'allow', roles => ['lawyer'],
          interfaces => ['any'], when => ['active'] },
        { id => 'now', effect => 'allow', roles => ['lawyer'],
          interfaces => ['now'], when => ['active'], needs => { identity => 0 } },
        { id => 'act', effect => 'allow', roles => ['lawyer'],
          interfaces => ['act'], when => ['active', 'confirmed'] },
    ],
};

CourtSource::start('scripted', sub {
    my ($path) = @_;
    my ($who) = $path =~ m{([^/]+)$} or return '';

    return '' if -e "$dir/down";
    return CourtSource::reply(404, '{}') if $who =~ /^none/ || -e "$dir/none/$who";
    return CourtSource::reply(200, { subject => $who, kind => 'full_time',
                                     status => $who =~ /^revoked/ ? 'revoked' : 'active' });
});

my $n = 0;
our ($unix, $tcp) = ("server unix:$dir/run/main.sock;",
                     "server 127.0.0.1:$port; user court; password_file $dir/redis.password;");

sub http {
    my ($lines, $seal) = @_;
    my $size = 1024 + 16 * ++$n;
    my $text = Court::http_config(
        policy => $policy,
        facts => Court::facts(all => 'breaker 100000/1s;'),
        locations => 'location = /identity { proxy_pass http://scripted/$court_source_key_2; }'
                     . join('', map { "location = /$_ { return 404; }" }
                                qw(link relation staff device)),
        main => "upstream scripted { server unix:$dir/run/scripted.sock; }
                 court_redis main { command_timeout 2s; $lines }
                 court_cache redis=main seal_keys=$dir/" . ($seal || 'seal.key') . ';');

    return $text =~ s/facts:1m negative:1m/facts:${size}k negative:${size}k/r;
}

my %tokens;

sub get {
    my ($path, $who) = @_;
    $tokens{$who} ||= Court::bearer('lawyer', sub => $who);
    return CourtSource::fetch("/api/$path", $tokens{$who});
}

sub calls { return scalar CourtSource::calls('scripted') }
sub names { my ($pattern) = @_; return grep { length } split /\n/, cli('main', 'KEYS', $pattern || '*') }
sub down  { Court::file('down', '') }
sub up    { unlink "$dir/down" }

# the connection is made by then: a subject of its own stands in Redis
my $probe = 0;
sub connected {
    my ($name, $pattern) = @_;
    return CourtSource::wait_for(sub {
        get('any', 'probe-' . ++$probe);
        return cli($name || 'main', 'KEYS', $pattern || 'court:1:f:*') ne '';
    });
}

sub key_of {
    my ($who) = @_;
    my %before = map { $_ => 1 } names();
    is get('any', $who), 200, "$who: found";
    my @new;
    CourtSource::wait_for(sub { @new = grep { !$before{$_} } names(); @new });
    return $new[0];
}

our (%keys, %steps);

%steps = (
    fill => sub {
        ok connected(), 'fill: connected';
        cli('main', 'FLUSHALL');
        $keys{$_} = key_of($_) for qw(one two three);
        like $keys{one}, qr/^court:1:f:identity:[\w-]{22}$/, 'fill: the name';
        my $ttl = cli('main', 'PTTL', $keys{one});
        ok $ttl > 0 && $ttl <= 66_000, "fill: it expires ($ttl ms)";

        my $value = cli('main', 'GET', $keys{one});
        ok length $value > 40, 'fill: a value';
        unlike $value, qr/one|full_time|active|identity|platform/, 'fill: sealed';
        isnt cli('main', 'GET', $keys{two}), $value, 'fill: nobody else\'s';
        unlike join(' ', names()), qr/one|two|platform|lawyer/, 'fill: nor in a name';

        is get('any', 'none-1'), '403 identity_not_found', 'fill: none';
        is get('any', 'one'), 200, 'fill: a hit of the zone';
        is scalar(names()), 3, 'fill: "none" does not stand in Redis';
    },

    other => sub {
        down();
        ok CourtSource::wait_for(sub { get('any', 'one') eq '200' }), 'other gateway: found in Redis';
        calls();
        is get('any', 'two'), 200, 'other gateway: the second';
        is get('any', 'two'), 200, 'other gateway: from its zone';
        is calls(), 0, 'other gateway: without a call';
        is get('any', 'four'), '503 identity_unavailable', 'other gateway: not found is not no';
        is get('now', 'three'), '503 identity_unavailable', 'other gateway: needs 0 is not served';
        is get('any', 'three'), 200, 'other gateway: others are';
    },

    confirmed => sub {
        ok connected(), 'confirmed: connected';
        calls();
        is get('act', 'three'), '403 confirmation_required', 'confirmed: decided';
        is calls(), 1, 'confirmed: Redis is not read';
        down();
        is get('act', 'two'), '403 confirmation_required', 'confirmed: a no is a no';
        is calls(), 1, 'confirmed: Redis is not read in an outage either';
        is get('any', 'two'), 200, 'confirmed: another interface reads it';
    },

    tampered => sub {
        ok connected(), 'tampered: connected';
        is get('any', 'revoked-1'), '403 practice_not_active', 'tampered: revoked';
        my %known = map { $_ => 1 } values %keys;
        my $dump = sub { Court::run('', 'redis-cli', '-s', "$dir/run/main.sock", '--raw', 'GET', $_[0]) =~ s/\n\z//r };
        my $one = $dump->($keys{one});

        # revoked-1 is the newest of those that nobody knows: put one's value into all
        for my $name (grep { !$known{$_} } names()) {
            pipe_cli('main', $one, 'SET', $name);
        }
        my $flipped = $dump->($keys{two});
        substr($flipped, -1) ^= "\x01";
        pipe_cli('main', $flipped, 'SET', $keys{two});
        pipe_cli('main', substr($dump->($keys{three}), 0, 20), 'SET', $keys{three});
        is length $dump->($keys{three}), 20, 'tampered: set';
    },

    swapped => sub {
        ok connected(), 'swapped: connected';
        down();
        is get('any', 'one'), 200, 'swapped: the untouched';
        is get('any', 'revoked-1'), '503 identity_unavailable', 'swapped: another\'s value is nothing';
        is get('any', 'two'), '503 identity_unavailable', 'swapped: a bit flipped';
        is get('any', 'three'), '503 identity_unavailable', 'swapped: cut';
        up();
        is get('any', 'revoked-1'), '403 practice_not_active', 'swapped: the source knows';
        is get('any', $_), 200, "swapped: $_ from the source" for qw(two three);
    },

    otherkey => sub {
        sleep 0.3;
        down();
        is get('any', $_), '503 identity_unavailable', "another seal key: $_" for qw(one two);
        up();
        is get('any', 'one'), 200, 'another seal key: from the source';
    },

    gone => sub {
        ok connected(), 'gone: connected';
        my $name = key_of('leaving');
        Court::file('none/leaving', '');
        is get('now', 'leaving'), '403 identity_not_found', 'gone: asked afresh';
        ok CourtSource::wait_for(sub { cli('main', 'EXISTS', $name) eq '0' }),
           'gone: taken out of Redis';
    },

    tcp => sub {
        cli('main', 'FLUSHALL');
        ok connected(), 'TCP: connected, with user and password';
        like key_of('by-tcp'), qr/^court:1:f:identity:/, 'TCP: kept';
    },

    prefix => sub {
        cli('main', 'FLUSHALL');
        ok connected('main', 'other:*'), 'key_prefix: connected';
        like key_of('one'), qr/^other:1:f:identity:[\w-]{22}$/, 'key_prefix: in the name';
        is scalar(names('court:*')), 0, 'key_prefix: no other';
    },

    password => sub {
        cli('main', 'FLUSHALL');
        is get('any', "p-$_"), 200, 'wrong password: from the source' for 1 .. 3;
        sleep 0.3;
        is get('any', 'p-4'), 200, 'wrong password: still';
        is get('any', 'none-9'), '403 identity_not_found', 'wrong password: none is none';
        is scalar(names()), 0, 'wrong password: nothing got there';
    },

    absent => sub {
        is get('any', "a-$_"), 200, 'absent: from the source' for 1 .. 3;
        start_redis('late');
        ok connected('late'), 'absent: used when it comes';
    },

    killed => sub {
        start_redis('late') unless $redis{late};
        ok connected('late'), 'killed: connected';
        stop_redis('late');
        is get('any', "k-$_"), 200, 'killed: from the source' for 1 .. 3;
        start_redis('late');
        ok connected('late'), 'killed: back';

        kill 'STOP', $redis{late};
        is get('any', "s-$_"), 200, 'stopped: from the source' for 1 .. 3;
        kill 'CONT', $redis{late};
        cli('late', 'FLUSHALL');
        ok connected('late'), 'stopped: back';
    },

    errors => sub {
        start_redis('late') unless $redis{late};
        ok connected('late'), 'errors: connected';
        cli('late', 'CONFIG', 'SET', 'maxmemory', '1');
        is get('any', "oom-$_"), 200, 'errors: OOM' for 1 .. 3;
        cli('late', 'CONFIG', 'SET', 'maxmemory', '0');
        cli('late', 'REPLICAOF', '127.0.0.1', '1');
        is get('any', "ro-$_"), 200, 'errors: READONLY' for 1 .. 3;
        cli('late', 'REPLICAOF', 'NO', 'ONE');
        cli('late', 'FLUSHALL');
        ok connected('late'), 'errors: over';
    },
);

add_response_body_check(sub {
    my ($block) = @_;
    my $steps = $block->steps;
    up();
    calls();
    $steps{$steps}->();
    up();
});

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('no_error_log', [ qr{\[(?:alert|emerg)\]}, $secret ]);
    $block->set_value('request', 'GET /open');
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
        location = /open { court off; return 200 "open\n"; }
_EOC_
});

log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: unix socket: sealed, named by a hash, expiring
--- http_config eval: main::http($::unix)
--- steps: fill


=== TEST 2: another gateway finds it there
--- http_config eval: main::http($::unix)
--- steps: other


=== TEST 3: an interface with "confirmed" never reads Redis
--- http_config eval: main::http($::unix)
--- steps: confirmed


=== TEST 4: values are changed, cut, exchanged
--- http_config eval: main::http($::unix)
--- steps: tampered


=== TEST 5: and the next gateway believes none of it
--- http_config eval: main::http($::unix)
--- steps: swapped


=== TEST 6: another seal key opens nothing
--- http_config eval: main::http($::unix, 'other.key')
--- steps: otherkey


=== TEST 7: who is none now is taken out
--- http_config eval: main::http($::unix)
--- steps: gone


=== TEST 8: TCP, user, password
--- http_config eval: main::http($::tcp)
--- steps: tcp


=== TEST 9: key_prefix
--- http_config eval: main::http("$::tcp key_prefix other;")
--- steps: prefix


=== TEST 10: a wrong password: one line, without it, and on from the source
--- http_config eval: main::http($::tcp =~ s/redis\.password/wrong.password/r)
--- steps: password
--- error_log
court_redis "main" is down


=== TEST 11: Redis absent at start
--- http_config eval: main::http($::unix =~ s/main\.sock/late.sock/r)
--- steps: absent
--- error_log
court_redis "main" is down
court_redis "main" is up again


=== TEST 12: killed, stopped, back
--- http_config eval: main::http($::unix =~ s/main\.sock/late.sock/r =~ s/^/command_timeout 50ms; /r) =~ s/command_timeout 2s;//r
--- steps: killed


=== TEST 13: errors of Redis are misses
--- http_config eval: main::http($::unix =~ s/main\.sock/late.sock/r)
--- steps: errors
