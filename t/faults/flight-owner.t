# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The worker that fetches for all is killed, told to quit, or terminated: who
# waits in the other one is answered, by at most two calls of the source.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtSource;
use Time::HiRes qw(sleep time);

master_on();
workers(2);
worker_connections(2048);
log_level('info');
no_shuffle();

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

# A subject "slow..." answers when dir()/go is there (20 s at most); "hang..."
# closes then; "dead..." closes at once while dir()/dead is there; "none..." is
# a 404.
my $dir = Court::dir();

CourtSource::start('scripted', sub {
    my ($path) = @_;
    my ($who) = $path =~ m{([^/]+)$} or return '';

    if ($who =~ /^(?:slow|hang)/) {
        my $until = time + 20;
        sleep 0.02 until -e "$dir/go" || time > $until;
    }

    return '' if $who =~ /^hang/;
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
        facts => Court::facts(identity => "timeout 15s; $lines"),
        locations => 'location = /identity { proxy_pass http://scripted/$court_source_key_2;
                                             proxy_read_timeout 30s; }'
                     . join('', map { "location = /$_ { return 404; }" }
                                qw(link relation staff device)),
        main => "court_timeout 20s; upstream scripted { server unix:$dir/run/scripted.sock; }" . ($main || ''));

    return $text =~ s/facts:1m negative:1m/facts:${size}k negative:${size}k flight:${size}k/r;
}

my %tokens;

sub token { my ($who) = @_; return $tokens{$who} ||= Court::bearer('lawyer', sub => $who) }
sub ask   { my ($path, $who) = @_; return CourtSource::ask("/api/$path", token($who)) }
sub get   { my ($path, $who) = @_; return CourtSource::fetch("/api/$path", token($who)) }
sub go    { Court::file('go', '') }
sub hold  { unlink "$dir/go" }

sub seen {
    open my $in, '<', "$dir/scripted.log" or return 0;
    my $n = () = <$in>;
    return $n;
}

sub calls { return scalar CourtSource::calls('scripted') }
sub wait_calls { my ($n) = @_; return CourtSource::wait_for(sub { seen() >= $n }) }

# {status => how often}
sub all {
    my %seen;

    for (@_) {
        my ($status, $code) = CourtSource::answered($_);
        $seen{$code eq '' ? $status : "$status $code"}++;
    }
    return join ', ', map { "$seen{$_} x $_" } sort keys %seen;
}

# a connection of that worker's, or of any
sub connection {
    my ($pid) = @_;

    for (1 .. 200) {
        my $socket = IO::Socket::INET->new(
            PeerAddr => '127.0.0.1', PeerPort => $Test::Nginx::Util::ServerPortForClient,
            Proto => 'tcp') or next;
        syswrite $socket, "GET /pid HTTP/1.1\r\nHost: localhost\r\n\r\n";
        my ($text, $buf) = ('', '');
        while ($text !~ /\r\n\r\n(\d+)\n/) {
            sysread($socket, $buf, 4096) or last;
            $text .= $buf;
        }
        my ($is) = $text =~ /\r\n\r\n(\d+)\n/ or next;
        return ($socket, $is) if !$pid || $is == $pid;
    }
    die "no connection to worker $pid\n";
}

sub other_connection {
    my ($not) = @_;

    for (1 .. 200) {
        my ($socket, $pid) = connection();
        return ($socket, $pid) if $pid != $not;
    }
    die "no other worker than $not\n";
}

sub send_on {
    my ($socket, $path, $who) = @_;
    syswrite $socket, join "\r\n", "GET /api/$path HTTP/1.1", 'Host: localhost',
                                   'Connection: close', token($who), '', '';
    return $socket;
}

# the owner's own requests die with it: those of the other worker may not
sub owner {
    my ($signal, $path, $who) = @_;
    my ($first, $owner) = connection();
    send_on($first, $path, $who);
    ok wait_calls(1), "$who: its worker fetches";
    my ($second, $other) = other_connection($owner);
    my @others = map { scalar((connection($other))[0]) } 1 .. 30;
    send_on($_, $path, $who) for $second, @others;
    sleep 0.3;
    is seen(), 1, "$who: the other one waits";

    kill $signal, $owner;
    return ($second, @others);
}

our %steps = (
    killed => sub {
        my @left = owner('KILL', 'any', 'slow-k');
        ok wait_calls(2), 'killed: another one asks';
        sleep 0.3;
        go();
        is all(@left), '31 x 200', 'killed: everybody else is answered';
        is calls(), 2, 'killed: by two calls';
        is get('any', 'slow-k'), 200, 'killed: and it is kept';
        is calls(), 0, 'killed: for all';
    },

    # it finishes what it has begun, or leaves it to the other one
    quit => sub {
        my @left = owner('QUIT', 'any', 'slow-q');
        sleep 0.5;
        go();
        is all(@left), '31 x 200', 'quit: everybody else is answered';
        ok calls() <= 2, 'quit: by two calls at most';
    },

    terminated => sub {
        my @left = owner('TERM', 'any', 'slow-t');
        ok wait_calls(2), 'terminated: handed over';
        go();
        is all(@left), '31 x 200', 'terminated: everybody else is answered';
        is calls(), 2, 'terminated: by two calls';
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
    $block->set_value('no_error_log', qr{\[(?:crit|emerg)\]});
    $block->set_value('request', 'GET /open');
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
        location = /pid { court off; return 200 "$pid\n"; }
        location = /open { court off; return 200 "open\n"; }
_EOC_
});

run_tests();

__DATA__

=== TEST 1: the worker that fetches is killed
--- http_config eval: main::http('')
--- steps: killed


=== TEST 2: it is told to quit
--- http_config eval: main::http('')
--- steps: quit


=== TEST 3: it is terminated
--- http_config eval: main::http('')
--- steps: terminated
