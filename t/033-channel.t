# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_channel: a word of the operator's in policy, record, header and log,
# never one of the client's.  court_external_url: the gateway's own name from
# outside, in an assertion's htu.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit ();
use CourtHttp;

our @auth = (Court::bearer('lawyer'));

Court::identity('lawyer-1');
Court::relation('B00', '1', 'lawyer-1');

my $policy = JSON::PP->new->decode(Court::json($CourtHttp::POLICY));
$policy->{conditions}{app} = { on => 'request', reason => 'channel_forbidden',
    all => [['request.channel', '==', 'app']] };
$policy->{conditions}{outside} = { on => 'request',
    all => [['request.channel', 'in', ['internet', 'app']]] };
push @{$policy->{interfaces}}, map { CourtHttp::interface($_, ['GET'], "/$_") }
    qw(pass desk);
push @{$policy->{rules}}, CourtHttp::rule('r-pass', ['lawyer'], ['pass'], 'app'),
    CourtHttp::rule('r-desk', ['lawyer'], ['desk']),
    { id => 'f-desk', effect => 'forbid', roles => ['lawyer'],
      interfaces => ['desk'], when => ['outside'], reason => 'channel_forbidden' };

our $http = Court::http_config(policy => $policy, main => <<'_EOC_');
    map $court_front:$http_x_channel $told {
        default      internet;
        trusted:app  app;
        trusted:hall hall;
        trusted:raw  "Raw Word";
        trusted:none "";
    }
    map $server_port $by_port { default "internet"; "" unix; }
    map $arg_x $by_query { default $arg_x; }
_EOC_

our $request = CourtHttp::http() =~
    s/(court_assertion_key [^;]*);/$1 per=request;/r;

our $pass = <<'_EOC_';
    add_header X-Channel $court_channel always;
    location / { proxy_pass http://court_mock; }
_EOC_

sub record {
    my ($answer, $phase) = @_;
    my ($r) = CourtAudit::wait_for('audit.log', phase => $phase || 'decision',
        request_id => header($answer, 'Court-Request-Id'));

    return $r || {};
}

# the same word in all places; the court has it where there is one
sub channel {
    my ($answer, $word, $what) = @_;

    is($answer->{status}, 200, $what // $word);
    is(header($answer, 'X-Channel'), $word, '$court_channel');
    is(record($answer)->{channel}, $word, 'the record');
    is(field($answer, 'Court-Channel'), $word eq 'unknown' ? '' : $word,
       'Court-Channel');
    upstream();
}

sub htu {
    my ($answer) = @_;
    my ($claims) = field($answer, 'Court-Assertion') =~ /^[^.]*\.([^.]*)\./;

    upstream();
    return $claims ? JSON::PP->new->decode(
        MIME::Base64::decode_base64url($claims))->{htu} : "none, $answer->{status}";
}

no_shuffle();
run_tests();

__DATA__

=== TEST 1: no channel is known, by default
--- http_config eval: $::http
--- config eval: $::pass
--- check
both(sub { channel($_[0]->('GET', '/me', [@auth, 'Court-Channel: app',
                                          'Court_Channel: app']), 'unknown') });



=== TEST 2: a word
--- http_config eval: $::http
--- config eval: "court_channel court_hall-2; $::pass"
--- check
both(sub { channel($_[0]->('GET', '/me', [@auth, 'Court-Channel: app']),
                   'court_hall-2') });
is(field(h1('GET', '/open'), 'Court-Channel'), 'court_hall-2',
   'of a public interface, too');
upstream();



=== TEST 3: unknown, said, is the same as not said
--- http_config eval: $::http
--- config eval: "court_channel unknown; $::pass"
--- check
channel(h1('GET', '/me', [@auth]), 'unknown');
refused(h1('GET', '/pass', [@auth]), 403, 'channel_forbidden');



=== TEST 4: of http, and a server's own
--- http_config eval: "$::http court_channel hall;"
--- config eval: $::pass
--- check
channel(h1('GET', '/me', [@auth]), 'hall');



=== TEST 5: a server's own
--- http_config eval: "$::http court_channel hall;"
--- config eval: "court_channel app; $::pass"
--- check
channel(h1('GET', '/me', [@auth]), 'app');



=== TEST 6: the condition
--- http_config eval: $::http
--- config eval: "court_channel app; $::pass"
--- check
both(sub { allowed($_[0]->('GET', '/pass', [@auth])) });



=== TEST 7: the condition, not met
--- http_config eval: $::http
--- config eval: "court_channel hall; $::pass"
--- check
both(sub {
    my $answer = $_[0]->('GET', '/pass', [@auth, 'Court-Channel: app',
                                          'X-Channel: app']);
    refused($answer, 403, 'channel_forbidden');
    is_deeply([@{record($answer)}{qw(reason channel)}],
              ['channel_forbidden', 'hall'], 'record');
    is(record($answer)->{failed}[0]{cond}, 'app', 'by this condition');
});



=== TEST 8: without a channel an allow does not hold, and a forbid does
--- http_config eval: $::http
--- config eval: $::pass
--- check
refused(h1('GET', '/pass', [@auth]), 403, 'channel_forbidden');
refused(h1('GET', '/desk', [@auth]), 403, 'channel_forbidden');



=== TEST 9: a forbid by channel
--- http_config eval: $::http
--- config eval: "court_trusted_front 127.0.0.1; court_channel \$told; $::pass"
--- check
allowed(h1('GET', '/desk', [@auth, 'X-Channel: hall']));
refused(h1('GET', '/desk', [@auth, 'X-Channel: app']), 403, 'channel_forbidden');
refused(h1('GET', '/desk', [@auth]), 403, 'channel_forbidden');



=== TEST 10: the matrix's own condition
--- http_config eval
Court::http_config(main => 'court_channel app;') =~ s/court_state_dir [^;]*;//r
--- config eval: $::pass
--- check
allowed(h1('POST', '/api/v1/passes/qrcode', [@auth], '{}'));



=== TEST 11: a front's header, by a map
--- http_config eval: $::http
--- config eval: "court_trusted_front 127.0.0.1; court_channel \$told; $::pass"
--- check
channel(h1('GET', '/me', [@auth, "X-Channel: $_"]), $_) for qw(app hall);
channel(h1('GET', '/me', [@auth, 'X-Channel: other']), 'internet');
channel(h2('GET', '/me', [@auth, 'X-Channel: app']), 'internet',
        'a unix socket is not that front');



=== TEST 12: the same header of somebody else
--- http_config eval: $::http
--- config eval: "court_trusted_front unix:; court_channel \$told; $::pass"
--- check
channel(h1('GET', '/me', [@auth, 'X-Channel: app']), 'internet');
channel(h2('GET', '/me', [@auth, 'X-Channel: app']), 'app');
refused(h1('GET', '/pass', [@auth, 'X-Channel: app']), 403, 'channel_forbidden');



=== TEST 13: by listener
--- http_config eval: $::http
--- config eval: "court_channel \$by_port; $::pass"
--- check
channel(h1('GET', '/me', [@auth]), 'internet');
channel(h2('GET', '/me', [@auth]), 'unix');



=== TEST 14: A, then B on one connection
--- http_config eval: $::http
--- config eval: "court_trusted_front 127.0.0.1; court_channel \$told; $::pass"
--- check
my @answers = answers(talk(join('', map {
    "GET /me HTTP/1.1\r\nHost: localhost\r\n$auth[0]\r\n$_\r\n" }
    "X-Channel: app\r\n", '', "X-Channel: hall\r\n",
    "X-Channel: raw\r\nConnection: close\r\n")));
is(join(' ', map { header($_, 'X-Channel') } @answers),
   'app internet hall unknown', 'each its own');
is(join(' ', map { field($_, 'Court-Channel') || '-' } @answers),
   'app internet hall -', 'at the court');



=== TEST 15: what is no word is unknown, and never told
--- http_config eval: $::http
--- config eval: "court_channel \$by_query; $::pass"
--- check
for my $value ('App', '1app', 'a%20b', 'a%0d%0ax', 'app.', 'a' x 33, '-a', '_a', 'a,b',
               '%E6%B3%95', '')
{
    my $answer = h1('GET', "/me?x=$value", [@auth]);
    channel($answer, 'unknown', "\"$value\"");
}
my $log = error_log();
like($log, qr/\[warn\].*court: channel: the value of court_channel is not a word, "unknown" stands for it$/m,
     'told');
unlike(join('', grep { /court: / } split /^/, $log), qr/a{33}|App|a%20b/, 'without the value');
channel(h1('GET', '/me?x=' . 'a' x 32, [@auth]), 'a' x 32, 'the longest');



=== TEST 16: refusals have one, too; a record's outcome the same
--- http_config eval: $::http
--- config eval: "court_channel hall; $::pass"
--- check
for (['/me', 401], ['/%2e/me', 400], ['/none', 401]) {
    my $answer = h1('GET', $_->[0]);
    is($answer->{status}, $_->[1], $_->[0]);
    is(record($answer)->{channel}, 'hall', 'its channel');
}
my $answer = h1('GET', '/me', [@auth]);
is(record($answer, 'outcome')->{channel} // record($answer)->{channel}, 'hall', 'outcome');
upstream();



=== TEST 17: asked once in a request: a rewrite does not change it
--- http_config eval: $::http
--- config
    court_channel $by_query;
    location /to { rewrite ^ /me?x=hall; }
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/to?x=app', [@auth]);
is(field($answer, 'Court-Channel'), record($answer)->{channel}, 'one word');
upstream();



=== TEST 18: a channel that asks for itself
--- http_config eval: "$::http map \$court_channel \$again { default \$court_channel; }"
--- config eval: "court_channel \$again; $::pass"
--- check
channel(h1('GET', '/me', [@auth]), 'unknown');



=== TEST 19: court off: no header, but the variable
--- http_config eval: $::http
--- config
    court_channel hall;
    location / { court off; proxy_set_header X-Seen $court_channel; proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/x', ['Court-Channel: app']);
is(field($answer, 'Court-Channel') . field($answer, 'X-Seen'), 'hall', 'hall');
upstream();



=== TEST 20: htu, from the connection
--- http_config eval: $::request
--- config
    location / { proxy_pass http://court_mock; }
--- check
for (['court.test', 'http://court.test/me'], ['COURT.test:80', 'http://court.test/me'],
     ['court.test:8443', 'http://court.test:8443/me'], ['court.test.', 'http://court.test/me'],
     ['[::1]:8080', 'http://[::1]:8080/me'], ['court.test:x', 'http://court.test/me'],
     ['court.test:99999', 'http://court.test/me'])
{
    is(htu(h1('GET', '/me?q=1', [@auth, "Host: $_->[0]"])), $_->[1], $_->[0]);
}
is(htu(h2('GET', '/me', [@auth])), 'http://localhost/me', 'by HTTP/2');
is(htu(raw("GET http://other.test/me HTTP/1.1\r\nHost: court.test:81\r\n$auth[0]\r\n"
           . "Connection: close\r\n\r\n")), 'http://other.test/me',
   'the request line goes before Host, whose port is not its own');



=== TEST 21: a client cannot say another scheme or host
--- http_config eval: $::request
--- config
    location / { proxy_pass http://court_mock; }
--- check
is(htu(h1('GET', '/me', [@auth, 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil.test',
                         'Forwarded: for=1.2.3.4;proto=https;host=evil.test'])),
   'http://localhost/me', 'nobody is a front');



=== TEST 22: a trusted front can
--- http_config eval: $::request
--- config
    court_trusted_front 127.0.0.1;
    location / { proxy_pass http://court_mock; }
--- check
is(htu(h1('GET', '/me', [@auth, 'X-Forwarded-Proto: https'])), 'https://localhost/me', 'proto');
is(htu(h1('GET', '/me', [@auth, 'X-Forwarded-Proto: https', 'X-Forwarded-Host: B00.test:8443'])),
   'https://b00.test:8443/me', 'host');
is(htu(h1('GET', '/me', [@auth, 'X-Forwarded-Proto: https', 'X-Forwarded-Host: b00.test:443'])),
   'https://b00.test/me', "the scheme's own port");
is(htu(h1('GET', '/me', [@auth, 'Forwarded: for=203.0.113.5;proto=https;host=b00.test'])),
   'https://b00.test/me', 'Forwarded');
is(htu(h1('GET', '/me', [@auth, 'X-Forwarded-Proto: evil', 'X-Forwarded-Host: a b'])),
   'http://localhost/me', 'not what is malformed');
is(htu(h2('GET', '/me', [@auth, 'X-Forwarded-Proto: https'])), 'http://localhost/me',
   'a unix socket is not that front');



=== TEST 23: court_external_url goes before all of them
--- http_config eval: $::request
--- config
    court_external_url HTTPS://B00.Court.Example:443;
    court_trusted_front 127.0.0.1;
    location / { proxy_pass http://court_mock; }
--- check
is(htu(h1('GET', '/me?x=1', [@auth, 'Host: evil.test', 'X-Forwarded-Host: evil.test'])),
   'https://b00.court.example/me', 'one spelling');



=== TEST 24: of http; IPv6
--- http_config eval: "$::request court_external_url https://[2001:DB8::1]:8443;"
--- config
    location / { proxy_pass http://court_mock; }
--- check
is(htu(h1('GET', '/me', [@auth])), 'https://[2001:db8::1]:8443/me', 'htu');



=== TEST 25: with variables, checked when they are known
--- http_config eval: "$::request map \$arg_n \$name { default \$arg_n; }"
--- config
    court_external_url https://$name:8443;
    location / { proxy_pass http://court_mock; }
--- check
is(htu(h1('GET', '/me?n=b00.test', [@auth])), 'https://b00.test:8443/me', 'htu');
for my $n ('', 'a/b', 'me@b00', 'a?b') {
    refused(h1('GET', "/me?n=$n", [@auth]), 500, 'internal_error', $n);
}
like(error_log(), qr/court: external: the value of court_external_url must not have user information$/m,
     'told, without the value');



=== TEST 26: a request without a host has no URL, and no assertion is made up
--- http_config eval
"$::request server { listen unix:$CourtHttp::DIR/run/nameless.sock; $::pass }"
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $bare = "GET /me HTTP/1.0\r\n$auth[0]\r\n\r\n";
my $socket = IO::Socket::UNIX->new(Peer => "$CourtHttp::DIR/run/nameless.sock") or die $!;
print {$socket} $bare;
refused(CourtHttp::parse(do { local $/; <$socket> }), 500, 'internal_error');
like(error_log(), qr/court: external: the request has no usable host/, 'told');
is(htu(raw($bare)), 'http://localhost/me', "a server's name serves for it");
