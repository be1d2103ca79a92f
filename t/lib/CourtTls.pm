# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Authorities and certificates by openssl's command line, for suites whose
# clients show one.  All are below Court::dir()/tls: NAME.pem, NAME.key.
#
#     CourtTls::authority('ca');
#     CourtTls::certificate('platform', ca => 'ca', cn => 'x', san => 'DNS:y');
#     CourtTls::pin('platform')       # base64 of SHA-256 of its key, RFC 7469
#     CourtTls::ask($socket, $host, $path, cert => 'platform', body => $text)

package CourtTls;

use strict;
use warnings;
use Court;
use Digest::SHA qw(sha256);
use MIME::Base64 qw(encode_base64);

my $KEY = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';

sub dir { return Court::dir() . '/tls' }


sub openssl {
    my ($line) = @_;
    my $log = Court::dir() . '/openssl.out';

    mkdir dir();
    system("openssl $line >> $log 2>&1") == 0 or die "openssl $line: see $log\n";
}


sub authority {
    my ($name) = @_;
    my $at = dir() . "/$name";

    openssl("req -x509 $KEY -keyout $at.key -out $at.pem -days 30 -subj /CN=$name");
}


# days: negative ones are over
sub certificate {
    my ($name, %o) = @_;
    my $at = dir() . "/$name";
    my $ca = dir() . "/$o{ca}";
    my $days = Court::days($o{days} // 30);

    Court::file("tls/$name.ext", $o{san} ? "subjectAltName=$o{san}\n" : "basicConstraints=CA:FALSE\n");
    openssl("req $KEY -keyout $at.key -out $at.csr -subj '/CN=$o{cn}'");
    openssl("x509 -req -in $at.csr -CA $ca.pem -CAkey $ca.key -CAcreateserial $days "
            . "-extfile $at.ext -out $at.pem");
    chmod 0600, "$at.key";
}


sub pin {
    my ($name) = @_;
    my $pem = Court::run('', qw(openssl x509 -noout -pubkey -in), dir() . "/$name.pem");

    return encode_base64(sha256(Court::run($pem, qw(openssl pkey -pubin -outform DER))), '');
}


# By curl, through a unix socket: { status, text, code }.  plain: without TLS;
# host "127.0.0.1" sends no server name, "as" is its Host then; limit: seconds
# until the client goes.
sub ask {
    my ($socket, $host, $path, %o) = @_;
    my $dir = dir();
    my @command = ('curl', '-sk', '-m', $o{limit} || 30, '--unix-socket', $socket, '-w', '\n%{http_code}',
                   '-D', "$dir/head");

    push @command, '--cert', "$dir/$o{cert}.pem", '--key', "$dir/$o{cert}.key" if $o{cert};
    push @command, '-H', "Host: $o{as}" if $o{as};
    push @command, '-H', $_ for @{$o{headers} || []};
    push @command, '-X', $o{method} if $o{method};

    if (defined $o{body}) {
        my $body = ref $o{body} ? Court::json($o{body}) : $o{body};
        push @command, '-H', 'Content-Type: application/json',
                       '--data-binary', '@' . Court::file('tls/body', $body);
    }

    open my $in, '-|', @command, ($o{plain} ? 'http' : 'https') . "://$host$path"
        or die "curl: $!\n";
    local $/;
    my $text = <$in> // '';
    close $in;

    my ($status) = $text =~ s/\n(\d+)\z// ? $1 : 0;
    my ($code) = $text =~ /"code":"(\w+)"/;

    return { status => $status + 0, text => $text, code => $code // '',
             head => -e "$dir/head" ? Court::slurp("$dir/head") : '' };
}


1;
