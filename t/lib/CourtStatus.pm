# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Reads the status, as JSON and as Prometheus' text, with no code of ours.
#
#     my $s = CourtStatus::parse($json);
#     $s->get('court_decisions_total', 'B00', 'allow')     # a number, or undef
#     CourtStatus::read_prometheus($text)                  # (\%values, @wrong)

package CourtStatus;

use strict;
use warnings;
use JSON::PP;


sub parse {
    my ($text) = @_;
    my $self = eval { JSON::PP->new->utf8->decode($text) }
        or die "CourtStatus: no JSON: $@\n";

    return bless $self, 'CourtStatus';
}


# the value of the sample with these labels
sub get {
    my ($self, $name, @labels) = @_;
    my $metric = $self->{metrics}{$name} or die "no metric $name\n";

    for my $sample (@{$metric->{samples}}) {
        my @have = @$sample;
        my $value = pop @have;
        return $value if "@have" eq "@labels" && @have == @labels;
    }

    return;
}


# {"B00 allow" => 3, ...}, without those of 0
sub all {
    my ($self, $name) = @_;
    my %all;

    for my $sample (@{$self->{metrics}{$name}{samples}}) {
        my @labels = @$sample;
        my $value = pop @labels;
        $all{"@labels"} = $value if $value;
    }

    return \%all;
}


# sum of all samples, or of those whose last label is that
sub sum {
    my ($self, $name, $last) = @_;
    my $sum = 0;

    for my $sample (@{$self->{metrics}{$name}{samples}}) {
        $sum += $sample->[-1] if !defined $last || $sample->[-2] eq $last;
    }

    return $sum;
}


# "problem:name" of each, in one line
sub problems {
    my ($self) = @_;

    return join ' ', sort map { $_->{name} eq '' ? $_->{problem}
                                                 : "$_->{problem}:$_->{name}" }
                              @{$self->{health}{problems}};
}


# Exposition format 0.0.4, line by line: (values by "name{labels}", what is
# wrong).  A family's lines stand together; HELP and TYPE come first and once;
# no sample twice; buckets ascend, +Inf is the count.
sub read_prometheus {
    my ($text) = @_;
    my (%value, %type, %help, @wrong, $family, %bucket);
    my $label = qr/[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"/;

    push @wrong, 'the last line does not end' unless $text =~ /\n\z/;

    for my $line (split /\n/, $text) {
        if ($line =~ /^# HELP (\w+) \S/) {
            push @wrong, "HELP of $1 twice" if $help{$1}++;
            $family = $1;
            next;
        }

        if ($line =~ /^# TYPE (\w+) (counter|gauge|histogram)$/) {
            push @wrong, "TYPE of $1 twice or apart"
                if $type{$1} || $1 ne $family;
            $type{$1} = $2;
            next;
        }

        my ($name, $labels, $value) =
            $line =~ /^(\w+)(?:\{($label(?:,$label)*)\})? ([0-9.]+)$/
            or do { push @wrong, "line: $line"; next };
        my $base = $name;

        $base =~ s/_(?:bucket|sum|count)$// if ($type{$family} // '') eq 'histogram';
        push @wrong, "$name stands with $family" if $base ne $family;
        push @wrong, "$name is no _total"
            if ($type{$family} eq 'counter') != ($name =~ /_total$/);

        my $key = defined $labels ? "$name\{$labels}" : $name;
        push @wrong, "$key twice" if exists $value{$key};
        $value{$key} = $value;

        if ($name =~ /_bucket$/) {
            my ($le) = ($labels // '') =~ /le="([^"]*)"$/;
            my $of = $base . '{' . (($labels // '') =~ s/,?le="[^"]*"$//r) . '}';
            push @wrong, "$key is below the one before"
                if $value < ($bucket{$of} // 0);
            $bucket{$of} = $value;
            $bucket{"$of Inf"} = $value if $le eq '+Inf';
        }

        if ($name =~ /_count$/ && $type{$family} eq 'histogram') {
            my $of = $base . '{' . ($labels // '') . '}';
            push @wrong, "$key is not +Inf"
                if ($bucket{"$of Inf"} // -1) != $value;
        }
    }

    return (\%value, @wrong);
}


1;
