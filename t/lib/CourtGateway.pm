# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# A gateway of the suite's own: a master that can be killed and started again,
# its control socket, and clients that stay.
#
#     CourtGateway::configure(policy => {...}, main => '...', server => '...');
#     CourtGateway::start();
#     CourtGateway::get('/thing', $token)         # "200", "401 token_invalid"
#     CourtGateway::control('POST', '/revoke', {...})->{status}

package CourtGateway;

use strict;
use warnings;
use Court;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use Time::HiRes qw(sleep time);

my $module = $ENV{TEST_NGINX_LOAD_MODULES};
my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
my $dir = Court::dir();
my ($master, $owner);

our $port;
our $log = "$dir/error.log";


sub free_port {
    for (1 .. 500) {
        my $try = 20000 + int rand 12000;

        return $try if IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', LocalPort => $try, Proto => 'tcp',
            Listen => 1, ReuseAddr => 1);
    }

    die "no free port\n";
}


# %o: as Court::http_config has it; workers, server (its text)
sub configure {
    my (%o) = @_;
    my $user = $> == 0 ? 'user root;' : '';
    my $http = Court::http_config(%o);

    $port ||= free_port();
    mkdir "$dir/tmp";

    Court::file('nginx.conf', <<_EOC_);
load_module $module;
$user
worker_processes @{[ $o{workers} || 2 ]};
worker_shutdown_timeout 60s;
pid $dir/nginx.pid;
error_log $log info;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path $dir/tmp/body;
    proxy_temp_path $dir/tmp/proxy;
    fastcgi_temp_path $dir/tmp/fastcgi;
    uwsgi_temp_path $dir/tmp/uwsgi;
    scgi_temp_path $dir/tmp/scgi;
$http
    server {
        listen 127.0.0.1:$port;
        court_code B00;
        @{[ $o{server} || 'location / { proxy_pass http://court_mock; }' ]}
    }
    server {
        listen unix:$dir/run/control.sock;
        location /control/ { court_control; }
        location = /status { court_status; }
        location = /ready { court_health; }
    }
}
_EOC_
}


# polls until the code is true, 40 s at most
sub wait_for {
    my ($code, $limit) = @_;
    my $end = time + ($limit || 40);

    while (time < $end) {
        my $value = $code->();
        return $value if $value;
        sleep 0.03;
    }

    return;
}


sub command { return ($nginx, '-e', $log, '-p', $dir, '-c', "$dir/nginx.conf") }


# the exit code: 0, or what went wrong is in the log
sub start {
    my $rc = system(command());

    return $rc if $rc;
    $owner = $$;
    $master = wait_for(sub {
        -s "$dir/nginx.pid" && Court::slurp("$dir/nginx.pid") + 0 });
    wait_for(sub { control('GET', '/')->{status} == 200 })
        or die "the gateway does not answer\n";

    return 0;
}


sub master { return $master }
sub workers { my @pids = sort { $a <=> $b } split q{ }, `ps -o pid= --ppid $master`; return @pids }


sub stop {
    return unless $master;
    my $pid = $master;

    undef $master;
    kill 'TERM', $pid;
    return if wait_for(sub { !-e "$dir/nginx.pid" }, 20);
    kill 'KILL', $pid;
}


# master and workers, at once
sub slay {
    my @pids = ($master, workers());

    undef $master;
    kill 'KILL', @pids;
    wait_for(sub { !grep { kill 0, $_ } @pids });
    unlink "$dir/nginx.pid", glob "$dir/run/control.sock $dir/run/source.sock $dir/run/mock.sock";
}


sub reload {
    my %old = map { $_ => 1 } workers();
    my $n = keys %old;

    kill 'HUP', $master;
    return wait_for(sub {
        my @now = workers();
        @now >= $n && (grep { !$old{$_} } @now) >= $n;
    });
}


END {
    if ($owner && $owner == $$) {
        my $status = $?;
        stop();
        $? = $status;
    }
}


sub dial {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $port, Timeout => 20)
        or return;
    $socket->autoflush(1);
    return $socket;
}


# what comes until the other side closes, or until it matches
sub rest {
    my ($socket, $until, $limit) = @_;
    my ($text, $end) = ('', time + ($limit || 40));
    my $select = IO::Select->new($socket);

    while (time < $end) {
        last if $until && $text =~ $until;
        next unless $select->can_read(0.2);
        sysread($socket, $text, 65536, length $text) or last;
    }

    return $text;
}


# is it closed, within that time?  What came before is thrown away.
sub closes {
    my ($socket, $limit) = @_;
    my ($end, $text) = (time + ($limit || 40), '');
    my $select = IO::Select->new($socket);

    while (time < $end) {
        next unless $select->can_read(0.2);
        return 1 unless sysread $socket, $text, 65536;
    }

    return 0;
}


sub request {
    my ($method, $path, $token, @headers) = @_;

    return join "\r\n", "$method $path HTTP/1.1", 'Host: localhost',
                "Authorization: Bearer $token", @headers, '', '';
}


sub said {
    my ($text) = @_;
    my ($status) = $text =~ m{\AHTTP/1\.1 (\d+)} or return 'nothing';
    my ($code) = $text =~ /^Court-Refused: (\S+)\r$/m;

    return $code ? "$status $code" : $status;
}


# "200", "401 token_invalid", or "nothing"
sub get {
    my ($path, $token, @headers) = @_;
    my $socket = dial() or return 'nothing';

    print {$socket} request('GET', $path, $token, @headers, 'Connection: close');
    return said(rest($socket));
}


# of the last $n answers: what they said, each kind once
sub gets {
    my ($n, $path, $token) = @_;
    my %seen;

    $seen{get($path, $token)}++ for 1 .. $n;
    return join ', ', sort keys %seen;
}


sub unix_ask {
    my ($method, $path, $body) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => "$dir/run/control.sock")
        or return { status => 0, json => {}, text => '' };
    my $text = defined $body ? (ref $body ? Court::json($body) : $body) : undef;

    $socket->autoflush(1);
    local $SIG{PIPE} = 'IGNORE';
    print {$socket} "$method $path HTTP/1.1\r\nHost: localhost\r\n"
                    . "Connection: close\r\n"
                    . (defined $text ? 'Content-Length: ' . length($text) . "\r\n" : '')
                    . "\r\n" . ($text // '');

    my $answer = rest($socket);
    my ($status) = $answer =~ m{\AHTTP/1\.1 (\d+)};
    my ($head, $said) = split /\r\n\r\n/, $answer, 2;

    return { status => $status || 0, text => $answer,
             json => eval { JSON::PP->new->utf8->decode($said) } || {} };
}


sub control { my ($method, $path, $body) = @_; return unix_ask($method, "/control$path", $body) }
sub status  { return unix_ask('GET', '/status?format=json')->{json} }
sub ready   { return unix_ask('GET', '/ready')->{status} }

# revoked, or undone: the status
sub revoke { return control('POST', '/revoke', {@_})->{status} }


sub log_has {
    my ($what) = @_;
    my $text = -e $log ? Court::slurp($log) : '';

    return scalar(() = $text =~ /$what/g);
}


1;
