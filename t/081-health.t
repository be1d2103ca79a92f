# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_health: live is whether anything answers, ready whether callers can be
# decided about; what is down and can be done without is degraded, and 200.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtHttp;

$CourtHttp::PREFIX .= <<'_EOC_';
    location ^~ /health/ { court_health; }
    location = /up { court_health live; }
    location = /able { court_health ready; }
    location = /status { court_status; }
_EOC_

Court::identity('lawyer-1');
Court::file('none.jwks', '{"keys":[]}');

our ($outside) = map { m{inet ([\d.]+)/} && $1 !~ /^127\./ ? $1 : () }
                     split /\n/, `ip -4 -o addr show 2>/dev/null`;

our $json = JSON::PP->new->utf8->canonical;

# "200 ready", "200 degraded redis:main", "503 unready no_key:platform"
sub said {
    my ($target, @headers) = @_;
    my $answer = h1('GET', $target // '/health/ready', \@headers);
    my $health = eval { $json->decode($answer->{body}) }
        or return "$answer->{status} $answer->{body}";

    return join ' ', $answer->{status}, $health->{status},
           map { $_->{name} eq '' ? $_->{problem} : "$_->{problem}:$_->{name}" }
           sort { $a->{problem} cmp $b->{problem} || $a->{name} cmp $b->{name} }
           @{$health->{problems} // []};
}

# an issuer whose file of keys is another
sub with_keys {
    my ($name, $file) = @_;
    my $text = CourtHttp::http();

    $text =~ s{jwks_file  (\S+)/$name\.jwks;}{jwks_file  $1/$file;} or die;
    return $text;
}

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: all is well
--- config
    location / { proxy_pass http://court_mock; }
--- check
    is(said('/health/ready'), '200 ready', 'ready');
    is(said('/health/live'), '200 live', 'live');
    is(said('/health/'), '200 ready', 'nothing said is ready');
    is(said('/health/alive'), '200 ready', 'nor is another word live');
    is(said('/up'), '200 live', 'live, whatever the path');
    is(said('/able'), '200 ready', 'ready, whatever the path');

    for my $path ('/health/live', '/health/ready') {
        my $answer = h1('GET', $path);
        is(header($answer, 'Content-Type'), 'application/json', "$path: type");
        is(header($answer, 'Cache-Control'), 'no-store', "$path: not stored");

        my $head = h1('HEAD', $path);
        is($head->{status}, 200, "HEAD $path");
        is($head->{body}, '', "HEAD $path: no body");
        is(header($head, 'Content-Length'), length $answer->{body}, "HEAD $path: length");
        is(h1($_, $path, [], 'x')->{status}, 405, "$_ $path: 405") for qw(POST PUT DELETE);
        is(h2('GET', $path)->{status}, 200, "HTTP/2 $path");
    }


=== TEST 2: an issuer without a usable key
--- http_config eval: main::with_keys('platform', 'none.jwks')
--- config
    location / { proxy_pass http://court_mock; }
--- check
    is(said(), '503 unready no_key:platform', 'unready');
    is(said('/health/live'), '200 live', 'and alive');
    is(said('/up'), '200 live', 'and alive');
    is(h1('HEAD', '/health/ready')->{status}, 503, 'HEAD, too');
    like(h1('GET', '/status?format=prometheus')->{body}, qr/^court_ready 0$/m, 'as a metric');
    like(h1('GET', '/status?format=prometheus')->{body},
         qr/^court_problem\{problem="no_key",severity="unready"\} 1$/m, 'and why');


=== TEST 3: to others one word
--- http_config eval: main::with_keys('staff', 'none.jwks')
--- config
    location / { proxy_pass http://court_mock; }
--- check
    my $header = 'X-Forwarded-For: 10.0.0.1';

    is(h1('GET', '/health/ready')->{body},
       '{"ready":false,"status":"unready","problems":[{"problem":"no_key","severity":"unready","name":"staff"}]}' . "\n",
       'here');
    is(h1('GET', '/health/ready', [$header])->{body}, '{"status":"unready"}' . "\n", 'behind a proxy');
    is(h1('GET', '/health/ready', [$header])->{status}, 503, 'with the same status');
    is(h1('GET', '/health/live', [$header])->{body}, '{"status":"live"}' . "\n", 'live');

    ok($outside, 'this machine has an address') or return;
    my $port = Test::Nginx::Util::server_port();
    is(`curl -s -m 20 --interface $outside http://$outside:$port/health/ready`,
       '{"status":"unready"}' . "\n", 'from elsewhere');


=== TEST 4: Redis is down: degraded
--- http_config eval: Court::file('seal.key', 's1 aes-256-gcm ' . MIME::Base64::encode_base64url('S' x 32) . "\n") && CourtHttp::http(main => "court_redis main { server unix:$CourtHttp::DIR/run/no-redis.sock; } court_cache redis=main seal_keys=$CourtHttp::DIR/seal.key;")
--- config
    location / { proxy_pass http://court_mock; }
--- check
    is(said(), '200 degraded redis:main', 'degraded');
    is(h1('GET', '/health/ready', ['Via: x'])->{body}, '{"status":"ready"}' . "\n", 'others hear ready');
    is(h1('GET', '/me', [bearer('lawyer')])->{status}, 200, 'and callers are served');


=== TEST 5: a Redis that nobody uses
--- http_config eval: CourtHttp::http(main => "court_redis main { server unix:$CourtHttp::DIR/run/no-redis.sock; }")
--- config
    location / { proxy_pass http://court_mock; }
--- check
    is(said(), '200 ready', 'is not missed');


=== TEST 6: a source is down: degraded
--- http_config eval: CourtHttp::http(source => 'location ~ bad { return 500; }', facts => Court::facts(all => 'breaker 2/60s;'))
--- config
    location / { proxy_pass http://court_mock; }
--- check
    h1('GET', '/cases/1', [bearer('lawyer', sub => "bad-$_")]) for 1 .. 3;
    is(said(), '200 degraded source:identity source:relation', 'degraded');


=== TEST 7: the record cannot be written: nobody is served
--- http_config eval: CourtHttp::http(main => 'court_audit_log /dev/full flush=20ms; court_audit_on_failure refuse;')
--- config
    location / { proxy_pass http://court_mock; }
--- check
    ok(poll(sub { said() eq '503 unready audit' }), 'unready');
    is(h1('GET', '/me', [bearer('lawyer')])->{status}, 503, 'as callers see');
    like(h1('GET', '/status?format=prometheus')->{body}, qr/^court_audit_failed 1$/m, 'as a metric');


=== TEST 8: the record cannot be written, and nothing is durable
--- http_config eval: CourtHttp::http(main => 'court_audit_log /dev/full flush=20ms;')
--- config
    location / { proxy_pass http://court_mock; }
--- check
    ok(poll(sub { said() eq '200 degraded audit' }), 'degraded');
    is(h1('GET', '/me', [bearer('lawyer')])->{status}, 200, 'callers are served');


=== TEST 9: the record cannot be written, and some interface is durable
--- http_config eval: $CourtHttp::POLICY->{interfaces}[2]{trace} = 'durable'; CourtHttp::http(main => 'court_audit_log /dev/full flush=20ms;')
--- config
    location / { proxy_pass http://court_mock; }
--- check
    ok(poll(sub { said() eq '503 unready audit' }), 'unready');


=== TEST 10: ... where that does not matter
--- http_config eval: CourtHttp::http(main => 'court_audit_log /dev/full flush=20ms; court_audit_on_failure allow;')
--- config
    location / { proxy_pass http://court_mock; }
--- check
    ok(poll(sub { said() eq '200 degraded audit' }), 'degraded');


=== TEST 11: nothing but this
--- http_config eval: "court_courts $CourtHttp::DIR/courts.json;"
--- config
    location / { return 204; }
--- check
    is(said(), '200 ready', 'no policy is asked for');


=== TEST 12: an unknown parameter
--- config
    location = /h { court_health alive; }
--- must_die
--- error_log
invalid parameter "alive"
--- no_error_log
[alert]


=== TEST 13: twice
--- config
    location = /h { court_health live; court_health; }
--- must_die
--- error_log
"court_health" directive is duplicate
--- no_error_log
[alert]
