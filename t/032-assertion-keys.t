# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The key that signs assertions is changed while requests run: by keys stage,
# commit and retire, with a reload after each.  A court service that has the
# published keys of one step before is never given what it cannot verify.

use strict;
use warnings;
use lib 't/lib';
use Court;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(decode_base64url);
use Test::More;
use Time::HiRes qw(sleep time);

my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
my $module = $ENV{TEST_NGINX_LOAD_MODULES} or die "no module\n";
my $tool = $ENV{COURT_TOOL} || 'build/court-tool';
my $port = $ENV{COURT_TEST_PORT} || 19840;
my $dir = Court::dir();
my $key = "$dir/assertion.jwk";
my ($master, %refused);


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

sub configure {
    my $user = $> == 0 ? 'user root;' : '';
    my $http = Court::http_config(policy => {
        format => 1, version => 1, facts => {}, conditions => {},
        interfaces => [ { id => 'thing', routes => [
            { methods => ['GET'], path => '/thing/{n}' } ] } ],
        rules => [ { id => 'r1', effect => 'allow', roles => ['lawyer'],
                     interfaces => ['thing'] } ],
    });

    Court::file('nginx.conf', <<_EOC_);
load_module $module;
$user
worker_processes 2;
pid $dir/nginx.pid;
error_log $dir/error.log notice;
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
        listen 127.0.0.1:$port;
        court_code B00;
        location = /keys { court_assertion_jwks; }
        location / { proxy_pass http://court_mock; }
    }
}
_EOC_
}

sub workers { return sort { $a <=> $b } split ' ', `ps -o pid= --ppid $master` }

sub reload {
    my %old = map { $_ => 1 } workers();

    kill 'HUP', $master;
    return until_true(sub {
        my @now = workers();
        @now == 2 && !grep { $old{$_} } @now;
    });
}

# a connection that an old worker takes with it is tried again
sub get {
    my ($path, @headers) = @_;

    for (1 .. 20) {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                           PeerPort => $port, Timeout => 10)
            or next;
        my $text = '';

        print $socket join("\r\n", "GET $path HTTP/1.1", 'Host: b00.test',
                           @headers, 'Connection: close', '', '');
        while (sysread $socket, $text, 65536, length $text) { }
        return $text if $text =~ m{^HTTP/1\.1 \d};
    }

    return '';
}

my @lawyer = (Court::bearer('lawyer'));
my $n = 0;

# by either worker: the first assertion of each is signed, others are reused
sub assertions {
    my ($count) = @_;

    return map {
        my ($assertion) = get('/thing/' . ++$n, @lawyer)
            =~ /^Court-Assertion: ([^\r\n]+)/m;
        $assertion // '';
    } 1 .. $count;
}

sub kid {
    my ($assertion) = @_;

    return decode_json(decode_base64url((split /\./, $assertion)[0]))->{kid};
}

my $names = 0;
sub published { return Court::file('published' . ++$names,
                                   get('/keys') =~ s/^.*?\r\n\r\n//sr) }
sub kids {
    my ($jwks) = @_;

    return join ' ', map { $_->{kid} } @{decode_json(Court::slurp($jwks))->{keys}};
}

sub verified {
    my ($jwks, $assertion) = @_;

    open my $pipe, '|-', "$tool assertion verify --jwks $jwks --aud B00 "
        . "--iss https://gateway.test --interface thing > $dir/said 2>&1"
        or die;
    print $pipe "$assertion\n";
    return close $pipe ? 1 : 0;
}

sub keys_tool {
    my ($verb, @args) = @_;

    is(system("$tool keys $verb $key @args > $dir/said 2>&1"), 0,
       "keys $verb @args") or diag(Court::slurp("$dir/said"));
}

# what each of these JWKS says of each of those assertions: not one refused
sub all_verified {
    my ($name, $jwks, @assertions) = @_;
    my @wrong;

    for my $set (@$jwks) {
        push @wrong, grep { !verified($set, $_) } @assertions;
    }

    is(scalar @wrong, 0, "$name: none refused")
        or diag(Court::slurp("$dir/said"));
    $refused{$name} = @wrong;
}


configure();
system($nginx, '-e', "$dir/error.log", '-p', $dir, '-c', "$dir/nginx.conf")
    and die "nginx does not start\n";
$master = until_true(sub {
    -s "$dir/nginx.pid" && Court::slurp("$dir/nginx.pid") + 0 });

my $set0 = published();
my @a0 = assertions(4);
is(kids($set0), 'assertion', 'one key');
all_verified('before', [ $set0 ], @a0);

keys_tool('stage', '--kid next');
ok(reload(), 'reload');
my $set1 = published();
my @a1 = assertions(8);
is(kids($set1), 'assertion next', 'staged: both are published');
is(join(' ', map { kid($_) } @a1), 'assertion ' x 7 . 'assertion',
   'staged: the old one signs');
all_verified('staged', [ $set0, $set1 ], @a0, @a1);

keys_tool('commit');
ok(reload(), 'reload');
my $set2 = published();
my @a2 = assertions(8);
is(kids($set2), 'next assertion', 'committed: both are published');
is(join(' ', map { kid($_) } @a2), 'next ' x 7 . 'next',
   'committed: the new one signs');
all_verified('committed', [ $set1, $set2 ], @a1, @a2);
ok(!verified($set0, $a2[0]), 'who has not looked since before would refuse');

keys_tool('retire');
ok(reload(), 'reload');
my $set3 = published();
my @a3 = assertions(8);
is(kids($set3), 'next', 'retired: one is published');
all_verified('retired', [ $set1, $set2, $set3 ], @a2, @a3);
ok(!verified($set3, $a0[0]), 'the old one is worth nothing now');
is(keys %refused, 4, 'each step was tried');

unlike(Court::slurp("$dir/error.log"), qr/\[(?:emerg|alert|crit)\]/,
       'nothing went wrong');
unlike(Court::slurp($_), qr/"d"|court_state|iat/, 'nothing of ours is published')
    for $set1, $set2, $set3;


# what says two things is refused

for my $case ([ 'write', 'write', 'two keys to write with' ],
              [ 'accept', 'read', 'no key to write with' ],
              [ 'main', 'write', 'unknown state of a key' ],
              [ 7, 'write', 'unknown state of a key' ],
              [ 'write', 'retired', 'a retired key must be taken out' ]) {
    my ($first, $second, $said) = @$case;
    my $one = decode_json(Court::slurp($key))->{keys}[0];

    Court::file('two.jwk', Court::json({ keys => [
        { %$one, court_state => $first },
        { %$one, kid => 'two', court_state => $second } ] }));
    Court::file('wrong.conf', Court::slurp("$dir/nginx.conf")
                              =~ s/assertion\.jwk/two.jwk/r);
    system("$nginx -t -e $dir/t.log -p $dir -c $dir/wrong.conf > $dir/said 2>&1");
    like(Court::slurp("$dir/said"),
         qr/two\.jwk" has no usable private key: \Q$said\E in \S+wrong\.conf:\d/,
         "$first, $second: $said");
}

kill 'TERM', $master;
ok(until_true(sub { !-e "$dir/nginx.pid" }), 'stopped');
undef $master;

END {
    my $status = $?;
    kill 'KILL', $master if $master;
    $? = $status;
}

done_testing();
