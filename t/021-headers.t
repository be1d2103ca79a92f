# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What the client may not say never arrives, in whatever spelling and in
# whatever phase; what the gateway says arrives once and cannot be misread.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;

our @auth = (Court::bearer('lawyer'));

Court::identity('lawyer-1');
Court::relation('B00', '1', 'lawyer-1');

# a spelling of each of our names, and names we never had
our @names = qw(Court-Role court-role COURT-ROLE Court_Role court_role
                Court.Role court.role COURT_ROLE Court-role Court--Role
                Court_Subject Court-Subject court.subject Court-Evil
                Court_Evil_X court-assertion Court_Assertion Court-Request-Id
                Court-Source-Key-1 Court-Decision Court-Code Court_Kind
                Court-Principal Court~Role Court!Role Court*Role Court+Role
                Court^Role Court|Role Court'Role Court#Role Court%Role
                Court&Role Court$Role Court`Role);
our @forged = map { "$_: judge-forged" } @names;

# what nginx takes as a header at all
our @by_default = grep { !/^[\w-]*[^\w:-]/ } @forged;

our $log = "log_format role '\$request_method [\$http_court_role]"
           . "[\$http_court_subject][\$http_court_evil]';\n"
           . "    access_log $CourtHttp::DIR/role.log role;\n"
           . "    map \$http_court_role \$mapped { default 'x\$http_court_role'; }\n";

our $logged = CourtHttp::http(main => $log);

sub role_log {
    my $path = "$CourtHttp::DIR/role.log";
    my $text = poll(sub { -s $path && Court::slurp($path) }) // '';

    truncate $path, 0;
    return $text;
}

no_shuffle();
run_tests();

__DATA__

=== TEST 1: forged headers of a caller with a token
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    my $answer = $_[0]->('GET', '/me', [@auth, @by_default]);

    allowed($answer, 'GET /me');
    is(field($answer, 'Court-Role'), 'lawyer', 'the role is ours, once');
    is(field($answer, 'Court-Subject'), 'lawyer-1', 'so is the subject');
    unlike($answer->{body}, qr/forged/i, 'nothing forged');
});



=== TEST 2: every spelling, where nginx passes strange names
--- config
    ignore_invalid_headers off;
    underscores_in_headers on;
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/me', [@auth, @forged]);
allowed($answer, 'GET /me');
is(field($answer, 'Court-Role'), 'lawyer', 'the role is ours, once');
unlike($answer->{body}, qr/forged/i, 'nothing forged');



=== TEST 3: each spelling alone
--- config
    ignore_invalid_headers off;
    underscores_in_headers on;
    location / { proxy_pass http://court_mock; }
--- check
for my $forged (@forged) {
    unlike(h1('GET', '/me', [@auth, $forged])->{text}, qr/forged/i, $forged);
}



=== TEST 4: court off scrubs, too
--- config
    ignore_invalid_headers off;
    underscores_in_headers on;
    location / { court off; proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/anything', [@auth, @forged, 'X-Other: kept']);
allowed($answer);
unlike($answer->{body}, qr/forged/i, 'nothing forged');
is(field($answer, 'X-Other'), 'kept', 'others are left alone');
like(field($answer, 'Authorization'), qr/^Bearer /, 'not ours to take');



=== TEST 5: court off by HTTP/2
--- config
    location / { court off; proxy_pass http://court_mock; }
--- check
my $answer = h2('GET', '/anything', [@by_default]);
allowed($answer);
unlike($answer->{body}, qr/forged/i, 'nothing forged');



=== TEST 6: twice, before and after others, with and without a value
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/me', ['Court-Role: judge', @auth, 'Court-Role: judge',
                               'X-A: 1', 'Court-Role:', 'X-B: 2',
                               'court-role: officer']);
allowed($answer);
is(field($answer, 'Court-Role'), 'lawyer', 'once');
is(field($answer, 'X-A') . field($answer, 'X-B'), '12', 'the others stay');



=== TEST 7: more headers than one part of nginx's list holds
--- config
    large_client_header_buffers 8 16k;
    location / { proxy_pass http://court_mock; }
--- check
my @many = map { ("X-N$_: $_", "Court-N$_: forged") } 1 .. 60;
both(sub {
    my $answer = $_[0]->('GET', '/me', [@many, @auth]);

    allowed($answer);
    unlike($answer->{body}, qr/forged/, 'nothing forged');
    is(join(',', map { field($answer, "X-N$_") } 1 .. 60),
       join(',', 1 .. 60), 'all others');
});



=== TEST 8: the variable, in a server's rewrite
--- config
    set $early "[$http_court_role]";
    if ($http_court_role) { return 418; }
    location / { court off; return 200 "$early\n"; }
--- check
both(sub {
    my $answer = $_[0]->('GET', '/x', ['Court-Role: judge']);
    is($answer->{status} . $answer->{body}, "200[]\n", 'empty');
});



=== TEST 9: the variable, in a location's rewrite, in map, in add_header
--- http_config eval: $::logged
--- config
    underscores_in_headers on;
    location / {
        court off;
        set $here "[$http_court_role]";
        if ($http_court_role = judge) { return 418; }
        add_header X-Role "[$http_court_role]" always;
        return 200 "$here$mapped\n";
    }
--- check
my $answer = h1('GET', '/x', ['Court_Role: judge', 'Court-Role: judge']);
is($answer->{status} . $answer->{body}, "200[]x\n", 'empty');
is(header($answer, 'X-Role'), '[]', 'in add_header');



=== TEST 10: the variable in access_log
--- http_config eval: $::logged
--- config
    location / { proxy_pass http://court_mock; }
    location /off { court off; return 204; }
--- check
role_log();
h1('GET', '/off', ['Court-Role: judge', 'Court-Evil: judge']);
unlike(role_log(), qr/judge/, 'court off');
h1('GET', '/me', ['Court-Role: judge', 'Court-Evil: judge']);
unlike(role_log(), qr/judge/, 'refused');
h1('GET', '/me', [@auth, 'Court-Role: judge', 'Court-Evil: judge']);
my $text = role_log();
unlike($text, qr/judge/, 'allowed');
like($text, qr/\[lawyer\]\[lawyer-1\]\[-\]/, 'ours by then');



=== TEST 11: nginx's own 400, with no phase before it: log and add_header
--- http_config eval: $::logged
--- config
    add_header X-Role "[$http_court_role]" always;
    location / { proxy_pass http://court_mock; }
--- check
for my $bad ("Host: a\r\nHost: b", "Content-Length: 1\r\nContent-Length: 2",
             "Content-Length: x", 'X y: z')
{
    role_log();
    my $answer = raw("GET /me HTTP/1.1\r\nCourt-Role: judge\r\n$bad\r\n"
                     . "Host: localhost\r\nConnection: close\r\n\r\n");
    unlike($answer->{text}, qr/judge/, "answer: $bad");
    unlike(role_log(), qr/judge/, "log: $bad");
}



=== TEST 12: nginx's own 400 and a named error_page
--- config
    error_page 400 414 494 @bad;
    location @bad { court off; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
my $answer = raw("GET /me HTTP/1.1\r\nCourt-Role: judge\r\nCourt-Evil: judge\r\n"
                 . "Host: a\r\nHost: b\r\nConnection: close\r\n\r\n");
unlike($answer->{text}, qr/judge/, 'two hosts');
$answer = raw("GET /me HTTP/1.1\r\nHost: a\r\nCourt-Role: judge\r\n"
              . 'X: ' . 'x' x 40000 . "\r\nConnection: close\r\n\r\n");
unlike($answer->{text}, qr/judge/, 'a header too large');



=== TEST 13: the same by URI, protected and not
--- config
    error_page 400 /open;
    location = /open { proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
my $answer = raw("GET /me HTTP/1.1\r\nCourt-Role: judge\r\nHost: a\r\n"
                 . "Host: b\r\nConnection: close\r\n\r\n");
is($answer->{status}, 400, 'an error it stays');
unlike($answer->{text}, qr/judge/, 'nothing forged');



=== TEST 14: nginx's own 413
--- config
    error_page 413 @big;
    location @big { court off; add_header X-Role "[$http_court_role]" always; return 200 "big [$http_court_role]\n"; }
    location / { client_max_body_size 10; proxy_pass http://court_mock; }
--- check
my $answer = h1('POST', '/me', [@auth, 'Court-Role: judge'], 'x' x 20);
is($answer->{status}, 413, 'an error it stays');
unlike($answer->{text}, qr/judge/, 'nothing forged');
unlike(h2('POST', '/me', [@auth, 'Court-Role: judge'], 'x' x 20)->{text},
       qr/judge/, 'nothing forged by HTTP/2');



=== TEST 15: what services behind proxies believe
--- config
    underscores_in_headers on;
    location / { proxy_pass http://court_mock; }
--- check
my @believed = map { "$_: forged" } qw(X-Forwarded-For X-Forwarded-Proto
    X-Forwarded-Host X-Forwarded-User X-Forwarded-Prefix X_Forwarded_For
    Forwarded X-Original-URL X-Original-URI X-Original-Method X-Rewrite-URL
    X_Rewrite_Url X-HTTP-Method-Override X-HTTP-Method X-Method-Override
    X-Accel-Redirect X-Accel-Internal X-Real-IP X-Client-IP True-Client-IP
    X-Remote-User X-Middleware-Subrequest X-Override-URL Proxy X-Host
    x-forwarded-for);
both(sub {
    my $answer = $_[0]->('GET', '/me', [@auth, @believed, 'X-Kept: 1']);

    allowed($answer);
    unlike($answer->{body}, qr/forged/, 'none of them');
    is(field($answer, 'X-Kept'), '1', 'others are left alone');
});



=== TEST 16: nor by $proxy_add_x_forwarded_for
--- config
    location / {
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_pass http://court_mock;
    }
--- check
my $answer = h1('GET', '/me', [@auth, 'X-Forwarded-For: 10.9.9.9']);
allowed($answer);
is(field($answer, 'X-Forwarded-For'), '127.0.0.1', 'our own sight alone');



=== TEST 17: credentials and proofs stay here
--- config
    location / { proxy_pass http://court_mock; }
--- check
my @proofs = map { "$_: secret" } qw(DPoP Signature Signature-Input
    Signature-Agent signature Act-Confirmation ACT-CONFIRMATION dpop);
both(sub {
    my $answer = $_[0]->('GET', '/me', [@auth, @proofs]);

    allowed($answer);
    unlike($answer->{body}, qr/secret|^Authorization|Bearer/mi, 'none went up');
});



=== TEST 18: a public interface gets no credential either
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/open', [@auth, 'Court-Role: judge', 'DPoP: secret']);
allowed($answer, 'GET /open');
unlike($answer->{body}, qr/secret|Bearer|judge/i, 'nothing');
is(field($answer, 'Court-Interface'), 'open', 'which interface');
is(field($answer, 'Court-Subject') . field($answer, 'Court-Assertion')
   . field($answer, 'Court-Role'), '', 'and nobody');



=== TEST 19: each header of ours, once
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    my $answer = $_[0]->('GET', '/cases/1', [@auth]);

    allowed($answer, 'GET /cases/1');

    my %want = (
        'Court-Subject' => 'lawyer-1', 'Court-Issuer' => 'platform',
        'Court-Role' => 'lawyer', 'Court-Kind' => 'full_time',
        'Court-Interface' => 'case', 'Court-Rule' => 'r-case',
        'Court-Relation' => 'plaintiff', 'Court-Policy' => '2026112801',
        'Court-Code' => 'B00', 'Court-Principal' => '',
        'Court-Obligations' => '', 'Court-Client' => '',
        'Court-Decision' => '',
    );

    is(field($answer, $_), $want{$_}, $_) for sort keys %want;
    like(field($answer, 'Court-Request-Id'), qr/^[0-9a-f]{32}$/, 'an id');
    is(field($answer, 'Court-Request-Id'), header($answer, 'Court-Request-Id'),
       'the caller is told the same');
    like(field($answer, 'Court-Assertion'), qr/^[\w-]+\.[\w-]+\.[\w-]+$/,
         'an assertion');
});



=== TEST 20: obligations, and values that need encoding
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $sub ('a b', "\xe5\xbc\xa0\xe4\xb8\x89", 'x%0d%0aCourt-Role: judge',
             'a,b', 'a"b', 'a/b;c', 'A-Z._~9')
{
    my $answer = h1('GET', '/me', [Court::bearer('party',
        sub => do { my $s = $sub; utf8::decode($s); $s })]);
    my $encoded = $sub =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/egr;

    allowed($answer);
    is(field($answer, 'Court-Subject'), $encoded, "subject $encoded");
    is(field($answer, 'Court-Role'), 'party', 'role');
    is(field($answer, 'Court-Obligations'), 'watermark%2Clog_all',
       'obligations');
}



=== TEST 21: claims with line ends stay one value
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/me', [Court::bearer('party',
                                             sub => "a\r\nCourt-Role: judge")]);
upstream();
unlike($answer->{text}, qr/^Court-Role: judge/m, 'no second header');



=== TEST 22: a court service's Court-* answers are dropped
--- config
    location / { proxy_pass http://court_mock; }
--- check
reply("HTTP/1.1 200 OK\nContent-Length: 3\nConnection: close\n"
      . "Court-Role: judge\ncourt-refused: x\nCOURT-EVIL: y\nCourt_Evil: z\n"
      . "Court-Request-Id: mine\nX-Kept: 1\n\nok\n");
both(sub {
    my $answer = $_[0]->('GET', '/me', [@auth]);

    is($answer->{status} . $answer->{body}, "200ok\n", 'answered');
    is(header($answer, 'X-Kept'), '1', 'others stay');
    unlike($answer->{text}, qr/judge|evil|court-refused/i, 'dropped');
    like(header($answer, 'Court-Request-Id'), qr/^[0-9a-f]{32}$/, 'our id');
});
reply(undef);



=== TEST 23: X-Accel-* of a court service are ignored
--- config
    location /private/ { internal; court off; return 200 "private\n"; }
    location / { proxy_pass http://court_mock; }
--- check
reply("HTTP/1.1 200 OK\nContent-Length: 3\nConnection: close\n"
      . "X-Accel-Redirect: /private/x\nX-Accel-Limit-Rate: 1\n"
      . "X-Accel-Charset: koi8-r\nX-Accel-Buffering: no\n\nok\n");
my $answer = h1('GET', '/me', [@auth]);
is($answer->{status} . $answer->{body}, "200ok\n", 'not followed');
unlike($answer->{text}, qr/private|X-Accel/, 'not told');
reply(undef);



=== TEST 24: court_accel on: followed
--- config
    location /private/ { internal; court off; return 200 "private $http_court_role|$http_authorization\n"; }
    location / { court_accel on; proxy_pass http://court_mock; }
--- check
reply("HTTP/1.1 200 OK\nContent-Length: 3\nConnection: close\n"
      . "X-Accel-Redirect: /private/x\n\nok\n");
my $answer = h1('GET', '/me', [@auth]);
is($answer->{status} . $answer->{body}, "200private |\n",
   'with neither identity nor token');
reply(undef);



=== TEST 25: keep-alive: A, then nobody, then A
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $text = talk("GET /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n\r\n"
    . "GET /me HTTP/1.1\r\nHost: a\r\n\r\n"
    . "GET /open HTTP/1.1\r\nHost: a\r\n\r\n"
    . "GET /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\nConnection: close\r\n\r\n");
my @a = answers($text);
is(join(' ', map { $_->{status} } @a), '200 401 200 200', 'in turn');
is(join(' ', map { field($_, 'Court-Subject') || '-' } @a),
   'lawyer-1 - - lawyer-1', 'each their own');
my %ids = map { header($_, 'Court-Request-Id') => 1 } @a;
is(scalar keys %ids, 4, 'four ids');



=== TEST 26: client's Court-Request-Id is nobody's
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    for my $path ('/me', '/open', '/admin') {
        my $answer = $_[0]->('GET', $path, [@auth, 'Court-Request-Id: mine']);

        like(header($answer, 'Court-Request-Id'), qr/^[0-9a-f]{32}$/, $path);
        unlike($answer->{text}, qr/mine/, 'not the client\'s');
    }
});
upstream();
