# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# For the suites of the request's way: a small policy, a client that sends
# what it is told byte for byte (HTTP/1.x on a socket, HTTP/2 by curl), and
# blocks that are Perl:
#
#     === TEST 1: what it is about
#     --- config
#         location / { proxy_pass http://court_mock; }
#     --- check
#         refused(h1('GET', '/x', [bearer('lawyer')]), 403, 'no_rule');
#
# nginx runs with that configuration while the check does.  Each block also
# sees that error.log has no alert, emerg or crit.

package CourtHttp;

use strict;
use warnings;
use Court;
use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Test::Nginx::Socket ();
use Test::Nginx::Util ();
use Time::HiRes qw(sleep time);

our @EXPORT = qw(h1 h2 both raw talk answers refused allowed upstream bearer
                 header field error_log poll reply);

our $DIR = Court::dir();

sub rule {
    my ($id, $roles, $interfaces, @when) = @_;

    return { id => $id, effect => 'allow', roles => $roles,
             interfaces => $interfaces, (@when ? (when => [@when]) : ()) };
}

sub interface {
    my ($id, $methods, $path, %more) = @_;

    return { id => $id, %more,
             routes => [ { methods => $methods, path => $path } ] };
}

our $POLICY = {
    format => 1, version => 2026112801,
    facts => { identity => ['active', 'kind'],
               relation => ['side', 'capacity', 'special_authority'] },
    conditions => {
        active => { on => 'person', all => [['identity.active', '==',
                                             JSON::PP::true]],
                    reason => 'practice_not_active' },
        relation => { on => 'person', all => [['relation.side', 'exists']],
                      reason => 'no_relation' },
        strong => { on => 'caller', all => [['token.acr_level', '>=', 3]],
                    reason => 'assurance_too_low',
                    step_up => { acr_values => ['face'] } },
        recent => { on => 'caller', all => [['token.auth_age', '<=', 600]],
                    reason => 'reauthentication_required',
                    step_up => { acr_values => ['face'], max_age => 600 } },
    },
    interfaces => [
        interface('open',   ['GET', 'POST'], '/open', auth => 'none'),
        interface('open.x', ['GET'], '/open/{x}', auth => 'none'),
        interface('me',     ['GET', 'POST'], '/me'),
        interface('item',   [qw(GET POST PUT DELETE PATCH)], '/items/{item}'),
        interface('text',   ['GET'], '/text/{word}'),
        interface('public', ['GET'], '/public/{x}'),
        interface('admin',  ['GET'], '/admin'),
        interface('case',   ['GET', 'POST'], '/cases/{case}'),
        interface('court',  ['GET'], '/courts/{court}'),
        interface('strong', ['GET'], '/strong'),
        interface('recent', ['GET'], '/recent'),
        interface('stream', ['GET'], '/stream', upgrade => 'websocket'),
    ],
    rules => [
        { %{rule('r-me', ['lawyer', 'party'], ['me'])},
          obligations => ['watermark', 'log_all'] },
        rule('r-item', ['lawyer'], [qw(item text public court stream)]),
        rule('r-admin', ['judge'], ['admin']),
        rule('r-case', ['lawyer'], ['case'], 'active', 'relation'),
        rule('r-strong', ['lawyer'], ['strong'], 'strong'),
        rule('r-recent', ['lawyer'], ['recent'], 'recent'),
    ],
};


my $http;


# the http{} text of Court.pm, with this policy
sub http {
    return Court::http_config(policy => $POLICY, @_);
}


# to every config: an HTTP/2 listener, where to see that nginx is up
our $PREFIX = <<"_EOC_";
    listen unix:$DIR/run/h2.sock http2;
    court_code B00;
    location = /ready { court off; return 204; }
_EOC_


# Test::Nginx has a "location /" of its own: ours become others that win
sub located {
    my ($text) = @_;

    $text =~ s/location (\/\S+) \{/location ^~ $1 {/g;
    $text =~ s/location \/ \{/location ~ ^\/ {/g;

    return $text;
}


Test::Nginx::Socket::add_block_preprocessor(sub {
    my ($block) = @_;

    $http ||= http();
    $block->set_value('http_config', $http) unless defined $block->http_config;
    $block->set_value('config', $PREFIX . located($block->config // ''));
    $block->set_value('no_error_log', "[alert]\n[emerg]\n[crit]")
        unless defined $block->no_error_log;

    if (defined $block->check) {
        $block->set_value('request', 'GET /ready');
        $block->set_value('error_code', 204)
            unless defined $block->error_code;
    }
});


Test::Nginx::Socket::add_response_body_check(sub {
    my ($block, $body, $index, $repeated, $dry_run) = @_;
    my $check = $block->check // return;

    return if $dry_run;
    $Test::Nginx::Socket::Name = $block->name;
    upstream();
    local $CourtHttp::name = $block->name;

    ## no critic (eval of the suite's own text)
    eval "package main; use strict; no strict 'vars'; $check; 1"
        or fail("$CourtHttp::name - died: $@");
});

our $name;


sub bearer { return Court::bearer(@_) }


# what the mock court received since the last call, request lines
sub upstream {
    my $log = "$DIR/court.log";

    my @lines;

    open my $in, "+<", $log or return @lines;
    chomp(@lines = <$in>);
    truncate $in, 0;

    return @lines;
}


# the mock court answers so; undef: it echoes again
sub reply {
    my ($bytes) = @_;

    return unlink "$DIR/court.reply" unless defined $bytes;

    my ($head, $body) = split /\n\n/, $bytes, 2;
    $head =~ s/\n/\r\n/g;
    Court::file('court.reply', "$head\r\n\r\n$body");
}


sub error_log { return Court::slurp($Test::Nginx::Util::ErrLogFile) }


# true as soon as $code is, within a generous time
sub poll {
    my ($code, $limit) = @_;
    my $end = time + ($limit || 15);

    while (time < $end) {
        my $value = $code->();

        return $value if $value;
        sleep 0.02;
    }

    return;
}


sub parse {
    my ($text) = @_;
    my ($head, $body) = split /\r\n\r\n/, $text // '', 2;
    my ($first, @lines) = split /\r\n/, $head // '';
    my %answer = (text => $text, body => $body // '', headers => {},
                  status => 0);

    $answer{status} = $1 if ($first // '') =~ m{^HTTP/\d(?:\.\d)? (\d{3})};

    for (@lines) {
        my ($key, $value) = split /:[ ]*/, $_, 2;
        push @{$answer{headers}{lc $key}}, $value // '';
    }

    if (header(\%answer, 'transfer-encoding') =~ /chunked/) {
        my ($out, $rest) = ('', $answer{body});

        while ($rest =~ s/^([0-9a-fA-F]+)\r\n//) {
            my $n = hex $1 or last;
            $out .= substr $rest, 0, $n;
            substr $rest, 0, $n + 2, '';
        }
        $answer{body} = $out;
    }

    return \%answer;
}


sub connect_to {
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => Test::Nginx::Util::server_port(),
        Proto => 'tcp', Timeout => 10) or die "connect: $!\n";

    return $socket;
}


# bytes to and from; until the other side closes, or nothing comes any more
sub talk {
    my ($bytes, %o) = @_;
    my $socket = connect_to();
    my ($text, $limit) = ('', time + ($o{limit} || 20));

    local $SIG{PIPE} = 'IGNORE';
    $socket->autoflush(1);
    print {$socket} $bytes;

    my $select = IO::Select->new($socket);
    while (time < $limit) {
        last if $o{until} && $text =~ $o{until};
        next unless $select->can_read(0.2);
        sysread($socket, $text, 65536, length $text) or last;
    }

    close $socket;
    return $text;
}


sub raw { return parse(talk(@_)) }


# the answers on one connection, of known lengths
sub answers {
    my ($text) = @_;
    my @answers;

    while ($text =~ m{^HTTP/1}) {
        my $end = index $text, "\r\n\r\n";
        last if $end < 0;

        my $head = substr $text, 0, $end;
        my ($n) = $head =~ /^Content-Length: (\d+)/mi;

        push @answers, parse(substr $text, 0, $end + 4 + ($n // 0));
        substr $text, 0, $end + 4 + ($n // 0), '';
    }

    return @answers;
}


sub h1 {
    my ($method, $target, $headers, $body) = @_;
    my @lines = @{$headers || []};

    unshift @lines, 'Host: localhost' unless grep { /^host:/i } @lines;
    push @lines, 'Content-Length: ' . length $body if defined $body;

    return raw(join("\r\n", "$method $target HTTP/1.1", @lines,
                    'Connection: close', '', '') . ($body // ''));
}


sub h2 {
    my ($method, $target, $headers, $body) = @_;
    my @command = ('curl', '-s', '-i', '--http2-prior-knowledge',
                   '--unix-socket', "$DIR/run/h2.sock", '-m', '20',
                   '--request-target', $target, '--path-as-is');

    push @command, $method eq 'HEAD' ? '-I' : ('-X', $method);
    push @command, map { ('-H', $_) } @{$headers || []};
    push @command, '--data-binary', '@' . Court::file('h2.body', $body)
        if defined $body;

    # refused before its body is complete, curl 7.88 may lose the answer
    open my $in, '-|', @command, 'http://localhost/' or die "curl: $!\n";
    my $text = do { local $/; <$in> };

    return parse($text // '');
}


# the same by HTTP/1.1 and HTTP/2
sub both {
    my ($code) = @_;

    for my $by ([ 'HTTP/1.1', \&h1 ], [ 'HTTP/2', \&h2 ]) {
        local $name = "$name, $by->[0]";
        $code->($by->[1]);
    }
}


sub header {
    my ($answer, $key) = @_;

    return join ', ', @{$answer->{headers}{lc $key} || []};
}


# the values of a header that reached the court, from its echo
sub field {
    my ($answer, $key) = @_;
    my @values = $answer->{body} =~ /^\Q$key\E: (.*)$/mig;

    return join '|', @values;
}


# refused by us, with that code, and nothing reached the court
sub refused {
    my ($answer, $status, $code, $what) = @_;
    my @hits = upstream();
    my $got = "$answer->{status} " . header($answer, 'Court-Refused');

    $what = $what // '';
    is($got, "$status " . ($code // ''), "$name - $what refused")
        or diag(substr $answer->{text} // '', 0, 600);
    is(scalar @hits, 0, "$name - $what no upstream hit") or diag("@hits");
}


# reached the court, as that request line where it is said
sub allowed {
    my ($answer, $line, $what) = @_;
    my @hits = upstream();

    $what = $what // '';
    is($answer->{status}, 200, "$name - $what allowed")
        or diag(substr $answer->{text} // '', 0, 600);
    is(scalar @hits, 1, "$name - $what one upstream hit") or diag("@hits");
    like($hits[0] // '', qr/^\Q$line\E HTTP/, "$name - $what as decided")
        if defined $line;
}


1;
