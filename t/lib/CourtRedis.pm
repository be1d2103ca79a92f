# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Real Redis servers in the topologies that the gateway knows, and a gateway of
# two workers before them.  All are our own children, stopped by pid.
#
#     my $redis = CourtRedis->new;
#     $redis->server('main');                     # port: $redis->{port}{main}
#     $redis->sentinels('s', 'main', 3);          # s1 s2 s3 watch "main"
#     $redis->cluster(qw(a b c));                 # masters with all slots
#     $redis->gateway("mode ...; server ...;");   # lines of the court_redis
#     $redis->get('who');                         # "200", "503 ..."

package CourtRedis;

use strict;
use warnings;
use Court;
use CourtSource;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64url);
use POSIX ();
use Time::HiRes qw(sleep time);

my (@all, %taken);


sub new {
    my ($class) = @_;
    my $self = bless { dir => Court::dir(), pid => {}, port => {}, owner => $$,
                       tokens => {}, fresh => 0, masters => [], sites => [] }, $class;

    push @all, $self;
    $SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
    Court::file('seal.key', 's1 aes-256-gcm ' . encode_base64url('K' x 32)
                            . "\n");

    my $down = "$self->{dir}/down";
    CourtSource::start('scripted', sub {
        my ($who) = $_[0] =~ m{([^/]+)$} or return '';

        return '' if -e $down;
        return CourtSource::reply(200, { subject => $who, kind => 'full_time',
                                         status => 'active' });
    });

    return $self;
}


sub source_down { Court::file('down', '') }
sub source_up   { unlink Court::dir() . '/down' }


sub free_port {
    for my $try (1 .. 500) {
        my $port = 20000 + int rand 12000;

        next if $taken{$port}++;
        return $port if IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp',
            Listen => 1, ReuseAddr => 1);
    }

    die "no free port\n";
}


sub launch {
    my ($self, $name, @command) = @_;
    my $pid = fork();

    die "fork: $!\n" unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/$name.out";
        open STDERR, '>>', "$self->{dir}/$name.out";
        exec @command or POSIX::_exit(127);
    }

    return $self->{pid}{$name} = $pid;
}


# "tls": its one port speaks TLS by the files of certs(); "quiet": no wait
sub server {
    my ($self, $name, @more) = @_;
    my $port = $self->{port}{$name} ||= free_port();
    my $home = "$self->{dir}/$name";
    my @ports = ('--port', $port);

    @ports = ('--port', 0, '--tls-port', $port) if grep { $_ eq 'tls' } @more;
    @more = grep { $_ ne 'tls' } @more;

    mkdir $home;
    $self->{again}{$name} = [@more, @ports[2 .. $#ports] ? 'tls' : ()];
    $self->launch($name, 'redis-server', @ports, '--bind', '127.0.0.1',
                  '--dir', $home, '--save', '', '--appendonly', 'no',
                  '--repl-diskless-sync-delay', 0,
                  '--enable-debug-command', 'yes',
                  '--unixsocket', "$home/sock", @more);
    $self->wait_for(sub { $self->cli($name, 'PING') =~ /PONG|NOAUTH/ })
        or die "redis-server $name does not start\n";

    return $port;
}


sub start { my ($self, $name) = @_; return $self->server($name, @{$self->{again}{$name}}) }


# one command by redis-cli over the server's unix socket: its text
sub cli {
    my ($self, $name, @command) = @_;
    my $sock = "$self->{dir}/$name/sock";

    return '' unless -S $sock;
    open my $out, '-|', "timeout 5 redis-cli -s '$sock' "
                        . join(' ', map { "'$_'" } @command) . ' 2>&1'
        or die "redis-cli: $!\n";
    local $/;
    my $text = <$out> // '';
    close $out;
    $text =~ s/\n\z//;

    return $text;
}


sub replica {
    my ($self, $name, $of, @more) = @_;

    $self->server($name, '--replicaof', "127.0.0.1 $self->{port}{$of}", @more);
    return $self->wait_for(sub {
        $self->cli($name, 'INFO', 'replication') =~ /master_link_status:up/
    });
}


sub sentinels {
    my ($self, $prefix, $master, $n, @lines) = @_;

    for my $name (map { "$prefix$_" } 1 .. $n) {
        my $port = $self->{port}{$name} ||= free_port();
        my $home = "$self->{dir}/$name";

        mkdir $home;
        Court::file("$name.conf", join "\n",
            "port $port", 'bind 127.0.0.1', "dir $home",
            "unixsocket $home/sock",
            "sentinel monitor court 127.0.0.1 $self->{port}{$master} "
            . (int($n / 2) + 1),
            'sentinel down-after-milliseconds court 500',
            'sentinel failover-timeout court 3000', @lines, '');
        $self->launch($name, 'redis-server', "$self->{dir}/$name.conf",
                      '--sentinel');
    }

    # all know each other, and the replica
    return $self->wait_for(sub {
        !grep { $self->cli("$prefix$_", 'INFO', 'sentinel')
                !~ /name=court,status=ok,\S*slaves=[1-9]\d*,sentinels=$n/
              } 1 .. $n;
    });
}


# masters share the slots; NAME=MASTER: a replica
sub cluster {
    my ($self, @names) = @_;
    my @masters = grep { !/=/ } @names;
    my ($size, %id) = (16384 / @masters);

    for my $entry (@names) {
        my ($name) = split /=/, $entry;

        $self->server($name, '--cluster-enabled', 'yes',
                      '--cluster-node-timeout', 1000, '--cluster-port',
                      $self->{bus}{$name} ||= free_port());
        $id{$name} = $self->cli($name, 'CLUSTER', 'MYID');
        $self->cli($name, 'CLUSTER', 'MEET', '127.0.0.1',
                   $self->{port}{$masters[0]}, $self->{bus}{$masters[0]})
            if $name ne $masters[0];
    }

    for my $i (0 .. $#masters) {
        $self->cli($masters[$i], 'CLUSTER', 'SET-CONFIG-EPOCH', $i + 1);
        $self->cli($masters[$i], 'CLUSTER', 'ADDSLOTSRANGE', int($i * $size),
                   int(($i + 1) * $size) - 1);
    }

    for my $entry (grep { /=/ } @names) {
        my ($name, $master) = split /=/, $entry;

        $self->wait_for(sub {
            $self->cli($name, 'CLUSTER', 'REPLICATE', $id{$master}) eq 'OK'
        }) or die "$name does not become a replica\n";
        $self->wait_for(sub {
            $self->cli($name, 'INFO', 'replication')
                =~ /master_link_status:up/
        }) or die "$name is no replica\n";
    }

    $self->{id} = \%id;

    return $self->wait_for(sub {
        !grep { (my $name = $_) =~ s/=.*//;
                $self->cli($name, 'CLUSTER', 'INFO') !~ /cluster_state:ok/
                || (() = $self->cli($name, 'CLUSTER', 'NODES')
                         =~ /^.* connected.*$/mg) != @names } @names;
    });
}


sub kill_one {
    my ($self, $name) = @_;
    my $pid = delete $self->{pid}{$name} or return;

    kill 'CONT', $pid;
    kill 'KILL', $pid;
    waitpid $pid, 0;
    unlink "$self->{dir}/$name/sock";
}

sub pause { kill 'STOP', $_[0]{pid}{$_[1]} }
sub cont  { kill 'CONT', $_[0]{pid}{$_[1]} }


# a CA, and certificates by it: ca.pem, other-ca.pem, NAME.pem, NAME.key
sub certs {
    my ($self) = @_;
    my $dir = "$self->{dir}/tls";
    my $ssl = sub {
        system("openssl @_ >> $self->{dir}/openssl.out 2>&1") == 0
            or die "openssl @_\n";
    };

    mkdir $dir;
    my $key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
    $ssl->("req -x509 $key -keyout $dir/$_.key -out $dir/$_.pem -days 30 "
           . "-subj /CN=$_") for qw(ca other-ca);

    my %kinds = (good => ['redis.test', 30], wrong => ['else.test', 30],
                 expired => ['redis.test', -1], client => ['gateway', 30]);
    for my $name (sort keys %kinds) {
        my ($host, $n) = @{$kinds{$name}};
        my $days = Court::days($n);

        Court::file("tls/$name.ext",
                    "subjectAltName=DNS:$host"
                    . ($name eq 'good' ? ',IP:127.0.0.1' : '') . "\n");
        $ssl->("req $key -keyout $dir/$name.key -out $dir/$name.csr "
               . "-subj /CN=$host");
        $ssl->("x509 -req -in $dir/$name.csr -CA $dir/ca.pem "
               . "-CAkey $dir/ca.key -CAcreateserial $days "
               . "-extfile $dir/$name.ext -out $dir/$name.pem");
    }

    chmod 0600, glob "$dir/*.key";

    return $dir;
}


# options of a server with that certificate
sub tls {
    my ($self, $cert, $clients) = @_;
    my $dir = "$self->{dir}/tls";

    return ('tls', '--tls-cert-file', "$dir/$cert.pem", '--tls-key-file',
            "$dir/$cert.key", '--tls-ca-cert-file', "$dir/ca.pem",
            '--tls-auth-clients', $clients || 'no');
}


my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind'] },
    conditions => {
        active => { on => 'person', reason => 'practice_not_active',
                    all => [ ['identity.active', '==', JSON::PP::true] ] },
    },
    interfaces => [ { id => 'any', routes => [ { methods => ['GET'],
                                                 path => '/api/any' } ] } ],
    rules => [ { id => 'any', effect => 'allow', roles => ['lawyer'],
                 interfaces => ['any'], when => ['active'] } ],
};


# Starts a gateway, or another in its place: its zones are empty.  beside: the
# one that runs goes on; at() says which one is meant.
sub gateway {
    my ($self, $lines, %more) = @_;
    my $n = ++$self->{gateways};
    my $home = "$self->{dir}/gateway$n";
    my $seal = $more{seal} || "seal.key";
    my $source = $more{source} || 'scripted';
    my $port = free_port();

    $more{beside} ? push @{$self->{masters}}, delete $self->{pid}{gateway}
                  : $self->stop_gateway;
    mkdir $_ for $home, "$home/logs", "$home/tmp";

    my $http = Court::http_config(
        policy => $policy,
        facts => Court::facts(all => $more{facts} || 'breaker 100000/1s;'),
        locations => 'location = /identity '
                     . '{ proxy_pass http://scripted/$court_source_key_2; }'
                     . join('', map { "location = /$_ { return 404; }" }
                                qw(link relation staff device)),
        main => "upstream scripted { server unix:$self->{dir}/run/$source.sock; }
                 @{[$more{http} || '']}
                 court_redis main { $lines }
                 court_cache redis=main seal_keys=$self->{dir}/$seal;");

    # one of several has files and sockets of its own
    if ($more{beside}) {
        $http =~ s{/run/(source|mock)\.sock}{/run/$1$n.sock}g;
        $http =~ s{/(state|audit)(;|\.log)}{/$1$n$2}g;
        mkdir "$self->{dir}/state$n", 0700;
    }

    $http =~ s/court_zone \K[^;]*/$more{zones}/ if $more{zones};

    my $user = $> ? '' : 'user root;';
    Court::file("gateway$n/nginx.conf", <<"_EOC_");
$user
@{[$more{top} || '']}
load_module $ENV{COURT_MODULE};
daemon @{[$more{daemon} ? 'on' : 'off']};
worker_processes @{[$more{workers} || 2]};
pid $home/nginx.pid;
error_log $home/logs/error.log info;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path $home/tmp/body;
    proxy_temp_path $home/tmp/proxy;
    fastcgi_temp_path $home/tmp/fastcgi;
    uwsgi_temp_path $home/tmp/uwsgi;
    scgi_temp_path $home/tmp/scgi;
    $http
    server {
        listen 127.0.0.1:$port;
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
        location = /static { court off; return 200 "static\\n"; }
    }
    server {
        listen unix:$self->{dir}/run/gateway$n.sock;
        location /status { court_status; }
        location / { court_control; }
    }
}
_EOC_

    $self->{home} = $home;
    $self->{processes} = $more{workers} || 2;
    $self->{control} = "$self->{dir}/run/gateway$n.sock";
    $self->{error_log} = "$home/logs/error.log";
    $Test::Nginx::Util::ServerPortForClient = $self->{http_port} = $port;

    my @nginx = (split(' ', $ENV{COURT_NGINX} || 'nginx'), '-p', $home, '-c',
                 "$home/nginx.conf");
    return system("@nginx -t > $home/test.out 2>&1") if $more{test};

    push @{$self->{sites}}, { map { $_ => $self->{$_} }
                              qw(home control error_log http_port) };
    my $pid = $self->launch('gateway', @nginx);
    $self->wait_for(sub {
        die "the gateway ends: " . Court::slurp("$self->{dir}/gateway.out")
            if waitpid($pid, POSIX::WNOHANG()) == $pid && !$more{daemon};
        -s "$home/nginx.pid"
            && IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $port);
    }) or die "the gateway does not start, see $home\n";

    # only a master whose parent has gone takes USR2
    $self->{pid}{gateway} = Court::slurp("$home/nginx.pid") + 0
        if $more{daemon};
    return 1;
}


# the n-th gateway that was started is the one that is meant from now on
sub at {
    my ($self, $n) = @_;

    $self->{$_} = $self->{sites}[$n]{$_} for keys %{$self->{sites}[$n]};
    $Test::Nginx::Util::ServerPortForClient = $self->{http_port};
}


# workers of that one, and its reload: until those of before have gone
sub workers {
    my ($self) = @_;
    my $file = "$self->{home}/nginx.pid";
    my $master = -s $file ? Court::slurp($file) + 0 : return;

    open my $in, '<', "/proc/$master/task/$master/children" or return;
    return split ' ', <$in> // '';
}

sub reload {
    my ($self) = @_;
    my %old = map { $_ => 1 } $self->workers;

    kill 'HUP', Court::slurp("$self->{home}/nginx.pid") + 0;

    return $self->wait_for(sub {
        my @now = $self->workers;
        return @now == $self->{processes} && !grep { $old{$_} } @now;
    });
}


sub stop_gateway {
    my ($self) = @_;

    for my $pid (delete $self->{pid}{gateway}, splice @{$self->{masters}}) {
        next unless $pid;
        kill 'TERM', $pid;
        waitpid $pid, 0;
        $self->wait_for(sub { !kill 0, $pid });
    }
}


sub log_has {
    my ($self, $what) = @_;
    my $log = -e $self->{error_log} ? Court::slurp($self->{error_log}) : '';

    return scalar(() = $log =~ /$what/g);
}


sub get {
    my ($self, $who) = @_;

    $self->{tokens}{$who} ||= Court::bearer('lawyer', sub => $who);
    return CourtSource::fetch('/api/any', $self->{tokens}{$who});
}

sub fresh { my ($self) = @_; return sprintf 'fresh-%d', ++$self->{fresh} }


# keys on all these servers together
sub keys_of {
    my ($self, @names) = @_;
    my $n = 0;

    $n += $self->cli($_, 'DBSIZE') =~ /(\d+)/ ? $1 : 0 for @names;
    return $n;
}


# A fresh person's facts arrive on one of those servers: seconds until they
# did, or undef.  Every answer meanwhile must be 200.
sub used {
    my ($self, @names) = @_;
    my $began = time;
    my @wrong;

    my $used = $self->wait_for(sub {
        my $before = $self->keys_of(@names);
        my $answer = $self->get($self->fresh);

        push @wrong, $answer if $answer ne '200';
        for (1 .. 4) {
            return 1 if $self->keys_of(@names) > $before;
            sleep 0.005;
        }
        return 0;
    });

    push @{$self->{wrong}}, @wrong;
    return $used ? time - $began : undef;
}


# polls until the code is true, 40 s at most
sub wait_for {
    my ($self, $code) = @_;
    my $until = time + 40;

    while (time < $until) {
        return 1 if $code->();
        sleep 0.02;
    }

    return 0;
}


END {
    my $status = $?;

    for my $self (grep { $_->{owner} == $$ } @all) {
        $self->stop_gateway;
        $self->kill_one($_) for keys %{$self->{pid}};
    }

    $? = $status;
}


1;
