# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Facts from their sources: keys, echo, default JSON; an answer that is not
# a record about the one who was asked for is "could not find out", never a
# yes and never a no.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtSource;

my @interfaces = (
    { id => 'me',     routes => [ { methods => ['GET'], path => '/api/me' } ] },
    { id => 'link',   routes => [ { methods => ['GET'], path => '/api/link' } ] },
    { id => 'case',   routes => [ { methods => ['GET'], path => '/api/cases/{case}' } ] },
    { id => 'staff',  routes => [ { methods => ['GET'], path => '/api/staff' } ] },
    { id => 'device', routes => [ { methods => ['GET'], path => '/api/device' } ] },
);

my $policy = {
    format => 1, version => 1,
    facts => {
        identity => ['active', 'kind'],
        link     => ['status', 'active_links'],
        relation => ['side', 'own_unit', 'delegated', 'windows'],
        staff    => ['posts', 'court'],
        device   => ['state', 'gates'],
    },
    conditions => {
        active   => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                      reason => 'practice_not_active' },
        link     => { on => 'caller', all => [ ['link.status', '==', 'active'] ],
                      reason => 'too_many_links' },
        relation => { on => 'person', all => [ ['relation.side', 'exists'] ],
                      reason => 'own_unit_only' },
        staff    => { on => 'caller', all => [ ['staff.posts', 'count', ['>=', 1]] ] },
        device   => { on => 'caller', all => [ ['device.state', '==', 'active'] ],
                      reason => 'channel_forbidden' },
    },
    interfaces => \@interfaces,
    rules => [
        { id => 'me', effect => 'allow', roles => ['lawyer', 'gov_lawyer'],
          interfaces => ['me'], when => ['active'] },
        { id => 'link', effect => 'allow', roles => ['assistant'],
          interfaces => ['link'], when => ['link'] },
        { id => 'case', effect => 'allow', roles => ['party', 'lawyer'],
          interfaces => ['case'], when => ['relation'] },
        { id => 'staff', effect => 'allow', roles => ['officer'],
          interfaces => ['staff'], when => ['staff'] },
        { id => 'device', effect => 'allow', roles => ['officer'],
          interfaces => ['device'], when => ['device'] },
    ],
};

my %good = (
    identity => sub { { subject => $_[0], status => 'active', kind => 'full_time' } },
    link     => sub { { assistant => $_[0], principal => 'lawyer-1', status => 'active' } },
    relation => sub { { subject => $_[0], case => '7', side => 'plaintiff' } },
    staff    => sub { { subject => $_[0], court => 'B00', posts => ['window'] } },
    device   => sub { { client => $_[0], court => 'B00', state => 'active' } },
);

# how each fact is asked for
my %ask = (
    identity => ['/api/me',      sub { Court::bearer('lawyer', sub => $_[0]) }],
    link     => ['/api/link',    sub { Court::bearer('assistant', sub => $_[0]) }],
    relation => ['/api/cases/7', sub { Court::bearer('party', sub => $_[0]) }],
    staff    => ['/api/staff',   sub { Court::bearer('officer', sub => $_[0]) }],
    device   => ['/api/device',  sub { Court::bearer('officer', client_id => $_[0]) }],
);

our @facts = qw(identity link relation staff device);

# Each a wrong answer; gets the right record, gives what goes onto the wire.
our %wrong = (
    'other subject'   => sub { my ($r, $who) = @_; $_ eq $who and $_ = 'somebody' for values %$r;
                               CourtSource::reply(200, $r) },
    'case of subject' => sub { my ($r, $who) = @_; $_ eq $who and $_ = uc for values %$r;
                               CourtSource::reply(200, $r) },
    'longer subject'  => sub { my ($r, $who) = @_; $_ eq $who and $_ .= '0' for values %$r;
                               CourtSource::reply(200, $r) },
    'no echo'         => sub { my ($r, $who) = @_;
                               delete @$r{grep { $r->{$_} eq $who } keys %$r};
                               CourtSource::reply(200, $r) },
    'null echo'       => sub { my ($r, $who) = @_; $_ eq $who and $_ = undef for values %$r;
                               CourtSource::reply(200, $r) },
    'echo as list'    => sub { my ($r, $who) = @_; $_ eq $who and $_ = [$who] for values %$r;
                               CourtSource::reply(200, $r) },
    'not JSON'        => sub { CourtSource::reply(200, '<html>ok</html>') },
    'empty'           => sub { CourtSource::reply(200, '') },
    'null'            => sub { CourtSource::reply(200, 'null') },
    'array'           => sub { CourtSource::reply(200, '[' . Court::json($_[0]) . ']') },
    'two values'      => sub { CourtSource::reply(200, Court::json($_[0]) x 2) },
    'duplicate'       => sub { CourtSource::reply(200, Court::json($_[0]) =~ s/\}$/,"status":"x","status":"y"}/r) },
    'half JSON'       => sub { CourtSource::reply(200, substr Court::json($_[0]), 0, -1) },
    'truncated'       => sub { substr CourtSource::reply(200, $_[0]), 0, -5 },
    'head alone'      => sub { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" },
    'half head'       => sub { "HTTP/1.1 200 OK\r\nContent-Len" },
    'chunk cut'       => sub { my $t = Court::json($_[0]);
                               sprintf "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", length $t, $t },
    'nothing'         => sub { '' },
    'garbage'         => sub { "\x00\x01\x02 no HTTP at all\r\n\r\n" },
    'huge'            => sub { CourtSource::reply(200, { %{$_[0]}, pad => 'x' x 200_000 }) },
    'deep'            => sub { CourtSource::reply(200, Court::json($_[0]) =~ s/\}$/',"pad":' . '[' x 99 . ']' x 99 . '}'/er) },
    'gzip'            => sub { CourtSource::reply(200, $_[0], 'Content-Encoding: gzip') },
    'stamped itself'  => sub { CourtSource::reply(500, $_[0], 'Court-Source-Stamp: upstream', 'Court-Stamp: upstream') },
    'X-Accel-Redirect' => sub { CourtSource::reply(200, $_[0], 'X-Accel-Redirect: /stolen') },
    (map { my $status = $_;
           ("status $status" => sub { CourtSource::reply($status, $_[0], "Location: http://x.test/") }) }
         201, 202, 203, 206, 300, 301, 302, 307, 400, 401, 403, 405, 410, 429, 451,
         500, 501, 502, 503, 504, 599),
    'status 204'      => sub { "HTTP/1.1 204 X\r\nConnection: close\r\n\r\n" },
    'status 304'      => sub { "HTTP/1.1 304 X\r\nConnection: close\r\n\r\n" },
    'time as number'  => sub { CourtSource::reply(200, { %{$_[0]}, map { $_ => 5 }
                               qw(status side state posts) }) },
);

# some of them are right answers after all where they say nothing wrong
our %right = (
    'X-Accel-Redirect' => 1,     # ignored
);

my @names = sort keys %wrong;
my %name_of = map { my $slug = $_; $slug =~ tr/a-zA-Z0-9/-/c; ($slug => $_) } @names;

CourtSource::start('scripted', sub {
    my ($path) = @_;
    my ($fact, $who) = $path =~ m{^/(\w+)/(.*)$} or return '';
    my ($slug) = $who =~ /^\w+?\.(.*)$/;
    my $record = $good{$fact}->($who);

    return $slug && $name_of{$slug}
           ? $wrong{$name_of{$slug}}->($record, $who)
           : $who =~ /^none/ ? CourtSource::reply(404, '{}')
                             : CourtSource::reply(200, $record);
});

my $scripted = '';
$scripted .= "location = /$_ { proxy_pass http://scripted/$_/\$court_source_key_"
             . ($_ eq 'device' ? 1 : 2) . "; proxy_intercept_errors off; }\n"
    for @facts;

our $http = Court::http_config(
    policy => $policy,
    facts => Court::facts(all => 'breaker 100000/1s; timeout 5s;'),
    locations => $scripted . 'location = /stolen { return 200 "{}"; }',
    main => 'upstream scripted { server unix:' . Court::dir() . '/run/scripted.sock; }');

our $files = Court::http_config(
    policy => $policy, facts => Court::facts(all => 'breaker 100000/1s;'));

# the source server's location for each fact is this
sub everywhere {
    my ($text, $more) = @_;

    return Court::http_config(
        policy => $policy,
        facts => Court::facts(all => 'breaker 100000/1s;'),
        main => 'upstream scripted { server unix:' . Court::dir() . '/run/scripted.sock; }
                 upstream nobody { server 127.0.0.1:1; }',
        locations => ($more || '') . join '', map {
            my $fact = $_;
            my $key = $_ eq 'device' ? 1 : 2;
            "location = /$fact { " . $text =~ s/\@(\w+)\@/
                $1 eq 'FACT' ? $fact : '$court_source_key_' . $key/ger . " }\n"
        } @facts);
}

sub requests { my ($names) = @_; return [ map { "GET $ask{$_}[0]" } @$names ] }

Court::relation('B00', '1', 'party-1');
Court::relation('B01', '2', 'party-1');
Court::relation('B00', '3', 'party-1');

# tables for blocks: each fact asked for NAME
sub paths   { return [ map { "GET $ask{$_}[0]" } @facts ] }
sub tokens  { my ($who) = @_; return [ map { $ask{$_}[1]->($who) } @facts ] }
sub refused { return [ map { "Court-Refused: $_" } @_ ] }
sub unavailable { return refused('identity_unavailable', ('facts_unavailable') x 4) }

# and for one fact: each wrong answer
sub wrong_paths  { my ($f) = @_; return [ ("GET $ask{$f}[0]") x @names ] }
sub wrong_tokens { my ($f) = @_; return [ map { my $s = $_; $s =~ tr/a-zA-Z0-9/-/c;
                                                $ask{$f}[1]->("w.$s") } @names ] }
sub wrong_status { return [ map { $right{$_} ? 200 : 503 } @names ] }
sub wrong_codes  {
    my ($f) = @_;
    my $code = $f eq 'identity' ? 'identity_unavailable' : 'facts_unavailable';
    return [ map { $right{$_} ? 'Court-Refused:' : "Court-Refused: $code" } @names ];
}

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('config', <<'_EOC_') unless defined $block->config;
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
_EOC_
});

log_level('info');
CourtSource::quiet();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: each fact found in the default JSON
--- http_config eval: $::http
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [(200) x 5]


=== TEST 2: a 404 of the upstream is definitely none, and says which
--- http_config eval: $::http
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('none')
--- error_code eval: [(403) x 5]
--- response_headers eval
main::refused(qw(identity_not_found link_not_active no_relation forbidden
                 client_not_registered))


=== TEST 3: identity: every wrong answer
--- http_config eval: $::http
--- pipelined_requests eval: main::wrong_paths('identity')
--- more_headers eval: main::wrong_tokens('identity')
--- error_code eval: main::wrong_status('identity')
--- response_headers eval: main::wrong_codes('identity')


=== TEST 4: link: every wrong answer
--- http_config eval: $::http
--- pipelined_requests eval: main::wrong_paths('link')
--- more_headers eval: main::wrong_tokens('link')
--- error_code eval: main::wrong_status('link')
--- response_headers eval: main::wrong_codes('link')


=== TEST 5: relation: every wrong answer
--- http_config eval: $::http
--- pipelined_requests eval: main::wrong_paths('relation')
--- more_headers eval: main::wrong_tokens('relation')
--- error_code eval: main::wrong_status('relation')
--- response_headers eval: main::wrong_codes('relation')


=== TEST 6: staff: every wrong answer
--- http_config eval: $::http
--- pipelined_requests eval: main::wrong_paths('staff')
--- more_headers eval: main::wrong_tokens('staff')
--- error_code eval: main::wrong_status('staff')
--- response_headers eval: main::wrong_codes('staff')


=== TEST 7: device: every wrong answer
--- http_config eval: $::http
--- pipelined_requests eval: main::wrong_paths('device')
--- more_headers eval: main::wrong_tokens('device')
--- error_code eval: main::wrong_status('device')
--- response_headers eval: main::wrong_codes('device')


=== TEST 8: return 200 in the source's location is nobody's answer
--- http_config eval
main::everywhere(q{return 200 '{"subject":"found","client":"found","assistant":"found","principal":"lawyer-1","case":"7","status":"active","kind":"full_time","side":"x","posts":["a"],"state":"active"}';})
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [(503) x 5]
--- response_headers eval: main::unavailable()


=== TEST 9: nor is return 404
--- http_config eval: main::everywhere('return 404;')
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [(503) x 5]
--- response_headers eval: main::unavailable()


=== TEST 10: nor what error_page makes of an upstream that is down
--- http_config eval
main::everywhere('proxy_pass http://nobody; error_page 502 =404 /gone;',
                 'location = /gone { proxy_pass http://scripted/identity/none; }')
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [(503) x 5]
--- response_headers eval: main::unavailable()


=== TEST 11: nor what error_page makes of the upstream's 404
--- http_config eval
main::everywhere('proxy_pass http://scripted/@FACT@/none; proxy_intercept_errors on; error_page 404 =200 /other;',
                 'location = /other { proxy_pass http://scripted/identity/found; }')
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [(503) x 5]
--- response_headers eval: main::unavailable()


=== TEST 12: error_page to a named location with an upstream
--- http_config eval
main::everywhere('proxy_pass http://nobody; error_page 502 = @other;',
                 'location @other { proxy_pass http://scripted; }')
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [(503) x 5]
--- response_headers eval: main::unavailable()


=== TEST 13: an upstream that is down, without error_page
--- http_config eval: main::everywhere('proxy_pass http://nobody;')
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [(503) x 5]
--- response_headers eval: main::unavailable()


=== TEST 14: a location that redirects, to a location with an upstream
--- http_config eval
main::everywhere('try_files /nothing /other;',
                 'location = /other { proxy_pass http://scripted/identity/found; }')
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [(503) x 5]
--- response_headers eval: main::unavailable()


=== TEST 15: rewritten to another location is not the named location
--- http_config eval
main::everywhere('rewrite ^ /other last;',
                 'location = /other { proxy_pass http://scripted/identity/none; }')
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [(503) x 5]
--- response_headers eval: main::unavailable()


=== TEST 16: X-Accel-Redirect leads nowhere, however the location is written
--- http_config eval
main::everywhere('proxy_pass http://scripted/@FACT@/none; proxy_intercept_errors on; proxy_hide_header X;')
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [(403) x 5]
--- response_headers eval
main::refused(qw(identity_not_found link_not_active no_relation forbidden
                 client_not_registered))


=== TEST 17: limits of the source server itself are not "none"
--- http_config eval
"limit_req_zone \$request_method zone=none:64k rate=1r/m;"
. main::everywhere('limit_req zone=none; limit_req_status 404; proxy_pass http://scripted/@FACT@/@KEY@;')
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens('found')
--- error_code eval: [200, (503) x 4]
--- response_headers eval
['Court-Refused:', map { "Court-Refused: facts_unavailable" } 1 .. 4]


=== TEST 18: relation: one person, one case number, two courts
--- http_config eval: $::files
--- config
    location /api/ { court_code B00; proxy_pass http://court_mock; }
    location = /api/cases/2 { court_code B01; proxy_pass http://court_mock; }
    location = /api/cases/3 { court_code B0101; proxy_pass http://court_mock; }
--- pipelined_requests eval
[map { "GET /api/cases/$_" } 1, 2, 3, 1, 2, 3]
--- more_headers eval: Court::bearer('party')
--- error_code eval: [200, 200, 403, 200, 200, 403]
--- response_headers eval
[('Court-Refused:', 'Court-Refused:', 'Court-Refused: no_relation') x 2]
