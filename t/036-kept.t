# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What a worker keeps of decisions: headers, assertion and both records of a
# request are what a worker that kept nothing would give, whatever request
# came before it.  One worker, so that what is kept is met again.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit ();
use CourtControl;
use CourtHttp;
use CourtSource ();
use MIME::Base64 qw(decode_base64url);

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
our $dir = Court::dir();
our $json = JSON::PP->new->utf8->canonical;

# facts are asked for anew each time: a test changes them between requests
my %now = (identity => 0);
my %both = (%now, relation => 0);

sub policy {
    my ($version, %more) = @_;

    return Court::file('kept.json', Court::json({
        format => 1, version => $version,
        facts => { identity => ['active', 'kind', 'unit'],
                   relation => ['side', 'capacity', 'special_authority'] },
        conditions => {
            active => { on => 'person', all => [['identity.active', '==', $true]],
                        reason => 'practice_not_active' },
            first => { on => 'person', all => [['identity.unit', '==', 'first']] },
            relation => { on => 'person', all => [['relation.side', 'exists']],
                          reason => 'no_relation' },
        },
        interfaces => [
            CourtHttp::interface('open', ['GET', 'POST'], '/open', auth => 'none'),
            CourtHttp::interface('open.case', ['GET'], '/open/{case}', auth => 'none'),
            CourtHttp::interface('me', ['GET', 'POST', 'PUT'], '/me'),
            CourtHttp::interface('you', ['GET'], '/you'),
            CourtHttp::interface('folder', ['GET'], '/folders/{case}'),
            CourtHttp::interface('pair', ['GET'], '/pairs/{a}/{case}'),
            CourtHttp::interface('eight', ['GET'],
                '/eight/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{case}'),
            CourtHttp::interface('unit', ['GET'], '/unit'),
            CourtHttp::interface('case', ['GET', 'POST'], '/cases/{case}'),
            CourtHttp::interface('act', ['GET'], '/acts/{case}', trace => 'durable'),
            CourtHttp::interface('admin', ['GET'], '/admin'),
            CourtHttp::interface('long', ['GET'], '/long'),
        ],
        rules => [
            { %{CourtHttp::rule('r-me', [qw(lawyer party judge assistant)], [qw(me you)])},
              obligations => ['watermark', 'log_all'] },
            CourtHttp::rule('r-folder', ['lawyer'], [qw(folder pair eight act)]),
            { %{CourtHttp::rule('r-first', ['lawyer'], ['unit'], 'active', 'first')},
              needs => \%now, obligations => ['first'] },
            { %{CourtHttp::rule('r-other', ['lawyer'], ['unit'], 'active')},
              needs => \%now },
            { %{CourtHttp::rule('r-case', ['lawyer'], ['case'], 'active', 'relation')},
              needs => \%both },
            { %{CourtHttp::rule('r-long', ['lawyer'], ['long'])},
              obligations => [map { sprintf 'obligation_number_%03d', $_ } 1 .. 60] },
        ],
        %more,
    }));
}

our $policy = policy(1);

# what the tests say, a trusted front says for everybody: address and channel
my $main = <<"_EOC_";
    court_audit_log $dir/kept.log flush=50ms;
    court_trusted_front 127.0.0.1;
    map \$court_front:\$http_x_channel \$told { default internet; trusted:hall hall; trusted:none ""; }
    map \$http_x_court \$code { default B00; B01 B01; none ""; }
    upstream teapot { server unix:$dir/run/teapot.sock; }
    court_channel \$told;
_EOC_

our $http = Court::http_config(policy => $CourtHttp::POLICY,
    issuer => 'claim principal /principal; claim client_id /client_id;',
    main => $main . $CourtControl::SERVER);
$http =~ s/court_policy \S+;/court_policy $policy;/;
$http =~ s/court_state_dir \S+;//;

our $per_request = $http =~ s/(iss=\S+);/$1 per=request;/r;

our $proxy = <<'_EOC_';
    location / { court_code $code; proxy_pass http://court_mock; }
    location = /pid { court off; return 200 $pid; }
_EOC_

CourtSource::start('teapot', sub { CourtSource::reply(418, "tea\n") });

# One way to ask: method, path, who, what else; and what the facts are then.
# "as" is a role and claims; no role is nobody.
our %way = (
    method => 'GET', path => '/me', as => [ 'lawyer' ], headers => [],
    identity => {}, relation => {},
);

my %tokens;

sub credential {
    my ($as) = @_;
    my ($role, %claims) = @$as or return;

    # made once: the same token each time
    return $tokens{$json->encode($as)} ||= bearer($role, acr => 'face', exp => time + 3000,
                                                  %claims);
}

sub facts {
    my ($w) = @_;

    for my $who ('lawyer-1', 'lawyer-2') {
        Court::identity($who, unit => 'other', %{$w->{identity}});

        for my $court ('B00', 'B01') {
            Court::relation($court, $_, $who, special_authority => $true, %{$w->{relation}})
                for 1, 2;
        }
    }
}

my %fact = ();

sub ask {
    my ($w, %o) = @_;
    my $facts = $json->encode([ @$w{qw(identity relation)} ]);

    if (($fact{is} // '') ne $facts) {
        facts($w);
        $fact{is} = $facts;
    }

    return h1($w->{method}, $w->{path}, [ credential($w->{as}), @{$w->{headers}} ], $w->{body});
}

# both records of that request, as they stand in the file
sub lines_of {
    my ($id) = @_;
    my @lines;

    CourtAudit::poll(sub {
        @lines = grep { /"request_id":"$id"/ } CourtAudit::lines('kept.log');
        grep { /"phase":"outcome"/ } @lines;
    });

    return @lines;
}

# what differs from request to request is taken out; all else must not
sub plain {
    my ($line) = @_;

    for ($line) {
        s/"seq":\d+,"gateway":"[^"]*","worker":"[^"]*","time":"[^"]*"//;
        s/"request_id":"[^"]*"//;
        s/,"prev":"[^"]*"//;
        s/,"tier":"\w+"//g;
        s/,"age":\d+//g;
    }

    return $line;
}

our ($jti, @problems);

sub assertion {
    my ($text) = @_;
    my ($head, $claims) = map { decode_base64url($_) } split /\./, $text;
    my $c = $json->decode($claims);

    push @problems, "lives $c->{exp} - $c->{iat}" if $c->{exp} - $c->{iat} != 60;
    push @problems, "made at $c->{iat}" if $c->{iat} > time + 1 || $c->{iat} < time - 32;
    $jti = $c->{jti};

    $claims =~ s/"(?:iat|exp)":\d+,//g;
    $claims =~ s/"jti":"[^"]*"//;
    $claims =~ s/"request_id":"[^"]*"//;

    return "$head $claims";
}

# all that a request is told by, as one text
sub told {
    my ($answer) = @_;
    my $id = header($answer, 'Court-Request-Id');
    my @up = $answer->{body} =~ /^((?:Court-|X-Forwarded|Authorization).*)$/mig;

    local $_;
    $jti = '';

    for (@up) {
        s/^(Court-Request-Id: )\Q$id\E$/$1ID/;
        s/^(Court-Assertion: )(.*)$/$1 . assertion($2)/e;
    }

    return join "\n", $answer->{status}, @up, map { plain($_) } lines_of($id);
}

sub worker { return (eval { h1('GET', '/pid')->{body} } || 0) + 0 }

# a worker that has kept nothing; the old one is gone
sub fresh {
    my $old = worker();

    kill 'HUP', CourtAudit::pid();
    poll(sub { my $new; !kill(0, $old) && ($new = worker()) && $new != $old }, 60)
        or push @problems, 'no new worker';
}

# how often something kept was met since the last call; -1: this nginx cannot
# tell
my $debug = (`$ENV{TEST_NGINX_BINARY} -V 2>&1` || `nginx -V 2>&1`) =~ /--with-debug/;
my $read = 0;

sub known {
    return -1 unless $debug;

    open my $in, '<', $Test::Nginx::Util::ErrLogFile or return -1;
    seek $in, $read, 0 if -s $in >= $read;
    my $n = grep { /court: kept: known/ } <$in>;
    $read = tell $in;

    return $n;
}

# what may differ between two requests that are otherwise alike
our @rows = (
    [ 'the same again', {} ],
    [ 'another subject', { as => [ 'lawyer', sub => 'lawyer-2' ] } ],
    [ 'another role', { as => [ 'party', sub => 'lawyer-1' ] } ],
    [ 'another issuer', { as => [ 'judge', sub => 'lawyer-1' ] } ],
    [ 'another token of his', { as => [ 'lawyer', jti => 'another' ] } ],
    [ 'another client', { as => [ 'lawyer', client_id => 'app-7' ] } ],
    [ 'a principal', { as => [ 'assistant', sub => 'lawyer-1', principal => 'lawyer-2' ] } ],
    [ 'nobody', { as => [] } ],
    [ 'a role without a rule', { as => [ 'operator' ] } ],
    [ 'POST', { method => 'POST', body => 'x' } ],
    [ 'PUT', { method => 'PUT', body => 'x' } ],
    [ 'HEAD', { method => 'HEAD' } ],
    [ 'another interface', { path => '/you' } ],
    [ 'one that is refused', { path => '/admin' } ],
    [ 'another court', { headers => ['X-Court: B01'] } ],
    [ 'no court', { headers => ['X-Court: none'] } ],
    [ 'another channel', { headers => ['X-Channel: hall'] } ],
    [ 'no channel', { headers => ['X-Channel: none'] } ],
    [ 'another address', { headers => ['X-Forwarded-For: 192.0.2.7'] } ],
    [ 'another address', { headers => ['X-Forwarded-For: 192.0.2.8'] } ],
    [ 'a public one', { path => '/open' } ],
    [ 'a public one, and nobody', { path => '/open', as => [] } ],
    [ 'a public one, elsewhere', { path => '/open', as => [],
                                   headers => ['X-Forwarded-For: 192.0.2.7', 'X-Court: B01'] } ],
);

our @paths = (
    [ 'another case', { path => '/folders/2' } ],
    [ 'a longer one', { path => '/folders/12' } ],
    [ 'two parts', { path => '/pairs/1/23' } ],
    [ 'the same letters in other parts', { path => '/pairs/12/3' } ],
    [ 'another court', { path => '/folders/1', headers => ['X-Court: B01'] } ],
    [ 'a public case', { path => '/open/1' } ],
    [ 'another public case', { path => '/open/2', as => [] } ],
);

our @facts = (
    [ 'another case', { path => '/cases/2' } ],
    [ 'another side', { relation => { side => 'defendant' } } ],
    [ 'a side that is longer', { relation => { side => 'plaintiffs' } } ],
    [ 'another capacity', { relation => { capacity => 'owner' } } ],
    [ 'no capacity', { relation => { capacity => undef } } ],
    [ 'no special authority', { relation => { special_authority => $false } } ],
    [ 'none that is known', { relation => { special_authority => undef } } ],
    [ 'neither', { relation => { capacity => undef, special_authority => undef } } ],
    [ 'another kind', { identity => { kind => 'part_time' } } ],
    [ 'suspended', { identity => { status => 'suspended' } } ],
    [ 'no relation', { relation => { side => undef } } ],
);

our @rules = (
    [ 'another rule', { identity => { unit => 'first' } } ],
    [ 'another kind', { identity => { kind => 'legal_aid' } } ],
);

# Each of them is asked of a worker that has kept nothing, and then of one
# that has kept all that came before: in turns with the first, and again.  The
# first is then met twice in each turn, the other, if it is let in, once; one
# that is "long" is not kept.
sub compare {
    my ($base, @rows) = @_;
    my @ways = map { { %way, %$base, %{$_->[1]} } } [ '', {} ], @rows;
    my @names = ('first', map { $_->[0] } @rows);
    my %want;

    for my $i (0 .. $#ways) {
        fresh();
        $want{$i} = told(ask($ways[$i]));
    }

    fresh();
    known();

    for my $i (0 .. $#ways) {
        for my $j (0, $i, 0, $i) {
            is(told(ask($ways[$j])), $want{$j}, "$names[$j], with $names[$i]");
        }
    }

    my $known = known();
    my $least = 3 + 2 * $#ways
        + grep { $want{$_} =~ /"decision":"allow"/ && !$ways[$_]{long} } 1 .. $#ways;

    # two of them may have to share a place
    ok($known < 0 || $known >= $least / 2, "kept ones were met: $known of $least times");
    is(join(', ', @problems), '', 'no problems');
    @problems = ();

    return map { $want{$_} } 0 .. $#ways;
}

master_on();
workers(1);
worker_connections(512);
no_shuffle();
run_tests();

__DATA__

=== TEST 1: who, how, what, where
--- http_config eval: $::http
--- config eval: $::proxy
--- check
my @t = compare({}, @rows);
is($t[1], $t[0], 'the same is the same');
is(scalar(grep { $_ eq $t[0] } @t), 3, 'another token of his, too; all others differ');
like($t[$_], qr/^200\n/, "$_ is let in") for 0 .. 7;



=== TEST 2: parts of the path
--- http_config eval: $::http
--- config eval: $::proxy
--- check
my @t = compare({ path => '/folders/1' }, @paths);
is(scalar(keys %{{ map { $_ => 1 } @t }}), scalar @t, 'all differ');
like($_, qr/^200\n/, 'let in') for @t;



=== TEST 3: facts
--- http_config eval: $::http
--- config eval: $::proxy
--- check
my @t = compare({ path => '/cases/1' }, @facts);
is(scalar(keys %{{ map { $_ => 1 } @t }}), scalar @t, 'all differ');
like($t[$_], qr/^200\n/, "$_ is let in") for 0 .. 9;
like($t[$_], qr/"decision":"refuse","reason":"\w+"/, "$_ is refused") for 10, 11;



=== TEST 4: rules and what they oblige to
--- http_config eval: $::http
--- config eval: $::proxy
--- check
my @t = compare({ path => '/unit' }, @rules);
is(scalar(keys %{{ map { $_ => 1 } @t }}), scalar @t, 'all differ');
like($t[1], qr/^Court-Obligations: first$/m, 'of the first');
unlike($t[0], qr/^Court-Obligations/m, 'none of the other');



=== TEST 5: the assertion is the same one, and its own for each
--- http_config eval: $::http
--- config eval: $::proxy
--- check
my @j = map { told(ask({ %way, %$_ })); $jti }
    {}, {}, { as => [ 'lawyer', sub => 'lawyer-2' ] }, {}, { headers => ['X-Court: B01'] },
    { headers => ['X-Channel: hall'] };
is($j[1], $j[0], 'again');
is($j[3], $j[0], 'after another');
isnt($j[2], $j[0], 'another person');
isnt($j[4], $j[0], 'another court');
is($j[5], $j[0], 'the channel is none of its claims');



=== TEST 6: one for each request
--- http_config eval: $::per_request
--- config eval: $::proxy
--- check
my @a = map { ask({ %way, path => '/folders/1', headers => ["Host: $_"] }) } qw(a.test a.test b.test);
my @c = map { $json->decode(decode_base64url((split /\./, field($_, 'Court-Assertion'))[1])) } @a;
is($c[$_]{request_id}, header($a[$_], 'Court-Request-Id'), "request $_") for 0 .. 2;
isnt($c[0]{jti}, $c[1]{jti}, 'never the same');
is($c[2]{htu}, 'http://b.test/folders/1', 'htu');



=== TEST 7: a policy that goes live, again and again
--- http_config eval: $::http
--- config eval: $::proxy
--- check
for my $version (2 .. 9) {
    policy($version);
    is(CourtControl::ask('POST', '/artefacts/reload', { kind => 'policy' })->{status}, 200,
       "version $version");

    for (1, 2) {
        my $told = told(ask({ %way, path => '/folders/1' }));

        like($told, qr/^Court-Policy: $version$/m, 'header');
        like($told, qr/"policy":$version\b/, 'assertion');
        like($told, qr/"policy_version":$version\b/, 'record');
    }
}
policy(1);



=== TEST 8: verified, then let in as anybody
--- http_config eval: $::http
--- config
    location = /me { court_code $code; proxy_pass http://teapot; proxy_intercept_errors on; error_page 418 = /open; }
    location / { court_code $code; proxy_pass http://court_mock; }
    location = /pid { court off; return 200 $pid; }
--- check
my @t = compare({ path => '/open' }, [ 'behind his own', {} ], [ 'redirected', { path => '/me' } ],
                [ 'nobody', { as => [] } ],
                [ 'another, redirected', { path => '/me', as => [ 'lawyer', sub => 'lawyer-2' ] } ]);
is($t[3], $t[0], 'nobody and anybody');
isnt($t[4], $t[2], 'two persons');
unlike($t[2], qr/^Court-(?:Subject|Role|Assertion)/m, 'a public interface hears of nobody');
like($t[2], qr/"interface":"open".*"subject_h"/, 'the record knows');
unlike($t[0], qr/subject_h/, 'not of anybody');



=== TEST 9: report: what would be refused is told so, before and after
--- http_config eval: $::http
--- config
    location / { court_code $code; court report; proxy_pass http://court_mock; }
    location = /pid { court off; return 200 $pid; }
--- check
my @t = compare({}, [ 'would be refused', { path => '/admin' } ], [ 'unknown', { path => '/nothing' } ],
                [ 'another', { as => [ 'lawyer', sub => 'lawyer-2' ] } ]);
like($t[$_], qr/^Court-Decision: would-refuse\n(?!.*^Court-Subject)/ms, 'would') for 1, 2;
like($t[$_], qr/"decision":"would-refuse","reason"/, 'recorded') for 1, 2;
like($t[$_], qr/"decision":"allow"/, 'let in') for 0, 3;



=== TEST 10: too long to be kept
--- http_config eval: $::http
--- config eval: $::proxy
--- check
my $long = join '', map { chr(0x4e00 + $_) } 1 .. 80;
my $path = '/eight' . ('/' . 'x' x 64) x 8;
my @t = compare({ path => '/folders/1' },
    [ 'a long subject', { as => [ 'lawyer', sub => $long ] } ],
    [ 'a longer one', { as => [ 'lawyer', sub => $long . 'x' x 16 ] } ],
    [ 'a long client', { as => [ 'lawyer', client_id => 'c' x 256 ] } ],
    [ 'both', { as => [ 'lawyer', sub => $long, client_id => $long ] } ],
    [ 'long obligations', { path => '/long' } ],
    [ 'all of it', { path => '/long', as => [ 'lawyer', sub => $long, client_id => $long ] } ],
    [ 'a long path', { path => $path, long => 1 } ],
    [ 'another end', { path => $path =~ s/x$/y/r, long => 1 } ],
    [ 'a fitting one', { path => $path =~ s/xx/x/gr } ],
    [ 'another end of it', { path => $path =~ s/xx/x/gr =~ s/x$/y/r } ]);
is(scalar(keys %{{ map { $_ => 1 } @t }}), scalar @t, 'all differ');
like($_, qr/^200\n/, 'let in') for @t;



=== TEST 11: one connection: somebody, another, nobody
--- http_config eval: $::http
--- config eval: $::proxy
--- check
my @ways = map { { %way, %$_ } } {}, { as => [ 'lawyer', sub => 'lawyer-2' ] }, { as => [] }, {};
my @want = map { told(ask($_)) } @ways;
my $text = talk(join '', map {
    my $last = $_ == $#ways ? "Connection: close\r\n" : '';
    join("\r\n", "GET $ways[$_]{path} HTTP/1.1", 'Host: localhost', credential($ways[$_]{as}) // (), $last)
    . "\r\n" } 0 .. $#ways);
my @answers = answers($text);
is(scalar @answers, scalar @ways, 'all answered');
for my $i (0 .. $#answers) {
    my ($got, $want) = map { s/,"bytes":\d+//gr } told($answers[$i]), $want[$i];
    is($got, $want, "answer $i");
}



=== TEST 12: many at once, while their records are written to the disk
--- http_config eval: $::http
--- config eval: $::proxy
--- check
my @ways = map { my $n = $_; map { { %way, path => "/acts/$n", as => [ 'lawyer', sub => "lawyer-$_" ] } } 1, 2 } 1 .. 15;
my @want = map { told(ask($_)) } @ways;
for my $round (1, 2) {
    my @sockets = map { CourtSource::ask($_->{path}, credential($_->{as})) } @ways;
    my @got = map { told(CourtHttp::parse((CourtSource::answered($_))[2])) } @sockets;
    is(join('', map { $got[$_] eq $want[$_] ? '.' : "$_: $got[$_]" } 0 .. $#got), '.' x @ways,
       "round $round: to each his own");
}



=== TEST 13: by HTTP/2 what was kept by HTTP/1.1
--- http_config eval: $::http
--- config eval: $::proxy
--- check
my @ways = map { { %way, %$_ } } {}, { as => [ 'lawyer', sub => 'lawyer-2' ] }, { as => [] },
    { path => '/folders/1' };
my @want = map { told(ask($_)) } @ways;
for my $i (0 .. $#ways, 0) {
    my $answer = h2('GET', $ways[$i]{path}, [ credential($ways[$i]{as}) // (),
                                              'X-Forwarded-For: 192.0.2.7' ]);
    my ($got, $want) = map { s/,"bytes":\d+//gr =~ s/"ip":"[^"]*"/"ip"/gr =~ s/^X-Forw.*\n//mgr }
        told($answer), $want[$i];
    is($got, $want, "stream $i");
}
