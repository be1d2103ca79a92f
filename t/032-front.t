# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Who speaks for the client: headers that tell where a request comes from are
# believed of a court_trusted_front alone, and of a chain only what trusted
# hops wrote.  From anybody else none of them goes on, in whatever spelling.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit ();
use CourtHttp;
use IO::Socket::INET;

our @auth = (Court::bearer('lawyer'));

Court::identity('lawyer-1');
Court::relation('B00', '1', 'lawyer-1');

# the class, a name of each of its ideas
our @class = qw(X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host
    X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Server X-Forwarded-User
    X-Forwarded-Client-Cert X-Forward-For Forwarded Forwarded-For X-Real-IP
    X-Real-Port X-Client-IP Client-IP True-Client-IP X-True-Client-IP
    X-Cluster-Client-IP X-Originating-IP X-Remote-IP X-Remote-Addr
    X-ProxyUser-IP Proxy-Client-IP WL-Proxy-Client-IP WL-Proxy-Client-Cert
    CF-Connecting-IP EO-Connecting-IP Fastly-Client-IP Ali-CDN-Real-IP
    Cdn-Src-Ip X-Azure-ClientIP X-Envoy-External-Address Z-Forwarded-For
    X-Custom-IP-Authorization X-Host X-Host-Override X-HTTP-Host-Override
    X-Original-URL X-Original-URI X-Original-Method X-Original-Host
    X-Rewrite-URL X-Override-URL X-Proxy-URL X-Accel-Redirect X-Sendfile
    X-HTTP-Method X-HTTP-Method-Override X-Method-Override
    X-Middleware-Subrequest X-Scheme X-URL-Scheme Front-End-Https X-Https
    Remote-User Remote-Groups X-Remote-User X-Webauth-User X-Auth-Request-User
    X-Authenticated-User X-Consumer-Username X-Anonymous-Consumer
    X-Credential-Identifier X-Userinfo X-MS-Client-Principal X-Amzn-OIDC-Data
    Client-Cert Client-Cert-Chain X-Client-Cert X-Client-Verify X-SSL-Client-DN
    SSL-Client-Cert HTTP-X-Forwarded-For HTTP-Client-IP Proxy);

# names that only look like them
our @others = qw(X-Forget X-Realm X-Origin Via Proxy-Status Remote Httpx
                 X-Client-Version Client Forward);

# in front of a path: who asked, as variables tell and as the court hears
our $seen = <<'_EOC_';
    add_header X-Ip $court_ip always;
    add_header X-Front "[$court_front]" always;
    location / { proxy_pass http://court_mock; }
_EOC_

# GET /me from that loopback address
sub from {
    my ($local, @headers) = @_;
    my $socket = IO::Socket::INET->new(LocalAddr => $local,
        PeerAddr => '127.0.0.1', PeerPort => Test::Nginx::Util::server_port(),
        Proto => 'tcp', Timeout => 10) or die "connect: $!\n";
    my $text = '';

    print {$socket} join "\r\n", 'GET /me HTTP/1.1', 'Host: localhost', @auth,
        @headers, 'Connection: close', '', '';
    1 while sysread $socket, $text, 65536, length $text;

    return CourtHttp::parse($text);
}

sub record {
    my ($answer) = @_;
    my ($r) = CourtAudit::wait_for('audit.log', phase => 'decision',
        request_id => header($answer, 'Court-Request-Id'));

    return $r || {};
}

# the address, told in all ways alike; and the two headers as the court has them
sub client {
    my ($answer, $ip, $for, $forwarded) = @_;

    allowed($answer);
    is(header($answer, 'X-Ip'), $ip, '$court_ip');
    is(record($answer)->{ip}, $ip, 'the record');
    is(field($answer, 'X-Forwarded-For'), $for // '', 'X-Forwarded-For');
    is(field($answer, 'Forwarded'), $forwarded // '', 'Forwarded');
}

# since the last call
my $read = 0;
sub warned {
    my $text = substr error_log(), $read;

    $read += length $text;
    return join "\n", $text =~ /\[warn\].*?(court: front: .*)$/mg;
}

sub front { return CourtHttp::http(main => $_[0]) }

our $everywhere = front('court_trusted_front 127.0.0.1 unix:;');
our $limited = front('limit_req_zone $court_ip zone=per:1m rate=1r/m;'
                     . 'court_trusted_front 127.0.0.1;');

add_block_preprocessor(sub { $read = 0 });
no_shuffle();
run_tests();

__DATA__

=== TEST 1: the class does not pass, by default
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    my $answer = $_[0]->('GET', '/me', [@auth, map({ "$_: forged" } @class),
                                        map({ "$_: kept" } @others)]);

    allowed($answer);
    unlike($answer->{body}, qr/forged/, 'none of them');
    is(join(' ', grep { field($answer, $_) ne 'kept' } @others), '',
       'what only looks alike is left');
});



=== TEST 2: each name alone, in spellings that a service takes for the same
--- config
    ignore_invalid_headers off;
    underscores_in_headers on;
    location / { proxy_pass http://court_mock; }
--- check
my @spelled = map { ($_, uc, lc, tr/-/_/r, tr/-/./r, s/-/~/r) } @class;
while (my @some = splice @spelled, 0, 30) {
    my $answer = h1('GET', '/me', [@auth, map { "$_: forged" } @some]);
    allowed($answer);
    unlike($answer->{body}, qr/forged/, "@some[0 .. 2] and so on");
}



=== TEST 3: nor by variables, however ops call them
--- config
    location / {
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-A $http_x_forwarded_for;
        proxy_set_header X-B $http_x_real_ip;
        proxy_set_header X-C $http_forwarded;
        proxy_set_header X-D $http_x_forwarded_proto;
        proxy_pass http://court_mock;
    }
--- check
both(sub {
    my $answer = $_[0]->('GET', '/me', [@auth, map { "$_: 10.9.9.9" } @class]);
    allowed($answer);
    unlike($answer->{body}, qr/10\.9\.9\.9/, 'none of them');
    like(field($answer, 'X-Forwarded-For'), qr/^(127\.0\.0\.1|unix:)$/,
         'our own sight alone');
});



=== TEST 4: by default the record has the connection's address
--- config eval: $::seen
--- check
my $answer = from('127.0.0.3', 'X-Forwarded-For: 203.0.113.5');
client($answer, '127.0.0.3');
is(header($answer, 'X-Front'), '[]', 'nobody speaks for him');



=== TEST 5: a trusted front's client
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
my $answer = from('127.0.0.1', 'X-Forwarded-For: 203.0.113.5');
client($answer, '203.0.113.5', '203.0.113.5');
is(header($answer, 'X-Front'), '[trusted]', 'it speaks for him');
is(warned(), '', 'nothing to warn of');



=== TEST 6: the same said by somebody else
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
my $answer = from('127.0.0.2', 'X-Forwarded-For: 203.0.113.5',
                  'Forwarded: for=203.0.113.5', map { "$_: forged" } @class);
client($answer, '127.0.0.2');
is(header($answer, 'X-Front'), '[]', 'nobody speaks for him');
unlike($answer->{body}, qr/forged/, 'none of the class');



=== TEST 7: a chain that the client began
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
client(from('127.0.0.1', 'X-Forwarded-For: 10.0.0.1, 127.0.0.1, 203.0.113.5'),
       '203.0.113.5', '203.0.113.5');
client(from('127.0.0.1', 'X-Forwarded-For: "<x>, \\, ,203.0.113.5'),
       '203.0.113.5', '203.0.113.5');
is(warned(), '', 'what the client wrote is not even parsed');



=== TEST 8: fronts behind fronts
--- config eval: "court_trusted_front 127.0.0.1 10.0.0.0/8 2001:db8::/32; $::seen"
--- check
client(from('127.0.0.1',
            'X-Forwarded-For: 6.6.6.6, 203.0.113.5, 10.1.2.3, 2001:db8::7'),
       '203.0.113.5', '203.0.113.5, 10.1.2.3, 2001:db8::7');



=== TEST 9: only fronts: the farthest of them asks
--- config eval: "court_trusted_front 127.0.0.1 10.0.0.0/8; $::seen"
--- check
client(from('127.0.0.1', 'X-Forwarded-For: 10.1.2.4, 10.1.2.3'), '10.1.2.4',
       '10.1.2.4, 10.1.2.3');



=== TEST 10: a front that says nothing
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
client(from('127.0.0.1'), '127.0.0.1');
is(warned(), '', 'nothing to warn of');



=== TEST 11: A, then B, then nobody's on one connection
--- config eval: "court_trusted_front 127.0.0.1; keepalive_requests 9; $::seen"
--- check
my @answers = answers(talk(join('', map {
    "GET /me HTTP/1.1\r\nHost: localhost\r\n$auth[0]\r\n$_\r\n" }
    "X-Forwarded-For: 203.0.113.5\r\nX-Forwarded-Proto: https\r\n",
    "X-Forwarded-For: 198.51.100.9\r\n", '', "X-Forwarded-For: ?\r\n",
    "Forwarded: for=198.51.100.7\r\nConnection: close\r\n")));
is(join(' ', map { header($_, 'X-Ip') } @answers),
   '203.0.113.5 198.51.100.9 127.0.0.1 127.0.0.1 198.51.100.7', 'each its own');
is(join(' ', map { field($_, 'X-Forwarded-Proto') || '-' } @answers),
   'https - - - -', 'and nothing of the one before');
is(join(' ', map { record($_)->{ip} } @answers),
   '203.0.113.5 198.51.100.9 127.0.0.1 127.0.0.1 198.51.100.7', 'records');



=== TEST 12: a front on a unix socket, by HTTP/2
--- config eval: "court_trusted_front unix:; $::seen"
--- check
client(h2('GET', '/me', [@auth, 'X-Forwarded-For: 6.6.6.6, 203.0.113.5']),
       '203.0.113.5', '203.0.113.5');
client(from('127.0.0.1', 'X-Forwarded-For: 203.0.113.5'), '127.0.0.1');



=== TEST 13: a unix socket that is no front, by HTTP/2
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
client(h2('GET', '/me', [@auth, 'X-Forwarded-For: 203.0.113.5',
                         'Forwarded: for=203.0.113.5']), 'unix:');



=== TEST 14: a hop on a unix socket
--- config eval: "court_trusted_front 127.0.0.1 unix:; $::seen"
--- check
client(from('127.0.0.1', 'X-Forwarded-For: 203.0.113.5, unix:'),
       '203.0.113.5', '203.0.113.5, unix:');



=== TEST 15: IPv6, ports, IPv4 within IPv6: one spelling
--- config eval: "court_trusted_front 127.0.0.1 10.0.0.0/8; $::seen"
--- check
for ([ '2001:DB8:0:0::5', '2001:db8::5' ], [ '[2001:db8::5]', '2001:db8::5' ],
     [ '[2001:db8::5]:443', '2001:db8::5' ], [ '203.0.113.5:1234', '203.0.113.5' ],
     [ '::ffff:203.0.113.5', '203.0.113.5' ],
     [ '203.0.113.5, ::ffff:10.0.0.1', '203.0.113.5' ],
     [ '203.0.113.5, 10.0.0.1:80', '203.0.113.5' ])
{
    client(from('127.0.0.1', "X-Forwarded-For: $_->[0]"), $_->[1], $_->[0]);
}



=== TEST 16: what leads to no address: the front's, and a line in the log
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
for my $value ('', 'unknown', '203.0.113.5, unknown', '203.0.113.5,', 'evil;',
               '203.0.113.999', '1', 'localhost', 'unix:', '203.0.113.5:0',
               '[203.0.113.5]', 'fe80::1%lo', '"203.0.113.5"', ',')
{
    client(from('127.0.0.1', "X-Forwarded-For: $value"), '127.0.0.1');
    is(warned(), 'court: front: 127.0.0.1: X-Forwarded-For leads to no '
       . 'address, it is not believed', "\"$value\", without telling it");
}



=== TEST 17: more than is read
--- config eval: "large_client_header_buffers 8 16k; court_trusted_front 127.0.0.1; $::seen"
--- check
client(from('127.0.0.1', 'X-Forwarded-For: 203.0.113.5'
            . ', 127.0.0.1' x 15), '203.0.113.5', '203.0.113.5' . ', 127.0.0.1' x 15);
client(from('127.0.0.1', 'X-Forwarded-For: 203.0.113.5' . ', 127.0.0.1' x 16),
       '127.0.0.1');
client(from('127.0.0.1', 'X-Forwarded-For: ' . 'x' x 4096 . ', 203.0.113.5'),
       '127.0.0.1');
client(from('127.0.0.1', map({ 'X-Forwarded-For: ' . 'x' x 1000 } 1 .. 9),
            'X-Forwarded-For: 203.0.113.5'), '127.0.0.1');



=== TEST 18: several headers are one chain
--- config eval: "court_trusted_front 127.0.0.1 10.0.0.0/8; $::seen"
--- check
client(from('127.0.0.1', 'X-Forwarded-For: 6.6.6.6', 'X-A: 1',
            'x-forwarded-for: 203.0.113.5', 'X-FORWARDED-FOR: 10.0.0.1'),
       '203.0.113.5', '203.0.113.5, 10.0.0.1');



=== TEST 19: Forwarded of RFC 7239
--- config eval: "court_trusted_front 127.0.0.1 10.0.0.0/8; $::seen"
--- check
for ([ 'for=203.0.113.5' ], [ 'For="[2001:db9::5]:4711"', '2001:db9::5' ],
     [ 'for=6.6.6.6;proto=http, for=203.0.113.5;proto=https;by=10.0.0.1, for=10.0.0.1',
       '203.0.113.5', 'for=203.0.113.5;proto=https;by=10.0.0.1, for=10.0.0.1' ],
     [ 'for="6.6.6.6, for=203.0.113.5', '203.0.113.5', 'for=203.0.113.5' ])
{
    client(from('127.0.0.1', "Forwarded: $_->[0]"), $_->[1] // '203.0.113.5',
           '', $_->[2] // $_->[0]);
}
is(warned(), '', 'nothing to warn of');



=== TEST 20: Forwarded that leads nowhere
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
for my $value ('for=unknown', 'for=_gateway', 'proto=https', 'for=2001:db9::5',
               '203.0.113.5', 'for=203.0.113.5;for=6.6.6.6', 'for="203.0.113.5')
{
    client(from('127.0.0.1', "Forwarded: $value"), '127.0.0.1');
    is(warned(), 'court: front: 127.0.0.1: Forwarded leads to no address, it '
       . 'is not believed', $value);
}



=== TEST 21: both, and alike
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
client(from('127.0.0.1', 'X-Forwarded-For: 9.9.9.9, 203.0.113.5',
            'Forwarded: for="203.0.113.5:99"'),
       '203.0.113.5', '203.0.113.5', 'for="203.0.113.5:99"');



=== TEST 22: both, and not alike: one of them is the client's own
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
for my $forwarded ('for=6.6.6.6;proto=https;host=evil.example', 'for=unknown', ';') {
    client(from('127.0.0.1', 'X-Forwarded-For: 203.0.113.5',
                "Forwarded: $forwarded"), '127.0.0.1');
    is(warned(), 'court: front: 127.0.0.1: X-Forwarded-For and Forwarded '
       . 'differ, it is not believed', $forwarded);
}



=== TEST 23: scheme and host of a front go on where they are well-formed
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
for (['https', 'b00.court.example'], ['http', 'b00.court.example:8443'],
     ['https', '[2001:db8::1]:8443'])
{
    my $answer = from('127.0.0.1', "X-Forwarded-Proto: $_->[0]",
                      "X-Forwarded-Host: $_->[1]");
    is(field($answer, 'X-Forwarded-Proto'), $_->[0], 'scheme');
    is(field($answer, 'X-Forwarded-Host'), $_->[1], 'host');
}
is(field(from('127.0.0.1', 'X-Forwarded-Proto: HTTPS'), 'X-Forwarded-Proto'),
   'https', 'one spelling');
is(warned(), '', 'nothing to warn of');

for my $value ('https, http', 'javascript', '', 'https ,', 'https://x') {
    my $answer = from('127.0.0.1', "X-Forwarded-Proto: $value");
    is(field($answer, 'X-Forwarded-Proto'), '', "\"$value\" does not");
    like(warned(), qr/^court: front: 127.0.0.1: the scheme is neither http nor https/, 'told');
}
for my $value ('a b', 'me@b00', 'b00, evil', 'b00/x', 'b00:x', '', '..') {
    my $answer = from('127.0.0.1', "X-Forwarded-Host: $value");
    is(field($answer, 'X-Forwarded-Host'), '', "\"$value\" does not");
    like(warned(), qr/^court: front: 127.0.0.1: the host is malformed/, 'told');
}



=== TEST 24: what Forwarded and X-Forwarded-… say differently
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
for ([ 'proto=http', 'X-Forwarded-Proto: https', 'X-Forwarded-Proto' ],
     [ 'host=b01', 'X-Forwarded-Host: b00', 'X-Forwarded-Host' ],
     [ 'proto=ws', 'X-A: 1', 'scheme' ], [ 'host="a b"', 'X-A: 1', 'host' ])
{
    my $answer = from('127.0.0.1', "Forwarded: for=203.0.113.5;$_->[0]", $_->[1]);
    like(warned(), qr/$_->[2]/, $_->[0]);
    is(field($answer, 'Forwarded'), '', 'nor does the court see it');
    is(field($answer, $_->[2]), '', 'in neither way') if $_->[2] =~ /^X/;
}



=== TEST 25: twice the scheme, twice the host
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
for my $name (qw(X-Forwarded-Proto X-Forwarded-Host)) {
    my $answer = from('127.0.0.1', "$name: http", "$name: http");
    allowed($answer);
    is(field($answer, $name), '', $name);
}



=== TEST 26: a front is believed these four, in one spelling
--- config eval: "ignore_invalid_headers off; underscores_in_headers on; court_trusted_front 127.0.0.1; $::seen"
--- check
my @four = qw(X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host Forwarded);
my %four = map { $_ => 1 } @four;
my $answer = from('127.0.0.1', map({ "$_: forged" } grep { !$four{$_} } @class),
                  map({ tr/-/_/r . ': forged' } @four), 'X.Forwarded.For: forged');
client($answer, '127.0.0.1');
unlike($answer->{body}, qr/forged/, 'the rest of the class goes');



=== TEST 27: nobody's headers are seen before they are taken out
--- http_config eval: ::front('map $http_x_forwarded_proto $proto { default no; https yes; }')
--- config
    court_trusted_front 127.0.0.1;
    if ($http_x_forwarded_for) { return 418; }
    if ($proto = yes) { return 419; }
    if ($http_x_original_url) { return 420; }
    location / { court off; return 200 "$proxy_add_x_forwarded_for\n"; }
--- check
my @said = ('X-Forwarded-For: 203.0.113.5', 'X-Forwarded-Proto: https');
is(from('127.0.0.2', @said, 'X-Original-URL: /x')->{body}, "127.0.0.2\n",
   'not even before a location is found, nor where court is off');
is(from('127.0.0.1', @said)->{status}, 418, 'a front is heard');
is(from('127.0.0.1', $said[1])->{status}, 419, 'in a map');
is(from('127.0.0.1', 'X-Original-URL: /x')->{body}, "127.0.0.1\n",
   'but not with what is no word of a front');



=== TEST 28: $proxy_add_x_forwarded_for adds the front
--- config
    court_trusted_front 127.0.0.1;
    location / {
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_pass http://court_mock;
    }
--- check
is(field(from('127.0.0.1', 'X-Forwarded-For: 6.6.6.6, 203.0.113.5'),
         'X-Forwarded-For'), '203.0.113.5, 127.0.0.1', 'to what is believed');
is(field(from('127.0.0.1', 'X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 203.0.113.5'),
         'X-Forwarded-For'), '203.0.113.5, 127.0.0.1', 'of several, too');
is(field(from('127.0.0.1', 'X-Forwarded-For: ?'), 'X-Forwarded-For'),
   '127.0.0.1', 'and nothing else');
is(field(from('127.0.0.2', 'X-Forwarded-For: 203.0.113.5'), 'X-Forwarded-For'),
   '127.0.0.2', 'of nobody else');



=== TEST 29: realip beside it, with the same front
--- config eval
"court_trusted_front 127.0.0.1; set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;
 add_header X-Remote \$remote_addr always; $::seen"
--- check
my $answer = from('127.0.0.1', 'X-Forwarded-For: 6.6.6.6, 203.0.113.5');
client($answer, '203.0.113.5', '203.0.113.5');
is(header($answer, 'X-Remote'), '203.0.113.5', 'nginx has the same');
$answer = from('127.0.0.2', 'X-Forwarded-For: 203.0.113.5');
client($answer, '127.0.0.2');
is(header($answer, 'X-Remote'), '127.0.0.2', 'of nobody else');



=== TEST 30: realip that believes more than we do
--- config eval
"court_trusted_front 127.0.0.1; set_real_ip_from 0.0.0.0/0; real_ip_header X-Real-IP;
 add_header X-Remote \$remote_addr always; $::seen"
--- check
for my $local ('127.0.0.1', '127.0.0.2') {
    my $answer = from($local, 'X-Real-IP: 203.0.113.5', 'X-Forwarded-For: 198.51.100.1');
    is(header($answer, 'X-Remote'), $local, 'has nothing to believe');
    is(header($answer, 'X-Ip'), $local eq '127.0.0.1' ? '198.51.100.1' : $local,
       'who is trusted is the connection');
}



=== TEST 31: an address that realip gave is no front
--- config eval
"court_trusted_front 10.0.0.1; set_real_ip_from 127.0.0.1; real_ip_header X-Way; $::seen"
--- check
my $answer = from('127.0.0.1', 'X-Way: 10.0.0.1', 'X-Forwarded-For: 203.0.113.5');
client($answer, '10.0.0.1');
is(header($answer, 'X-Front'), '[]', 'the connection came from elsewhere');



=== TEST 32: realip alone, as ever
--- config eval
"set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; $::seen"
--- check
client(from('127.0.0.1', 'X-Forwarded-For: 203.0.113.5'), '203.0.113.5');
client(from('127.0.0.2', 'X-Forwarded-For: 203.0.113.5'), '127.0.0.2');



=== TEST 33: none, written: realip has nothing either
--- config eval
"court_trusted_front none; set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; $::seen"
--- check
client(from('127.0.0.1', 'X-Forwarded-For: 203.0.113.5'), '127.0.0.1');



=== TEST 34: of http, in every server; facts come as ever
--- http_config eval: $::everywhere
--- config eval: $::seen
--- check
client(from('127.0.0.1', 'X-Forwarded-For: 203.0.113.5'), '203.0.113.5',
       '203.0.113.5');
my $answer = h1('GET', '/cases/1', [@auth, 'X-Forwarded-For: 203.0.113.5']);
allowed($answer);
is(record($answer)->{ip}, '203.0.113.5', 'with facts');



=== TEST 35: a server's own is instead of http's
--- http_config eval: $::everywhere
--- config eval: "court_trusted_front 10.0.0.0/8; $::seen"
--- check
client(from('127.0.0.1', 'X-Forwarded-For: 203.0.113.5'), '127.0.0.1');



=== TEST 36: after a redirect inside
--- config
    court_trusted_front 127.0.0.1;
    add_header X-Ip $court_ip always;
    location /try { try_files /none @named; }
    location @named { rewrite ^ /me break; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
my $answer = raw("GET /try HTTP/1.1\r\nHost: localhost\r\n$auth[0]\r\n"
    . "X-Forwarded-For: 6.6.6.6, 203.0.113.5\r\nX-Real-IP: 6.6.6.6\r\n"
    . "Connection: close\r\n\r\n");
is(header($answer, 'X-Ip'), '203.0.113.5', 'the same client');
unlike($answer->{body}, qr/6\.6\.6\.6/, 'and nothing comes back');



=== TEST 37: the record of a refusal, before anything is known
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
for (['/me', 401, 'token_missing'], ['/%2e/me', 400, 'path_not_canonical'],
     ['/nothing', 401, 'token_missing'])
{
    my $answer = h1('GET', $_->[0], ['X-Forwarded-For: 203.0.113.5']);
    refused($answer, $_->[1], $_->[2]);
    is(record($answer)->{ip}, '203.0.113.5', $_->[0]);
}



=== TEST 38: a request that nginx itself refuses
--- config eval: "court_trusted_front 127.0.0.1; location /big { client_max_body_size 1; } $::seen"
--- check
my $answer = h1('POST', '/big', [@auth, 'X-Forwarded-For: 203.0.113.5'], 'xx');
is($answer->{status}, 413, 'too large');
is(header($answer, 'X-Ip'), '203.0.113.5', 'the client is known');



=== TEST 39: limits by client: the key is there when they are applied
--- http_config eval: $::limited
--- config
    court_trusted_front 127.0.0.1;
    location / { limit_req zone=per; limit_req_status 429; proxy_pass http://court_mock; }
--- no_error_log
[alert]
[emerg]
is empty when limits are applied
--- check
is(join(' ', map { from('127.0.0.1', "X-Forwarded-For: $_")->{status} }
        qw(203.0.113.5 203.0.113.6 203.0.113.5)), '200 200 429', 'each its own');



=== TEST 40: the address in a policy
--- http_config eval
my $policy = JSON::PP->new->decode(Court::json($CourtHttp::POLICY));
$policy->{conditions}{hall} = { on => 'request', reason => 'channel_forbidden',
    all => [['request.ip', 'in', ['203.0.113.5', '2001:db8::5']]] };
push @{$policy->{rules}}, { id => 'r-hall', effect => 'allow', roles => ['lawyer'],
    interfaces => ['admin'], when => ['hall'] };
Court::http_config(policy => $policy)
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
allowed(h1('GET', '/admin', [@auth, 'X-Forwarded-For: 203.0.113.5']));
allowed(h1('GET', '/admin', [@auth, 'X-Forwarded-For: [2001:DB8::5]:1']));
refused(h1('GET', '/admin', [@auth, 'X-Forwarded-For: 203.0.113.5, 203.0.113.6']),
        403, 'channel_forbidden');
refused(h2('GET', '/admin', [@auth, 'X-Forwarded-For: 203.0.113.5']),
        403, 'channel_forbidden');



=== TEST 41: early data that a front passes on (RFC 8470)
--- config eval: "court_trusted_front 127.0.0.1; $::seen"
--- check
both(sub {
    refused($_[0]->('GET', '/me', [@auth, 'Early-Data: 1']), 425, 'early_data');
    refused($_[0]->('GET', '/me', [@auth, 'Early-Data: 0', 'early-data: x']),
            425, 'early_data');
});
