# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# For suites of one fetch for all workers: a policy, a source that answers when
# it may, and clients that wait.

package CourtFlight;

use strict;
use warnings;
use Court;
use CourtSource;
use Exporter qw(import);
use JSON::PP;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(http token ask get go hold seen calls wait_calls all);

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind'] },
    conditions => {
        active => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                    reason => 'practice_not_active' },
    },
    interfaces => [ map { { id => $_, routes => [ { methods => ['GET'], path => "/api/$_" } ] } }
                        qw(any now) ],
    rules => [
        { id => 'any', effect => 'allow', roles => ['lawyer'],
          interfaces => ['any'], when => ['active'] },
        { id => 'now', effect => 'allow', roles => ['lawyer'],
          interfaces => ['now'], when => ['active'], needs => { identity => 0 } },
    ],
};

# A subject "slow..." answers when dir()/go is there (20 s at most); "hang..."
# closes then; "dead..." closes at once while dir()/dead is there; "none..." is
# a 404.
my $dir = Court::dir();

CourtSource::start('scripted', sub {
    my ($path) = @_;
    my ($who) = $path =~ m{([^/]+)$} or return '';

    if ($who =~ /^(?:slow|hang)/) {
        my $until = time + 20;
        sleep 0.02 until -e "$dir/go" || time > $until;
    }

    return '' if $who =~ /^hang/;
    return '' if $who =~ /^dead/ && -e "$dir/dead";
    return CourtSource::reply(404, '{}') if $who =~ /^none/;
    return CourtSource::reply(200, { subject => $who, status => 'active',
                                     kind => 'full_time' });
});

my $n = 0;

sub http {
    my ($lines, $main) = @_;
    my $size = 1024 + 16 * ++$n;
    my $text = Court::http_config(
        policy => $policy,
        facts => Court::facts(identity => "timeout 15s; $lines"),
        locations => 'location = /identity { proxy_pass http://scripted/$court_source_key_2;
                                             proxy_read_timeout 30s; }'
                     . join('', map { "location = /$_ { return 404; }" }
                                qw(link relation staff device)),
        main => "court_timeout 20s; upstream scripted { server unix:$dir/run/scripted.sock; }" . ($main || ''));

    return $text =~ s/facts:1m negative:1m/facts:${size}k negative:${size}k flight:${size}k/r;
}

my %tokens;

sub token { my ($who) = @_; return $tokens{$who} ||= Court::bearer('lawyer', sub => $who) }
sub ask   { my ($path, $who) = @_; return CourtSource::ask("/api/$path", token($who)) }
sub get   { my ($path, $who) = @_; return CourtSource::fetch("/api/$path", token($who)) }
sub go    { Court::file('go', '') }
sub hold  { unlink "$dir/go" }

sub seen {
    open my $in, '<', "$dir/scripted.log" or return 0;
    my $n = () = <$in>;
    return $n;
}

sub calls { return scalar CourtSource::calls('scripted') }
sub wait_calls { my ($n) = @_; return CourtSource::wait_for(sub { seen() >= $n }) }

# {status => how often}
sub all {
    my %seen;

    for (@_) {
        my ($status, $code) = CourtSource::answered($_);
        $seen{$code eq '' ? $status : "$status $code"}++;
    }
    return join ', ', map { "$seen{$_} x $_" } sort keys %seen;
}

1;
