# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Counters over reloads, kills and changes of policy, with two workers and a
# master of our own; many courts; and what they add up to while all that goes
# on under load.

use strict;
use warnings;
use lib 't/lib';
use Court;
use CourtStatus;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
my $module = $ENV{TEST_NGINX_LOAD_MODULES} or die "no module\n";
my $port = $ENV{COURT_TEST_PORT} || 19840;
my $dir = Court::dir();
my $log = "$dir/error.log";
my $master;

my $NAME = qq{Court \x{5317}\x{4eac} "x" <b> \\ \n};


sub policy {
    my ($version, @reasons) = @_;

    return {
        format => 1, version => $version, facts => { identity => ['active'] },
        reasons => { map { my $reason = $_; $reason => {
            status => 403, map { $_ => { title => 'T', detail => 'D', next => 'N' } } qw(zh en) } }
            @reasons },
        conditions => {
            active => { on => 'person', reason => 'practice_not_active',
                        all => [['identity.active', '==', JSON::PP::true]] },
            map { ("c_$_" => { on => 'caller', reason => $_, all => [['token.sub', '==', 'x']] }) }
                @reasons,
        },
        interfaces => [
            { id => 'thing', routes => [{ methods => ['GET', 'POST'], path => '/thing' }] },
            map { { id => $_, routes => [{ methods => ['GET'], path => "/own/$_" }] } } @reasons,
        ],
        rules => [
            { id => 'r1', effect => 'allow', roles => ['lawyer'], interfaces => ['thing'],
              when => ['active'] },
            map { { id => "r-$_", effect => 'allow', roles => ['lawyer'], interfaces => [$_],
                    when => ["c_$_"] } } @reasons,
        ],
    };
}


# %o: policy, courts (codes beside B00), main
sub configure {
    my (%o) = @_;
    my $user = $> == 0 ? 'user root;' : '';
    my $http = Court::http_config(policy => $o{policy}, main => $o{main}, facts => <<'_EOC_');
    court_fact identity {
        source /identity;
        key    $court_issuer $court_subject;
        field  status enum;
        field  suspended intervals;
        ttl    600s;
    }
_EOC_

    Court::file('courts.json', Court::json([
        { code => 'B00', name => $NAME },
        map { { code => $_, parent => 'B00', name => "Court $_" } } @{$o{courts} || []} ]));

    my $map = join ' ', map { "$_ $_;" } @{$o{courts} || []};

    Court::file('nginx.conf', <<_EOC_);
load_module $module;
$user
worker_processes @{[ $o{workers} || 2 ]};
worker_shutdown_timeout 60s;
pid $dir/nginx.pid;
error_log $log @{[ $o{level} || 'notice' ]};
events { worker_connections 256; }
http {
    access_log off;
    map_hash_max_size 32768;
    client_body_temp_path $dir/temp;
    proxy_temp_path $dir/temp;
    fastcgi_temp_path $dir/temp;
    uwsgi_temp_path $dir/temp;
    scgi_temp_path $dir/temp;
$http
    map \$http_x_court \$which { default B00; $map }
    server {
        listen 127.0.0.1:$port;
        court_code \$which;
        location / { proxy_pass http://court_mock; }
    }
    server {
        listen unix:$dir/run/status.sock;
        location = /status { court_status; }
        location = /ready { court_health; }
    }
}
_EOC_
}


sub until_true {
    my ($check) = @_;
    my $end = time + 40;

    while (time < $end) {
        my $value = $check->();
        return $value if $value;
        sleep 0.05;
    }

    return;
}


sub start {
    my $rc = system($nginx, '-e', $log, '-p', $dir, '-c', "$dir/nginx.conf");

    die "nginx does not start\n" if $rc;
    $master = until_true(sub {
        -s "$dir/nginx.pid" && Court::slurp("$dir/nginx.pid") + 0 });
}


sub stop {
    return unless $master;
    kill 'TERM', $master;
    until_true(sub { !-e "$dir/nginx.pid" }) or kill 'KILL', $master;
    undef $master;
}

END { my $status = $?; stop() if $master; $? = $status }


sub ask {
    my ($socket, $text) = @_;
    my $answer = '';

    return '' unless $socket;
    local $SIG{PIPE} = 'IGNORE';
    print {$socket} $text;
    while (sysread $socket, $answer, 65536, length $answer) { }

    return $answer;
}


# the status of the refusal, or of the answer; '' where there was none
sub get {
    my ($path, $token, @headers) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
                                       Timeout => 20);
    my $text = ask($socket, join "\r\n", "GET $path HTTP/1.1", 'Host: x', "Authorization: Bearer $token",
                                         @headers, 'Connection: close', '', '');
    my ($code) = $text =~ /^Court-Refused: (\S+)\r$/m;
    my ($status) = $text =~ m{^HTTP/1\.1 (\d+)};

    return $code || $status || '';
}


sub text {
    my ($format) = @_;

    for (1 .. 20) {
        my $socket = IO::Socket::UNIX->new(Peer => "$dir/run/status.sock") or next;
        my $text = ask($socket, "GET /status?format=$format HTTP/1.0\r\n\r\n");
        return $1 if $text =~ m{\AHTTP/1\.1 200 .*?\r\n\r\n(.*)\z}s;
        sleep 0.1;
    }

    die "no status\n";
}

sub status { return CourtStatus::parse(text('json')) }

sub workers { return sort { $a <=> $b } split ' ', `ps -o pid= --ppid $master` }


sub reload {
    my %old = map { $_ => 1 } workers();
    my $n = keys %old;

    kill 'HUP', $master;
    return until_true(sub {
        my @now = workers();
        @now == $n && !grep { $old{$_} } @now;
    });
}


# all have been counted: the log phase is behind the answer
sub requests_are {
    my ($n, $name) = @_;

    until_true(sub { status()->get('court_requests_total') >= $n });
    is(status()->get('court_requests_total'), $n, $name);
}


my $lawyer = Court::token('lawyer');
Court::identity('lawyer-1');
Court::identity('gone-1', status => 'revoked');


configure(policy => policy(10, 'odd_reason'));
start();
my $total = 0;

is(get('/thing', $lawyer), 200, 'allowed'), $total++ for 1 .. 7;
is(get('/none', $lawyer), 'no_rule', 'refused'), $total++ for 1 .. 3;
is(get('/own/odd_reason', $lawyer), 'odd_reason', "a policy's own reason"), $total++ for 1 .. 2;
requests_are($total, 'all are counted');

my $s = status();
my $started = $s->{gateway}{started};
is_deeply($s->all('court_refusals_total'), { 'B00 no_rule' => 3, 'B00 odd_reason' => 2 }, 'reasons');
is($s->{courts}[0]{name}, $NAME, 'an odd name comes back');
unlike(text('json'), qr/</, 'and may stand in HTML');
is($s->get('court_workers', 'live'), 2, 'two workers');
is_deeply([sort { $a <=> $b } map { $_->{pid} } @{$s->{workers}}], [workers()], 'their pids');


# a reload with another policy: all that was counted stays, names too

configure(policy => policy(11, 'other_reason', 'odd_reason'));
ok(reload(), 'reload');
$s = status();
is($s->get('court_requests_total'), $total, 'a reload keeps counters');
is($s->get('court_workers_lost_total'), 0, 'nobody is lost by it');
is($s->{gateway}{started}, $started, 'it is no start');
is_deeply([sort { $a <=> $b } map { $_->{pid} } @{$s->{workers}}], [workers()], 'the new pids');

is(get('/own/other_reason', $lawyer), 'other_reason', 'a new reason'), $total++;
is(get('/own/odd_reason', $lawyer), 'odd_reason', 'an old one'), $total++;
requests_are($total, 'counters go on');
is_deeply(status()->all('court_refusals_total'),
          { 'B00 no_rule' => 3, 'B00 odd_reason' => 3, 'B00 other_reason' => 1 }, 'by name');


# old workers that finish what they have

my $held = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
print $held "POST /thing HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $lawyer\r\n"
            . "Content-Length: 4\r\nConnection: close\r\n\r\nab";
$held->flush;
is(get('/thing', $lawyer), 200, 'one more'), $total++;
requests_are($total, 'one is under way');

kill 'HUP', $master;
ok(until_true(sub {
    my $s = status();
    $s->get('court_workers', 'exiting') == 1 && $s->get('court_workers', 'live') == 2;
}), 'a worker exits and two live');
print $held 'cd';
like(ask($held, ''), qr{^HTTP/1\.1 200 }, 'it finishes');
requests_are(++$total, 'and counts what it has finished');
ok(until_true(sub { status()->get('court_workers', 'exiting') == 0 }), 'and is gone');
is(status()->get('court_workers_lost_total'), 0, 'it took leave');


# workers that are killed

my @killed = workers();
kill 'KILL', @killed;
ok(until_true(sub {
    my %now = map { $_ => 1 } workers();
    keys %now == 2 && !grep { $now{$_} } @killed;
}), 'two new ones');
ok(until_true(sub { status()->get('court_workers', 'live') == 2 }), 'both are there');
$s = status();
is($s->get('court_requests_total'), $total, 'what the dead have counted stays');
is($s->get('court_workers_lost_total'), 2, 'two are lost');
is(get('/thing', $lawyer), 200, 'the new ones serve'), $total++;
requests_are($total, 'and count');


# kills and reloads under load: no answer that was given is not counted

my @pids;
for my $k (1 .. 3) {
    pipe(my $in, my $out);
    my $pid = fork();
    if (!$pid) {
        my %seen;
        close $in;
        $seen{get('/none', $lawyer)}++ for 1 .. 150;
        print $out Court::json(\%seen);
        close $out;
        POSIX::_exit(0);
    }
    close $out;
    push @pids, [$pid, $in];
}

for (1 .. 3) {
    my ($one) = workers();
    kill 'KILL', $one if $one;
    sleep 0.3;
    kill 'HUP', $master;
    sleep 0.7;
}

my %seen;
for (@pids) {
    my ($pid, $in) = @$_;
    local $/;
    my $part = JSON::PP->new->decode(<$in>);
    $seen{$_} += $part->{$_} for keys %$part;
    waitpid $pid, 0;
}

# a worker may die between its answer and its log phase: as many at most as
# were killed with one request of each client
my $answered = $seen{no_rule} || 0;
ok($answered > 100, "$answered answers under fire");
until_true(sub { status()->get('court_requests_total') >= $total + $answered });
my $now = status()->get('court_requests_total') - $total;
ok($now >= $answered - 9 && $now <= 450, "$now are counted");
is(status()->sum('court_refusals_total', 'no_rule') - 3, $now, 'each with its reason');

my (undef, @wrong) = CourtStatus::read_prometheus(text('prometheus'));
is("@wrong", '', 'the exposition format');


# a hundred courts, and the whole country

for my $n (100, 3500) {
    my @courts = map { sprintf 'C%04d', $_ } 1 .. $n;

    stop();
    configure(policy => policy(20), courts => \@courts);
    start();

    get('/thing', $lawyer, "X-Court: $courts[$_]") for 0 .. 19, $n - 1;
    get('/none', $lawyer, "X-Court: $courts[$_]") for 5, $n - 1;
    requests_are(23, "$n courts");

    $s = status();
    is(scalar @{$s->{courts}}, $n + 1, "$n courts have names");
    is($s->get('court_decisions_total', $courts[-1], 'allow'), 1, "$n: allowed");
    is($s->get('court_decisions_total', $courts[-1], 'refuse'), 1, "$n: refused");
    is_deeply($s->all('court_refusals_total'),
              { "$courts[5] no_rule" => 1, "$courts[-1] no_rule" => 1 }, "$n: reasons");
}


# all courts of the country have had requests: the status is made in turns of
# the event loop, whole, in each of its forms; a client may go between two

{
    my @courts = map { sprintf 'C%04d', $_ } 1 .. 3500;

    stop();
    configure(policy => policy(20), courts => \@courts, level => 'debug');
    start();

    my @left = @courts;
    while (my @some = splice @left, 0, 50) {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 20);
        ask($socket, join '', map { join "\r\n", 'GET /none HTTP/1.1', 'Host: x',
            "Authorization: Bearer $lawyer", "X-Court: $_",
            ($_ eq $some[-1] ? 'Connection: close' : ()), '', '' } @some);
    }

    requests_are(3500, 'all courts');

    for my $round (1, 2) {
        $s = status();
        is(scalar @{$s->{courts}}, 3501, "turns $round: names");
        is(scalar keys %{$s->all('court_decisions_total')}, 3500, "turns $round: decisions");
        is($s->get('court_requests_total'), 3500, "turns $round: requests");

        my ($value, @wrong) = CourtStatus::read_prometheus(text('prometheus'));
        is("@wrong", '', "turns $round: the exposition format");
        is($value->{'court_decisions_total{court="C3500",decision="refuse"}'}, 1, "turns $round: the last court");
        like(text('html'), qr{"court_demo":.*</html>\n\z}s, "turns $round: the page");

        next if $round == 2;

        my $head = ask(IO::Socket::UNIX->new(Peer => "$dir/run/status.sock"),
                       "HEAD /status?format=json HTTP/1.0\r\n\r\n");
        like($head, qr/^Content-Length: \d{6,}\r$/m, 'turns: HEAD has the length');
        like($head, qr/\r\n\r\n\z/, 'turns: and no more');

        my @turns = Court::slurp($log) =~ /court: status: (\d+) turns/g;
        ok(!(grep { $_ < 4 } @turns[-4 .. -1]), "turns: @turns");

        ok(until_true(sub {
            for my $format (qw(json prometheus html)) {
                my $socket = IO::Socket::UNIX->new(Peer => "$dir/run/status.sock") or next;
                print {$socket} "GET /status?format=$format HTTP/1.0\r\n\r\n";
                close $socket;
            }

            Court::slurp($log) =~ /court: status: given up after/;
        }), 'turns: a client goes between two');
    }

    diag(join ' ', Court::slurp($log) =~ /court: status: (\d+ turns, up to \d+ us)/g) if $ENV{COURT_VERBOSE};
}


# courts beyond the room there is

{
    my @courts = map { sprintf 'D%04d', $_ } 1 .. 4200;

    stop();
    configure(policy => policy(20), courts => \@courts);
    start();

    get('/thing', $lawyer, "X-Court: $_") for @courts[0, 4198, 4199];
    requests_are(3, 'more courts than there is room for');
    $s = status();
    is($s->get('court_decisions_total', 'D0001', 'allow'), 1, 'the first is known');
    is($s->get('court_decisions_total', 'other', 'allow'), 2, 'the last are others');
}

unlike(Court::slurp($log) =~ s/.*exited on signal 9.*\n//gr, qr/\[(?:alert|crit|emerg)\]/, 'error.log is quiet');

stop();
done_testing();
