# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What the suites share: keys and tokens made with openssl alone, so that no
# code of ours is its own judge; a source that serves files; a court that
# tells what reached it; the http{} text with all of it in place.
#
#     use lib 't/lib';
#     use Court;
#     our $http = Court::http_config();
#     ...
#     --- http_config eval: $::http
#     --- config
#         court_code B00;
#         location / { proxy_pass http://court_mock; }
#     --- more_headers eval: Court::bearer('lawyer')
#
# Everything is under Court::dir(), a directory of the running suite's own.

package Court;

use strict;
use warnings;
use File::Spec;
use File::Path qw(make_path remove_tree);
use IO::Select;
use IO::Socket::UNIX;
use IPC::Open2 qw(open2);
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use POSIX ();

# roles of each issuer, as in the demo and in conf/
our %ROLES = (
    platform => [qw(lawyer gov_lawyer assistant party agent applicant)],
    staff    => [qw(officer scanner judge operator secadmin auditor)],
);

our %ISSUER = (
    platform => 'https://platform.test',
    staff    => 'https://staff.test',
);

our $AUDIENCE = 'court-api';

my ($dir, $count, %issuer_of);

for my $name (keys %ROLES) {
    $issuer_of{$_} = $name for @{$ROLES{$name}};
}


sub json {
    return JSON::PP->new->utf8->canonical->encode($_[0]);
}


sub run {
    my ($input, @command) = @_;

    my $pid = open2(my $out, my $in, @command);
    binmode $_ for $in, $out;
    print {$in} $input;
    close $in;

    local $/;
    my $text = <$out>;
    waitpid $pid, 0;
    die "Court: @command: status $?\n" if $?;

    return $text;
}


# writes a file below dir(), readable by us alone, and returns its path
sub file {
    my ($name, $text) = @_;
    my $path = dir() . "/$name";

    make_path($path =~ s{/[^/]+$}{}r, { mode => 0700 });

    open my $out, '>', "$path.new" or die "$path: $!\n";
    binmode $out;
    print {$out} $text;
    close $out or die "$path: $!\n";
    chmod 0600, "$path.new";
    rename "$path.new", $path or die "$path: $!\n";

    return $path;
}


# a P-256 key: NAME.pem, and its public JWK
sub make_key {
    my ($name) = @_;
    my $pem = run('', qw(openssl genpkey -algorithm EC
                         -pkeyopt ec_paramgen_curve:P-256));
    my $path = file("keys/$name.pem", $pem);

    # the last 64 bytes of a SubjectPublicKeyInfo are x and y
    my $spki = run($pem, qw(openssl pkey -pubout -outform DER));
    my ($x, $y) = unpack 'a32 a32', substr $spki, -64;

    return {
        kty => 'EC', crv => 'P-256', kid => $name, alg => 'ES256',
        use => 'sig', x => encode_base64url($x), y => encode_base64url($y),
    };
}


# openssl x509's option for so many days; newer ones take none that is negative
sub days {
    my ($days) = @_;

    return "-days $days"
        if $days >= 0 || `openssl x509 -help 2>&1` !~ /-not_after/;

    return '-not_before 20200101000000Z -not_after 20200102000000Z';
}


sub private_jwk {
    my ($name, $jwk) = @_;
    my $text = run('', qw(openssl pkey -noout -text -in),
                   dir() . "/keys/$name.pem");
    my ($hex) = $text =~ /priv:\s*((?:[0-9a-f]{2}[:\s]*)+)pub:/s;

    $hex =~ s/[^0-9a-f]//g;
    my $d = substr(("\0" x 32) . pack('H*', $hex), -32);

    return { %$jwk, d => encode_base64url($d) };
}


# the suite's own directory, with keys, JWKS and courts in it
sub dir {
    return $dir if $dir;

    my ($suite) = $0 =~ m{([^/]+?)(?:\.t)?$};
    my $build = $ENV{BUILD} || 'build';

    make_path("$build/suites");
    $dir = File::Spec->rel2abs("$build/suites/$suite");
    remove_tree($dir);
    make_path("$dir/run", "$dir/state", "$dir/source", { mode => 0700 });

    for my $name (sort keys %ROLES) {
        file("$name.jwks", json({ keys => [ make_key($name) ] }));
    }

    file('assertion.jwk', json(private_jwk('assertion',
                                           make_key('assertion'))));
    file('audit.key', 'a1 hmac-sm3 ' . encode_base64url('Z' x 32) . "\n");
    file('courts.json', slurp('conf/courts.json'));

    return $dir;
}


sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}


# an ECDSA signature from DER (SEQUENCE of two INTEGERs) to r and s, 32 each
sub raw_signature {
    my ($der) = @_;
    my ($r, $s) = unpack 'x2 x C/a x C/a', $der;

    return join '', map { substr(("\0" x 32) . $_, -32) } $r, $s;
}


# header, payload: hashes or text.  key: a name given to make_key.
sub sign {
    my ($header, $payload, $key) = @_;
    my $input = join '.', map { encode_base64url(ref $_ ? json($_) : $_) }
                              $header, $payload;
    my $der = run($input, qw(openssl dgst -sha256 -sign),
                  dir() . "/keys/$key.pem");

    return "$input." . encode_base64url(raw_signature($der));
}


# A token of that role, valid now, with an acr that satisfies; claims are
# overridden by %claims, taken out where undef.
sub token {
    my ($role, %claims) = @_;
    my $issuer = $issuer_of{$role} || 'platform';
    my $now = time;

    my %payload = (
        iss => $ISSUER{$issuer}, aud => $AUDIENCE, sub => "$role-1",
        role => $role, iat => $now, exp => $now + 300, auth_time => $now,
        jti => sprintf('%d-%d', $$, ++$count), acr => 'face',
        ($role eq 'assistant' ? (principal => 'lawyer-1') : ()),
        %claims,
    );
    delete @payload{grep { !defined $payload{$_} } keys %payload};

    return sign({ alg => 'ES256', typ => 'at+jwt', kid => $issuer },
                \%payload, $issuer);
}


sub bearer {
    return 'Authorization: Bearer ' . token(@_);
}


# A record that the source has; undef: it answers 404.
#     fact('identity', 'lawyer-1', { subject => 'lawyer-1', ... })
#     fact('relation', 'B00-1-lawyer-1', { ... })
sub fact {
    my ($fact, $key, $record) = @_;
    my $name = "source/$fact/$key";

    if (defined $record) {
        file($name, ref $record ? json($record) : $record);
    } else {
        unlink dir() . "/$name";
    }

    return '';
}


sub identity {
    my ($subject, %fields) = @_;

    return fact('identity', $subject, {
        subject => $subject, status => 'active', kind => 'full_time',
        valid_from => '2020-01-01T00:00:00Z', %fields,
    });
}


sub relation {
    my ($court, $case, $subject, %fields) = @_;

    return fact('relation', "$court-$case-$subject", {
        subject => $subject, case => $case, side => 'plaintiff',
        capacity => 'agent', own_unit => JSON::PP::true, %fields,
    });
}


my $FACTS = <<'_EOC_';
    court_fact identity {
        source /identity;
        key    $court_issuer $court_subject;
        scope  national;
        field  status enum;
        field  kind enum;
        field  valid_from time;
        field  valid_until time;
        field  suspended intervals;
        field  unit string;
        field  verified_at time;
        ttl    60s;
    }

    court_fact link {
        source /link;
        key    $court_issuer $court_subject $court_principal;
        scope  national;
        field  status enum;
        field  approved_by_principal bool;
        field  approved_by_firm bool;
        field  valid_from time;
        field  valid_until time;
        field  active_links int;
        field  delegated list;
        ttl    60s;
    }

    court_fact relation {
        source /relation;
        key    $court_issuer $court_subject $court_path_case;
        scope  court;
        field  side enum;
        field  capacity enum;
        field  special_authority bool;
        field  own_unit bool;
        field  delegated list;
        field  windows intervals;
        field  permits list;
        field  obligations list;
        field  assigned bool;
        field  addressee list;
        field  secrecy enum;
        ttl    60s;
    }

    court_fact staff {
        source /staff;
        key    $court_issuer $court_subject;
        scope  national;
        field  court string;
        field  posts list;
        field  high_court bool;
        field  active_until time;
        ttl    60s;
    }

    court_fact device {
        source /device;
        key    $court_client;
        scope  national;
        field  court string;
        field  gates list;
        field  state enum;
        ttl    60s;
    }
_EOC_

# The five facts' text with lines of one's own: those of "all" in each, those
# of a fact's name in that one; a line there is in place of the default's.
#     Court::facts(all => 'negative_ttl 1s;', identity => 'ttl 1s;')
sub facts {
    my (%lines) = @_;
    my $text = $FACTS;

    for my $name (qw(identity link relation staff device)) {
        my $more = join ' ', grep { defined } @lines{'all', $name};

        $text =~ /^    court_fact $name \{.*?^    \}/ms or next;
        my ($start, $end) = ($-[0], $+[0]);
        my $block = substr $text, $start, $end - $start;

        $block =~ s/^ +ttl +60s;\n//m if $more =~ /(?:^| )ttl /;
        $block =~ s/^    \}\z/        $more\n    }/m;
        substr $text, $start, $end - $start, $block;
    }

    return $text;
}


# What the source server asks: a server of files, told apart by fact and key.
my $MOCKS = <<'_EOC_';
    log_format source '$uri $status';

    upstream source_mock { server unix:@DIR@/run/mock.sock; }
    upstream court_mock  { server unix:@DIR@/run/court.sock; }

    server {
        listen unix:@DIR@/run/source.sock;
        @LOCATIONS@
    }

    server {
        listen unix:@DIR@/run/mock.sock;
        court off;
        access_log @DIR@/source.log source;
        default_type application/json;
        root @DIR@/source;
        @SOURCE@
    }
_EOC_

my $LOCATIONS = <<'_EOC_';
        location = /identity {
            proxy_pass http://source_mock/identity/$court_source_key_2;
        }
        location = /link {
            proxy_pass http://source_mock/link/$court_source_key_2-$court_source_key_3;
        }
        location = /relation {
            proxy_pass http://source_mock/relation/$court_source_court-$court_source_key_3-$court_source_key_2;
        }
        location = /staff {
            proxy_pass http://source_mock/staff/$court_source_key_2;
        }
        location = /device {
            proxy_pass http://source_mock/device/$court_source_key_1;
        }
_EOC_

# Options: policy (JSON, or a hash), facts (text instead of the five of the
# demo), locations (text instead of the source server's), source (text for the
# mock source), main (text for http{}), issuer (text for both issuers).  The server says court_code itself.
sub http_config {
    my (%o) = @_;
    my $here = dir();
    start_court();
    my $policy = $o{policy} || slurp('conf/policy/court.json');
    my $issuers = '';

    $policy = file('policy' . ++$count . '.json',
                   ref $policy ? json($policy) : $policy);

    for my $name (sort keys %ROLES) {
        $issuers .= <<_EOC_;
    court_issuer $name {
        issuer     $ISSUER{$name};
        audience   $AUDIENCE;
        roles      @{$ROLES{$name}};
        algorithms ES256;
        acr        password sms face;
        jwks_file  $here/$name.jwks;
        @{[ $o{issuer} || '' ]}
    }
_EOC_
    }

    my $mocks = $MOCKS;
    $mocks =~ s/\@LOCATIONS\@/$o{locations} || $LOCATIONS/e;
    $mocks =~ s/\@SOURCE\@/$o{source} || ''/e;
    $mocks =~ s/\@DIR\@/$here/g;

    return <<_EOC_ . $issuers . ($o{facts} || $FACTS) . $mocks;
    court_zone tokens:1m facts:1m negative:1m artefacts:8m;
    court_state_dir $here/state;
    court_source_server unix:$here/run/source.sock;
    court_courts $here/courts.json;
    court_audit_key $here/audit.key;
    @{[ ($o{main} || '') =~ /court_audit_log/ ? '' : "court_audit_log $here/audit.log flush=50ms;" ]}
    court_assertion_key $here/assertion.jwk iss=https://gateway.test;
    court_policy $policy;
    @{[ $o{main} || '' ]}
_EOC_
}


# The court behind the gateway, a process of its own: in a server of this same
# nginx the headers that we set would be taken for a client's and removed.  It
# answers with the head and the body that reached it, a header a line, or with
# the bytes of dir()/court.reply where that file is; one line of court.log for
# each request.

my ($court_pid, $court_owner);

sub start_court {
    return if $court_pid;

    my $listen = IO::Socket::UNIX->new(
        Local => dir() . '/run/court.sock', Listen => 511)
        or die "Court: court.sock: $!\n";
    my $parent = $$;

    $court_pid = fork();
    die "Court: fork: $!\n" unless defined $court_pid;
    $court_owner = $$ if $court_pid;
    return if $court_pid;

    open STDIN,  '<', '/dev/null';
    open STDOUT, '>', '/dev/null';
    open STDERR, '>>', dir() . '/court.err';
    $SIG{$_} = 'DEFAULT' for qw(INT TERM);
    $SIG{PIPE} = 'IGNORE';

    # without our parent nobody would stop us
    my $select = IO::Select->new($listen);
    while (getppid() == $parent) {
        next unless $select->can_read(1);
        my $socket = $listen->accept or next;
        answer_as_court($socket);
        close $socket;
    }

    POSIX::_exit(0);
}


sub read_request {
    my ($socket) = @_;
    my $text = '';

    while ($text !~ /\r\n\r\n/) {
        sysread($socket, $text, 65536, length $text) or return;
    }

    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($length) = $head =~ /^Content-Length: *(\d+)/mi;

    while ($length && length $body < $length) {
        sysread($socket, $body, 65536, length $body) or return;
    }

    return ($head, $body);
}


sub answer_as_court {
    my ($socket) = @_;
    my ($head, $body) = read_request($socket) or return;
    my $reply;

    if (open my $log, '>>', dir() . '/court.log') {
        print $log $head =~ s/\r\n.*//sr, "\n";
        close $log;
    }

    if (open my $in, '<:raw', dir() . '/court.reply') {
        local $/;
        $reply = <$in>;

    } else {
        $body = $head =~ s/\r//gr . "\n\n" . $body;
        $reply = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                 . 'Content-Length: ' . length($body) . "\r\n"
                 . "Connection: close\r\n\r\n$body";
    }

    while (length $reply) {
        my $n = syswrite $socket, $reply or return;
        substr $reply, 0, $n, '';
    }
}


END {
    if ($court_owner && $court_owner == $$) {
        my $status = $?;

        kill 'TERM', $court_pid;
        waitpid $court_pid, 0;
        $? = $status;
    }
}


# requests that reached the source of files since the last call, a line each:
# "/identity/lawyer-1 200"
sub source_calls {
    my $log = dir() . '/source.log';

    open my $in, '+<', $log or return;
    my @lines = <$in>;
    truncate $in, 0;
    chomp @lines;

    return @lines;
}


# how often the court was reached, since the last call
sub hits {
    my $log = dir() . '/court.log';

    open my $in, '<', $log or return 0;
    my $n = () = <$in>;
    truncate $log, 0;

    return $n;
}


1;
