# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What a reload changes and what it keeps, with two workers and a master of
# our own: Test::Nginx gives each block a server of its own.

use strict;
use warnings;
use lib 't/lib';
use Court;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
my $module = $ENV{TEST_NGINX_LOAD_MODULES} or die "no module\n";
my $port = $ENV{COURT_TEST_PORT} || 19840;
my $dir = Court::dir();
my $log = "$dir/error.log";
my $master;

my @RULES = (
    { id => 'r1', effect => 'allow', roles => ['lawyer'],
      interfaces => ['thing.read'] },
    { id => 'r2', effect => 'allow', roles => ['lawyer'],
      interfaces => ['thing.active'], when => ['active'] },
);


sub policy {
    my ($version, @rules) = @_;

    return {
        format => 1, version => $version,
        facts => { identity => ['active'] },
        conditions => {
            active => { on => 'person', reason => 'practice_not_active',
                        all => [['identity.active', '==', JSON::PP::true]] },
        },
        interfaces => [
            { id => 'thing.read',
              routes => [{ methods => ['GET', 'POST'], path => '/thing' }] },
            { id => 'thing.active',
              routes => [{ methods => ['GET'], path => '/active' }] },
        ],
        rules => [@rules ? @rules : @RULES],
    };
}


# %o: policy, code, and changes of the text: [from, to]
sub configure {
    my (%o) = @_;
    my $user = $> == 0 ? 'user root;' : '';
    my $http = Court::http_config(policy => $o{policy}, facts => <<'_EOC_');
    court_fact identity {
        source /identity;
        key    $court_issuer $court_subject;
        field  status enum;
        field  suspended intervals;
        ttl    600s;
    }
_EOC_

    if (my $change = $o{change}) {
        $http =~ s/\Q$change->[0]\E/$change->[1]/
            or die "no $change->[0] in the configuration\n";
    }

    Court::file('nginx.conf', <<_EOC_);
load_module $module;
$user
worker_processes 2;
worker_shutdown_timeout 60s;
pid $dir/nginx.pid;
error_log $log notice;
events { worker_connections 128; }
http {
    access_log off;
    client_body_temp_path $dir/temp;
    proxy_temp_path $dir/temp;
    fastcgi_temp_path $dir/temp;
    uwsgi_temp_path $dir/temp;
    scgi_temp_path $dir/temp;
$http
    server {
        listen 127.0.0.1:$port reuseport;
        court_code @{[ $o{code} || 'B00' ]};
        add_header X-Pid \$pid always;
        location / {
            proxy_pass http://court_mock;
        }
    }
}
_EOC_
}


sub until_true {
    my ($check) = @_;
    my $end = time + 30;

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


sub connected {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
                                 Timeout => 10);
}


# a listening socket that closes with its worker takes connections with it,
# so a request without an answer is sent again
sub get {
    my ($path, $token) = @_;

    for my $try (1 .. 20) {
        my $socket = connected() or next;
        my $text = '';

        print $socket "GET $path HTTP/1.1\r\nHost: b00.test\r\n"
            . "Authorization: Bearer $token\r\nConnection: close\r\n\r\n";

        while (sysread $socket, $text, 65536, length $text) { }

        $text =~ s/\r//g;

        if (my ($status) = $text =~ m{^HTTP/1\.1 (\d+)}) {
            my %answer = (status => $status, text => $text);

            ($answer{pid}) = $answer{text} =~ /^X-Pid: (\d+)$/m;
            ($answer{refused}) = $answer{text} =~ /^Court-Refused: (\S+)$/m;
            ($answer{version}) = $answer{text} =~ /^Court-Policy: (\d+)$/m;
            return \%answer;
        }
    }

    return { status => 0, text => '' };
}


sub logged {
    return Court::slurp($log);
}


sub sources {
    my $lines = () = Court::slurp("$dir/source.log") =~ /\n/g;
    return $lines;
}


sub workers {
    my @pids = sort { $a <=> $b } split ' ', `ps -o pid= --ppid $master`;

    return @pids;
}


# sends HUP and waits for two workers, none of them an old one
sub reload {
    my %old = map { $_ => 1 } workers();

    kill 'HUP', $master;
    return until_true(sub {
        my @now = workers();
        @now == 2 && !grep { $old{$_} } @now;
    });
}


# what n requests in a row say, each worker among those who answered
sub all_say {
    my ($path, $token, $check, $name) = @_;
    my (%pid, $wrong);

    for (1 .. 60) {
        my $answer = get($path, $token);
        $pid{$answer->{pid} || 0} = 1;
        $wrong = $answer unless $check->($answer);
        last if $wrong || ($_ >= 8 && keys %pid >= 2);
    }

    ok(!$wrong, $name) or diag($wrong->{text});
    is(scalar keys %pid, 2, "$name: by both workers");
}


my $lawyer = Court::token('lawyer');
Court::identity('lawyer-1');

configure(policy => policy(10));
start();

all_say('/thing', $lawyer, sub { $_[0]{version} == 10 }, 'version 10');
all_say('/active', $lawyer, sub { $_[0]{status} == 200 }, 'an active lawyer');
is(sources(), 1, 'the source is asked once for both workers');
like(Court::slurp("$dir/state/policy.json"), qr/"version":10\b/,
     'court_state_dir keeps version 10');


# a new policy, with requests under way in the old workers

my @held = map { connected() } 1 .. 12;
print $_ "POST /thing HTTP/1.1\r\nHost: b00.test\r\nAuthorization: Bearer "
         . "$lawyer\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab"
    for @held;
get('/thing', $lawyer);        # those before it are being read by now
my @old = workers();

configure(policy => policy(11, $RULES[1]));
kill 'HUP', $master;
ok(until_true(sub { (get('/thing', $lawyer)->{refused} || '')
                    eq 'role_forbidden' }), 'version 11 is enforced');
ok(until_true(sub {
    my $log = logged();
    my %there = map { $_ => 1 } workers();
    my @waiting = grep { $there{$_} } @old;
    @waiting && !grep { $log !~ / $_#\d+: court: policy: version 11 is live/ }
                     @waiting;
}), 'workers that finish their requests adopt it, too');

print $_ 'cd' for @held;
my $done = grep { local $/; (<$_> // '') =~ m{^HTTP/1\.1 200} } @held;
is($done, 12, 'requests decided before are finished');
ok(until_true(sub { 2 == (() = workers()) }), 'the old workers are gone');
all_say('/thing', $lawyer,
        sub { ($_[0]{refused} || '') eq 'role_forbidden' }, 'version 11');
all_say('/active', $lawyer, sub { $_[0]{status} == 200 },
        'what is still allowed');
is(sources(), 1, 'a zone of the same size keeps what is in it');
like(Court::slurp("$dir/state/policy.json"), qr/"version":11\b/,
     'court_state_dir keeps version 11');


# what does not load changes nothing

for my $broken (
    ['a policy', policy(12, { %{$RULES[0]}, roles => ['nobody'] }), undef,
     qr/rules\/0\/roles\/0: line 1: unknown role "nobody" in /],
    ['a directive', policy(12), ['court_state_dir', 'court_state_file'],
     qr/unknown directive "court_state_file"/],
    ['an issuer', policy(12), ['audience', 'clients'],
     qr/unknown directive "clients"/],
    ['a zone', policy(12), ['facts:1m', 'facts:1k'], qr/"facts:1k" is too small/],
) {
    my ($what, $policy, $change, $said) = @$broken;
    my @before = workers();

    configure(policy => $policy, change => $change);
    kill 'HUP', $master;
    ok(until_true(sub { logged() =~ $said }), "$what that is wrong is told");
    is_deeply([workers()], \@before, "$what that is wrong: workers stay");
    is(get('/thing', $lawyer)->{refused}, 'role_forbidden',
       "$what that is wrong: version 11 stays");
}

like(Court::slurp("$dir/state/policy.json"), qr/"version":11\b/,
     'court_state_dir still keeps version 11');


# an older policy does not come back

configure(policy => policy(9));
ok(reload(), 'a reload with an older policy');
like(logged(), qr/version 9; version 11 kept in "\S+" is newer and stays/,
     'an older policy is told');
all_say('/thing', $lawyer,
        sub { ($_[0]{refused} || '') eq 'role_forbidden' },
        'version 11 after 9');

stop();
start();
all_say('/thing', $lawyer,
        sub { ($_[0]{refused} || '') eq 'role_forbidden' },
        'version 11 after a restart with 9');


# zones

my $asked = sources();
get('/active', $lawyer);
is(sources(), $asked + 1, 'zones are empty after a restart');

configure(policy => policy(13));
ok(reload(), 'a reload with a newer policy');
all_say('/thing', $lawyer, sub { ($_[0]{version} || 0) == 13 }, 'version 13');
get('/active', $lawyer);
is(sources(), $asked + 1, 'a zone of the same size keeps what is in it');

configure(policy => policy(13), change => ['facts:1m', 'facts:2m']);
ok(reload(), 'a reload with another size');
is(get('/active', $lawyer)->{status}, 200, 'the source is asked again');
is(sources(), $asked + 2, 'a zone of another size is made anew');

configure(policy => policy(14), change => ['artefacts:8m', 'artefacts:4m']);
ok(reload(), 'a reload with another size of artefacts');
all_say('/thing', $lawyer, sub { ($_[0]{version} || 0) == 14 }, 'version 14');


# one's court, one's issuer

configure(policy => policy(14), code => 'B01');
ok(reload(), 'a reload with another court');
all_say('/thing', $lawyer, sub { $_[0]{text} =~ /^Court-Code: B01$/m },
        'court B01');

# a token that was verified before must be judged by the new issuer
configure(policy => policy(14),
          change => ['roles      lawyer', 'roles      judge']);
ok(reload(), 'a reload of an issuer that asserts no lawyers');
all_say('/thing', $lawyer,
        sub { ($_[0]{refused} || '') eq 'token_invalid' },
        'a lawyer of an issuer that asserts none');

configure(policy => policy(14), change => ["jwks_file  $dir/platform.jwks",
                                           "jwks_file  $dir/staff.jwks"]);
ok(reload(), 'a reload with other keys');
all_say('/thing', $lawyer,
        sub { ($_[0]{refused} || '') eq 'token_invalid' },
        'a token of a key that is gone');

configure(policy => policy(14));
ok(reload(), 'a reload with all as it was');
all_say('/thing', $lawyer, sub { $_[0]{status} == 200 }, 'all as it was');

my @wrong = grep { /\[(?:alert|crit)\]|signal 11|exited on/ }
                 split /\n/, logged();
is_deeply(\@wrong, [], 'error.log holds no alert');

stop();
done_testing();

END {
    my $status = $?;
    stop();
    $? = $status;
}
