# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Revoked on this machine, without events: who, for how long, on each worker;
# kept over kill -9, restart and reload; and what stands in the file.

use strict;
use warnings;
use lib 't/lib';
use Court;
use CourtAudit;
use CourtGateway;
use JSON::PP;
use Test::More;

my $dir = Court::dir();
my $file = "$dir/state/revoked";

sub interface {
    my ($id, $path, @methods) = @_;
    return { id => $id, routes => [ { methods => [@methods], path => $path } ] };
}

my $policy = {
    format => 1, version => 1,
    interfaces => [ interface('me', '/me', 'GET'), interface('link', '/link/{case}', 'GET') ],
    rules => [
        { id => 'r1', effect => 'allow', roles => [qw(lawyer party assistant judge)],
          interfaces => ['me', 'link'] },
    ],
};

sub configure {
    CourtGateway::configure(policy => $policy, server => <<'_EOC_', @_);
        location / { proxy_pass http://court_mock; }
        location /other/ { court_code B01; rewrite ^/other(/.*)$ $1 break; proxy_pass http://court_mock; }
_EOC_
}

sub get  { return CourtGateway::gets(6, '/me', $_[0]) }
sub deny { return CourtGateway::revoke(@_) }

my $no = '401 token_invalid';
my %token = map { $_ => Court::token('lawyer', sub => $_, jti => "j-$_") } qw(ann bob eve);
my $staff = Court::token('judge', sub => 'ann');
my $nojti = Court::token('lawyer', sub => 'kim', jti => undef);
my $helper = Court::token('assistant', sub => 'hal', principal => 'ann');

configure();
is(CourtGateway::start(), 0, 'starts');
is(join(' ', map { get($_) } values %token, $staff, $nojti, $helper), join(' ', ('200') x 6), 'all may');


# each kind, and nobody else
is(deny(kind => 'subject', issuer => 'platform', what => 'ann'), 200, 'a subject');
is(get($token{ann}), $no, 'is refused on each worker');
is(get(Court::token('lawyer', sub => 'ann')), $no, 'with a new token, too');
is(get($token{bob}), '200', 'another one is not');
is(get($staff), '200', 'nor one of that name of another issuer');
is(get($helper), '403 not_delegated', 'his assistant has no principal any more');
is(deny(kind => 'subject', issuer => 'platform', what => 'ann', undo => JSON::PP::true), 200, 'undone');
is(get($token{ann}), '200', 'may again');
is(get($helper), '200', 'his assistant, too');

is(deny(kind => 'subject', what => 'ann'), 200, 'a subject of any issuer');
is(get($_), $no, 'is refused') for $token{ann}, $staff;
is(deny(kind => 'subject', what => 'ann', undo => JSON::PP::true), 200, 'undone');

my $second = Court::token('lawyer', sub => 'bob', jti => 'j-other');
is(deny(kind => 'token', issuer => 'platform', what => 'j-bob'), 200, 'a token by jti');
is(get($token{bob}), $no, 'is refused');
is(get($second), '200', 'his other one is not');
is(deny(kind => 'token', token => $second), 200, 'a token by its text');
is(get($second), $no, 'is refused');
is(deny(kind => 'token', token => $nojti), 200, 'a token without jti');
is(get($nojti), $no, 'is refused');

# (r, s) and (r, n - s) sign alike: the twin of a token is that token
sub twin {
    my ($token) = @_;
    my ($head, $signature) = $token =~ /^(.*)\.([^.]+)$/;
    my $raw = MIME::Base64::decode_base64url($signature);
    my $n = Math::BigInt->from_hex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    my $s = Math::BigInt->from_hex(unpack 'H*', substr $raw, 32);
    my $other = pack 'H*', substr(('0' x 64) . ($n - $s)->to_hex, -64);

    return "$head." . MIME::Base64::encode_base64url(substr($raw, 0, 32) . $other);
}

use Math::BigInt;
use MIME::Base64 ();
is(get(twin($nojti)), $no, 'its twin is, too');
isnt(twin($nojti), $nojti, 'which is another text');
is(deny(kind => 'token', token => Court::sign({ alg => 'ES256', typ => 'at+jwt', kid => 'platform' },
        { iss => 'https://platform.test', jti => 'j-eve', sub => 'eve' }, 'staff')), 400,
   'a forged token revokes nobody');
is(get($token{eve}), '200', 'not even whom it names');

is(deny(kind => 'key', issuer => 'staff', what => 'staff'), 200, 'a key');
is(get($staff), $no, 'what it signed is refused');
is(get($token{eve}), '200', "another issuer's is not");
is(deny(kind => 'key', issuer => 'staff', what => 'staff', undo => JSON::PP::true), 200, 'undone');

is(deny(kind => 'court', what => 'B01'), 200, 'a court');
is(CourtGateway::gets(6, '/other/me', $token{eve}), $no, 'nobody comes there');
is(get($token{eve}), '200', 'but to others');
is(CourtGateway::gets(6, '/other/me', $token{eve}), $no, 'also when the token is known');
is(deny(kind => 'court', what => 'B01', undo => JSON::PP::true), 200, 'undone');


# until
is(deny(kind => 'subject', what => 'eve', until => time + 2), 200, 'for two seconds');
is(get($token{eve}), $no, 'refused');
ok(CourtGateway::wait_for(sub { get($token{eve}) eq '200' }), 'then not any more');
is(deny(kind => 'subject', what => 'eve', until => time - 1), 400, 'not in the past');


# what is told, and what is not
my $list = CourtGateway::control('GET', '/revoke/list')->{json};
is($list->{total}, 3, 'three stand');
is(join(' ', sort map { $_->{kind} } @{$list->{revoked}}), 'hash token token', 'by kind');
ok((!grep { $_->{id} !~ /^[0-9a-f]{32}$/ || $_->{origin} ne 'local' } @{$list->{revoked}}), 'by id');
unlike(Court::slurp($file), qr/ann|bob|eve|kim|j-/, 'the file names nobody');
is((stat $file)[2] & 0777, 0600, 'and is for nobody else');
ok(CourtAudit::poll(sub { grep { ($_->{verb} // '') eq 'revoke' && $_->{what} eq 'court' }
                               CourtAudit::find('audit.log', event => 'control') }), 'recorded');
ok(CourtAudit::poll(sub { CourtAudit::find('audit.log', reason => 'token_revoked') > 0 }),
   'the record says token_revoked');


# courtctl: who is meant never among the words
Court::file('courtctl.conf', "control = unix:$dir/run/control.sock:/control\n");

sub ctl {
    my ($input, @words) = @_;

    Court::file('ctl.in', $input);
    system("lua-free-scripts/courtctl -c $dir/courtctl.conf revoke @words < $dir/ctl.in > $dir/ctl.out 2> $dir/ctl.err");
    return $? >> 8;
}

my $tim = Court::token('lawyer', sub => 'tim', jti => 'j-tim');
is(ctl("tim\n", 'subject', '--issuer', 'platform', '--until', '+2h'), 0, 'courtctl: a subject');
is(get($tim), $no, 'is refused');
is(ctl("tim\n", 'undo', 'subject', '--issuer', 'platform'), 0, 'courtctl: undone');
is(get($tim), '200', 'may again');
is(ctl("tim\n", 'undo', 'subject', '--issuer', 'platform'), 1, 'courtctl: not twice');
is(ctl("$tim\n", 'token', '-o', 'json'), 0, 'courtctl: a token');
is(get($tim), $no, 'is refused');
my ($told) = Court::slurp("$dir/ctl.out") =~ /"id":"([0-9a-f]+)"/;
is(ctl('', 'list', '-o', 'json'), 0, 'courtctl: list');
like(Court::slurp("$dir/ctl.out"), qr/"id":"$told"/, 'has it');
is(ctl('', 'undo', '--id', $told), 0, 'courtctl: undone by id');
is(ctl("j-tim\n", 'token', '--issuer', 'platform'), 0, 'courtctl: a token by jti');
is(get($tim), $no, 'is refused');
is(ctl("j-tim\n", 'undo', 'token', '--issuer', 'platform'), 0, 'courtctl: undone');
is(ctl('', 'court', 'B01'), 0, 'courtctl: a court');
is(ctl('', 'undo', 'court', 'B01'), 0, 'courtctl: undone');
is(ctl("staff\n", 'key', '--issuer', 'staff'), 0, 'courtctl: a key');
is(ctl("staff\n", 'undo', 'key', '--issuer', 'staff'), 0, 'courtctl: undone');
for my $row ([ '', 'subject' ], [ "a\nb\n", 'subject' ], [ '', 'subject', 'tim' ], [ '', 'nobody' ], [ '' ],
             [ "tim\n", 'subject', '--until', 'never' ], [ "tim\n", 'subject', '--until', 1 ], [ "tim\n", 'key' ],
             [ "tim\n", 'subject', '--issuer', 'nobody' ], [ '', 'undo', '--id', 'x.y' ], [ "tim\n", 'list', 'x' ],
             [ "$tim.x\n", 'token' ], [ "tim\n", 'undo', 'subject', '--until', '+1h' ])
{
    my ($input, @words) = @$row;
    is(ctl($input, @words), 2, "courtctl: usage: revoke @words");
}


# kept: kill -9 of all, restart, reload
deny(kind => 'subject', issuer => 'platform', what => 'ann');
deny(kind => 'subject', issuer => 'platform', what => 'eve');
deny(kind => 'subject', issuer => 'platform', what => 'eve', undo => JSON::PP::true);
CourtGateway::slay();
is(CourtGateway::start(), 0, 'started after kill -9');
is(join(', ', map { get($_) } $token{ann}, $token{bob}, $nojti), "$no, $no, $no", 'still refused');
is(get($token{eve}), '200', 'what was undone stays undone');

my ($id) = map { $_->{id} } grep { $_->{kind} eq 'subject' }
               @{CourtGateway::control('GET', '/revoke/list')->{json}{revoked}};
is(CourtGateway::revoke(id => $id, undo => JSON::PP::true), 200, 'undone by id');
is(CourtGateway::revoke(id => $id, undo => JSON::PP::true), 404, 'not twice');
is(get($token{ann}), '200', 'may again');

deny(kind => 'subject', issuer => 'platform', what => 'ann');
CourtGateway::stop();
is(CourtGateway::start(), 0, 'started again');
is(get($token{ann}), $no, 'refused after a restart');
ok(CourtGateway::reload(), 'reloaded');
is(get($token{ann}), $no, 'refused after a reload');
deny(kind => 'subject', issuer => 'platform', what => 'eve');
CourtGateway::slay();
is(CourtGateway::start(), 0, 'started');
is(get($token{eve}), $no, 'what came after a reload is kept');


# a worker that is killed loses nothing
kill 'KILL', (CourtGateway::workers())[0];
ok(CourtGateway::wait_for(sub { CourtGateway::workers() == 2 }), 'a worker was killed');
is(get($token{eve}), $no, 'still refused');


# a torn line is none; a damaged one may be anybody's
sub append {
    open my $out, '>>', $file or die;
    print $out @_;
    close $out;
}

CourtGateway::stop();
append("\ndeny subject 92233720368547");
is(CourtGateway::start(), 0, 'starts over a torn line');
is(get($token{eve}), $no, 'and has the others');
ok(CourtGateway::log_has('was not written to its end'), 'which is told');
CourtGateway::stop();

for my $line ('deny nobody 1 1 ' . '0' x 64, 'deny subject x 1 ' . '0' x 64, 'deny subject 1 1 00',
              'drop subject 1 1 ' . '0' x 64, 'deny subject 99999999999999999999 1 ' . '0' x 64)
{
    my $whole = Court::slurp($file);

    append("\n$line .\n");
    isnt(CourtGateway::start(), 0, "does not start over: $line");
    Court::file('state/revoked', $whole);
}

ok(CourtGateway::log_has('is damaged: who is revoked is not known'), 'which is told');

chmod 0666, $file;
isnt(CourtGateway::start(), 0, 'does not start with a file that others write');
chmod 0600, $file;


# without the file, and without a directory
unlink $file;
is(CourtGateway::start(), 0, 'starts without a file');
is(get($token{eve}), '200', 'nobody is revoked');
my $answer = CourtGateway::control('POST', '/revoke', { kind => 'subject', what => 'eve' })->{json};
ok($answer->{kept}, 'kept');
CourtGateway::stop();

configure();
my $conf = Court::slurp("$dir/nginx.conf") =~ s/court_state_dir \S+;//r;
Court::file('nginx.conf', $conf);
is(CourtGateway::start(), 0, 'without court_state_dir');
is(get($token{eve}), '200', 'nobody is revoked');
$answer = CourtGateway::control('POST', '/revoke', { kind => 'subject', what => 'eve' })->{json};
ok(defined $answer->{kept} && !$answer->{kept}, 'not kept, and said so');
is(get($token{eve}), $no, 'but refused');
is(CourtGateway::log_has('\[(?:alert|crit)\](?!.* exited on signal 9)'), 0, 'no alert');
CourtGateway::stop();

done_testing();
