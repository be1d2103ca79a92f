# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Reads decision records, and checks their chains with no code of ours: digests
# are Perl's and openssl's.
#
#     my @r = CourtAudit::records('audit.log');
#     my ($r) = CourtAudit::wait_for('audit.log', phase => 'outcome');
#     is CourtAudit::chains('audit.log'), '', 'whole';

package CourtAudit;

use strict;
use warnings;
use Court;
use CourtSource;
use Digest::SHA qw(sha256_hex);
use JSON::PP;
use Time::HiRes qw(sleep time);


# until the code is true, 10 s at most; after one that was not, briefly: a
# suite that fails shall not take all day
my $patience = 10;

sub poll {
    my ($code) = @_;
    my $until = time + $patience;

    while (time < $until) {
        return 1 if $code->();
        sleep 0.02;
    }

    $patience = 0.5;
    return 0;
}


sub path {
    my ($name) = @_;
    return $name =~ m{^/} ? $name : Court::dir() . "/$name";
}


sub lines {
    my ($name) = @_;

    open my $in, '<:raw', path($name) or return;
    my @lines = <$in>;
    return @lines;
}


# a line that is none dies; one that is being written is waited for
sub records {
    my ($name) = @_;
    return map { JSON::PP->new->utf8->decode($_) }
               grep { /\n\z/ && length > 1 } lines($name);
}


sub matches {
    my ($r, %want) = @_;

    for my $member (keys %want) {
        return 0 unless defined $r->{$member} && $r->{$member} eq $want{$member};
    }

    return 1;
}


sub find {
    my ($name, %want) = @_;
    return grep { matches($_, %want) } records($name);
}


# the records that have these members, as soon as there is one
sub wait_for {
    my ($name, %want) = @_;
    my @found;

    poll(sub { @found = find($name, %want); scalar @found });
    return @found;
}


sub digest {
    my ($alg, $line) = @_;

    return sha256_hex($line) if $alg eq 'sha256';

    my $text = Court::run($line, qw(openssl dgst -sm3));
    return $text =~ /([0-9a-f]{64})\s*$/ ? $1 : die "openssl: $text\n";
}


# What is wrong with the chains of these files, one after the other; '' where
# nothing is.  The first file may begin anywhere within a chain.
sub chains {
    my (%last, @wrong);

    for my $name (@_) {
        for my $line (grep { length > 1 } lines($name)) {
            chomp $line;
            my $r = eval { JSON::PP->new->utf8->decode($line) };
            push @wrong, "torn: $line" and next unless $r;

            my $chain = "$r->{gateway} $r->{worker}";
            my ($alg, $prev) = split /:/, $r->{prev};
            my $last = $last{$chain};

            if ($last) {
                push @wrong, "$chain: $r->{seq} after $last->{seq}"
                    if $r->{seq} != $last->{seq} + 1;
                push @wrong, "$chain: $r->{seq}: another line before it"
                    if $prev ne digest($alg, $last->{line});
            } elsif ($r->{seq} == 1) {
                push @wrong, "$chain: does not begin with nothing"
                    if $prev ne '0' x 64;
            }

            $last{$chain} = { seq => $r->{seq}, line => $line };
        }
    }

    return join "\n", @wrong;
}


# a ring of one key
sub ring {
    my ($name, $id, $alg) = @_;
    return Court::file($name, "$id $alg "
                       . MIME::Base64::encode_base64url('K' x 32) . "\n");
}


sub pid {
    my $name = $Test::Nginx::Util::PidFile;

    open my $in, '<', $name or die "$name: $!\n";
    my $pid = <$in>;
    return $pid + 0;
}


1;
